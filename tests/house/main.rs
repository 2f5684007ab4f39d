//! The house rules: reads the sources of the workspace and fails where the picture of the layers is no longer true.
//!
//! | module | rule |
//! |---|---|
//! | [`layers`] | who may use whom |
//! | [`backend`] | one file tells SQLite and PostgreSQL apart |
//! | [`size`] | no source file over 300 lines |
//! | [`time`] | one file reads the time |
//! | [`settings`] | every setting is documented |
//! | [`metrics`] | the dashboard shows what is counted |
//! | [`compose`] | what docker compose starts is confined, and is told nothing it does not read |
//! | [`deploy`] | what deploys refuses mistakes, and shows no secret |
//! | [`sources`] | how sources are read: without comments and strings, with every path spelled out |

mod backend;
mod compose;
mod deploy;
mod layers;
mod metrics;
mod settings;
mod size;
mod sources;
mod time;

use sources::Source;

/// Fails with every line a rule found.
fn assert_none(found: &[String]) {
    assert!(found.is_empty(), "\n  {}\n", found.join("\n  "));
}

/// All sources of the workspace; a rule that read none would always hold.
fn workspace() -> Vec<Source> {
    let sources = sources::all();
    for package in ["shared", "auth-server", "mcp-server", "tests"] {
        let start = format!("{package}/");
        assert!(
            sources.iter().any(|source| source.path.starts_with(&start)),
            "no source of {package} was read"
        );
    }
    sources
}
