//! Tokens that were verified before, so that a signature is checked once and not at every request.

use std::sync::Arc;

use moka::sync::Cache;
use ring::digest;

use super::{Visitor, key_set::KeySet};

/// Tokens remembered at one time. Those used least make room.
const CAPACITY: u64 = 20_000;

/// Verified tokens by their SHA-256: the tokens themselves are not kept. Whoever asks still compares the expiry.
pub(super) struct Remembered(Cache<[u8; 32], Entry>);

/// Somebody whose token was verified.
#[derive(Clone)]
pub(super) struct Entry {
    /// The keys it was verified with. With any other key set the entry counts as forgotten.
    keys: [u8; 32],
    visitor: Arc<Visitor>,
}

impl Remembered {
    pub(super) fn new() -> Remembered {
        Remembered(Cache::new(CAPACITY))
    }

    pub(super) fn get(&self, token: &Digest) -> Option<Entry> {
        self.0.get(&token.0)
    }

    pub(super) fn put(&self, token: Digest, keys: &KeySet, visitor: Arc<Visitor>) {
        self.0.insert(token.0, Entry { keys: keys.fingerprint(), visitor });
    }
}

/// What stands for a token.
pub(super) struct Digest([u8; 32]);

impl Digest {
    pub(super) fn of(token: &[u8]) -> Digest {
        let mut hash = [0; 32];
        hash.copy_from_slice(digest::digest(&digest::SHA256, token).as_ref());
        Digest(hash)
    }
}

impl Entry {
    /// Who it is, if these are the keys.
    pub(super) fn verified_with(self, keys: &KeySet) -> Option<Arc<Visitor>> {
        (self.keys == keys.fingerprint()).then_some(self.visitor)
    }
}
