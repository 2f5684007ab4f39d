use super::*;
use crate::login::known::Known;

/// What is stored of the password.
const HASH: Option<&str> = Some("hash");
const NOW: Timestamp = Timestamp(1_000_000);

fn browser(address: &str) -> Browser {
    let mut browser = Browser::unknown();
    browser.address = address.parse().ok();
    browser
}

fn knowing(login: &str) -> Browser {
    let mut browser = browser("192.0.2.1");
    browser.known = Known::default().with(Acquaintance::new(login, "hash"));
    browser
}

/// Fails as often as it may, and says how often and how long the next one must wait.
fn exhaust(attempts: &Attempts, login: &str, browser: &Browser) -> (u32, Duration) {
    (0..1000).find_map(|count| Some((count, attempts.begin((login, HASH), browser, NOW).err()?))).unwrap()
}

#[test]
fn the_wait_doubles_up_to_its_end_and_is_forgotten_in_a_day() {
    let (attempts, browser) = (Attempts::new(true, &Clock::manual()), browser("192.0.2.1"));
    assert_eq!(exhaust(&attempts, "a", &browser), (FREE, Duration::from_secs(1)));
    let (mut now, mut waits) = (NOW, Vec::new());
    for _ in 0..13 {
        let wait = attempts.begin(("a", HASH), &browser, now).err().unwrap();
        waits.push(wait.as_secs());
        now = now + wait;
        drop(attempts.begin(("a", HASH), &browser, now));
    }
    assert_eq!(waits, [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900]);
    assert!(attempts.begin(("a", HASH), &browser, now + FORGOTTEN).is_ok());
    assert!(attempts.begin(("a", HASH), &browser, now + FORGOTTEN).is_ok(), "from the beginning");
}

#[test]
fn a_success_clears_and_what_was_called_off_is_not_counted() {
    let (attempts, browser) = (Attempts::new(true, &Clock::manual()), browser("192.0.2.1"));
    for _ in 0..1000 {
        attempts.begin(("a", HASH), &browser, NOW).ok().unwrap().called_off();
    }
    for _ in 1..FREE {
        drop(attempts.begin(("a", HASH), &browser, NOW));
    }
    attempts.begin(("a", HASH), &browser, NOW).ok().unwrap().succeeded();
    assert_eq!(exhaust(&attempts, "a", &browser).0, FREE);
}

#[test]
fn a_known_browser_is_counted_by_itself() {
    let (attempts, stranger) = (Attempts::new(true, &Clock::manual()), browser("192.0.2.1"));
    let own = knowing("a");
    exhaust(&attempts, "a", &stranger);
    assert!(attempts.begin(("a", HASH), &own, NOW).is_ok());
    attempts.begin(("a", HASH), &own, NOW).ok().unwrap().succeeded();
    assert!(attempts.begin(("a", HASH), &stranger, NOW).is_err(), "the owner's success helps nobody else");
    assert_eq!(exhaust(&attempts, "a", &own).0, FREE, "a stolen cookie guesses no faster");
    assert!(attempts.begin(("a", Some("another")), &own, NOW).is_err(), "known by another password");
    let other = knowing("b");
    assert!(attempts.begin(("a", HASH), &other, NOW).is_err(), "known to another account");
}

#[test]
fn a_place_is_an_address_or_a_network_and_has_an_end() {
    let clock = Clock::manual();
    let attempts = Attempts::new(true, &clock);
    let fail = |address: &str, count: u32| {
        let browser = browser(address);
        (0..count)
            .filter(|n| attempts.begin((&format!("{address} {n}"), HASH), &browser, NOW).is_ok())
            .count()
    };
    assert_eq!(fail("2001:db8::1", 200) + fail("2001:db8::ffff:0:0:2", 200), 300);
    assert_eq!(fail("2001:db8:0:1::1", 10), 10);
    assert_eq!(fail("::ffff:192.0.2.1", 200) + fail("192.0.2.1", 200), 300);
    assert_eq!(fail("192.0.2.2", 10), 10);
    let wait = attempts.begin(("new", HASH), &browser("192.0.2.1"), NOW).err();
    assert_eq!(wait, Some(Duration::from_secs(1)));
    clock.advance(Duration::from_secs(1));
    assert!(attempts.begin(("new", HASH), &browser("192.0.2.1"), NOW).is_ok());
}

#[test]
fn switched_off_it_counts_nothing() {
    let (attempts, browser) = (Attempts::new(false, &Clock::manual()), browser("192.0.2.1"));
    assert!((0..1000).all(|_| attempts.begin(("a", HASH), &browser, NOW).is_ok()));
}
