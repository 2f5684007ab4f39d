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
        let blocked = listed.blocked_at.map_or_else(|| "-".to_owned(), day);
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
            day(client.metadata.issued_at),
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
    put("created", json!(day(metadata.issued_at)));
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

/// The day of an instant, in UTC, as ISO 8601 has it: counted in eras of 400 years that begin in March, so that the day a
/// leap year has more comes last.
pub(super) fn day(at: Timestamp) -> String {
    let days = at.seconds().div_euclid(86_400) + 719_468;
    let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_those_of_the_calendar() {
        for (seconds, text) in [
            (0, "1970-01-01"),
            (951_782_399, "2000-02-28"),
            (951_782_400, "2000-02-29"),
            (1_795_305_600, "2026-11-22"),
            (4_107_542_400, "2100-03-01"),
            (-1, "1969-12-31"),
        ] {
            assert_eq!(day(Timestamp(seconds)), text);
        }
    }
}
