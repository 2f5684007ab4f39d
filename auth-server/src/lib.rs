//! An OAuth 2.1 authorization server made for MCP.
//!
//! ```text
//! http ─→ flow ─→ { store, keys, clients, login } ─→ oauth ─→ shared
//! ```
//!
//! | layer | what it is | what it refuses to know |
//! |---|---|---|
//! | [`http`] | the wire: read, call a flow, reply | SQL |
//! | [`flow`] | what is decided and done | HTTP, SQL |
//! | [`store`] | the rows | HTTP, flows |
//! | [`keys`] | who signs and seals | HTTP, flows |
//! | [`clients`] | who asks | HTTP, flows |
//! | [`login`] | who is the human | HTTP, flows |
//! | [`limits`] | how often anybody may | HTTP, flows |
//! | [`metrics`] | what is counted | HTTP, flows |
//! | [`audit`] | what happened, for whoever answers for it | HTTP, flows |
//! | [`oauth`] | the vocabulary | I/O, time, chance of its own |
//!
//! [`Settings`] become an [`App`], and [`serve`] puts it on a listener.

pub mod app;
pub mod audit;
pub mod cli;
pub mod clients;
pub mod flow;
pub mod http;
pub mod keys;
pub mod limits;
pub mod login;
pub mod metrics;
pub mod oauth;
pub mod server;
pub mod settings;
pub mod store;

pub use app::App;
pub use server::{serve, serve_metrics};
pub use settings::Settings;
