//! What happened, for whoever has to answer for it: one JSON line for each event, where `AUDIT_LOG` says.
//!
//! An event is noted when the database has committed it, and written before the answer is sent, with the address it came
//! from and the reference of the answer. A line that cannot be written stands in the log instead, and nobody is kept from
//! signing in. Without `AUDIT_LOG` the log tells the same in fewer fields.

mod entry;
mod kind;
mod request;
mod stream;

pub use self::{
    entry::Entry,
    kind::{By, Kind, Way},
    request::Request,
    stream::Audit,
};
