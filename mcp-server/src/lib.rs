//! An MCP resource server with notes and meetings, protected by any OAuth 2.1 issuer that signs RFC 9068 tokens.
//!
//! ```text
//! http ─→ guard      who may enter: token, keys of the issuer
//!   └───→ tools ─→ store      what can be done, and the rows
//! ```
//!
//! | module | what it holds | what it refuses to know |
//! |---|---|---|
//! | [`settings`] | what the environment says, with every fault told at once | |
//! | [`app`] | everything one running server needs | how it is served |
//! | [`server`] | listening and stopping | what is served |
//! | `http` | the wire: metadata, challenges, the way into rmcp | SQL |
//! | [`guard`] | verified visitors out of `Authorization` headers | MCP, actix |
//! | `tools` | one tool, one file, each with the scopes it needs | HTTP, SQL |
//! | `store` | the rows | tokens, tools |
//!
//! JSON-RPC, lifecycle and versions of the protocol are the `rmcp` crate's business. The authorization server is known
//! by its URL only.

pub mod app;
pub mod guard;
mod http;
pub mod server;
pub mod settings;
mod store;
#[cfg(test)]
mod testing;
mod tools;

pub use app::{App, StartError};
pub use server::serve;
pub use settings::Settings;
