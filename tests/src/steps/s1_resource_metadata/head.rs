//! The request some clients send before any other: HEAD of the MCP endpoint.

use crate::{
    agent::Agent,
    exchange::{Exchange, Reply},
    steps::Seen,
    wire::Outgoing,
};

const HEAD: &str = "head";

/// Asks, if this client does.
pub(super) async fn send(agent: &Agent, url: &str, exchange: &mut Exchange) {
    if agent.persona.script.head_probe {
        let request = Outgoing::head(HEAD, url).header("user-agent", agent.persona.mcp_user_agent);
        agent.wire.send(request, exchange).await;
    }
}

/// Remarks on an answer without a challenge. Not fatal: who asks so looks elsewhere next.
pub(super) fn judge(exchange: &Exchange, seen: &mut Seen) {
    let Some(call) = exchange.named(HEAD) else { return };
    let is_challenge = |reply: &Reply| reply.status == 401 && reply.header("www-authenticate").is_some();
    if !call.reply().is_some_and(is_challenge) {
        seen.note(format!("HEAD finds no challenge, where Gemini CLI looks first: {}", call.line()));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::steps::fixtures::{MCP, call, exchange, reply, with};

    #[test]
    fn a_head_without_a_challenge_is_a_remark_and_no_head_is_none() {
        let notes = |calls: Vec<Reply>| {
            let mut seen = Seen::default();
            judge(&exchange(calls.into_iter().map(|reply| call(HEAD, MCP, reply))), &mut seen);
            seen.notes.len()
        };
        let bare = reply(401, &json!({}));
        assert_eq!(notes(vec![with(bare.clone(), "www-authenticate", "Bearer")]), 0);
        assert_eq!(notes(vec![bare]), 1);
        assert_eq!(notes(vec![reply(405, &json!({}))]), 1);
        assert_eq!(notes(Vec::new()), 0);
    }
}
