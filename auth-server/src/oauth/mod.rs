//! The vocabulary: every value here is valid or does not exist. No I/O, no clock, no chance.

pub mod allowlist;
pub mod authorization_request;
pub mod callback;
pub mod catalogue;
pub mod client;
pub mod client_document;
pub mod client_id_url;
pub mod client_keys;
pub mod client_metadata;
pub mod code;
pub mod error;
pub mod introspection;
pub mod invisible;
pub mod openid;
pub mod parameters;
pub mod pkce;
pub mod redirect;
pub mod refresh_token;
mod registration_text;
pub mod response;
