//! Schemas of arguments and results, in the form the strictest clients take.
//!
//! No `$schema`: a client that compiles them refuses every dialect but its own, and without one they are JSON Schema
//! 2020-12 by the protocol's own rule. No `$ref`: some clients do not resolve them.

use rmcp::model::JsonObject;
use schemars::{JsonSchema, generate::SchemaSettings};
use serde_json::Value;

/// What a type can be read from.
pub(super) fn input<T: JsonSchema>() -> JsonObject {
    generate::<T>(SchemaSettings::draft2020_12())
}

/// What a type is written as.
pub(super) fn output<T: JsonSchema>() -> JsonObject {
    generate::<T>(SchemaSettings::draft2020_12().for_serialize())
}

fn generate<T: JsonSchema>(settings: SchemaSettings) -> JsonObject {
    let settings = settings.with(|settings| {
        settings.meta_schema = None;
        settings.inline_subschemas = true;
    });
    let mut schema = match settings.into_generator().into_root_schema_for::<T>().to_value() {
        Value::Object(schema) => schema,
        _ => JsonObject::new(),
    };
    // The name of our type, and its description beside the tool's own.
    schema.remove("title");
    schema.remove("description");
    schema
}
