//! What each signing key does at an instant. It follows from the instants of all of them and nothing else, so that all
//! servers on one database do the same.

use std::time::Duration;

use shared::clock::Timestamp;

use crate::{settings::keys::KeyPlan, store::signing_keys::StoredKey};

/// How much longer a key is published than its last token lasts: the clocks of two servers and of whoever verifies may be
/// apart, and a server may have chosen its key a moment before another took over.
pub const OVERLAP: Duration = Duration::from_secs(120);

/// What a key does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It is published, and signs later.
    Next,
    /// It signs.
    Signs,
    /// It is published until the last token it signed has ended.
    Until(Timestamp),
    /// Its last token has ended.
    Over,
    /// It was taken back: neither signs nor is it published.
    Retired,
}

impl Standing {
    /// Whether verifiers are told of the key.
    pub fn is_published(self) -> bool {
        matches!(self, Standing::Next | Standing::Signs | Standing::Until(_))
    }
}

/// When keys change.
#[derive(Clone, Copy, Debug)]
pub struct Schedule {
    /// As an operator wants it.
    pub plan: KeyPlan,
    /// Of the tokens.
    pub lifetime: Duration,
}

impl Schedule {
    /// What each of these keys, which are all there are and the oldest first, does now.
    pub fn standings(&self, keys: &[StoredKey], now: Timestamp) -> Vec<Standing> {
        let live: Vec<&StoredKey> = keys.iter().filter(|key| key.retired_at.is_none()).collect();
        // Where another server's clock is ahead, the only key there is signs before its time.
        let signer = live.iter().rposition(|key| key.signs_from <= now).unwrap_or_default();
        let standing = |key: &StoredKey| match live.iter().position(|own| own.number == key.number) {
            None => self.after_retirement(key, now),
            Some(at) if at > signer => Standing::Next,
            Some(at) if at == signer => Standing::Signs,
            Some(at) => match self.end(key, live[at + 1]) {
                end if now >= end => Standing::Over,
                end => Standing::Until(end),
            },
        };
        keys.iter().map(standing).collect()
    }

    /// As it was noted when the successor was made, and by how long tokens last now: whichever is later.
    fn end(&self, key: &StoredKey, successor: &StoredKey) -> Timestamp {
        self.end_before(successor.signs_from).max(key.ends_at.unwrap_or_default())
    }

    /// Until when a key is published whose successor signs from that instant on.
    pub fn end_before(&self, signs_from: Timestamp) -> Timestamp {
        signs_from + self.lifetime + OVERLAP
    }

    fn after_retirement(&self, key: &StoredKey, now: Timestamp) -> Standing {
        match key.ends_at {
            Some(end) if now >= end => Standing::Over,
            _ => Standing::Retired,
        }
    }

    /// When the next key is to be made; none while there is one, or where an operator alone changes keys.
    pub fn due_at(&self, keys: &[StoredKey], now: Timestamp) -> Option<Timestamp> {
        let newest = keys.iter().rev().find(|key| key.retired_at.is_none())?;
        let rotation = self.plan.rotation.filter(|_| newest.signs_from <= now)?;
        Some(newest.signs_from + rotation - self.plan.ahead)
    }

    /// From when on a key signs that is made now after these.
    pub fn signs_from(&self, now: Timestamp) -> Timestamp {
        now + self.plan.ahead
    }

    /// When the published keys change next without anybody's doing.
    pub fn changes_at(&self, keys: &[StoredKey], now: Timestamp) -> Option<Timestamp> {
        let ends = self.standings(keys, now).into_iter().filter_map(|standing| match standing {
            Standing::Until(end) => Some(end),
            _ => None,
        });
        let starts = keys.iter().map(|key| key.signs_from).filter(|from| *from > now);
        ends.chain(starts).chain(self.due_at(keys, now)).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::signing_keys::SealedKey;

    const SCHEDULE: Schedule = Schedule {
        plan: KeyPlan { rotation: Some(Duration::from_secs(10_000)), ahead: Duration::from_secs(600) },
        lifetime: Duration::from_secs(3600),
    };

    fn key(number: i64, signs_from: i64) -> StoredKey {
        StoredKey {
            number,
            key: SealedKey { kid: number.to_string(), sealed: String::new() },
            created_at: Timestamp(0),
            signs_from: Timestamp(signs_from),
            ends_at: None,
            retired_at: None,
        }
    }

    fn at(keys: &[StoredKey], now: i64) -> Vec<Standing> {
        SCHEDULE.standings(keys, Timestamp(now))
    }

    #[test]
    fn one_signs_at_every_instant_and_the_one_before_stays_until_its_tokens_have_ended() {
        use Standing::{Next, Over, Signs, Until};
        let keys = [key(1, 1000), key(2, 11_000)];
        let end = 11_000 + 3600 + 120;
        for (now, standings) in [
            (0, [Signs, Next]),
            (1000, [Signs, Next]),
            (10_999, [Signs, Next]),
            (11_000, [Until(Timestamp(end)), Signs]),
            (end - 1, [Until(Timestamp(end)), Signs]),
            (end, [Over, Signs]),
        ] {
            assert_eq!(at(&keys, now), standings, "at {now}");
        }
        assert_eq!(at(&[], 5), []);
    }

    #[test]
    fn tokens_that_lasted_longer_keep_their_key() {
        let mut keys = [key(1, 0), key(2, 1000)];
        keys[0].ends_at = Some(Timestamp(50_000));
        assert_eq!(at(&keys, 49_999)[0], Standing::Until(Timestamp(50_000)));
        assert_eq!(at(&keys, 50_000)[0], Standing::Over);
    }

    #[test]
    fn a_retired_key_does_nothing_and_its_place_is_taken() {
        let mut keys = [key(1, 0), key(2, 1000), key(3, 2000)];
        (keys[1].retired_at, keys[1].ends_at) = (Some(Timestamp(1500)), Some(Timestamp(9000)));
        assert_eq!(at(&keys, 1600), [Standing::Signs, Standing::Retired, Standing::Next]);
        assert_eq!(at(&keys, 2000)[1..], [Standing::Retired, Standing::Signs]);
        assert_eq!(at(&keys, 9000)[1], Standing::Over);
    }

    #[test]
    fn the_next_one_is_made_so_early_that_all_know_it_when_it_signs() {
        let due = |keys: &[StoredKey], now| SCHEDULE.due_at(keys, Timestamp(now));
        assert_eq!(due(&[key(1, 1000)], 1000), Some(Timestamp(10_400)));
        assert_eq!(due(&[key(1, 1000), key(2, 11_000)], 10_999), None, "there is one");
        assert_eq!(due(&[key(1, 1000), key(2, 11_000)], 11_000), Some(Timestamp(20_400)));
        assert_eq!(due(&[], 0), None);
        let by_hand = Schedule { plan: KeyPlan { rotation: None, ..SCHEDULE.plan }, ..SCHEDULE };
        assert_eq!(by_hand.due_at(&[key(1, 1000)], Timestamp(1_000_000)), None);
    }
}
