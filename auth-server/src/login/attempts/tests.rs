use super::*;

/// What is stored of the password.
const HASH: Option<&str> = Some("hash");
const NOW: Timestamp = Timestamp(1_000_000);

/// Where a browser is, and what it remembers.
type Place = (Option<IpAddr>, Known);

fn stranger(address: &str) -> Place {
    (address.parse().ok(), Known::default())
}

fn knowing(login: &str) -> Place {
    let (address, known) = stranger("192.0.2.1");
    (address, known.with(Acquaintance::new(login, "hash")))
}

fn begin<'a>(
    attempts: &'a Attempts,
    credentials: (&str, Option<&str>),
    (address, known): &Place,
    now: Timestamp,
) -> Result<Attempt<'a>, Duration> {
    attempts.begin(credentials, (*address, known), now)
}

/// Fails as often as it may, and says how often and how long the next one must wait.
fn exhaust(attempts: &Attempts, login: &str, place: &Place) -> (u32, Duration) {
    (0..1000).find_map(|count| Some((count, begin(attempts, (login, HASH), place, NOW).err()?))).unwrap()
}

#[test]
fn the_wait_doubles_up_to_its_end_and_is_forgotten_in_a_day() {
    let (attempts, place) = (Attempts::new(true, &Clock::manual()), stranger("192.0.2.1"));
    assert_eq!(exhaust(&attempts, "a", &place), (FREE, Duration::from_secs(1)));
    let (mut now, mut waits) = (NOW, Vec::new());
    for _ in 0..13 {
        let wait = begin(&attempts, ("a", HASH), &place, now).err().unwrap();
        waits.push(wait.as_secs());
        now = now + wait;
        drop(begin(&attempts, ("a", HASH), &place, now));
    }
    assert_eq!(waits, [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900]);
    assert!(begin(&attempts, ("a", HASH), &place, now + FORGOTTEN).is_ok());
    assert!(begin(&attempts, ("a", HASH), &place, now + FORGOTTEN).is_ok(), "from the beginning");
}

#[test]
fn a_success_clears_and_what_was_called_off_is_not_counted() {
    let (attempts, place) = (Attempts::new(true, &Clock::manual()), stranger("192.0.2.1"));
    for _ in 0..1000 {
        begin(&attempts, ("a", HASH), &place, NOW).ok().unwrap().called_off();
    }
    for _ in 1..FREE {
        drop(begin(&attempts, ("a", HASH), &place, NOW));
    }
    begin(&attempts, ("a", HASH), &place, NOW).ok().unwrap().succeeded();
    assert_eq!(exhaust(&attempts, "a", &place).0, FREE);
}

#[test]
fn a_known_browser_is_counted_by_itself() {
    let (attempts, other_place) = (Attempts::new(true, &Clock::manual()), stranger("192.0.2.1"));
    let own = knowing("a");
    exhaust(&attempts, "a", &other_place);
    assert!(begin(&attempts, ("a", HASH), &own, NOW).is_ok());
    begin(&attempts, ("a", HASH), &own, NOW).ok().unwrap().succeeded();
    assert!(
        begin(&attempts, ("a", HASH), &other_place, NOW).is_err(),
        "the owner's success helps nobody else"
    );
    assert_eq!(exhaust(&attempts, "a", &own).0, FREE, "a stolen cookie guesses no faster");
    assert!(begin(&attempts, ("a", Some("another")), &own, NOW).is_err(), "known by another password");
    let other = knowing("b");
    assert!(begin(&attempts, ("a", HASH), &other, NOW).is_err(), "known to another account");
}

#[test]
fn a_place_is_an_address_or_a_network_and_has_an_end() {
    let clock = Clock::manual();
    let attempts = Attempts::new(true, &clock);
    let fail = |address: &str, count: u32| {
        let place = stranger(address);
        (0..count)
            .filter(|n| begin(&attempts, (&format!("{address} {n}"), HASH), &place, NOW).is_ok())
            .count()
    };
    assert_eq!(fail("2001:db8::1", 200) + fail("2001:db8::ffff:0:0:2", 200), 300);
    assert_eq!(fail("2001:db8:0:1::1", 10), 10);
    assert_eq!(fail("::ffff:192.0.2.1", 200) + fail("192.0.2.1", 200), 300);
    assert_eq!(fail("192.0.2.2", 10), 10);
    let wait = begin(&attempts, ("new", HASH), &stranger("192.0.2.1"), NOW).err();
    assert_eq!(wait, Some(Duration::from_secs(1)));
    clock.advance(Duration::from_secs(1));
    assert!(begin(&attempts, ("new", HASH), &stranger("192.0.2.1"), NOW).is_ok());
}

#[test]
fn switched_off_it_counts_nothing() {
    let (attempts, place) = (Attempts::new(false, &Clock::manual()), stranger("192.0.2.1"));
    assert!((0..1000).all(|_| begin(&attempts, ("a", HASH), &place, NOW).is_ok()));
}
