//! Properties: what must hold for every input, tried on many.
//!
//! | module | of what |
//! |---|---|
//! | [`redirect`], [`allowlist`], [`callback`] | where a browser may be sent, and what it carries there |
//! | [`pkce`], [`scopes`], [`resource`], [`parameters`], [`openid`] | the vocabulary |
//! | [`addresses`], [`client_documents`] | what clients publish, and where nothing is fetched from |
//! | [`seals`], [`registration`] | what is sealed instead of stored |
//! | [`refresh`] | codes and refresh tokens against a model, on the real store |
//! | [`sweep`] | what is forgotten is missed by nobody |
//! | [`time`] | the second in which something ends |
//! | [`errors`], [`challenges`], [`tokens`] | both services, sent anything |
//! | [`assertions`] | what clients sign |
//! | [`texts`], [`stage`] | what is tried, and where |
//!
//! A failing case is printed in its smallest form. `PROPTEST_CASES` tries more of them.
#![expect(clippy::unwrap_used, reason = "what cannot go wrong in a test ends it when it does")]

mod addresses;
mod allowlist;
mod assertions;
mod callback;
mod challenges;
mod client_documents;
mod errors;
mod openid;
mod parameters;
mod pkce;
mod redirect;
mod refresh;
mod registration;
mod resource;
mod scopes;
mod seals;
mod stage;
mod sweep;
mod texts;
mod time;
mod tokens;

use proptest::test_runner::Config;

/// This many cases, unless the environment asks for another number. Nothing is written beside the sources: a case worth
/// keeping becomes a test with a name.
fn cases(usual: u32) -> Config {
    let asked = std::env::var("PROPTEST_CASES").ok().and_then(|text| text.parse().ok());
    Config { cases: asked.unwrap_or(usual), failure_persistence: None, ..Config::default() }
}
