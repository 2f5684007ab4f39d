//! When the server forgets what nothing can come of any more.

use std::time::Duration;

use shared::env::Reader;

const DAY: u64 = 24 * 3600;

/// When the server forgets.
#[derive(Clone, Copy, Debug)]
pub struct SweepPlan {
    /// How often it looks; none where a command alone does.
    pub every: Option<Duration>,
    /// How long a stored registration is kept without a grant; none for ever.
    pub clients: Option<Duration>,
}

impl SweepPlan {
    /// Reads `SWEEP_EVERY` and `CLIENT_RETENTION`.
    pub(super) fn read(reader: &mut Reader<'_>) -> SweepPlan {
        SweepPlan {
            every: read(reader, "SWEEP_EVERY", (3600, 60..=7 * DAY)).map(Duration::from_secs),
            clients: read(reader, "CLIENT_RETENTION", (365, 1..=36_500))
                .map(|days| Duration::from_secs(days * DAY)),
        }
    }
}

/// A number of a range, or `off`.
fn read(
    reader: &mut Reader<'_>,
    name: &str,
    (default, range): (u64, std::ops::RangeInclusive<u64>),
) -> Option<u64> {
    let number = match reader.optional(name) {
        Some("off") => return None,
        Some(text) => text.parse().ok().filter(|number| range.contains(number)),
        None => Some(default),
    };
    if number.is_none() {
        let wrong = format!("is neither `off` nor a number from {} to {}", range.start(), range.end());
        reader.fault(name, &wrong, &default.to_string());
    }
    number
}

#[cfg(test)]
mod tests {
    use shared::env::Env;

    use super::*;

    fn read(pairs: &[(&str, &str)]) -> Result<SweepPlan, String> {
        let env: Env = pairs.iter().copied().collect();
        let mut reader = Reader::new(&env);
        let plan = SweepPlan::read(&mut reader);
        reader.finish(Some(plan)).map_err(|faults| faults.to_string())
    }

    #[test]
    fn it_looks_every_hour_and_keeps_registrations_for_a_year_unless_told_otherwise() {
        let plan = read(&[]).unwrap();
        let year = Duration::from_secs(365 * DAY);
        assert_eq!((plan.every, plan.clients), (Some(Duration::from_secs(3600)), Some(year)));
        let plan = read(&[("SWEEP_EVERY", "off"), ("CLIENT_RETENTION", "off")]).unwrap();
        assert_eq!((plan.every, plan.clients), (None, None));
    }

    #[test]
    fn what_is_no_number_of_the_range_is_refused() {
        for (name, value) in [
            ("SWEEP_EVERY", "59"),
            ("SWEEP_EVERY", "never"),
            ("CLIENT_RETENTION", "0"),
            ("CLIENT_RETENTION", "-1"),
        ] {
            let faults = read(&[(name, value)]).unwrap_err();
            assert!(faults.contains(name), "{name}={value}: {faults}");
        }
    }
}
