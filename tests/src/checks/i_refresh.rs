//! I and N6: a refresh token, its successors, and who may not use it.

use std::collections::BTreeSet;

use super::{
    check::{Check, checks},
    deployment::Deployment,
    h_mcp::judge_list,
    refusal::at_token,
    session::Tokens,
    verdict::{Seen, skip, wrong},
};
use crate::{exchange::Reply, violation::Violation};

pub(super) const CHECKS: &[Check] = checks! {
    "I1.1" "OAuth 2.1 §4.3.1; AS-79" tool(rotates)
        "A refresh of a public client gives another refresh token";
    "I1.2" "protocol.md, refresh token; clients.md §2.2" tool(grace)
        "The old one, shortly after, does not sign the user out";
    "I2" "clients.md §3 row 16; AS-80" tool(at_once)
        "Ten refreshes at once all succeed, and the access token still opens the MCP server";
    "I3.1" "RFC 8707 §2.2; AS-75" tool(without_resource)
        "A refresh without resource keeps it";
    "I3.2" "OAuth 2.1 §4.3.1; AS-81" tool(narrower)
        "A refresh may ask for less";
    "I3.3" "OAuth 2.1 §4.3.1; AS-81" tool(wider)
        "A refresh that asks for more is invalid_scope";
    "I4" "clients.md §4.2" tests(
        "tests/process/crash_auth.rs::a_refresh_stays_done_and_its_predecessor_leads_to_the_same_successor"
    )
        "A refresh token lives on when the authorization server starts again";
    "I5" "clients.md §3 row 16" tool(always_another)
        "Every answer to a refresh holds a refresh token";
};

pub(super) const MISUSES: &[Check] = checks! {
    "N6.1" "OAuth 2.1 §4.3.1; AS-80" tests(
        "tests/e2e/negative/refresh.rs::after_the_grace_a_second_use_ends_the_grant"
    )
        "A second use after the grace is invalid_grant, and the grant has ended";
    "N6.2" "OAuth 2.1 §4.3.1; AS-81" tool(other_client)
        "A refresh token is good for its own client only";
    "N6.3" "RFC 7009 §2.1" tool(revoked)
        "A revoked refresh token is invalid_grant";
    "N6.4" "OAuth 2.1 §4.3.1; AS-81" tool(wider)
        "No refresh widens the scope";
};

async fn rotates(deployment: &Deployment) -> Seen {
    let trial = match deployment.refresh_trial_itself().await {
        Ok(trial) => trial,
        Err(stop) => return Err(stop.clone()),
    };
    let first = trial.session.tokens.refresh.as_deref().unwrap_or_default();
    Ok(judge_rotated(first, &trial.session.asking.client.method, trial.answer("rotate")?)?)
}

/// The tokens of an answer that must be a success.
pub(super) fn judge_refreshed(what: &str, reply: &Reply) -> Result<Tokens, Violation> {
    Tokens::of(reply).ok_or_else(|| {
        wrong(format!("{what} is refused")).expected("200 with new tokens").seen(reply.line()).change(
            "accept the newest refresh token of a grant, from its own client, for as long as it lives",
        )
    })
}

pub(super) fn judge_rotated(first: &str, method: &str, reply: &Reply) -> Result<String, Violation> {
    let tokens = judge_refreshed("a refresh", reply)?;
    if method != "none" || tokens.refresh.is_some_and(|second| second != first) {
        return Ok("another one".to_owned());
    }
    Err(wrong("a public client keeps one refresh token for ever")
        .expected("a new refresh token with every refresh")
        .seen("the same, or none")
        .change("rotate refresh tokens: whoever copies one of a public client needs no secret to use it"))
}

async fn grace(deployment: &Deployment) -> Seen {
    let trial = deployment.refresh_trial().await?;
    judge_refreshed("the refresh token before the newest, a moment after its use,", trial.answer("old")?)?;
    Ok("answered with tokens".to_owned())
}

async fn at_once(deployment: &Deployment) -> Seen {
    let trial = deployment.refresh_trial().await?;
    if trial.parallel.is_empty() {
        return skip("a refresh before it was refused: see I1.1");
    }
    let seen = judge_parallel(&trial.parallel)?;
    match &trial.opened {
        Some(reply) => {
            judge_list(reply)?;
            Ok(seen)
        }
        None => skip("the MCP server did not answer afterwards"),
    }
}

