//! How often somebody may try a password: counted for each account and for each place the attempts come from, in memory.
//!
//! An attempt counts as failed from its beginning until it turns out to be right, so that many at once get no further than
//! one after another. Whoever guesses makes an account wait for everybody but the browsers in which its owner has signed
//! in with its present password: those are counted by themselves, and so the owner is not locked out. An e-mail nobody has waits as well.

use std::{net::IpAddr, time::Duration};

use moka::{Entry, sync::Cache};
use shared::{
    clock::{Clock, Timestamp},
    limit::{Places, Rate},
};

use super::{
    browser::Browser,
    known::{Acquaintance, Known},
};

/// Failed attempts after which one has to wait.
const FREE: u32 = 10;
/// The longest wait.
const LONGEST: Duration = Duration::from_secs(900);
/// After this long without an attempt nothing is held against an account.
const FORGOTTEN: Duration = Duration::from_secs(24 * 3600);
/// Failed attempts of one place. Many people may share the address of a proxy.
const PLACES: Rate = Rate { burst: 300, per_second: 1 };
/// Accounts that are counted. Those that are seldom seen are forgotten first.
const MOST: u64 = 100_000;

/// Counts attempts.
pub struct Attempts {
    is_on: bool,
    accounts: Cache<Counted, Tally>,
    places: Places,
}

/// Whose attempts are counted together.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Counted {
    /// Digest of what is signed in with.
    account: String,
    /// A browser that has signed in to it before; none for everybody else.
    browser: Option<String>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    failed: u32,
    last_at: Timestamp,
}

impl Attempts {
    /// Nothing counted so far. Switched off it lets everybody try.
    pub fn new(is_on: bool, clock: &Clock) -> Attempts {
        Attempts { is_on, accounts: Cache::new(MOST), places: Places::new(PLACES, clock) }
    }

    /// Begins an attempt for an account, by what is stored of its password if there is one, from a browser at that address that
    /// remembers so much. Drop it when it failed.
    ///
    /// # Errors
    /// How long to wait before the next one.
    pub fn begin(
        &self,
        (login, password_hash): (&str, Option<&str>),
        (address, known): (Option<IpAddr>, &Known),
        now: Timestamp,
    ) -> Result<Attempt<'_>, Duration> {
        if !self.is_on {
            return Ok(Attempt { counts: None });
        }
        let account = super::known::account(login);
        let acquaintance = password_hash.map(|hash| Acquaintance::new(login, hash));
        let browser = acquaintance.filter(|own| known.knows(own)).map(|_| known.id.clone());
        // Known browsers are not those that the address of a proxy is shared with.
        let place = address.filter(|_| browser.is_none());
        let counted = Counted { account, browser };
        self.count_account(&counted, now)?;
        let counts = Counts { attempts: self, counted, place };
        if let Some(place) = place
            && let Err(wait) = self.places.check(place)
        {
            counts.give_back_account();
            return Err(wait);
        }
        Ok(Attempt { counts: Some(counts) })
    }

    /// Counts somebody who is sent to a provider, and so leaves a row behind, as a guess from the same place.
    ///
    /// # Errors
    /// How long to wait before the next one.
    pub fn count_departure(&self, browser: &Browser) -> Result<(), Duration> {
        browser.address.filter(|_| self.is_on).map_or(Ok(()), |address| self.places.check(address))
    }

    fn count_account(&self, counted: &Counted, now: Timestamp) -> Result<(), Duration> {
        let mut wait = None;
        self.accounts.entry_by_ref(counted).and_upsert_with(|entry| {
            let tally = entry.map(Entry::into_value);
            let tally = tally.filter(|tally| !now.is_past(tally.last_at, FORGOTTEN)).unwrap_or_default();
            let free_at = tally.last_at + tally.delay();
            if now < free_at {
                wait = Some(free_at.since(now));
                return tally;
            }
            Tally { failed: tally.failed.saturating_add(1), last_at: now }
        });
        wait.map_or(Ok(()), Err)
    }
}

impl Tally {
    /// How long after the last attempt the next one may follow: 1, 2, 4 … seconds from the tenth failure on.
    fn delay(self) -> Duration {
        match self.failed.checked_sub(FREE) {
            None => Duration::ZERO,
            Some(more) => Duration::from_secs(1_u64 << more.min(20)).min(LONGEST),
        }
    }
}

/// One try, counted as failed unless it is said to be otherwise.
pub struct Attempt<'a> {
    counts: Option<Counts<'a>>,
}

struct Counts<'a> {
    attempts: &'a Attempts,
    counted: Counted,
    place: Option<IpAddr>,
}

impl Attempt<'_> {
    /// It was right: nothing is held against the account, and nothing of this against the place.
    pub fn succeeded(self) {
        if let Some(counts) = self.counts {
            counts.attempts.accounts.invalidate(&counts.counted);
            counts.give_back_place();
        }
    }

    /// It was never decided, by no fault of whoever tried.
    pub fn called_off(self) {
        if let Some(counts) = self.counts {
            counts.give_back_account();
            counts.give_back_place();
        }
    }
}

impl Counts<'_> {
    fn give_back_account(&self) {
        self.attempts.accounts.entry_by_ref(&self.counted).and_upsert_with(|entry| {
            let tally = entry.map(Entry::into_value).unwrap_or_default();
            Tally { failed: tally.failed.saturating_sub(1), ..tally }
        });
    }

    fn give_back_place(&self) {
        if let Some(place) = self.place {
            self.attempts.places.take_back(place);
        }
    }
}

#[cfg(test)]
mod tests;
