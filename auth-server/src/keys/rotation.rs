//! Follows the stored keys: makes the next one in time, takes over what other servers made, forgets what is over.
//!
//! Nothing runs in the background. Whoever is about to use a key looks first, and one look a second is enough for all. A
//! server that cannot look goes on with what it knows for as long as no key it does not know can sign.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use shared::clock::Timestamp;
use tokio::sync::{Mutex, MutexGuard};

use super::{
    keeper::{Keeper, KeysError, Known},
    ring::{Ring, Rings},
    schedule::Schedule,
    secrets::Secrets,
};
use crate::{
    audit::Audit,
    store::{Store, signing_keys::Successor},
};

/// How old what is known may be for those who do not wait while another one looks.
const PATIENCE: Duration = Duration::from_secs(10);

/// Keeps the keys of one server as they are stored.
pub struct Rotation {
    keeper: Keeper,
    rings: Arc<Rings>,
    /// When the keys were last read, and when that was last tried.
    read_at: AtomicI64,
    tried_at: AtomicI64,
    /// Held by the one who looks.
    known: Mutex<Known>,
}

impl Rotation {
    /// Reads the keys, or makes the first one.
    ///
    /// # Errors
    /// The database did not answer, or the keys cannot be opened.
    pub async fn open(
        (store, secrets, audit): (Store, Arc<Secrets>, Audit),
        schedule: Schedule,
        now: Timestamp,
    ) -> Result<Rotation, KeysError> {
        let (keeper, mut known) = (Keeper { store, secrets, schedule, audit }, Known::default());
        keeper.read(&mut known, now).await?;
        let rings = Arc::new(Rings::new(keeper.ring(&known, now)?));
        let [read_at, tried_at] = [now, now].map(|at| AtomicI64::new(at.seconds()));
        Ok(Rotation { keeper, rings, read_at, tried_at, known: Mutex::new(known) })
    }

    /// What it keeps up to date.
    pub fn rings(&self) -> Arc<Rings> {
        Arc::clone(&self.rings)
    }

    /// When keys change.
    pub fn schedule(&self) -> &Schedule {
        &self.keeper.schedule
    }

    /// A fresh key, to be stored, that signs from that instant on.
    ///
    /// # Errors
    /// None could be made.
    pub async fn make(&self, signs_from: Timestamp) -> Result<Successor, KeysError> {
        self.keeper.make(signs_from).await
    }

    /// Looks whether the keys have changed, unless somebody has in this second.
    ///
    /// # Errors
    /// They could not be read for so long that a key may sign by now which is not known here.
    pub async fn look(&self, now: Timestamp) -> Result<(), KeysError> {
        if self.was_tried(now) {
            return self.check(now);
        }
        let known = match self.known.try_lock() {
            Ok(known) => known,
            Err(_) if now.since(self.read_at()) < PATIENCE => return Ok(()),
            Err(_) => self.known.lock().await,
        };
        match self.was_tried(now) {
            true => self.check(now),
            false => Box::pin(self.renew(known, now)).await,
        }
    }

    /// Looks, whoever has looked before.
    ///
    /// # Errors
    /// As [`look`](Rotation::look).
    pub async fn look_again(&self, now: Timestamp) -> Result<(), KeysError> {
        self.renew(self.known.lock().await, now).await
    }

    async fn renew(&self, mut known: MutexGuard<'_, Known>, now: Timestamp) -> Result<(), KeysError> {
        let read = self.keeper.read(&mut known, now).await;
        // Afterwards: who comes meanwhile finds the lock taken.
        self.tried_at.store(now.seconds(), Ordering::Release);
        let is_changed = match read {
            Ok(is_changed) => {
                self.read_at.store(now.seconds(), Ordering::Release);
                is_changed
            }
            Err(error) => {
                tracing::warn!(%error, "the signing keys could not be read");
                false
            }
        };
        if is_changed || self.rings.current().changes_at.is_some_and(|at| now >= at) {
            self.rings.replace(self.keeper.ring(&known, now)?);
        }
        self.check(now)
    }

    fn was_tried(&self, now: Timestamp) -> bool {
        self.tried_at.load(Ordering::Acquire) == now.seconds()
    }

