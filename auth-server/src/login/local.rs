//! Local accounts: Argon2id, a bounded number at a time.

use std::sync::atomic::{AtomicU64, Ordering};

use argon2::{
    Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version, password_hash::phc::PasswordHash,
};
use base64::{Engine, prelude::BASE64_STANDARD_NO_PAD};
use shared::{random, telemetry::request::step};
use tokio::{sync::Semaphore, task::spawn_blocking};
use tracing::Instrument;

/// Hashes in progress at one time: each takes the whole memory parameter.
const AT_ONCE: usize = 2;
/// Hashes in progress or waiting; a further one is refused.
const MAX_WAITING: usize = 64;

/// Hashes and verifies passwords.
pub struct Passwords {
    argon2: Argon2<'static>,
    turns: Semaphore,
    places: Semaphore,
    /// Verified in place of the hash an unknown e-mail does not have, so that both take the same time.
    decoy: String,
    computed: AtomicU64,
}

/// What is signed in with, however it was spelled.
pub fn login(typed: &str) -> String {
    typed.trim().to_lowercase()
}

impl Passwords {
    /// With memory in KiB and a number of passes.
    ///
    /// # Errors
    /// Parameters Argon2 does not allow.
    pub fn new(memory_kib: u32, iterations: u32) -> Result<Passwords, PasswordError> {
        let params = Params::new(memory_kib, iterations, 1, None).map_err(|_| PasswordError::Parameters)?;
        // What some password would hash to: made without hashing one, which would cost its memory at every start.
        let [salt, output] =
            [&random::bytes::<16>()[..], &random::bytes::<32>()].map(|b| BASE64_STANDARD_NO_PAD.encode(b));
        let decoy = format!("$argon2id$v=19$m={memory_kib},t={iterations},p=1${salt}${output}");
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let (turns, places) = (Semaphore::new(AT_ONCE), Semaphore::new(MAX_WAITING));
        Ok(Passwords { argon2, turns, places, decoy, computed: AtomicU64::new(0) })
    }

    /// The PHC string of a password, with a random salt.
    ///
    /// # Errors
    /// Too many wait, or Argon2 failed.
    pub async fn hash(&self, password: String) -> Result<String, PasswordError> {
        let argon2 = self.argon2.clone();
        self.in_turn(move || hash(&argon2, password.as_bytes())).await
    }

    /// Whether `password` made `known`. Without a known hash it takes as long and is false.
    ///
    /// # Errors
    /// Too many wait, or the stored hash is none.
    pub async fn verify(&self, password: String, known: Option<String>) -> Result<bool, PasswordError> {
        let argon2 = self.argon2.clone();
        let exists = known.is_some();
        let known = known.unwrap_or_else(|| self.decoy.clone());
        let verified = self
            .in_turn(move || {
                let known = PasswordHash::new(&known).map_err(|_| PasswordError::Hash)?;
                Ok(argon2.verify_password(password.as_bytes(), &known).is_ok())
            })
            .await?;
        Ok(exists && verified)
    }

    /// Whether a hash was made with other parameters than those of today, or by other means.
    pub fn is_outdated(&self, known: &str) -> bool {
        let (Ok(known), Ok(own)) = (PasswordHash::new(known), PasswordHash::new(&self.decoy)) else {
            return true;
        };
        (known.algorithm, known.version, known.params) != (own.algorithm, own.version, own.params)
    }

    /// How many times Argon2 has run: what a password costs, whoever's it is.
    pub fn computed(&self) -> u64 {
        self.computed.load(Ordering::Relaxed)
    }

    /// Hashes that are made or wait.
    pub fn at_work(&self) -> usize {
        MAX_WAITING - self.places.available_permits().min(MAX_WAITING)
    }

    async fn in_turn<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, PasswordError> + Send + 'static,
    ) -> Result<T, PasswordError> {
        let _place = self.places.try_acquire().map_err(|_| PasswordError::Busy)?;
        let _turn = self.turns.acquire().await.map_err(|_| PasswordError::Busy)?;
        self.computed.fetch_add(1, Ordering::Relaxed);
        spawn_blocking(work).instrument(step("password")).await.map_err(|_| PasswordError::Hash)?
    }
}

fn hash(argon2: &Argon2<'_>, password: &[u8]) -> Result<String, PasswordError> {
    let hash: PasswordHash =
        argon2.hash_password_with_salt(password, &random::bytes::<16>()).map_err(|_| PasswordError::Hash)?;
    Ok(hash.to_string())
}

/// Why a password could not be hashed or verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    /// Settings Argon2 does not allow.
    #[error("Argon2 does not allow these parameters")]
    Parameters,
    /// Argon2 failed, or a stored hash is none.
    #[error("a password could not be hashed or verified")]
    Hash,
    /// Too many sign-ins at the same time.
    #[error("too many sign-ins wait")]
    Busy,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_password_that_made_the_hash_fits() {
        let passwords = Passwords::new(64, 1).unwrap();
        let hash = passwords.hash("correct horse".to_owned()).await.unwrap();
        assert!(hash.starts_with("$argon2id$"), "{hash}");
        assert!(passwords.verify("correct horse".to_owned(), Some(hash.clone())).await.unwrap());
        assert!(!passwords.verify("correct hors".to_owned(), Some(hash)).await.unwrap());
        assert!(!passwords.verify("correct horse".to_owned(), None).await.unwrap());
    }

    #[tokio::test]
    async fn a_hash_of_other_parameters_still_fits_and_is_told_from_todays() {
        let (then, now) = (Passwords::new(32, 1).unwrap(), Passwords::new(64, 1).unwrap());
        let [old, new] = [&then, &now].map(|passwords| hash(&passwords.argon2, b"correct horse").unwrap());
        assert!(now.verify("correct horse".to_owned(), Some(old.clone())).await.unwrap());
        assert!(!now.verify("correct hors".to_owned(), Some(old.clone())).await.unwrap());
        assert!(now.is_outdated(&old) && !now.is_outdated(&new) && then.is_outdated(&new));
        assert_eq!((then.computed(), now.computed()), (0, 2));
    }

    #[test]
    fn the_decoy_costs_what_a_hash_costs() {
        let passwords = Passwords::new(64, 1).unwrap();
        let hash = hash(&passwords.argon2, b"correct horse").unwrap();
        let (hash, decoy) = (PasswordHash::new(&hash).unwrap(), PasswordHash::new(&passwords.decoy).unwrap());
        assert_eq!(
            (hash.algorithm, hash.version, hash.params),
            (decoy.algorithm, decoy.version, decoy.params)
        );
        assert_eq!(hash.hash.map(|hash| hash.len()), decoy.hash.map(|hash| hash.len()));
    }
}
