//! The refresh: once, or as often at once as the client is known to send it.

use serde_json::json;
use tokio::task::JoinSet;

use super::{Verification, judge_answer};
use crate::{
    agent::{Agent, Part},
    document::Subject,
    exchange::Exchange,
    mcp::Era,
    persona::script::Request,
    steps::{ClientAuth, Seen, Tokens, s5_token},
    violation::Violation,
    wire::Outgoing,
};

pub(super) const REFRESH: &str = "refresh";
pub(super) const LIST_AGAIN: &str = "tools_list_after_refresh";
const REFRESHED: Subject = Subject { step: "S6", name: "the refresh", section: "OAuth 2.1 §4.3" };

/// Refreshes, and lists the tools again with what came of it.
pub(super) async fn send(step: &Verification, agent: &Agent, era: &Era, exchange: &mut Exchange) {
    let Some(refresh) = &step.tokens.refresh else { return };
    let mut sending = JoinSet::new();
    for _ in 0..agent.persona.script.refresh.at_once.max(1) {
        let (wire, request) = (agent.dressed(Part::Token).wire, request(step, refresh, agent));
        sending.spawn(async move {
            let mut exchange = Exchange::default();
            wire.send(request, &mut exchange).await;
            exchange
        });
    }
    for sent in sending.join_all().await {
        exchange.calls.extend(sent.calls);
    }
    let Some(call) = exchange.named(REFRESH) else { return };
    if let Ok((tokens, _)) = s5_token::read(call, &[], REFRESHED) {
        let mcp = agent.dressed(Part::Mcp);
        let target = step.target(LIST_AGAIN, &tokens.access, agent);
        mcp.wire.send(era.request(&target, "tools/list", json!({})), exchange).await;
    }
}

fn request(step: &Verification, refresh: &str, agent: &Agent) -> Outgoing {
    let mut form = vec![("grant_type", "refresh_token".to_owned()), ("refresh_token", refresh.to_owned())];
    form.extend(agent.persona.resource(Request::Refresh, &step.resource).map(|value| ("resource", value)));
    if agent.persona.script.refresh.scope {
        form.push(("scope", step.tokens.scopes.join(" ")));
    }
    s5_token::request(REFRESH, (&step.server, &step.client), form, agent)
}

/// Judges the refresh; what to say about it.
pub(super) fn judge(
    step: &Verification,
    exchange: &Exchange,
    seen: &mut Seen,
) -> Result<&'static str, Violation> {
    let Some(old) = &step.tokens.refresh else { return Ok("") };
    REFRESHED.call(exchange, REFRESH)?;
    let mut said = "";
    let calls: Vec<_> = exchange.all_named(REFRESH).collect();
    for call in &calls {
        REFRESHED.received(call)?;
        let (tokens, _) = s5_token::read(call, &step.tokens.scopes, REFRESHED)
            .map_err(|violation| if calls.len() == 1 { violation } else { raced(&violation, calls.len()) })?;
        said = judge_rotation(step, old, &tokens, seen)?;
    }
    judge_answer(exchange, LIST_AGAIN)?;
    Ok(said)
}

fn raced(violation: &Violation, count: usize) -> Violation {
    REFRESHED
        .violation("race", format!("of {count} refreshes sent at once, not all are answered with tokens"))
        .expected("200 for each: this client sends several at once and keeps whichever answer comes last")
        .seen(violation.seen.clone())
        .change(
            "for a minute or two accept the refresh token that was just replaced, and give the same successor again",
        )
}

fn judge_rotation(
    step: &Verification,
    old: &str,
    tokens: &Tokens,
    seen: &mut Seen,
) -> Result<&'static str, Violation> {
    match tokens.refresh.as_deref() {
        Some(new) if new != old => Ok(", refreshed and rotated"),
        // OAuth 2.1 §4.3.1: rotation is for clients that have nothing else to prove who they are.
        Some(_) if !matches!(step.client.auth, ClientAuth::None) => {
            seen.note("the refresh token does not rotate");
            Ok(", refreshed")
        }
        kept => {
            let what = if kept.is_some() { "the same refresh token" } else { "no refresh token" };
            Err(REFRESHED
                .violation("rotation", "a refresh does not give a new refresh token")
                .expected("another refresh_token than before")
                .seen(what)
                .change("rotate refresh tokens and return the new one with every refresh"))
        }
    }
}
