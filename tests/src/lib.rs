//! A client that does exactly what ChatGPT does, and what the tests of both services share.
//!
//! | module | what it holds |
//! |---|---|
//! | [`steps`] | the seven steps, each a `send` that never judges and a `judge` that never sends |
//! | [`run`](mod@run), [`report`], [`matrix`] | all seven in order, as one client or as many, and what is told of them |
//! | [`agent`], [`persona`], [`human`] | who asks, as what, and who signs in |
//! | [`cast`] | which personas are played, and where their documents stand |
//! | [`wire`], [`exchange`], [`secrets`] | what is sent, what comes back, what is never printed |
//! | [`page`], [`cookies`], [`browser`] | the human's side: any server's forms, or this machine's browser |
//! | [`document`], [`challenge`], [`jwt`], [`mcp`], [`pkce`] | formats, read strictly |
//! | [`assertion`] | what a client signs to say who it is |
//! | [`host`] | what a client publishes about itself, over https on this machine |
//! | [`violation`] | a broken rule, with what to change |
//! | [`checks`] | the rules A to N14 one by one, against any deployment |
//! | [`failure`], [`raw`] | what ends a test, and requests as bytes on a socket |
//!
//! It speaks HTTP only and knows nothing of the servers in this workspace, so it tells the truth about any other.
//! [`world`] and [`actor`] are for the tests: both services in this process, and a client whose every field can be
//! changed. [`up`] runs both on this machine.

pub mod actor;
pub mod agent;
pub mod assertion;
pub mod browser;
pub mod cast;
pub mod challenge;
pub mod checks;
pub mod cookies;
pub mod document;
pub mod exchange;
pub mod failure;
pub mod host;
pub mod human;
pub mod jwt;
pub mod matrix;
pub mod mcp;
pub mod page;
pub mod persona;
pub mod pkce;
pub mod raw;
pub mod report;
pub mod run;
pub mod secrets;
pub mod steps;
pub mod up;
pub mod violation;
pub mod wire;
pub mod world;
