//! What codes and refresh tokens are meant to do, in a page: no database, no bytes, no concurrency.

use std::collections::BTreeMap;

use super::steps::{Act, By};

/// The spans that matter, in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spans {
    pub code: u64,
    pub lifetime: u64,
    pub grace: u64,
}

/// What an act leads to. Tokens are told apart by the order in which their texts were first seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    Tokens { refresh: usize, scope: String },
    Revoked,
    Refused(&'static str),
}

/// Everything that was allowed so far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Model {
    spans: Spans,
    now: u64,
    granted: Vec<&'static str>,
    codes: Vec<Code>,
    /// Which generation of which code's grant a token is.
    tokens: BTreeMap<usize, (usize, u64)>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Code {
    expires_at: u64,
    grant: Option<Grant>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Grant {
    generation: u64,
    rotated_at: u64,
    revoked: bool,
}

const INVALID_GRANT: Outcome = Outcome::Refused("invalid_grant");

impl Model {
    pub fn new(spans: Spans, granted: &'static str) -> Model {
        Model {
            spans,
            now: 0,
            granted: granted.split(' ').collect(),
            codes: Vec::new(),
            tokens: BTreeMap::new(),
        }
    }

    pub fn approve(&mut self) {
        self.codes.push(Code { expires_at: self.now + self.spans.code, grant: None });
    }

    pub fn wait(&mut self, seconds: u64) {
        self.now += seconds;
    }

    /// Does the act and says whether this is what must have come of it.
    pub fn explains(&mut self, act: &Act, seen: &Outcome) -> bool {
        match act {
            Act::Redeem { code, by, right_verifier } => self.redeem(*code, *by, *right_verifier, seen),
            Act::Refresh { token, by, scope } => self.refresh(*token, *by, scope, seen),
            Act::Revoke { token, by: By::Stranger } => {
                self.tokens.contains_key(token) && *seen == INVALID_GRANT
            }
            Act::Revoke { token, by: By::Holder } => {
                self.revoke(self.tokens[token].0);
                *seen == Outcome::Revoked
            }
        }
    }

    fn redeem(&mut self, code: usize, by: By, right_verifier: bool, seen: &Outcome) -> bool {
        let is_good = by == By::Holder && right_verifier && self.now < self.codes[code].expires_at;
        if !is_good {
            return *seen == INVALID_GRANT;
        }
        if self.codes[code].grant.is_some() {
            // Whoever has the code a second time must not keep what it gave.
            self.revoke(code);
            return *seen == INVALID_GRANT;
        }
        self.codes[code].grant = Some(Grant { generation: 0, rotated_at: self.now, revoked: false });
        self.issues((code, 0), &self.granted.join(" "), seen)
    }

    fn refresh(&mut self, token: usize, by: By, scope: &[&'static str], seen: &Outcome) -> bool {
        let (code, presented) = self.tokens[&token];
        if by == By::Stranger {
            return *seen == INVALID_GRANT;
        }
        if !scope.iter().all(|name| self.granted.contains(name)) {
            return *seen == Outcome::Refused("invalid_scope");
        }
        let (now, spans) = (self.now, self.spans);
        let Some(grant) = &mut self.codes[code].grant else { return false };
        let age = now - grant.rotated_at;
        if grant.revoked || age >= spans.lifetime {
            return *seen == INVALID_GRANT;
        }
        if presented == grant.generation {
            *grant = Grant { generation: presented + 1, rotated_at: now, revoked: false };
        } else if presented + 1 != grant.generation || spans.grace == 0 || age > spans.grace {
            grant.revoked = true;
            return *seen == INVALID_GRANT;
        }
        let scope = if scope.is_empty() { self.granted.join(" ") } else { scope.join(" ") };
        self.issues((code, presented + 1), &scope, seen)
    }

    fn revoke(&mut self, code: usize) {
        if let Some(grant) = &mut self.codes[code].grant {
            grant.revoked = true;
        }
    }

    /// The token of one generation is always the same, and never that of another.
    fn issues(&mut self, generation: (usize, u64), expected_scope: &str, seen: &Outcome) -> bool {
        let Outcome::Tokens { refresh, scope } = seen else { return false };
        let known = self.tokens.iter().find(|(_, known)| **known == generation).map(|(token, _)| *token);
        let is_it = match known {
            Some(token) => token == *refresh,
            None => self.tokens.insert(*refresh, generation).is_none(),
        };
        is_it && scope == expected_scope
    }
}

/// Every state the acts could have led to, in whatever order they took effect; none when no order explains what was
/// seen.
pub fn explanations(before: Vec<Model>, together: &[(Act, Outcome)]) -> Vec<Model> {
    if together.is_empty() {
        return before;
    }
    let mut after: Vec<Model> = Vec::new();
    for (place, (act, seen)) in together.iter().enumerate() {
        // Two that are alike in both are the same first one.
        if together[..place].contains(&together[place]) {
            continue;
        }
        let explained: Vec<Model> = before
            .iter()
            .filter_map(|model| {
                let mut model = model.clone();
                model.explains(act, seen).then_some(model)
            })
            .collect();
        if explained.is_empty() {
            continue;
        }
        let rest: Vec<_> = [&together[..place], &together[place + 1..]].concat();
        for model in explanations(explained, &rest) {
            if !after.contains(&model) {
                after.push(model);
            }
        }
    }
    after
}
