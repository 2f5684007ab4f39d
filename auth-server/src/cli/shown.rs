//! Clients as a person at a terminal sees them.

use serde_json::{Map, Value, json};
use shared::{clock::Timestamp, scope::Scopes};

use crate::{
    clients::directory::Listed,
    oauth::client::{AuthMethod, Client, GrantType, KeySource, Origin},
};

/// A line a client, with a head line, separated by tabs.
pub(super) fn list(clients: &[Listed]) -> Vec<String> {
    let head = ["CLIENT_ID", "NAME", "KIND", "METHODS", "GRANTS", "CREATED", "BLOCKED"].join("\t");
    let line = |listed: &Listed| {
        let blocked = listed.blocked_at.map_or_else(|| "-".to_owned(), Timestamp::day);
        let Some(client) = &listed.client else {
            let kind = if listed.id.starts_with("https://") { "document" } else { "-" };
            return [listed.id.as_str(), "-", kind, "-", "-", "-", blocked.as_str()].join("\t");
        };
        let fields = [
            listed.id.clone(),
            client.metadata.display_name().to_owned(),
            kind(client).to_owned(),
            methods(client).join(","),
            grants(client).join(","),
            client.metadata.issued_at.day(),
            blocked,
        ];
        fields.map(|field| if field.is_empty() { "-".to_owned() } else { field }).join("\t")
    };
    [head].into_iter().chain(clients.iter().map(line)).collect()
}

/// Everything that is known of a client but its secret. What is not there is left out.
pub(super) fn client(client: &Client, is_blocked: bool) -> Value {
    let metadata = &client.metadata;
    let mut document = Map::new();
    let mut put = |name: &str, value: Value| drop(document.insert(name.to_owned(), value));
    put("client_id", json!(client.id));
    put("kind", json!(kind(client)));
    put("blocked", json!(is_blocked));
    put("client_name", json!(metadata.display_name()));
    put("redirect_uris", metadata.redirect_uris.iter().map(|uri| uri.as_str()).collect());
    put("token_endpoint_auth_methods", json!(methods(client)));
    put("grant_types", json!(grants(client)));
    put("created", json!(metadata.issued_at.day()));
    if let Some(scope) = &metadata.scope {
        put("scope", json!(Scopes::to_string(scope)));
    }
    match &metadata.keys {
        Some(KeySource::Inline(text)) => put("jwks", serde_json::from_str(text).unwrap_or_default()),
        Some(KeySource::Uri(uri)) => put("jwks_uri", json!(uri)),
        None => {}
    }
    if let Origin::Preregistered(by_operator) = &client.origin
        && let Some(resource) = &by_operator.resource_server
    {
        put("resource_server", json!(resource));
    }
    Value::Object(document)
}

fn kind(client: &Client) -> &'static str {
    match client.origin {
        Origin::Dynamic => "registered itself",
        Origin::Preregistered(_) => "made by an operator",
        Origin::Document { .. } => "document",
    }
}

fn methods(client: &Client) -> Vec<&'static str> {
    client.auth_methods.iter().map(|method| AuthMethod::as_str(*method)).collect()
}

fn grants(client: &Client) -> Vec<&'static str> {
    GrantType::ALL.into_iter().filter(|grant| client.may_use(*grant)).map(GrantType::as_str).collect()
}
