//! How a refusal must look: at the authorization endpoint, at the token endpoint, and at the MCP endpoint.

use url::form_urlencoded;

use super::{
    probe::{Pairs, value},
    session::Asking,
    verdict::wrong,
};
use crate::{challenge::Challenge, exchange::Reply, violation::Violation};

/// An authorization request that must be refused: a page, or one of these errors back at the client.
pub(super) fn at_authorize(reply: &Reply, asking: &Asking, errors: &[&str]) -> Result<String, Violation> {
    let said = |seen: String| {
        wrong("a request that must be refused is not")
            .expected(format!("a page with status 400, or {} at the redirect URI", errors.join(" or ")))
            .seen(seen)
            .change("judge the whole request before anybody is asked to sign in")
    };
    match reply.status {
        400..500 => return Ok(format!("refused in place with {}", reply.status)),
        302 | 303 => {}
        200 => return Err(said("200: a page, as if nothing were wrong".to_owned())),
        _ => return Err(said(reply.line())),
    }
    let location = reply.header("location").unwrap_or_default();
    let Some(pairs) = at_redirect_uri(location, asking) else {
        return Err(said(format!("a redirect to {}", location.split('?').next().unwrap_or_default())));
    };
    match value(&pairs, "error") {
        Some(error) if errors.contains(&error) => Ok(format!("{error} at the redirect URI")),
        Some(error) => Err(said(format!("{error} at the redirect URI"))),
        None => Err(said("a redirect to the client without an error".to_owned())),
    }
}

/// The parameters of a redirect to the client; none when it leads elsewhere.
pub(super) fn at_redirect_uri(location: &str, asking: &Asking) -> Option<Pairs> {
    let rest = location.strip_prefix(&asking.client.redirect_uri)?;
    let query = rest.strip_prefix(['?', '&'])?;
    Some(form_urlencoded::parse(query.as_bytes()).into_owned().collect())
}

/// An authorization request whose client or redirect URI is wrong: a page, and no way on (OAuth 2.1 §4.1.2.1).
pub(super) fn in_place(what: &str, reply: &Reply) -> Result<(), Violation> {
    let is_refused = (400..500).contains(&reply.status) && reply.header("location").is_none();
    if is_refused {
        return Ok(());
    }
    let seen = match reply.header("location") {
        Some(location) => {
            format!("{} to {}", reply.status, location.split('?').next().unwrap_or_default())
        }
        None => reply.status.to_string(),
    };
    Err(wrong(format!("{what} is not refused in place"))
        .expected("a page with status 400 and no redirect")
        .seen(seen)
        .change(
            "compare client_id and redirect_uri byte for byte with what was registered, before anything else",
        ))
}

/// A request to the token endpoint that must be refused with one of these errors (RFC 6749 §5.2).
pub(super) fn at_token(what: &str, reply: &Reply, errors: &[&str]) -> Result<String, Violation> {
    let error = reply.error().unwrap_or_default();
    let is_client = error == "invalid_client" && matches!(reply.status, 400 | 401);
    if errors.contains(&error.as_str()) && (reply.status == 400 || is_client) {
        return Ok(format!("{} {error}", reply.status));
    }
    let sentence = match reply.status {
        200 => format!("{what} is accepted"),
        _ => format!("{what} is refused in another way than clients understand"),
    };
    Err(wrong(sentence)
        .expected(format!("400 (401 for invalid_client) with the error {}", errors.join(" or ")))
        .seen(reply.line())
        .change("refuse it with exactly this error: clients decide by it whether to sign in again"))
}

/// A token that opens nothing: 401 `invalid_token` (RFC 6750 §3.1).
pub(super) fn of_token(what: &str, reply: &Reply) -> Result<(), Violation> {
    let challenge = Challenge::bearer(reply.headers_named("www-authenticate")).ok().flatten();
    let error = challenge.as_ref().and_then(|challenge| challenge.parameter("error"));
    if reply.status == 401 && error == Some("invalid_token") {
        return Ok(());
    }
    let answered = (200..300).contains(&reply.status);
    let sentence = if answered {
        format!("{what} opens the MCP server")
    } else {
        format!("{what} is not answered as a bad token")
    };
    Err(wrong(sentence)
        .expected("401 with WWW-Authenticate: Bearer error=\"invalid_token\"")
        .seen(format!("{} with {}", reply.status, error.unwrap_or("no error in a Bearer challenge")))
        .change("verify algorithm, key, signature, issuer, audience, type and time of every token"))
}
