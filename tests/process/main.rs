//! The two programs as processes: killed, stopped, started again, and started wrongly.
//!
//! | module | what it shows |
//! |---|---|
//! | [`crash_auth`] | `kill -9` of the auth-server after any acknowledged step loses nothing |
//! | [`crash_mcp`] | nor does one of the mcp-server |
//! | [`storm`] | nor one in the middle of many writes |
//! | [`first_start`] | a first start can be broken off, or made by two at once |
//! | [`independence`] | the mcp-server works while the auth-server is away |
//! | [`stop`], [`stop_graceful`] | SIGTERM and SIGINT end both cleanly |
//! | [`refusals`] | what keeps one from starting is told, all of it, and nothing is made up in its place |
//! | [`users`] | accounts by commands and by links, and the first start |
//! | [`commands`], [`clients`] | the command lines |
//! | [`doctor`], [`explain`] | what is wrong with a deployment, and what a reference stands for |
//! | [`health`] | what a container's health check makes of the answer |
//! | [`audit`] | what commands do is told as well |
//! | [`metrics`] | what is counted is shown on a port of its own |
//! | [`overload`] | slow clients and too many of them are outlived |
//! | [`flood`] | many registrations leave nothing behind |
//! | [`tokens`] | static tokens: made, used, revoked, never logged |
//! | [`history`] | one history of migrations; starting again changes nothing |
//! | [`up`] | `cargo up` starts and ends both |
//! | [`keys`] | signing keys and master secrets change by command, under load |
//! | [`database`] | PostgreSQL is restarted under load; the move to it; backups |
//! | [`replicas`] | two and two on one PostgreSQL, each of them killed under load, and the database too |
//! | [`tls`] | a certificate and key of its own, changed under open connections |
//! | [`traces`] | one trace through both, a collector that is away, and a line a request |
//! | [`files`] | what is stored is for its owner alone |
//!
//! Databases are SQLite files in a folder of the test, or schemas of PostgreSQL where `TEST_POSTGRES_URL` points.

mod audit;
mod clients;
mod commands;
mod crash_auth;
mod crash_mcp;
mod database;
mod doctor;
mod explain;
mod files;
mod first_start;
mod flood;
mod harness;
mod health;
mod history;
mod independence;
mod keys;
mod metrics;
mod overload;
mod refusals;
mod replicas;
mod stop;
mod stop_graceful;
mod storm;
mod tls;
mod tokens;
mod traces;
mod up;
mod users;
