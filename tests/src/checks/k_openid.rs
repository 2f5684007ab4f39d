//! K and L: who the user is, where ChatGPT asks for that, and the address that proves a domain.

use serde_json::Value;

use super::{
    c_documents::key_set,
    check::{Check, checks},
    deployment::Deployment,
    probe::{Probe, value},
    session::member,
    verdict::{Seen, skip, wrong},
};
use crate::{exchange::Reply, jwt::Jwt, violation::Violation};

pub(super) const CHECKS: &[Check] = checks! {
    "K1" "OpenID Connect Core §5.3; clients.md §1.9" tool(userinfo)
        "UserInfo tells email and email_verified of the user whose token it is";
    "K2" "OpenID Connect Core §3.1.3.7" tool(id_token)
        "The id_token is signed, for this client, from this issuer, and holds the nonce";
    "K3" "OpenID Connect Core §5.3.3; RFC 6750 §3" tool(userinfo_without)
        "UserInfo tells nothing without a token";
    "L1" "OpenAI, domain verification; clients.md §1.11" tool(listing)
        "The address that proves the domain answers with plain text, or with 404 while it is not set";
};

/// Skips unless the server speaks OpenID Connect.
fn speaks_openid(deployment: &Deployment) -> Seen<()> {
    if deployment.listed("scopes_supported").iter().any(|scope| scope == "openid") {
        return Ok(());
    }
    skip("the scope openid is not advertised")
}

async fn userinfo(deployment: &Deployment) -> Seen {
    speaks_openid(deployment)?;
    let place = deployment.endpoint("userinfo_endpoint")?;
    let session = deployment.main().await?;
    let reply = deployment.send(&Probe::get(place).bearer(&session.tokens.access)).await?;
    let subject = session.tokens.id.as_deref().and_then(Jwt::parse);
    Ok(judge_userinfo(&reply, subject.as_ref().and_then(|jwt| jwt.claim("sub")))?)
}

pub(super) fn judge_userinfo(reply: &Reply, subject: Option<&str>) -> Result<String, Violation> {
    let document = reply.json().unwrap_or_default();
    let is_user = document["sub"].is_string() && subject.is_none_or(|subject| document["sub"] == subject);
    let is_whole = document["email"].is_string() && document["email_verified"].is_boolean();
    if reply.status == 200 && is_user && is_whole {
        return Ok(format!("email_verified {}", document["email_verified"]));
    }
    Err(wrong("UserInfo does not tell what ChatGPT needs to restrict a workspace to its domain")
        .expected("200 with sub (that of the id_token), email and email_verified as a boolean")
        .seen(format!(
            "{}, sub {}, email_verified {}",
            reply.line(),
            if is_user { "fits" } else { "differs or is missing" },
            member(&document, "email_verified")
        ))
        .change("accept the access token there and return the three claims for the scopes openid and email"))
}

async fn id_token(deployment: &Deployment) -> Seen {
    speaks_openid(deployment)?;
    let session = deployment.main().await?;
    let nonce = value(&session.asking.pairs, "nonce").unwrap_or_default();
    let expected = (deployment.issuer()?, session.asking.client.id.as_str(), nonce);
    let keys = key_set(deployment).await?;
    let now = deployment.agent.clock.now().seconds();
    Ok(judge_id_token(session.tokens.id.as_deref().unwrap_or_default(), expected, (&keys, now))?)
}

pub(super) fn judge_id_token(
    token: &str,
    (issuer, client, nonce): (&str, &str, &str),
    (keys, now): (&[Value], i64),
) -> Result<String, Violation> {
    let said = |seen: String| {
        wrong("the id_token is not one a client may believe")
            .expected(format!("iss {issuer}, aud this client, the nonce, sub, exp, iat, and a published key"))
            .seen(seen)
            .change("issue an id_token for the scope openid with these claims, signed by the published key")
    };
    let jwt = Jwt::parse(token).ok_or_else(|| said("no id_token".to_owned()))?;
    jwt.verify(keys).map_err(|fault| said(fault.to_string()))?;
    let claims = Value::Object(jwt.claims.clone());
    let rows = [
        ("iss", claims["iss"] == issuer),
        ("aud", claims["aud"] == client || claims["aud"] == serde_json::json!([client])),
        ("nonce", claims["nonce"] == nonce),
        ("sub", claims["sub"].is_string()),
        ("exp", claims["exp"].as_i64().is_some_and(|at| at > now)),
        ("iat", claims["iat"].as_i64().is_some_and(|at| at <= now + 60)),
    ];
    match rows.iter().find(|(_, holds)| !holds) {
        None => Ok(format!("{} with nonce", jwt.header("alg").unwrap_or_default())),
        Some((name, _)) => Err(said(format!("{name}: {}", member(&claims, name)))),
    }
}

async fn userinfo_without(deployment: &Deployment) -> Seen {
    speaks_openid(deployment)?;
    let place = deployment.endpoint("userinfo_endpoint")?;
    for probe in [Probe::get(place), Probe::get(place).bearer("garbage")] {
        judge_without(&deployment.send(&probe).await?)?;
    }
    Ok("401".to_owned())
}

pub(super) fn judge_without(reply: &Reply) -> Result<(), Violation> {
    if reply.status == 401 && reply.header("www-authenticate").is_some() {
        return Ok(());
    }
    Err(wrong("UserInfo does not ask for a token")
        .expected("401 with WWW-Authenticate: Bearer")
        .seen(reply.line())
        .change("challenge requests without a good token as the MCP server does"))
}

async fn listing(deployment: &Deployment) -> Seen {
    let origin = deployment.url.origin().ascii_serialization();
    let reply = deployment.send(&Probe::get(format!("{origin}/.well-known/openai-apps-challenge"))).await?;
    Ok(judge_listing(&reply)?)
}

pub(super) fn judge_listing(reply: &Reply) -> Result<String, Violation> {
    let is_token = reply.status == 200 && reply.media_type() == "text/plain" && !reply.body.is_empty();
    if is_token || reply.status == 404 {
        return Ok(if is_token { "set" } else { "not set (404)" }.to_owned());
    }
    Err(wrong("the address that proves the domain is taken by something else")
        .expected("text/plain with the token from the listing, or 404 while there is none")
        .seen(format!("{} {}", reply.status, reply.media_type()))
        .change("serve exactly the token there, without HTML, a redirect or a request for a token"))
}
