//! Every name in a template is declared there, or is a function of Bicep.

use std::collections::BTreeSet;

use tree_sitter::Node;

use super::template::Template;

/// The functions of Bicep that the templates use.
const FUNCTIONS: [&str; 14] = [
    "allowed",
    "concat",
    "deployer",
    "description",
    "empty",
    "guid",
    "json",
    "loadTextContent",
    "map",
    "maxLength",
    "maxValue",
    "minLength",
    "minValue",
    "secure",
];
const SCOPES: [&str; 4] = ["resourceGroup", "subscriptionResourceId", "tenant", "uniqueString"];

const DECLARATIONS: [&str; 4] =
    ["parameter_declaration", "variable_declaration", "resource_declaration", "module_declaration"];

/// Whether this is where a name is given, not where it is used.
fn is_given(node: Node<'_>) -> bool {
    let Some(parent) = node.parent() else { return true };
    let is_first = parent.named_child(0).is_some_and(|first| first.id() == node.id());
    match parent.kind() {
        "object_property"
        | "for_statement"
        | "lambda_expression"
        | "output_declaration"
        | "target_scope_assignment" => is_first,
        kind => DECLARATIONS.contains(&kind) && is_first,
    }
}

/// What is used and declared nowhere.
pub fn unknown(template: &Template) -> BTreeSet<String> {
    let mut known: BTreeSet<&str> = FUNCTIONS.into_iter().chain(SCOPES).collect();
    for kind in DECLARATIONS.iter().chain(&["for_statement", "lambda_expression"]) {
        known.extend(template.declared(kind));
    }
    for kind in ["loop_variable", "loop_enumerator"] {
        known.extend(template.of_kind(kind).into_iter().map(|node| template.text_of(node)));
    }
    let names = template.of_kind("identifier").into_iter().filter(|node| !is_given(*node));
    names.map(|node| template.text_of(node)).filter(|name| !known.contains(name)).map(str::to_owned).collect()
}

#[test]
fn every_name_is_declared() {
    for template in Template::all() {
        assert_eq!(unknown(&template), BTreeSet::new(), "{}", template.name);
    }
}

#[test]
fn a_misspelled_name_is_found() {
    let text = Template::read("main.bicep").text.replace("!empty(authDomain)", "!empty(authDomian)");
    assert_eq!(unknown(&Template::parse("main.bicep", &text)), BTreeSet::from(["authDomian".to_owned()]));
}
