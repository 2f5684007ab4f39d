//! What can happen: requests one after another or all at once, and time that passes between them.

use proptest::{collection::vec, prelude::*, sample::subsequence};

use super::model::Spans;

/// Something that happens.
#[derive(Clone, Debug)]
pub enum Step {
    /// The person allows it: a code.
    Approve,
    /// Seconds pass.
    Wait(u64),
    /// Requests that run at the same time; often just one.
    Together(Vec<Act>),
}

/// A request. Codes and tokens are counted from the first one issued, and round again past the last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    Redeem { code: usize, by: By, right_verifier: bool },
    Refresh { token: usize, by: By, scope: Vec<&'static str> },
    Revoke { token: usize, by: By },
}

/// Who sends it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    Holder,
    Stranger,
}

impl Act {
    /// The same act on things that exist; none while there are none.
    pub fn within(self, codes: usize, tokens: usize) -> Option<Act> {
        Some(match self {
            Act::Redeem { code, by, right_verifier } => {
                Act::Redeem { code: code.checked_rem(codes)?, by, right_verifier }
            }
            Act::Refresh { token, by, scope } => {
                Act::Refresh { token: token.checked_rem(tokens)?, by, scope }
            }
            Act::Revoke { token, by } => Act::Revoke { token: token.checked_rem(tokens)?, by },
        })
    }
}

fn by() -> impl Strategy<Value = By> {
    prop_oneof![9 => Just(By::Holder), 1 => Just(By::Stranger)]
}

/// Mostly nothing, which means everything; else a part, or something that was never granted.
fn scope() -> impl Strategy<Value = Vec<&'static str>> {
    let names = vec!["notes:read", "notes:write", "meetings:read"];
    prop_oneof![6 => Just(Vec::new()), 1 => subsequence(names, 1..=3)]
}

fn act() -> impl Strategy<Value = Act> {
    let redeem = (0..4_usize, by(), prop::bool::weighted(0.9))
        .prop_map(|(code, by, right_verifier)| Act::Redeem { code, by, right_verifier });
    let refresh =
        (0..12_usize, by(), scope()).prop_map(|(token, by, scope)| Act::Refresh { token, by, scope });
    let revoke = (0..12_usize, by()).prop_map(|(token, by)| Act::Revoke { token, by });
    prop_oneof![3 => redeem, 10 => refresh, 1 => revoke]
}

/// Histories that begin with a code in the holder's hands.
pub fn history(spans: Spans, longest: usize) -> impl Strategy<Value = Vec<Step>> {
    let wait = prop_oneof![
        3 => 0..=3_u64,
        2 => prop::sample::select(vec![spans.code, spans.grace, spans.lifetime])
            .prop_flat_map(|span| span.saturating_sub(1)..=span + 1),
    ];
    let step = prop_oneof![
        1 => Just(Step::Approve),
        4 => wait.prop_map(Step::Wait),
        9 => act().prop_map(|act| Step::Together(vec![act])),
        4 => vec(act(), 2..=5).prop_map(Step::Together),
    ];
    let redeem = Act::Redeem { code: 0, by: By::Holder, right_verifier: true };
    vec(step, 1..=longest).prop_map(move |steps| {
        let begin = [Step::Approve, Step::Together(vec![redeem.clone()])];
        begin.into_iter().chain(steps).collect()
    })
}
