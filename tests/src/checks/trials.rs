//! What takes a sign-in of its own: a code that is misused, one that is used twice, a refresh token that is refreshed.
//!
//! A trial sends everything once and keeps the answers; the checks judge them one by one.

use serde_json::json;

use super::{
    client::Client,
    deployment::{CHATGPT, Deployment},
    probe::{Pairs, with, with_another, without},
    session::{Landing, Session, Tokens},
    verdict::{Seen, Stop, skip},
};
use crate::exchange::Reply;

/// Two thousand characters of everything a state may hold.
pub(super) fn long_state() -> String {
    let piece = "aZ09-._~/=+&#\"<>%2F;:,?@[]{}|\\^`' !$*()ä€漢🔑";
    piece.chars().cycle().take(2000).collect()
}

/// A code that was redeemed wrongly, many times over, and then rightly.
pub(super) struct CodeTrial {
    pub(super) state: String,
    pub(super) landing: Landing,
    answers: Vec<(&'static str, Reply)>,
}

/// A code that was redeemed twice.
pub(super) struct ReplayTrial {
    pub(super) session: Session,
    pub(super) second: Reply,
    /// A refresh with the token of the first redemption.
    pub(super) afterwards: Option<Reply>,
}

/// A refresh token and its successors.
pub(super) struct RefreshTrial {
    pub(super) session: Session,
    /// What was asked for in the narrower and in the wider refresh.
    pub(super) scopes: (String, String),
    answers: Vec<(&'static str, Reply)>,
    pub(super) parallel: Vec<Reply>,
    /// A list of tools with the token of the last refresh.
    pub(super) opened: Option<Reply>,
}

fn answer<'a>(answers: &'a [(&'static str, Reply)], name: &str) -> Seen<&'a Reply> {
    let found = answers.iter().find(|(own, _)| *own == name);
    found.map_or_else(|| skip("what comes before it was refused"), |(_, reply)| Ok(reply))
}

impl CodeTrial {
    pub(super) fn answer(&self, name: &str) -> Seen<&Reply> {
        answer(&self.answers, name)
    }
}

impl RefreshTrial {
    pub(super) fn answer(&self, name: &str) -> Seen<&Reply> {
        answer(&self.answers, name)
    }
}

impl Deployment {
    /// The misused code.
    pub(super) async fn code_trial(&self) -> Result<&CodeTrial, Stop> {
        self.code_trial_itself().await.map_err(|stop| stop.follows("E2"))
    }

    /// The same, told as it is when it fails.
    pub(super) async fn code_trial_itself(&self) -> Result<&CodeTrial, &Stop> {
        let trial = async || {
            let (client, other) = (self.client("none").await?, self.client("none").await?);
            let state = long_state();
            let asking = self.asking(&client).with("state", &state);
            let landing = self.visit_again(&asking).await?;
            let good = self.redemption(&asking, &landing)?;
            let mut answers = Vec::new();
            for (name, pairs) in misuses(&good) {
                answers.push((name, self.token(&client, pairs).await?));
            }
            answers.push(("other client", self.token(&other, good.clone()).await?));
            answers.push(("good", self.token(&client, good).await?));
            Ok(CodeTrial { state, landing, answers })
        };
        self.sessions.code.get_or_init(trial).await.as_ref()
    }

    /// The code that is used twice.
    pub(super) async fn replay_trial(&self) -> Result<&ReplayTrial, Stop> {
        self.replay_trial_itself().await.map_err(|stop| stop.follows("N3.1"))
    }

    /// The same, told as it is when it fails.
    pub(super) async fn replay_trial_itself(&self) -> Result<&ReplayTrial, &Stop> {
        let trial = async || {
            let client = self.client("client_secret_basic").await?;
            let session = self.sign_in_again(self.asking(&client)).await?;
            let second = self.token(&client, session.redemption.clone()).await?;
            let afterwards = match &session.tokens.refresh {
                Some(token) => Some(self.refresh(&client, token, &[]).await?),
                None => None,
            };
            Ok(ReplayTrial { session, second, afterwards })
        };
        self.sessions.replay.get_or_init(trial).await.as_ref()
    }

    /// The refresh token that is refreshed.
    pub(super) async fn refresh_trial(&self) -> Result<&RefreshTrial, Stop> {
        self.refresh_trial_itself().await.map_err(|stop| stop.follows("I1.1"))
    }

    /// The same, told as it is when it fails.
    pub(super) async fn refresh_trial_itself(&self) -> Result<&RefreshTrial, &Stop> {
        let trial = async || {
            let client = self.client("none").await?;
            let scopes = self.resource_scopes();
            let asking = match scopes.split_last() {
                Some((_, all_but_one)) if !all_but_one.is_empty() => {
                    self.asking(&client).with("scope", &all_but_one.join(" "))
                }
                _ => self.asking(&client),
            };
            let session = self.sign_in_again(asking).await?;
            let Some(token) = session.tokens.refresh.clone() else {
                return skip("no refresh token was issued");
            };
            let edge = |scope: Option<&String>| scope.cloned().unwrap_or_default();
            let scopes = (edge(scopes.first()), edge(scopes.last()));
            let (answers, parallel, opened) = (Vec::new(), Vec::new(), None);
            let mut trial = RefreshTrial { session, scopes, answers, parallel, opened };
            self.refresh_on(&mut trial, token).await?;
            Ok(trial)
        };
        self.sessions.refresh.get_or_init(trial).await.as_ref()
    }

    async fn refresh_on(&self, trial: &mut RefreshTrial, first: String) -> Seen<()> {
        let client = trial.session.asking.client.clone();
        let (narrower, wider) = trial.scopes.clone();
        let mut token = first.clone();
        // What comes after a refused refresh would be refused for that reason: it is not sent.
        for (name, more) in [
            ("rotate", vec![("resource", self.target.as_str())]),
            ("without resource", vec![]),
            ("narrower", vec![("scope", narrower.as_str())]),
        ] {
            let reply = self.refresh(&client, &token, &more).await?;
            let next = Tokens::of(&reply).map(|tokens| tokens.refresh.unwrap_or_else(|| token.clone()));
            trial.answers.push((name, reply));
            let Some(next) = next else { return Ok(()) };
            token = next;
        }
        trial.answers.push(("wider", self.refresh(&client, &token, &[("scope", &wider)]).await?));
        let other = self.client("none").await?;
        trial.answers.push(("other client", self.refresh(&other, &token, &[]).await?));
        trial.parallel = self.refresh_at_once(&client, &token).await?;
        let last = trial.parallel.iter().rev().find_map(Tokens::of).unwrap_or_default();
        if !last.access.is_empty() {
            trial.opened = self.call(CHATGPT, Some(&last.access), "tools/list", json!({})).await.ok();
        }
        trial.answers.push(("old", self.refresh(&client, &token, &[]).await?));
        let current = last.refresh.unwrap_or(token);
        if let Ok(endpoint) = self.endpoint("revocation_endpoint") {
            let form = client.form(endpoint, vec![("token".to_owned(), current.clone())]);
            trial.answers.push(("revoke", self.send(&form).await?));
            trial.answers.push(("revoked", self.refresh(&client, &current, &[]).await?));
        }
        Ok(())
    }

    /// Ten refreshes with one token, all on their way at once.
    async fn refresh_at_once(&self, client: &Client, token: &str) -> Seen<Vec<Reply>> {
        let one = || self.refresh(client, token, &[]);
        let (a, b) = tokio::join!(async { tokio::join!(one(), one(), one(), one(), one()) }, async {
            tokio::join!(one(), one(), one(), one(), one())
        },);
        [a.0, a.1, a.2, a.3, a.4, b.0, b.1, b.2, b.3, b.4].into_iter().collect()
    }
}

/// The good redemption with one thing changed, and what the change is called.
fn misuses(good: &Pairs) -> Vec<(&'static str, Pairs)> {
    let verifier = |text: &str| with(good.clone(), "code_verifier", text);
    vec![
        ("wrong verifier", verifier("a-verifier-that-nobody-hashed-0123456789-abcdef")),
        ("no verifier", without(good.clone(), "code_verifier")),
        ("short verifier", verifier(&"a".repeat(42))),
        ("long verifier", verifier(&"a".repeat(129))),
        ("strange verifier", verifier(&"ä ".repeat(25))),
        ("other redirect", with(good.clone(), "redirect_uri", "https://attacker.example/callback")),
        ("other resource", with(good.clone(), "resource", "https://attacker.example/mcp")),
        ("two codes", with_another(good.clone(), "code", "a-second-code-that-nobody-gave-out")),
        ("two verifiers", with_another(good.clone(), "code_verifier", &"a".repeat(43))),
    ]
}
