//! What is remembered of a token that was verified.

use std::sync::Arc;

use super::{Visitor, key_set::KeySet};

/// Tokens remembered at one time.
pub(super) const CAPACITY: usize = 20_000;

/// Somebody whose token was verified.
#[derive(Clone)]
pub(super) struct Entry {
    /// The keys it was verified with. With any other key set the entry counts as forgotten.
    keys: [u8; 32],
    visitor: Arc<Visitor>,
}

impl Entry {
    pub(super) fn new(keys: &KeySet, visitor: Arc<Visitor>) -> Entry {
        Entry { keys: keys.fingerprint(), visitor }
    }

    /// Who it is, if these are the keys.
    pub(super) fn verified_with(self, keys: &KeySet) -> Option<Arc<Visitor>> {
        (self.keys == keys.fingerprint()).then_some(self.visitor)
    }
}
