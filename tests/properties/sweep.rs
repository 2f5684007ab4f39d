//! Forgetting changes no answer: the same history on two servers, of which one forgets whatever it may after each step.

use std::{cell::Cell, time::Duration};

use auth_server::{
    flow::{Refusal, authorization_code, refresh_token, revoke, sweep::sweep},
    oauth::client::Client,
};
use conformance::pkce::Pkce;
use proptest::{collection::vec, prelude::*, sample::select, test_runner::TestRunner};

use crate::{
    cases,
    stage::{Stage, parameters},
};

const SETTINGS: [(&str, &str); 3] =
    [("CODE_LIFETIME", "600"), ("ACCESS_TOKEN_LIFETIME", "3600"), ("REFRESH_TOKEN_LIFETIME", "7200")];
/// The spans after which something ends, or may be forgotten.
const SPANS: [u64; 8] = [1, 120, 600, 3_600, 7_200, 10_800, 86_400, 8 * 86_400];

/// Codes and tokens are counted from the first one issued, and round again past the last.
#[derive(Clone, Copy, Debug)]
enum Act {
    Approve,
    Redeem(usize),
    Refresh(usize),
    Revoke(usize),
    Wait(u64),
}

fn act() -> impl Strategy<Value = Act> {
    let wait = select(SPANS.to_vec()).prop_flat_map(|span| span - 1..=span + 1);
    prop_oneof![
        2 => Just(Act::Approve),
        4 => (0..6_usize).prop_map(Act::Redeem),
        5 => (0..8_usize).prop_map(Act::Refresh),
        1 => (0..8_usize).prop_map(Act::Revoke),
        5 => wait.prop_map(Act::Wait),
    ]
}

/// One of the two.
struct Side<'a> {
    stage: &'a Stage,
    client: Client,
    codes: Vec<(String, Pkce)>,
    tokens: Vec<String>,
}

impl<'a> Side<'a> {
    fn new(stage: &'a Stage) -> Side<'a> {
        Side { stage, client: stage.client("both"), codes: Vec::new(), tokens: Vec::new() }
    }

    /// What is answered: whether it worked, or the wire's name for why not.
    fn run(&mut self, act: Act) -> Option<&'static str> {
        let (app, client) = (self.stage.app(), &self.client);
        let wire = |refusal: &dyn Refusal| refusal.code().as_str();
        let answer = match act {
            Act::Wait(seconds) => {
                self.stage.wait(seconds);
                return None;
            }
            Act::Approve => {
                let pkce = Pkce::fresh();
                self.codes.push((self.stage.code(client, &pkce), pkce));
                return None;
            }
            Act::Redeem(code) => {
                let (code, pkce) = &self.codes[code.checked_rem(self.codes.len())?];
                let sent = parameters(&[("code", code), ("code_verifier", &pkce.verifier)]);
                self.stage.run(authorization_code::redeem(app, client, &sent)).map_err(|error| wire(&error))
            }
            Act::Refresh(token) => {
                let token = &self.tokens[token.checked_rem(self.tokens.len())?];
                let sent = parameters(&[("refresh_token", token)]);
                self.stage.run(refresh_token::refresh(app, client, &sent)).map_err(|error| wire(&error))
            }
            Act::Revoke(token) => {
                let token = &self.tokens[token.checked_rem(self.tokens.len())?];
                let sent = parameters(&[("token", token)]);
                let answer = self.stage.run(revoke::revoke(app, client, &sent));
                return Some(answer.map_or_else(|error| wire(&error), |()| "revoked"));
            }
        };
        match answer {
            Ok(tokens) => {
                self.tokens.extend(tokens.refresh_token);
                Some("tokens")
            }
            Err(code) => Some(code),
        }
    }
}

#[test]
fn whatever_was_answered_is_answered_after_a_sweep() {
    let (kept, swept) = (Stage::start(&SETTINGS), Stage::start(&SETTINGS));
    let mut runner = TestRunner::new(cases(48));
    let forgotten = Cell::new(0);
    runner
        .run(&vec(act(), 1..=24), |history| {
            let (mut one, mut other) = (Side::new(&kept), Side::new(&swept));
            for act in [Act::Approve, Act::Redeem(0)].into_iter().chain(history) {
                let expected = one.run(act);
                prop_assert_eq!(other.run(act), expected, "{:?}", act);
                let round = swept.run(sweep(swept.app(), Duration::ZERO)).unwrap();
                forgotten.set(forgotten.get() + round.rows());
            }
            Ok(())
        })
        .unwrap();
    assert!(forgotten.get() > 0, "nothing was forgotten, so nothing was shown");
}
