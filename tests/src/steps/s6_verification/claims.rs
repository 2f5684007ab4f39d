//! The access token itself: RFC 9068, as a resource server would read it.

use serde_json::Value;

use crate::{
    document::{Document, Subject},
    exchange::Exchange,
    jwt::Jwt,
    steps::{Resource, Seen, Server, Tokens},
    violation::Violation,
};

const TOKEN: Subject = Subject { step: "S6", name: "the access token", section: "RFC 9068 §2, §4" };
const KEYS: Subject = Subject { step: "S6", name: "the key set", section: "RFC 7517 §5" };
/// Clocks differ.
const LEEWAY: i64 = 60;

/// Judges signature, type and claims; an opaque token is skipped, not failed.
pub(super) fn judge(
    tokens: &Tokens,
    (server, resource): (&Server, &Resource),
    now: i64,
    exchange: &Exchange,
) -> Result<Seen, Violation> {
    let mut seen = Seen::default();
    let Some(jwt) = Jwt::parse(&tokens.access) else {
        "opaque token".clone_into(&mut seen.summary);
        seen.note("skipped: signature, typ, iss, aud, exp and scope of the token, which is opaque");
        return Ok(seen);
    };
    let algorithm = jwt.header("alg").unwrap_or("none").to_owned();
    seen.summary = if server.jwks_uri.is_some() {
        judge_signature(&jwt, exchange)?;
        format!("{algorithm} signature, typ, iss, aud, exp, scope hold")
    } else {
        seen.note("skipped: the signature, because the server publishes no jwks_uri");
        format!("{algorithm} token, typ, iss, aud, exp, scope hold")
    };
    judge_type(&jwt)?;
    judge_issuer(&jwt, server)?;
    judge_audience(&jwt, resource)?;
    judge_times(&jwt, now)?;
    judge_scope(&jwt, tokens)?;
    for name in ["sub", "client_id", "iat", "jti"] {
        if !jwt.claims.contains_key(name) {
            seen.note(format!("the token has no `{name}` (RFC 9068 §2.2)"));
        }
    }
    Ok(seen)
}

fn judge_signature(jwt: &Jwt, exchange: &Exchange) -> Result<(), Violation> {
    let keys = key_set(exchange)?;
    if let Some(kid) = keys.iter().find_map(|key| key.get("d").map(|_| key["kid"].to_string())) {
        return Err(KEYS
            .violation("private_key", "the key set publishes a private key")
            .expected("public members only")
            .seen(format!("`d` in key {kid}"))
            .change("revoke this key now and publish public members only"));
    }
    jwt.verify(&keys).map_err(|fault| {
        TOKEN
            .violation("signature", "the signature of the token does not hold")
            .expected(format!("a signature by the published key {}", jwt.header("kid").unwrap_or("(no kid)")))
            .seen(fault.to_string())
            .change("sign with RS256 and publish the key's public part under its kid before it signs")
    })
}

/// The published keys. RFC 7517 §8.5: they may come under a media type of their own.
fn key_set(exchange: &Exchange) -> Result<Vec<Value>, Violation> {
    let call = KEYS.call(exchange, super::KEYS)?;
    let is_own_type = call.reply().is_some_and(|reply| reply.media_type() == "application/jwk-set+json");
    let keys = match call.reply().filter(|reply| is_own_type && reply.status == 200) {
        Some(reply) => reply.json().and_then(|set| set.get("keys").cloned()),
        None => Document::read(call, &[200], KEYS)?.get("keys").cloned(),
    };
    keys.as_ref().and_then(Value::as_array).cloned().ok_or_else(|| {
        KEYS.violation("keys", "the key set has no keys")
            .expected("{\"keys\": […]}")
            .seen(call.line())
            .change("publish the signing keys at jwks_uri")
    })
}

fn judge_type(jwt: &Jwt) -> Result<(), Violation> {
    let kind = jwt.header("typ").unwrap_or_default().to_ascii_lowercase();
    if matches!(kind.as_str(), "at+jwt" | "application/at+jwt") {
        return Ok(());
    }
    Err(TOKEN
        .violation("typ", "the token does not say that it is an access token")
        .expected("\"typ\": \"at+jwt\"")
        .seen(kind)
        .change("set typ, so that no other token of this issuer is taken for an access token"))
}

fn judge_issuer(jwt: &Jwt, server: &Server) -> Result<(), Violation> {
    if jwt.claim("iss") == Some(server.issuer.as_str()) {
        return Ok(());
    }
    Err(TOKEN
        .violation("token_iss", "the token names another issuer")
        .expected(&server.issuer)
        .seen(jwt.claim("iss").unwrap_or("no iss"))
        .change(format!("set ISSUER to exactly {}", server.issuer)))
}

fn judge_audience(jwt: &Jwt, resource: &Resource) -> Result<(), Violation> {
    let audience = jwt.claims.get("aud").cloned().unwrap_or_default();
    let is_ours = |one: &Value| one == &resource.named || one == &resource.url;
    let is_for = match &audience {
        Value::Array(all) => all.iter().any(is_ours),
        one => is_ours(one),
    };
    if is_for {
        return Ok(());
    }
    Err(TOKEN
        .violation("aud", "the token is not for this resource")
        .expected(format!("\"aud\": \"{}\"", resource.named))
        .seen(audience.to_string())
        .change("copy the granted `resource` to aud; RESOURCES of the server must list it exactly"))
}

fn judge_times(jwt: &Jwt, now: i64) -> Result<(), Violation> {
    let instant = |name: &str| jwt.claims.get(name).and_then(Value::as_i64);
    let fault = match (instant("exp"), instant("nbf").or(instant("iat"))) {
        (None, _) => "no exp".to_owned(),
        (Some(end), _) if end + LEEWAY <= now => format!("exp {end}, {} s ago", now - end),
        (_, Some(start)) if start - LEEWAY > now => format!("valid from {start}, in {} s", start - now),
        _ => return Ok(()),
    };
    Err(TOKEN
        .violation("exp", "the token is not valid now")
        .expected(format!("exp after {now} and iat before it"))
        .seen(fault)
        .change("set the server's clock (NTP)"))
}

fn judge_scope(jwt: &Jwt, tokens: &Tokens) -> Result<(), Violation> {
    let claimed: Vec<&str> = jwt.claim("scope").unwrap_or_default().split_whitespace().collect();
    let lacking: Vec<&str> =
        tokens.scopes.iter().map(String::as_str).filter(|scope| !claimed.contains(scope)).collect();
    if lacking.is_empty() {
        return Ok(());
    }
    Err(TOKEN
        .violation("token_scope", "the token lacks scopes that the answer says were granted")
        .expected(tokens.scopes.join(" "))
        .seen(claimed.join(" "))
        .change("write the granted scopes into the token's scope claim"))
}
