//! What both services must agree on byte for byte, and what both open the same way.
//!
//! | module | what it holds |
//! |---|---|
//! | [`address`] | whose address a request comes from behind proxies (RFC 7239) |
//! | [`bounds`] | how much is taken on at one time, and how long anybody is waited for |
//! | [`claims`] | the claims of an access token (RFC 9068) |
//! | [`scope`] | scope tokens and sets of them (RFC 6749 §3.3) |
//! | [`resource`] | resource identifiers (RFC 8707, RFC 9728) |
//! | [`limit`] | how often somebody may ask |
//! | [`metadata`] | the authorization server's document (RFC 8414) |
//! | [`clock`] | the only reader of the time |
//! | [`random`] | the only caller of the system's randomness, and time-ordered keys |
//! | [`env`](mod@env) | settings as typed, and every fault in them told at once |
//! | [`database`] | SQLite and PostgreSQL behind one queue with group commit |
//! | [`metrics`] | figures as Prometheus reads them |
//! | [`probe`] | where a service asks itself whether it is ready |
//! | [`readiness`] | whether a service can do its work, found out once a second |
//! | [`telemetry`] | logs and traces |
//! | [`tls`] | a certificate and key of our own, changed while connections go on |
//! | [`wire`] | what happens to every connection and request, whatever it is about |
//!
//! What moves in here has a call site in each service on that day. No web framework but in [`wire`], no OAuth decisions.

pub mod address;
pub mod bounds;
pub mod claims;
pub mod clock;
pub mod database;
pub mod env;
pub mod limit;
pub mod metadata;
pub mod metrics;
pub mod probe;
pub mod random;
pub mod readiness;
pub mod remembered;
pub mod resource;
pub mod scope;
pub mod telemetry;
pub mod tls;
pub mod wire;
