//! The only caller of the system's randomness, and the keys of hot rows.
//!
//! Not injected: a generator that can be seeded is a way to make predictable tokens.

use ring::rand::{SecureRandom, SystemRandom};

/// `N` unpredictable bytes.
///
/// # Panics
/// When the operating system has no randomness to give: nothing this server does would be safe then.
#[expect(clippy::disallowed_methods, reason = "this is the one place that asks for randomness")]
#[expect(
    clippy::expect_used,
    reason = "no token may be made without randomness; Linux cannot fail here after boot"
)]
pub fn bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    SystemRandom::new().fill(&mut bytes).expect("the operating system gives randomness");
    bytes
}

/// How many random bits follow the instant in a [`time_ordered_key`].
pub const RANDOM_BITS: u32 = 22;

/// A key for a hot row: 41 bits of milliseconds, then 22 random bits, so that new rows land beside each other.
///
/// Not a secret, and not guaranteed unique: whoever inserts under it must tell a collision from a repetition.
pub fn time_ordered_key(milliseconds: i64) -> i64 {
    let chance = i64::from(u32::from_le_bytes(bytes()) >> (32 - RANDOM_BITS));
    ((milliseconds << RANDOM_BITS) | chance) & i64::MAX
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_follow_the_time() {
        let now = 1_795_305_600_000;
        assert!(time_ordered_key(now) < time_ordered_key(now + 1));
        assert_ne!(bytes::<32>(), bytes::<32>());
    }
}
