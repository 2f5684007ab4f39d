//! `about`

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    VERSIONS,
    refusal::Refusal,
    tool::{Effect, Tool},
    toolbox::SUMMARIES,
};
use crate::store::{Owner, Store};

/// Says what this server is. The same for everyone, so it needs no scope, and in mixed mode no token.
pub(super) struct About;

#[derive(Deserialize, JsonSchema)]
pub(super) struct Input {}

/// What this server is.
#[derive(Serialize, JsonSchema)]
pub(super) struct Output {
    /// What it is called.
    name: String,
    /// Its version.
    version: String,
    /// What can be done here.
    tools: Vec<Summary>,
    /// The revisions of the Model Context Protocol it speaks, newest first.
    protocol_versions: Vec<String>,
}

/// A tool.
#[derive(Serialize, JsonSchema)]
struct Summary {
    /// What it is called by.
    name: String,
    /// What it does.
    does: String,
}

impl Tool for About {
    const NAME: &'static str = "about";
    const TITLE: &'static str = "About this server";
    const DESCRIPTION: &'static str =
        "Says what this server is, what its tools do and which revisions of the protocol it speaks.";
    const SCOPES: &'static [&'static str] = &[];
    const EFFECT: Effect = Effect::Read;
    type Input = Input;
    type Output = Output;

    async fn call(_: &Store, _: &Owner, Input {}: Input) -> Result<Output, Refusal> {
        let summary = |&(name, does): &(&str, &str)| Summary { name: name.to_owned(), does: does.to_owned() };
        Ok(Output {
            name: "gatehouse".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            tools: SUMMARIES.iter().map(summary).collect(),
            protocol_versions: VERSIONS.iter().map(|version| version.as_str().to_owned()).collect(),
        })
    }
}
