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
//! | `http` | the wire: metadata, challenges, the older transport, the way into rmcp | SQL |
//! | [`cli`] | what can be done beside serving | the wire |
//! | [`guard`] | who may enter: access tokens in `Authorization` headers, static tokens in URLs | MCP, actix |
//! | [`limits`] | how often anybody may | HTTP, MCP |
//! | `tools` | one tool, one file, each with the scopes it needs | HTTP, SQL |
//! | `metrics` | what is counted | |
//! | `store` | the rows | scopes, tools |
//!
//! JSON-RPC, lifecycle and versions of the protocol are the `rmcp` crate's business. The authorization server is known
//! by its URL only.

pub mod app;
mod caller;
pub mod cli;
pub mod guard;
mod http;
pub mod limits;
mod metrics;
pub mod server;
pub mod settings;
mod static_tokens;
mod store;
#[cfg(test)]
mod testing;
mod tools;

pub use app::{App, StartError};
pub use caller::Caller;
pub use http::{Endpoint, Message};
pub use server::{serve, serve_metrics};
pub use settings::Settings;
pub use static_tokens::{AddTokenError, IssuedToken, TokenPurpose};
