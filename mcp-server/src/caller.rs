//! Who asks, however they were let in.

use std::sync::Arc;

use shared::scope::Scopes;

use crate::{
    guard::{Holder, Visitor},
    store::Owner,
};

/// Somebody whose request is answered. Made anew for every request.
#[derive(Clone, Debug)]
pub enum Caller {
    /// Somebody with an access token of the issuer.
    Visitor(Arc<Visitor>),
    /// Somebody with a static token of this server, made for a user of the same issuer.
    Holder {
        /// The issuer, so that the user's rows are the same by both ways.
        issuer: Arc<str>,
        /// The token.
        holder: Holder,
    },
    /// Somebody without a token (mixed mode).
    Nobody,
}

impl Caller {
    /// Whether all these scopes were granted.
    pub(crate) fn has_all(&self, needed: &Scopes) -> bool {
        match self {
            Caller::Visitor(visitor) => visitor.scopes.contains_all(needed),
            Caller::Holder { holder, .. } => holder.scopes.contains_all(needed),
            Caller::Nobody => needed.is_empty(),
        }
    }

    /// Whose rows are worked on.
    pub(crate) fn owner(&self) -> Owner {
        match self {
            Caller::Visitor(visitor) => Owner::new(&visitor.iss, &visitor.sub),
            Caller::Holder { issuer, holder } => Owner::new(issuer, &holder.user),
            Caller::Nobody => Owner::nobody(),
        }
    }

    /// Whether the same person asks by the same way: a user of the issuer with any access token, or one static token.
    pub(crate) fn is_same_as(&self, other: &Caller) -> bool {
        match (self, other) {
            (Caller::Visitor(one), Caller::Visitor(other)) => {
                (&one.iss, &one.sub) == (&other.iss, &other.sub)
            }
            (Caller::Holder { holder: one, .. }, Caller::Holder { holder: other, .. }) => one.id == other.id,
            _ => false,
        }
    }

    /// Whether there is no token at all.
    pub(crate) fn is_nobody(&self) -> bool {
        matches!(self, Caller::Nobody)
    }
}
