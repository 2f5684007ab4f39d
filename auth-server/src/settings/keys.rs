//! When signing keys change.

use std::time::Duration;

use shared::env::Reader;

const DAY: u64 = 24 * 3600;
/// How long a client may keep the published keys. The mcp-server's own limit, `JWKS_MAX_AGE`, is the same.
const MAX_AGE: Duration = Duration::from_secs(300);

/// When signing keys change.
#[derive(Clone, Copy, Debug)]
pub struct KeyPlan {
    /// How long a key signs; none where an operator alone changes keys.
    pub rotation: Option<Duration>,
    /// How long a key is published before it signs.
    pub ahead: Duration,
}

impl KeyPlan {
    /// Reads `KEY_ROTATION` and `KEY_PUBLISHED_AHEAD`.
    pub(super) fn read(reader: &mut Reader<'_>) -> KeyPlan {
        let ahead = reader.seconds("KEY_PUBLISHED_AHEAD", 2 * MAX_AGE.as_secs());
        if !(2..=DAY).contains(&ahead.as_secs()) {
            reader.fault("KEY_PUBLISHED_AHEAD", "is not between 2 seconds and a day", "600");
        }
        KeyPlan { rotation: read_rotation(reader), ahead }
    }

    /// How long a client may keep the published keys: it has seen each for as long again before that signs.
    pub fn max_age(&self) -> Duration {
        MAX_AGE.min(self.ahead / 2)
    }
}

fn read_rotation(reader: &mut Reader<'_>) -> Option<Duration> {
    let days = match reader.optional("KEY_ROTATION") {
        Some("off") => return None,
        Some(text) => text.parse().ok().filter(|days| (1..=3650).contains(days)),
        None => Some(90),
    };
    if days.is_none() {
        reader.fault("KEY_ROTATION", "is neither `off` nor a number of days from 1 to 3650", "90");
    }
    days.map(|days: u64| Duration::from_secs(days * DAY))
}

#[cfg(test)]
mod tests {
    use shared::env::Env;

    use super::*;

    fn read(pairs: &[(&str, &str)]) -> Result<KeyPlan, String> {
        let env: Env = pairs.iter().copied().collect();
        let mut reader = Reader::new(&env);
        let plan = KeyPlan::read(&mut reader);
        reader.finish(Some(plan)).map_err(|faults| faults.to_string())
    }

    #[test]
    fn a_key_is_published_for_twice_as_long_as_it_is_cached_before_it_signs() {
        let plan = read(&[]).unwrap();
        assert_eq!((plan.rotation, plan.ahead.as_secs()), (Some(Duration::from_secs(90 * DAY)), 600));
        for (ahead, max_age) in [("2", 1), ("60", 30), ("86400", 300)] {
            let plan = read(&[("KEY_PUBLISHED_AHEAD", ahead), ("KEY_ROTATION", "off")]).unwrap();
            assert_eq!((plan.max_age().as_secs(), plan.rotation), (max_age, None));
        }
    }

    #[test]
    fn what_is_no_plan_is_refused() {
        for (name, value) in [
            ("KEY_ROTATION", "0"),
            ("KEY_ROTATION", "on"),
            ("KEY_ROTATION", "3651"),
            ("KEY_PUBLISHED_AHEAD", "1"),
            ("KEY_PUBLISHED_AHEAD", "86401"),
        ] {
            let faults = read(&[(name, value)]).unwrap_err();
            assert!(faults.contains(name), "{name}={value}: {faults}");
        }
    }
}