    /// A key that was made since they were read signs only after it was published for long enough.
    fn check(&self, now: Timestamp) -> Result<(), KeysError> {
        if now < self.is_sure_until() { Ok(()) } else { Err(KeysError::Unread) }
    }

    fn read_at(&self) -> Timestamp {
        Timestamp(self.read_at.load(Ordering::Acquire))
    }

    /// Until when no key can sign that is not known here.
    fn is_sure_until(&self) -> Timestamp {
        self.read_at() + self.keeper.schedule.plan.ahead
    }

    /// How long the published keys may be kept that are told now: those of that ring.
    pub fn max_age(&self, ring: &Ring, now: Timestamp) -> Duration {
        let change = ring.changes_at.filter(|at| *at > now);
        let span = change.map_or(Duration::MAX, |at| at.since(now));
        self.keeper.schedule.plan.max_age().min(span).min(self.is_sure_until().since(now))
    }
}

#[cfg(test)]
mod tests {
    use shared::clock::Clock;

    use super::*;
    use crate::{
        settings::{audit::AuditTo, keys::KeyPlan},
        store::signing_keys::{SealedKey, Successor},
    };

    const START: i64 = 1_000_000;
    const AHEAD: i64 = 600;

    async fn open(store: &Store) -> Rotation {
        let secrets = Arc::new(Secrets::parse(&Secrets::fresh()).unwrap());
        let plan = KeyPlan { rotation: None, ahead: Duration::from_secs(600) };
        let schedule = Schedule { plan, lifetime: Duration::from_secs(60) };
        let audit = Audit::open(&AuditTo::Nowhere, &Clock::manual()).unwrap();
        Rotation::open((store.clone(), secrets, audit), schedule, Timestamp(START)).await.unwrap()
    }

    /// As after another server was given a new master secret first.
    #[tokio::test]
    async fn a_server_that_cannot_read_a_key_signs_on_until_that_one_may_sign() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&format!("sqlite:{}", folder.path().join("a.db").display())).unwrap();
        let rotation = open(&store).await;
        let kid = rotation.rings().current().signer().kid().to_owned();
        let at = |seconds: i64| Timestamp(START + seconds);
        rotation.look(at(10)).await.unwrap();
        let key = SealedKey { kid: "k".to_owned(), sealed: "sealed elsewhere".to_owned() };
        let foreign = Successor { key, signs_from: at(11 + AHEAD), predecessor_ends_at: at(2 * AHEAD) };
        assert!(store.add_signing_key(1, foreign.clone(), at(11)).await.unwrap());
        assert!(!store.add_signing_key(1, foreign, at(11)).await.unwrap(), "that place is taken");
        let max_age = |now| rotation.max_age(&rotation.rings().current(), now).as_secs();
        assert_eq!(max_age(at(10)), 300);
        for seconds in [11, 12, 9 + AHEAD] {
            rotation.look(at(seconds)).await.unwrap();
            rotation.look(at(seconds)).await.unwrap();
            assert_eq!(rotation.rings().current().signer().kid(), kid);
        }
        assert_eq!(max_age(at(9 + AHEAD)), 1, "it is not known for how long they are all");
        for _ in 0..2 {
            assert!(matches!(rotation.look(at(10 + AHEAD)).await, Err(KeysError::Unread)));
        }
        assert!(store.withdraw_signing_key("k".to_owned(), at(10 + AHEAD)).await.unwrap());
        rotation.look(at(11 + AHEAD)).await.unwrap();
        assert_eq!(rotation.rings().current().signer().kid(), kid);
    }

    #[tokio::test]
    async fn one_look_a_second_is_enough() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&format!("sqlite:{}", folder.path().join("a.db").display())).unwrap();
        let rotation = open(&store).await;
        let next = rotation.make(Timestamp(START)).await.unwrap();
        assert!(store.add_signing_key(1, next.clone(), Timestamp(START)).await.unwrap());
        let count = || rotation.rings().current().keys().count();
        rotation.look(Timestamp(START)).await.unwrap();
        assert_eq!(count(), 1);
        rotation.look(Timestamp(START + 1)).await.unwrap();
        assert_eq!((count(), rotation.rings().current().signer().kid()), (2, next.key.kid.as_str()));
    }
}
