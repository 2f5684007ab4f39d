//! What can be done with notes and meetings. One tool, one file; each names the scopes it needs.
//!
//! Knows whose rows it works on and what was granted, but not how that was found out, and nothing of HTTP or SQL.

mod about;
mod meetings;
pub(crate) mod moment;
mod notes;
mod page;
mod reception;
mod refusal;
mod schema;
mod text;
mod tool;
mod toolbox;

pub(crate) use reception::{LEGACY_VERSIONS, Reception, VERSIONS};
pub(crate) use toolbox::Toolbox;
