//! Signing keys as an operator sees and changes them.

use shared::{clock::Timestamp, database::DatabaseError};

use crate::{
    app::App,
    audit::{By, Entry, Kind},
    flow::Failure,
    keys::{keeper::KeysError, ring::Ring, schedule::Standing, signing_key::SigningKeyError},
    store::signing_keys::StoredKey,
};

impl From<KeysError> for Failure {
    fn from(error: KeysError) -> Failure {
        match error {
            KeysError::Database(error) => Failure::Database(error),
            KeysError::Key(error) => Failure::Signing(error),
            KeysError::Gone | KeysError::SealedElsewhere => Failure::Signing(SigningKeyError::Parse),
            // It passes when the database is back.
            KeysError::Unread => Failure::Database(DatabaseError::Overloaded),
        }
    }
}

/// A key and what it does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Its name in tokens.
    pub kid: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// From when on it signs.
    pub signs_from: Timestamp,
    /// What it does now.
    pub standing: Standing,
}

/// Sees to it that the keys are those that are stored. To be called before one is used.
///
/// # Errors
/// They could not be read for so long that they must not be used.
pub async fn look(app: &App) -> Result<(), Failure> {
    Ok(app.rotation.look(app.clock.now()).await?)
}

/// The keys to publish, and for how many seconds they may be kept. They are told even where it is not known whether they
/// are still all: whoever misses one then asks again.
pub async fn published(app: &App) -> (std::sync::Arc<Ring>, u64) {
    let now = app.clock.now();
    let is_known = app.rotation.look(now).await.is_ok();
    let ring = app.mint.ring();
    let max_age = if is_known { app.rotation.max_age(&ring, now).as_secs() } else { 0 };
    (ring, max_age)
}

/// Every key there is, the oldest first.
///
/// # Errors
/// The database did not answer.
pub async fn list(app: &App) -> Result<Vec<Listed>, DatabaseError> {
    let (stored, now) = (app.store.signing_keys().await?, app.clock.now());
    let standings = app.rotation.schedule().standings(&stored, now);
    let listed = |(key, standing): (StoredKey, Standing)| Listed {
        kid: key.key.kid,
        created_at: key.created_at,
        signs_from: key.signs_from,
        standing,
    };
    Ok(stored.into_iter().zip(standings).map(listed).collect())
}

/// Makes the next key, which signs as soon as everybody knows it. That one, or the one that waits already.
///
/// # Errors
/// It could not be made or stored.
pub async fn rotate(app: &App) -> Result<Listed, Failure> {
    let now = app.clock.now();
    let stored = app.store.signing_keys().await?;
    let is_waiting = app.rotation.schedule().standings(&stored, now).contains(&Standing::Next);
    if !is_waiting {
        let schedule = app.rotation.schedule();
        let successor = app.rotation.make(schedule.signs_from(now)).await?;
        let last = stored.last().map_or(0, |key| key.number);
        let kid = successor.key.kid.clone();
        if app.store.add_signing_key(last, successor, now).await? {
            app.audit.note(Entry::of(Kind::SigningKeyMade).by(By::Operator).key(&kid));
        }
    }
    app.rotation.look_again(now).await?;
    // Who came second finds what the first one made.
    list(app).await?.pop().ok_or(Failure::Signing(SigningKeyError::Parse))
}

/// What became of a key that was to be retired.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Retirement {
    /// There is no key of that name, or it was retired before.
    Unknown,
    /// It had not signed anything, and is gone.
    Withdrawn,
    /// It signs until this one takes over.
    Followed(Listed),
    /// It signs no more, and is published until that instant.
    Until(Timestamp),
    /// It is neither used nor published any more.
    AtOnce,
}

impl Retirement {
    /// What is told of it, where something has changed.
    const fn told(&self) -> Option<&'static str> {
        match self {
            Retirement::Withdrawn => Some("withdrawn"),
            Retirement::Followed(_) => Some("in_order"),
            Retirement::AtOnce => Some("at_once"),
            Retirement::Unknown | Retirement::Until(_) => None,
        }
    }
}

/// Takes a key out of use: in order, or at once, so that nothing it has signed counts here any more.
///
/// # Errors
/// It could not be done.
pub async fn retire(app: &App, kid: &str, is_at_once: bool) -> Result<Retirement, Failure> {
    let found = list(app).await?.into_iter().find(|key| key.kid == kid);
    let now = app.clock.now();
    let retirement = match found.map(|key| key.standing) {
        None | Some(Standing::Over | Standing::Retired) => Retirement::Unknown,
        Some(Standing::Next) => match app.store.withdraw_signing_key(kid.to_owned(), now).await? {
            true => Retirement::Withdrawn,
            false => Retirement::Unknown,
        },
        Some(Standing::Signs | Standing::Until(_)) if is_at_once => {
            let substitute = app.rotation.make(now).await?;
            match app.store.retire_signing_key(kid.to_owned(), substitute, now).await? {
                true => Retirement::AtOnce,
                false => Retirement::Unknown,
            }
        }
        Some(Standing::Signs) => Retirement::Followed(rotate(app).await?),
        Some(Standing::Until(end)) => Retirement::Until(end),
    };
    if let Some(how) = retirement.told() {
        app.audit.note(Entry::of(Kind::SigningKeyRetired).key(kid).reason(how));
    }
    app.rotation.look_again(now).await?;
    Ok(retirement)
}
