//! Tokens that were verified before, so that a signature is checked once and not at every request.

use quick_cache::sync::Cache;
use ring::digest;

/// What is known of verified tokens, by their SHA-256: the tokens themselves are not kept. Those nobody has asked for make room.
/// Whoever asks still judges the expiry, and whether the keys are still the same.
pub struct Remembered<T>(Cache<[u8; 32], T>);

/// What stands for a token.
pub struct Digest([u8; 32]);

impl<T: Clone> Remembered<T> {
    /// Nothing yet; so many at one time.
    pub fn new(most: usize) -> Remembered<T> {
        Remembered(Cache::new(most))
    }

    /// What is known of a token.
    pub fn get(&self, token: &Digest) -> Option<T> {
        self.0.get(&token.0)
    }

    /// Remembers what is known of a token.
    pub fn put(&self, token: Digest, known: T) {
        self.0.insert(token.0, known);
    }
}

impl Digest {
    /// Of any bytes, whether they are a token or not.
    pub fn of(token: &[u8]) -> Digest {
        let mut hash = [0; 32];
        hash.copy_from_slice(digest::digest(&digest::SHA256, token).as_ref());
        Digest(hash)
    }
}
