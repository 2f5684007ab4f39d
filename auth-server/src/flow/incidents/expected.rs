//! What would have been right, as far as it can be told: what was sent beside what is registered and configured now.

use super::{Document, Held};
use crate::{
    app::App,
    oauth::{
        client::{AuthMethod, Client, GrantType},
        redirect::RedirectUri,
    },
};

/// What was expected of one parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expectation {
    /// The parameter.
    pub name: &'static str,
    /// What would have been right.
    pub wanted: String,
    /// Whether what was sent is; none where that cannot be told any more.
    pub fits: Option<bool>,
}

/// What was expected of each parameter that counts.
pub(super) fn expected(app: &App, document: &Document, client: Option<&Client>) -> Vec<Expectation> {
    let sent = |name: &str| sent(document, name);
    let is_authorize = document.endpoint.ends_with("/oauth/authorize");
    let mut all: Vec<Expectation> = document.held.iter().flat_map(|held| of_code(document, held)).collect();
    let mut expect = |name, wanted, fits| all.push(Expectation { name, wanted, fits });
    if let (Some(_), None) = (sent("client_id"), client) {
        let wanted = "one that is known here: the client has to register anew, or its document cannot be had";
        expect("client_id", wanted.to_owned(), Some(false));
    }
    if let (Some(uri), Some(client)) = (sent("redirect_uri"), client) {
        expect("redirect_uri", registered(client), admits(client, uri));
    }
    if sent("redirect_uris").is_some() {
        let wanted = "addresses of this computer, those of known clients, and those in REDIRECT_URIS";
        expect("redirect_uris", wanted.to_owned(), None);
    }
    if let Some(resource) = sent("resource") {
        let known: Vec<&str> = app.settings.catalogue.iter().map(|entry| entry.resource.as_str()).collect();
        let fits = app.settings.catalogue.select(Some(resource)).is_some();
        expect("resource", known.join(" or "), Some(fits));
    }
    if sent("scope").is_some() {
        expect("scope", app.settings.catalogue.scopes_supported().to_string(), None);
    }
    if is_authorize {
        expect("response_type", "code".to_owned(), Some(sent("response_type") == Some("code")));
        let method = Some(sent("code_challenge_method") == Some("S256"));
        expect("code_challenge_method", "S256, with a code_challenge of 43 characters".to_owned(), method);
    }
    if let Some(grant) = sent("grant_type") {
        let grants =
            GrantType::ALL.into_iter().filter(|grant| client.is_none_or(|client| client.may_use(*grant)));
        let grants: Vec<&str> = grants.map(GrantType::as_str).collect();
        expect("grant_type", grants.join(" or "), Some(grants.contains(&grant)));
    }
    if let (false, Some(client)) = (is_authorize, client) {
        let methods: Vec<&str> =
            client.auth_methods.iter().map(|method| AuthMethod::as_str(*method)).collect();
        expect("client authentication", methods.join(" or "), None);
    }
    all
}

/// What the redemption of a code must match.
fn of_code(document: &Document, held: &Held) -> Vec<Expectation> {
    let Held::Code { redirect_uri, resource, .. } = held else { return Vec::new() };
    let expect = |name, wanted, own: Option<&str>| {
        let fits = own.and_then(|own| sent(document, name).map(|sent| sent == own));
        Expectation { name, wanted, fits }
    };
    let verifier = "the one whose SHA-256 is the code_challenge of the code";
    vec![
        expect("redirect_uri", format!("{redirect_uri} (where the code was sent)"), Some(redirect_uri)),
        expect("resource", format!("{resource} (what the code is for)"), Some(resource)),
        expect("code_verifier", verifier.to_owned(), None),
    ]
}

fn sent<'a>(document: &'a Document, name: &str) -> Option<&'a str> {
    document.sent.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
}

fn registered(client: &Client) -> String {
    let uris: Vec<&str> = client.metadata.redirect_uris.iter().map(RedirectUri::as_str).collect();
    format!("{} (registered)", uris.join(" or "))
}

/// None where what was sent is not known whole any more.
fn admits(client: &Client, sent: &str) -> Option<bool> {
    if sent.contains(['…', '(']) {
        return None;
    }
    let fits = |uri| client.metadata.redirect_uris.iter().any(|own| own.admits(&uri));
    Some(RedirectUri::parse(sent).is_ok_and(fits))
}
