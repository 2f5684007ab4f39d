//! Reads and makes signing keys: between the rows, which are sealed, and the rings, which sign.

use std::{collections::BTreeMap, sync::Arc};

use shared::{clock::Timestamp, database::DatabaseError};
use tokio::task::spawn_blocking;

use super::{
    ring::Ring,
    schedule::{Schedule, Standing},
    secrets::Secrets,
    signing_key::{SigningKey, SigningKeyError},
};
use crate::{
    audit::{Audit, By, Entry, Kind},
    store::{
        Store,
        reseal::Sealed,
        signing_keys::{SealedKey, StoredKey, Successor},
    },
};

/// What the seal of a signing key is bound to.
const PURPOSE: &str = Sealed::SigningKeys.purpose();

/// Where keys are, what opens them, and when they change.
pub(super) struct Keeper {
    pub(super) store: Store,
    pub(super) secrets: Arc<Secrets>,
    pub(super) schedule: Schedule,
    pub(super) audit: Audit,
}

/// The rows of the last look, and those keys of them that are in use, parsed.
#[derive(Default)]
pub(super) struct Known {
    stored: Vec<StoredKey>,
    parsed: BTreeMap<String, Arc<SigningKey>>,
}

impl Keeper {
    /// Reads the rows and does what is due. Whether they are others than before.
    pub(super) async fn read(&self, known: &mut Known, now: Timestamp) -> Result<bool, KeysError> {
        let mut stored = self.store.signing_keys().await?;
        if let Some(signs_from) = self.due(&stored, now) {
            let last = stored.last().map_or(0, |key| key.number);
            let successor = self.make(signs_from).await?;
            let kid = successor.key.kid.clone();
            // Another server may have made it at the same time: what is stored counts.
            if self.store.add_signing_key(last, successor, now).await? {
                self.audit.note_own(Entry::of(Kind::SigningKeyMade).by(By::Server).key(&kid));
            }
            stored = self.store.signing_keys().await?;
        }
        let mut kept = Vec::new();
        for (key, standing) in stored.iter().zip(self.schedule.standings(&stored, now)) {
            if standing == Standing::Over {
                self.store.forget_signing_key(key.number).await?;
                self.audit.note_own(Entry::of(Kind::SigningKeyForgotten).by(By::Server).key(&key.key.kid));
            } else {
                kept.push(key.clone());
            }
        }
        let is_changed = kept != known.stored;
        if is_changed {
            known.parsed = self.parse(&kept, &known.parsed, now)?;
            known.stored = kept;
        }
        Ok(is_changed)
    }

    /// From when on the key signs that has to be made now, if one has.
    fn due(&self, stored: &[StoredKey], now: Timestamp) -> Option<Timestamp> {
        if stored.iter().all(|key| key.retired_at.is_some()) {
            // Nobody has anything to verify yet.
            return Some(now);
        }
        let due = self.schedule.due_at(stored, now).filter(|due| now >= *due)?;
        // As planned; where nobody looked in time, as soon as it has been published for long enough.
        Some((due + self.schedule.plan.ahead).max(self.schedule.signs_from(now)))
    }

    /// A fresh key that signs from that instant on.
    pub(super) async fn make(&self, signs_from: Timestamp) -> Result<Successor, KeysError> {
        let made = spawn_blocking(SigningKey::generate).await;
        let key = made.map_err(|_| SigningKeyError::Generate)??;
        let sealed = self.secrets.seal(PURPOSE, &key.to_pkcs8()?);
        Ok(Successor {
            key: SealedKey { kid: key.kid().to_owned(), sealed },
            signs_from,
            predecessor_ends_at: self.schedule.end_before(signs_from),
        })
    }

    /// The published ones of these keys. Those that were parsed before are taken over.
    fn parse(
        &self,
        stored: &[StoredKey],
        before: &BTreeMap<String, Arc<SigningKey>>,
        now: Timestamp,
    ) -> Result<BTreeMap<String, Arc<SigningKey>>, KeysError> {
        let standings = self.schedule.standings(stored, now);
        let published = stored.iter().zip(standings).filter(|(_, standing)| standing.is_published());
        let parsed = published.map(|(StoredKey { key, .. }, _)| {
            let parsed = match before.get(&key.kid) {
                Some(known) => Arc::clone(known),
                None => {
                    let der = self.secrets.open(PURPOSE, &key.sealed).ok_or(KeysError::SealedElsewhere)?;
                    Arc::new(SigningKey::from_pkcs8(&der)?)
                }
            };
            Ok((key.kid.clone(), parsed))
        });
        parsed.collect()
    }

    /// What signs and is published now of the keys that were read.
    pub(super) fn ring(&self, known: &Known, now: Timestamp) -> Result<Ring, KeysError> {
        let standings = self.schedule.standings(&known.stored, now);
        let (mut signer, mut signs_since, mut others) = (None, None, Vec::new());
        for (stored, standing) in known.stored.iter().zip(standings) {
            match (standing, known.parsed.get(&stored.key.kid)) {
                (Standing::Signs, Some(key)) => {
                    signer = Some(Arc::clone(key));
                    signs_since = Some(stored.signs_from);
                }
                (Standing::Next | Standing::Until(_), Some(key)) => others.push(Arc::clone(key)),
                _ => {}
            }
        }
        let mut ring = Ring::new(signer.ok_or(KeysError::Gone)?, others)?;
        ring.signs_since = signs_since;
        ring.changes_at = self.schedule.changes_at(&known.stored, now);
        Ok(ring)
    }
}

/// Why there are no keys to sign with.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// The database.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// A key was stored and is gone.
    #[error("the signing key that was just stored is not there")]
    Gone,
    /// The database has been away.
    #[error("the signing keys could not be read for too long: others may sign by now")]
    Unread,
    /// Another master secret sealed them.
    #[error(
        "the database was written with another master secret: restore the secret file that belongs to it, or set \
         SECRET_KEYS to that secret"
    )]
    SealedElsewhere,
    /// A key itself.
    #[error(transparent)]
    Key(#[from] SigningKeyError),
}
