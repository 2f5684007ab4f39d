//! Codes and refresh tokens on the real store, held against a model: whatever happens at the same time, there is an
//! order of one after another in which the model does the same.

use std::collections::{BTreeMap, BTreeSet};

use auth_server::{
    App,
    flow::{Refusal, authorization_code, refresh_token, revoke},
    oauth::{client::Client, refresh_token::RefreshToken, response::TokenResponse},
};
use conformance::pkce::Pkce;
use futures_util::future::join_all;
use proptest::prelude::*;

use self::{
    model::{Model, Outcome, Spans, explanations},
    steps::{Act, By, Step, history},
};
use crate::{
    cases,
    stage::{GRANTED, Stage, parameters},
};

mod model;
mod steps;

/// One history on the real store.
struct Run<'a> {
    stage: &'a Stage,
    holder: Client,
    stranger: Client,
    codes: Vec<(String, Pkce)>,
    /// Texts of refresh tokens in the order in which they were first seen.
    tokens: Vec<String>,
    /// How often each code was redeemed, by the grant it opened.
    opened: BTreeMap<i64, u32>,
    /// Grants whose revocation was answered.
    ended: BTreeSet<i64>,
}

/// What came of a request, before its tokens are numbered.
type Answer = Result<Option<TokenResponse>, &'static str>;

impl<'a> Run<'a> {
    fn new(stage: &'a Stage, (holder, stranger): &(Client, Client)) -> Run<'a> {
        Run {
            stage,
            holder: holder.clone(),
            stranger: stranger.clone(),
            codes: Vec::new(),
            tokens: Vec::new(),
            opened: BTreeMap::new(),
            ended: BTreeSet::new(),
        }
    }

    fn approve(&mut self) {
        let pkce = Pkce::fresh();
        self.codes.push((self.stage.code(&self.holder, &pkce), pkce));
    }

    /// Sends all at once and waits for every answer.
    fn together(&mut self, acts: Vec<Act>) -> Result<Vec<(Act, Outcome)>, TestCaseError> {
        let (codes, tokens) = (self.codes.len(), self.tokens.len());
        let acts: Vec<Act> = acts.into_iter().filter_map(|act| act.within(codes, tokens)).collect();
        let ended_before = self.ended.clone();
        let answers = self.stage.run(async {
            let requests = acts.iter().map(|act| tokio::spawn(self.request(act)));
            join_all(requests).await
        });
        let mut seen = Vec::new();
        for (act, answer) in acts.into_iter().zip(answers) {
            let outcome = self.note(&act, answer.unwrap(), &ended_before)?;
            seen.push((act, outcome));
        }
        Ok(seen)
    }

    fn request(&self, act: &Act) -> impl Future<Output = Answer> + Send + 'static {
        let app: App = self.stage.app().clone();
        let by = match act {
            Act::Redeem { by, .. } | Act::Refresh { by, .. } | Act::Revoke { by, .. } => by,
        };
        let client = if *by == By::Holder { self.holder.clone() } else { self.stranger.clone() };
        let sent = match act {
            Act::Redeem { code, right_verifier, .. } => {
                let (code, pkce) = &self.codes[*code];
                let other = Pkce::fresh().verifier;
                let verifier = if *right_verifier { &pkce.verifier } else { &other };
                parameters(&[("code", code), ("code_verifier", verifier)])
            }
            Act::Refresh { token, scope, .. } => {
                parameters(&[("refresh_token", &self.tokens[*token]), ("scope", &scope.join(" "))])
            }
            Act::Revoke { token, .. } => parameters(&[("token", &self.tokens[*token])]),
        };
        let act = act.clone();
        async move {
            let wire = |refusal: &dyn Refusal| refusal.code().as_str();
            match act {
                Act::Redeem { .. } => {
                    let answer = authorization_code::redeem(&app, &client, &sent).await;
                    answer.map(Some).map_err(|refusal| wire(&refusal))
                }
                Act::Refresh { .. } => {
                    let answer = refresh_token::refresh(&app, &client, &sent).await;
                    answer.map(Some).map_err(|refusal| wire(&refusal))
                }
                Act::Revoke { .. } => {
                    let answer = revoke::revoke(&app, &client, &sent).await;
                    answer.map(|()| None).map_err(|refusal| wire(&refusal))
                }
            }
        }
    }

