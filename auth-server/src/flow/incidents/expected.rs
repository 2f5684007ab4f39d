//! What would have been right, as far as it can be told: what was sent beside what is registered and configured now.

use shared::scope::Scopes;

use super::{Document, Held};
use crate::{
    app::App,
    oauth::{
        client::{AuthMethod, Client, GrantType},
        redirect::RedirectUri,
    },
    store::incidents::GrantCourse,
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
pub(super) fn expected(
    app: &App,
    document: &Document,
    (client, grant): (Option<&Client>, Option<&GrantCourse>),
) -> Vec<Expectation> {
    let mut all: Vec<Expectation> = document.held.iter().flat_map(|held| of_code(document, held)).collect();
    let mut expect = |name, wanted, fits| all.push(Expectation { name, wanted, fits });
    if let (Some(_), None) = (sent(document, "client_id"), client) {
        let wanted = "one that is known here: the client has to register anew, or its document cannot be had";
        expect("client_id", wanted.to_owned(), Some(false));
    }
    // What a code was given for says more than what might have been asked for.
    let has_code = document.held.iter().any(|held| matches!(held, Held::Code { .. }));
    if let (Some(uri), Some(client), false) = (sent(document, "redirect_uri"), client, has_code) {
        expect("redirect_uri", registered(client), admits(client, uri));
    }
    if sent(document, "redirect_uris").is_some() {
        let wanted = "addresses of this computer, those of known clients, and those in REDIRECT_URIS";
        expect("redirect_uris", wanted.to_owned(), None);
    }
    let grant = grant.filter(|_| sent(document, "refresh_token").is_some());
    if let (Some(resource), None, false) = (sent(document, "resource"), grant, has_code) {
        let known: Vec<&str> = app.settings.catalogue.iter().map(|entry| entry.resource.as_str()).collect();
        let fits = app.settings.catalogue.select(Some(resource)).is_some();
        expect("resource", known.join(" or "), Some(fits));
    }
    match grant {
        Some(grant) => all.extend(of_grant(document, grant)),
        None => all.extend(scope(app, document)),
    }
    match document.endpoint.ends_with("/oauth/authorize") {
        true => all.extend(of_request(document)),
        false => all.extend(of_client(document, client)),
    }
    all
}

/// What an authorization request must say, whoever sends it.
fn of_request(document: &Document) -> [Expectation; 3] {
    let is = |name, value| Some(sent(document, name) == Some(value));
    // Of the challenge only the beginning is kept, and how long it was: RFC 7636 §4.2.
    let is_whole = sent(document, "code_challenge").is_some_and(|kept| kept.ends_with("(43 characters)"));
    [
        Expectation { name: "response_type", wanted: "code".to_owned(), fits: is("response_type", "code") },
        Expectation {
            name: "code_challenge",
            wanted: "the SHA-256 of a secret, in 43 characters".to_owned(),
            fits: Some(is_whole),
        },
        Expectation {
            name: "code_challenge_method",
            wanted: "S256".to_owned(),
            fits: is("code_challenge_method", "S256"),
        },
    ]
}

/// What a client may ask for, and how it says who it is.
fn of_client(document: &Document, client: Option<&Client>) -> Vec<Expectation> {
    let mut all = Vec::new();
    if let Some(own) = sent(document, "grant_type") {
        let may_use = |grant: &GrantType| client.is_none_or(|client| client.may_use(*grant));
        let grants: Vec<&str> = GrantType::ALL.into_iter().filter(may_use).map(GrantType::as_str).collect();
        let fits = Some(grants.contains(&own));
        all.push(Expectation { name: "grant_type", wanted: grants.join(" or "), fits });
    }
    if let Some(client) = client.filter(|_| !document.endpoint.ends_with("/oauth/decision")) {
        let methods: Vec<&str> =
            client.auth_methods.iter().map(|method| AuthMethod::as_str(*method)).collect();
        let fits = Some(is_way(document, client));
        let has_secret = client.auth_methods.iter().any(|method| method.has_secret());
        let either = if has_secret { "; a secret may come either way" } else { "" };
        let wanted = format!("{} (registered{either})", methods.join(" or "));
        all.push(Expectation { name: "client authentication", wanted, fits });
    }
    all
}

/// Whether a client showed what it registered to show. A secret may come either way.
fn is_way(document: &Document, client: &Client) -> bool {
    let has = |wanted: fn(AuthMethod) -> bool| client.auth_methods.iter().any(|method| wanted(*method));
    match () {
        () if sent(document, "client_assertion").is_some() => {
            has(|method| method == AuthMethod::PrivateKeyJwt)
        }
        () if ["authorization", "client_secret"].iter().any(|name| sent(document, name).is_some()) => {
            has(AuthMethod::has_secret)
        }
        () => has(|method| method == AuthMethod::None),
    }
}

fn scope(app: &App, document: &Document) -> Option<Expectation> {
    let own = sent(document, "scope")?;
    let known = app.settings.catalogue.scopes_supported().to_string();
    let wanted = format!("words of printable ASCII between single spaces; known here: {known}");
    // A shortened one is not known whole any more.
    let fits = (!own.contains('…')).then(|| Scopes::parse(own).is_ok());
    Some(Expectation { name: "scope", wanted, fits })
}

/// What a refresh must not go beyond.
fn of_grant(document: &Document, grant: &GrantCourse) -> Vec<Expectation> {
    let granted = Scopes::parse(&grant.scope).unwrap_or_default();
    let own = sent(document, "scope");
    let scope = own.map(|own| Expectation {
        name: "scope",
        wanted: format!("part of {} (what was granted)", grant.scope),
        fits: Some(Scopes::parse(own).is_ok_and(|own| granted.contains_all(&own))),
    });
    let resource = sent(document, "resource").map(|own| Expectation {
        name: "resource",
        wanted: format!("{} (what was granted)", grant.resource),
        fits: Some(own == grant.resource),
    });
    scope.into_iter().chain(resource).collect()
}

/// What the redemption of a code must match.
fn of_code(document: &Document, held: &Held) -> Vec<Expectation> {
    let Held::Code { redirect_uri, resource, is_verified, .. } = held else { return Vec::new() };
    let expect = |name, wanted, own: Option<&str>| {
        let fits = own.and_then(|own| sent(document, name).map(|sent| sent == own));
        Expectation { name, wanted, fits }
    };
    let verifier = "the one whose SHA-256 is the code_challenge of the code";
    vec![
        expect("redirect_uri", format!("{redirect_uri} (where the code was sent)"), Some(redirect_uri)),
        expect("resource", format!("{resource} (what the code is for)"), Some(resource)),
        Expectation { name: "code_verifier", wanted: verifier.to_owned(), fits: *is_verified },
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
