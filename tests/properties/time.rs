//! The second in which something ends: not one before, not one after.

use std::time::Duration;

use auth_server::{
    flow::{
        authorization_code,
        refresh_token::{Limits, Move, judge, refresh},
    },
    store::grants::Grant,
};
use conformance::pkce::Pkce;
use proptest::{collection::vec, prelude::*};
use shared::clock::{Clock, Timestamp};

use crate::{
    cases,
    stage::{Stage, parameters},
};

fn grant(generation: i64, rotated_at: Timestamp, revoked: bool) -> Grant {
    Grant {
        user_id: "user".to_owned(),
        client_id: "client".to_owned(),
        resource: "https://mcp.example.com/mcp".to_owned(),
        scope: "notes:read".to_owned(),
        generation,
        rotated_at,
        revoked_at: revoked.then_some(rotated_at.seconds()),
    }
}

/// A span, and often one that is a second off another.
fn near(spans: Vec<u64>) -> impl Strategy<Value = u64> {
    let near = prop::sample::select(spans).prop_flat_map(|span| span.saturating_sub(1)..=span + 1);
    prop_oneof![near, 0_u64..10_000]
}

proptest! {
    #![proptest_config(cases(2000))]

    #[test]
    fn a_grant_and_its_grace_end_on_the_second(
        (lifetime, grace, age) in (1_u64..5000, 0_u64..300)
            .prop_flat_map(|(lifetime, grace)| (Just(lifetime), Just(grace), near(vec![lifetime, grace]))),
        (generation, behind) in (0_i64..1000, -2_i64..4),
        start in 0_i64..4_000_000_000,
        revoked in prop::bool::weighted(0.1),
    ) {
        let limits = Limits { lifetime: Duration::from_secs(lifetime), grace: Duration::from_secs(grace) };
        let (rotated_at, presented) = (Timestamp(start), generation - behind);
        let now = rotated_at + Duration::from_secs(age);
        let expected = match () {
            () if revoked || age >= lifetime => Move::Ended,
            () if behind == 0 => Move::Rotate,
            () if behind == 1 && grace > 0 && age <= grace => Move::ServeAgain,
            () => Move::Reuse,
        };
        prop_assert_eq!(judge(&grant(generation, rotated_at, revoked), presented, now, limits), expected);
    }

    #[test]
    fn a_clock_that_steps_back_ends_nothing(generation in 0_i64..9, back in 0_u64..100_000, lifetime in 1_u64..100) {
        let limits = Limits { lifetime: Duration::from_secs(lifetime), grace: Duration::from_secs(1) };
        let rotated_at = Timestamp(1_795_305_600);
        let now = rotated_at - Duration::from_secs(back);
        let row = grant(generation, rotated_at, false);
        prop_assert_eq!(judge(&row, generation, now, limits), Move::Rotate);
        prop_assert_eq!(judge(&row, generation - 1, now, limits), Move::ServeAgain);
    }

    #[test]
    fn a_manual_clock_only_goes_ahead(spans in vec(0_u64..5_000_000, 0..30)) {
        let clock = Clock::manual();
        let (start, mut before) = (clock.milliseconds(), clock.now());
        for span in &spans {
            clock.advance(Duration::from_millis(*span));
            prop_assert!(clock.now() >= before);
            before = clock.now();
        }
        let passed = i64::try_from(spans.iter().sum::<u64>()).unwrap();
        prop_assert_eq!(clock.milliseconds(), start + passed);
        prop_assert_eq!(clock.now().seconds(), (start + passed) / 1000);
    }

    #[test]
    fn instants_are_reckoned_without_a_panic(a: i64, b: i64, span: u64) {
        let (a, b, span) = (Timestamp(a), Timestamp(b), Duration::from_secs(span));
        prop_assert!(a + span >= a && a - span <= a);
        prop_assert_eq!(a.since(b).is_zero(), a <= b);
        prop_assert_eq!(a.is_past(b, span), a >= b + span);
    }
}

#[test]
fn codes_and_tokens_end_on_the_second() {
    const CODE: u64 = 30;
    const LIFETIME: u64 = 200;
    const GRACE: u64 = 20;
    let settings = [("CODE_LIFETIME", "30"), ("REFRESH_TOKEN_LIFETIME", "200"), ("REFRESH_GRACE", "20")];
    let stage = Stage::start(&settings);
    let (app, client) = (stage.app(), stage.client("client"));
    let delays = (near(vec![0, CODE]), near(vec![LIFETIME]), near(vec![GRACE]));
    proptest!(cases(40), |((redeemed, refreshed, repeated) in delays)| {
        let pkce = Pkce::fresh();
        let code = stage.code(&client, &pkce);
        stage.wait(redeemed);
        let asked = parameters(&[("code", &code), ("code_verifier", &pkce.verifier)]);
        let tokens = stage.run(authorization_code::redeem(app, &client, &asked));
        prop_assert_eq!(tokens.is_ok(), redeemed < CODE, "redeemed after {}", redeemed);
        let Ok(tokens) = tokens else { return Ok(()) };
        stage.wait(refreshed);
        let asked = parameters(&[("refresh_token", tokens.refresh_token.as_deref().unwrap())]);
        let next = stage.run(refresh(app, &client, &asked));
        prop_assert_eq!(next.is_ok(), refreshed < LIFETIME, "refreshed after {}", refreshed);
        let Ok(next) = next else { return Ok(()) };
        stage.wait(repeated);
        let again = stage.run(refresh(app, &client, &asked));
        prop_assert_eq!(again.is_ok(), repeated <= GRACE, "repeated after {}", repeated);
        if let Ok(again) = again {
            prop_assert_eq!(again.refresh_token, next.refresh_token);
        }
    });
}