pub(super) fn judge_parallel(replies: &[Reply]) -> Result<String, Violation> {
    let refused: Vec<String> =
        replies.iter().filter(|reply| Tokens::of(reply).is_none()).map(Reply::line).collect();
    if refused.is_empty() {
        let tokens: BTreeSet<Option<String>> =
            replies.iter().filter_map(Tokens::of).map(|tokens| tokens.refresh).collect();
        return Ok(format!("{} answers, {} successors", replies.len(), tokens.len()));
    }
    Err(wrong("refreshes that happen at once sign the user out")
        .expected("200 for all: a client with several processes refreshes in all of them")
        .seen(format!("{} of {} refused: {}", refused.len(), replies.len(), refused[0]))
        .change("give the same successor again for a minute or two (a grace), then treat it as reuse"))
}

async fn without_resource(deployment: &Deployment) -> Seen {
    let trial = deployment.refresh_trial().await?;
    let tokens = judge_refreshed("a refresh without resource", trial.answer("without resource")?)?;
    Ok(judge_audience(&tokens.access, &deployment.target)?)
}

pub(super) fn judge_audience(token: &str, resource: &str) -> Result<String, Violation> {
    let Some(jwt) = crate::jwt::Jwt::parse(token) else {
        return Ok("accepted; the token is opaque".to_owned());
    };
    let audience = jwt.claims.get("aud").cloned().unwrap_or_default();
    if audience == resource || audience.as_array().is_some_and(|all| all.iter().any(|one| one == resource)) {
        return Ok(format!("aud {resource}"));
    }
    Err(wrong("a refresh without resource gives a token for something else")
        .expected(format!("aud {resource}"))
        .seen(audience.to_string())
        .change(
            "keep the resource of the grant when a refresh names none; several clients never name it again",
        ))
}

async fn narrower(deployment: &Deployment) -> Seen {
    let trial = deployment.refresh_trial().await?;
    let (scope, _) = &trial.scopes;
    if scope.is_empty() {
        return skip("the resource names no scopes");
    }
    Ok(judge_narrower(scope, trial.answer("narrower")?)?)
}

pub(super) fn judge_narrower(scope: &str, reply: &Reply) -> Result<String, Violation> {
    let tokens = judge_refreshed("a refresh for less", reply)?;
    if tokens.scope == [scope] {
        return Ok(scope.to_owned());
    }
    Err(wrong("a refresh for less gives something else")
        .expected(format!("scope {scope}"))
        .seen(tokens.scope.join(" "))
        .change("grant what the refresh asks for when it is a part of the grant, and say so in scope"))
}

async fn wider(deployment: &Deployment) -> Seen {
    let trial = deployment.refresh_trial().await?;
    let (first, last) = &trial.scopes;
    if first == last || trial.session.tokens.scope.contains(last) {
        return skip("every scope of the resource was granted already");
    }
    Ok(at_token("a refresh for a scope that was never granted", trial.answer("wider")?, &["invalid_scope"])?)
}

async fn always_another(deployment: &Deployment) -> Seen {
    let trial = deployment.refresh_trial().await?;
    for name in ["rotate", "without resource", "narrower"] {
        judge_holds_another(trial.answer(name)?)?;
    }
    Ok("three of three".to_owned())
}

pub(super) fn judge_holds_another(reply: &Reply) -> Result<(), Violation> {
    if judge_refreshed("a refresh", reply)?.refresh.is_some() {
        return Ok(());
    }
    Err(wrong("a refresh is answered without a refresh token, and some clients then have none")
        .expected("refresh_token in every answer")
        .seen("none")
        .change("return a refresh token with every refresh, even if it is the same"))
}

async fn other_client(deployment: &Deployment) -> Seen {
    let trial = deployment.refresh_trial().await?;
    let errors = ["invalid_grant", "invalid_client"];
    Ok(at_token("a refresh token of another client", trial.answer("other client")?, &errors)?)
}

async fn revoked(deployment: &Deployment) -> Seen {
    deployment.endpoint("revocation_endpoint")?;
    let trial = deployment.refresh_trial().await?;
    let reply = trial.answer("revoke")?;
    if reply.status != 200 {
        return Err(wrong("a token cannot be revoked by its client")
            .expected("200 from the revocation endpoint")
            .seen(reply.line())
            .change("accept the client's own authentication there, and answer 200 (RFC 7009 §2.2)")
            .into());
    }
    Ok(at_token("a refresh token that was revoked", trial.answer("revoked")?, &["invalid_grant"])?)
}