    /// Numbers the tokens of an answer, and holds it against what needs no model.
    fn note(&mut self, act: &Act, answer: Answer, ended: &BTreeSet<i64>) -> Result<Outcome, TestCaseError> {
        let grant_of = |text: &str| RefreshToken::claimed(text).unwrap().0.grant;
        let tokens = match (answer, act) {
            (Err(code), _) => return Ok(Outcome::Refused(code)),
            (Ok(None), Act::Revoke { token, .. }) => {
                self.ended.insert(grant_of(&self.tokens[*token]));
                return Ok(Outcome::Revoked);
            }
            (Ok(tokens), _) => tokens.unwrap(),
        };
        let successor = tokens.refresh_token.unwrap();
        let grant = grant_of(&successor);
        prop_assert!(!ended.contains(&grant), "{:?} minted from a revoked grant", act);
        if matches!(act, Act::Redeem { .. }) {
            let times = self.opened.entry(grant).or_default();
            *times += 1;
            prop_assert_eq!(*times, 1, "a code was redeemed twice");
        }
        let known = self.tokens.iter().position(|text| *text == successor);
        let refresh = known.unwrap_or_else(|| {
            self.tokens.push(successor);
            self.tokens.len() - 1
        });
        Ok(Outcome::Tokens { refresh, scope: tokens.scope })
    }
}

fn follow(
    stage: &Stage,
    clients: &(Client, Client),
    (spans, steps): (Spans, Vec<Step>),
) -> Result<(), TestCaseError> {
    let mut run = Run::new(stage, clients);
    let mut models = vec![Model::new(spans, GRANTED)];
    for step in steps {
        match step {
            Step::Approve => {
                run.approve();
                models.iter_mut().for_each(Model::approve);
            }
            Step::Wait(seconds) => {
                stage.wait(seconds);
                models.iter_mut().for_each(|model| model.wait(seconds));
            }
            Step::Together(acts) => {
                let seen = run.together(acts)?;
                let before = format!("{models:#?}");
                models = explanations(models, &seen);
                prop_assert!(!models.is_empty(), "no order explains {:#?}\nafter {}", seen, before);
            }
        }
    }
    Ok(())
}

fn hold_against_the_model(spans: Spans, count: u32) {
    let [code, lifetime, grace] = [spans.code, spans.lifetime, spans.grace].map(|span| span.to_string());
    let stage = Stage::start(&[
        ("CODE_LIFETIME", &code),
        ("REFRESH_TOKEN_LIFETIME", &lifetime),
        ("REFRESH_GRACE", &grace),
    ]);
    let clients = (stage.client("holder"), stage.client("stranger"));
    proptest!(cases(count), |(steps in history(spans, 30))| {
        follow(&stage, &clients, (spans, steps))?;
    });
}

#[test]
fn any_history_is_that_of_the_model() {
    hold_against_the_model(Spans { code: 25, lifetime: 60, grace: 10 }, 250);
}

#[test]
fn any_history_without_a_grace_is_that_of_the_model() {
    hold_against_the_model(Spans { code: 25, lifetime: 60, grace: 0 }, 120);
}

#[test]
fn of_many_at_once_one_redeems_and_all_refresh() {
    let stage = Stage::start(&[]);
    let clients = (stage.client("holder"), stage.client("stranger"));
    let redeem = Act::Redeem { code: 0, by: By::Holder, right_verifier: true };
    let refresh = Act::Refresh { token: 0, by: By::Holder, scope: Vec::new() };
    let minted = |seen: &[(Act, Outcome)]| {
        seen.iter().filter(|(_, outcome)| matches!(outcome, Outcome::Tokens { .. })).count()
    };
    proptest!(cases(20), |(crowd in 2_usize..=64)| {
        let mut run = Run::new(&stage, &clients);
        run.approve();
        prop_assert_eq!(minted(&run.together(vec![redeem.clone()])?), 1);
        let all = run.together(vec![refresh.clone(); crowd])?;
        prop_assert_eq!(minted(&all), crowd);
        prop_assert_eq!(run.tokens.len(), 2, "one successor for all");

        let mut run = Run::new(&stage, &clients);
        run.approve();
        prop_assert_eq!(minted(&run.together(vec![redeem.clone(); crowd])?), 1);
        // The others were replays.
        prop_assert_eq!(minted(&run.together(vec![refresh.clone()])?), 0);
    });
}
