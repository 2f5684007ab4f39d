//! The shapes a refusal has on the wire, each checked whole.

use std::time::Duration;

use conformance::{
    actor::{Actor, Landing, Request},
    challenge::Challenge,
    exchange::Reply,
    failure::{Failure, Outcome},
};
use serde_json::Value;

/// What a row tries, and the request that tries it.
pub(crate) type Row = (&'static str, Request);

/// A span of the movable clock.
pub(crate) const fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

/// RFC 6749 §5.2: a JSON error that nobody keeps, in characters that may stand there, and no way onward.
#[track_caller]
pub(crate) fn refused(what: &str, reply: &Reply, (status, error): (u16, &str)) {
    let seen = (reply.status, reply.error());
    assert_eq!(seen, (status, Some(error.to_owned())), "{what}: {}", reply.text());
    assert_eq!(reply.header("content-type"), Some("application/json"), "{what}");
    assert!(reply.is_no_store(), "{what} may be stored");
    assert_eq!((reply.header("location"), reply.header("set-cookie")), (None, None), "{what}");
    let description = reply.json().and_then(|body| body["error_description"].as_str().map(str::to_owned));
    let is_allowed = |byte: u8| matches!(byte, 0x20 | 0x21 | 0x23..=0x5B | 0x5D..=0x7E);
    assert!(
        description.is_some_and(|text| !text.is_empty() && text.bytes().all(is_allowed)),
        "{what}: {}",
        reply.text()
    );
}

/// A page for the person: it is not stored, not framed, and leads nowhere.
#[track_caller]
pub(crate) fn page(what: &str, reply: &Reply, status: u16) {
    assert_eq!(reply.status, status, "{what}: {}", reply.text());
    assert_eq!(reply.header("location"), None, "{what} redirects");
    assert_eq!(reply.media_type(), "text/html", "{what}");
    page_headers(what, reply);
}

/// Every page carries these, whatever it says.
#[track_caller]
pub(crate) fn page_headers(what: &str, reply: &Reply) {
    assert!(reply.is_no_store(), "{what} may be stored");
    assert_eq!(reply.header("x-frame-options"), Some("DENY"), "{what}");
    assert_eq!(reply.header("x-content-type-options"), Some("nosniff"), "{what}");
    let policy = reply.header("content-security-policy").unwrap_or_default();
    assert!(policy.contains("frame-ancestors 'none'") && policy.contains("default-src 'none'"), "{what}");
    // Chromium applies it to the redirect after the form, and the client is never reached.
    assert!(!policy.contains("form-action"), "{what}: {policy}");
    // `no-referrer` would make the form's own POST say `Origin: null`.
    assert!(matches!(reply.header("referrer-policy"), Some("same-origin" | "strict-origin")), "{what}");
    no_cors(what, reply);
}

/// OAuth 2.1 §3.1: no script of another site may read what a person decides on.
#[track_caller]
pub(crate) fn no_cors(what: &str, reply: &Reply) {
    let named = |name: &str| name.to_ascii_lowercase().starts_with("access-control-");
    assert!(!reply.headers.iter().any(|(name, _)| named(name)), "{what}: {:?}", reply.headers);
}

/// A refusal that goes back to the client: at its own redirect URI, with its state and our name, and without a code.
pub(crate) fn sent_back(what: &str, reply: &Reply, (actor, error): (&Actor, &str)) -> Outcome<Landing> {
    let landing = Landing::of(reply).map_err(|fault| Failure::new(format!("{what}: {fault}")))?;
    let place = format!("{}?", actor.redirect_uri());
    assert!(landing.url.starts_with(&place), "{what}: {}", landing.url);
    assert_eq!(landing.get("error"), Some(error), "{what}: {}", landing.url);
    assert_eq!(landing.get("state"), Some(actor.state.as_str()), "{what}");
    assert_eq!(landing.get("iss"), Some(actor.issuer.as_str()), "{what}");
    assert_eq!(landing.get("code"), None, "{what}");
    assert!(reply.is_no_store(), "{what} may be stored");
    no_cors(what, reply);
    Ok(landing)
}

/// The `Bearer` challenge of a reply, which always says where the metadata is.
#[track_caller]
pub(crate) fn challenge(what: &str, reply: &Reply, actor: &Actor) -> Outcome<Challenge> {
    let challenge = Challenge::bearer(reply.headers_named("www-authenticate"))?
        .ok_or_else(|| Failure::new(format!("{what}: {} without a challenge", reply.status)))?;
    let origin = actor.mcp_url.trim_end_matches("/mcp");
    let metadata = format!("{origin}/.well-known/oauth-protected-resource/mcp");
    assert_eq!(challenge.parameter("resource_metadata"), Some(metadata.as_str()), "{what}");
    assert!(reply.is_no_store(), "{what} may be stored");
    Ok(challenge)
}

/// A tool call with a bad token: 401 `invalid_token` (RFC 6750 §3.1), the same in the body's result, and not a word of
/// the token.
#[track_caller]
pub(crate) fn bad_token(what: &str, reply: &Reply, actor: &Actor) -> Outcome {
    assert_eq!(reply.status, 401, "{what}: {}", reply.text());
    let field = challenge(what, reply, actor)?;
    assert_eq!(field.parameter("error"), Some("invalid_token"), "{what}: {field}");
    assert_eq!(told_in_body(reply), Some(field.to_string()), "{what}: {}", reply.text());
    Ok(())
}

/// The challenge in `_meta["mcp/www_authenticate"]` of a tool result that is an error.
pub(crate) fn told_in_body(reply: &Reply) -> Option<String> {
    let result = reply.json()?.get("result")?.clone();
    let told = result["_meta"]["mcp/www_authenticate"].as_array()?.clone();
    let is_one_error = result["isError"] == Value::Bool(true) && told.len() == 1;
    is_one_error.then(|| told[0].as_str().map(str::to_owned)).flatten()
}

/// Whether a text holds a JWT or its beginning: a header that begins with `alg`, `typ` or `kid`. Three letters of it alone are
/// in a random id now and then.
pub(crate) fn holds_token(text: &str) -> bool {
    ["eyJhbGci", "eyJ0eXAi", "eyJraWQi"].iter().any(|start| text.contains(start))
}
