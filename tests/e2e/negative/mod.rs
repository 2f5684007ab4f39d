//! What is refused: each row is the happy request with one field changed, and each table ends with the happy request,
//! which must still work where the refused ones may spend nothing.
//!
//! | module | what is tried |
//! |---|---|
//! | [`pkce`], [`redirect`], [`authorize`], [`page`] | authorization requests |
//! | [`decision`] | the answer of the page |
//! | [`code`], [`client_auth`], [`form`], [`refresh`], [`revoke`] | token and revocation requests |
//! | [`access_token`], [`bearer`], [`scope`], [`keys`], [`owner`] | what opens the mcp-server, and what does not |
//! | [`check`], [`issuer`], [`raw`] | the shapes of a refusal; an issuer that can sign anything; a socket |

mod access_token;
mod authorize;
mod bearer;
pub(crate) mod check;
mod client_auth;
mod code;
mod decision;
mod form;
mod issuer;
mod keys;
mod owner;
mod page;
mod pkce;
pub(crate) mod raw;
mod redirect;
mod refresh;
mod revoke;
mod scope;
