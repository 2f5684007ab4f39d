//! Access tokens, verified by the mcp-server's guard: the one that was signed, and nothing made out of it.

use std::{sync::Arc, time::Duration};

use auth_server::keys::mint::Grantee;
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use mcp_server::guard::{Denial, Guard, Issuer, Visitor};
use proptest::{prelude::*, sample::Index};
use shared::resource::Resource;

use crate::{
    cases,
    stage::{GRANTED, Stage},
    texts::almost,
};

/// A guard that trusts the stage's auth-server.
fn guard(stage: &Stage) -> Guard {
    let issuer = Issuer::parse(stage.world().issuer()).unwrap();
    let resource = Resource::parse(stage.world().mcp_url()).unwrap();
    Guard::new(issuer, &resource, Duration::from_secs(300), stage.world().clock().clone()).unwrap()
}

fn token(stage: &Stage) -> String {
    let resource = stage.world().mcp_url();
    let grantee =
        Grantee { subject: "user_1", grant: Some(1), client_id: "client", resource, scope: GRANTED };
    let app = stage.app();
    app.mint.access_token(grantee, app.clock.now()).unwrap()
}

fn admit(stage: &Stage, guard: &Guard, token: &str) -> Result<Arc<Visitor>, Denial> {
    let value = format!("Bearer {token}");
    stage.run(guard.admit([value.as_bytes()]))
}

#[test]
fn a_changed_token_lets_nobody_in() {
    let stage = Stage::start(&[]);
    let guard = guard(&stage);
    let token = token(&stage);
    // Spaces around a token belong to the header, not to the token.
    let changes = almost(&token).prop_filter("the same token", |changed| changed.trim_ascii() != token);
    proptest!(cases(800), |(changed in changes)| {
        // Before and after the good one is remembered.
        prop_assert!(admit(&stage, &guard, &changed).is_err(), "{}", changed);
        let visitor = admit(&stage, &guard, &token).unwrap();
        prop_assert_eq!((&*visitor.sub, &*visitor.scopes.to_string()), ("user_1", GRANTED));
    });
}

#[test]
fn a_changed_part_lets_nobody_in() {
    let stage = Stage::start(&[]);
    let guard = guard(&stage);
    let token = token(&stage);
    let parts: Vec<Vec<u8>> =
        token.split('.').map(|part| BASE64_URL_SAFE_NO_PAD.decode(part).unwrap()).collect();
    proptest!(cases(800), |(part in 0_usize..3, place: Index, byte: u8, kind in 0..3)| {
        let mut parts = parts.clone();
        let bytes = &mut parts[part];
        let at = place.index(bytes.len());
        match kind {
            0 => bytes[at] = byte,
            1 => bytes.insert(at, byte),
            _ => drop(bytes.remove(at)),
        }
        let changed = parts.iter().map(|part| BASE64_URL_SAFE_NO_PAD.encode(part)).collect::<Vec<_>>().join(".");
        prop_assert_eq!(admit(&stage, &guard, &changed).is_ok(), changed == token, "{}", changed);
    });
}

#[test]
fn parts_of_two_tokens_are_no_token() {
    let stage = Stage::start(&[]);
    let guard = guard(&stage);
    let tokens = [token(&stage), token(&stage)];
    let parts: Vec<Vec<&str>> = tokens.iter().map(|token| token.split('.').collect()).collect();
    proptest!(cases(64), |(from in prop::array::uniform3(0_usize..2))| {
        let mixed = [0, 1, 2].map(|part| parts[from[part]][part]).join(".");
        // Both have the same header; claims and signature must come from the same one.
        prop_assert_eq!(admit(&stage, &guard, &mixed).is_ok(), from[1] == from[2]);
    });
}

#[test]
fn a_token_ends_on_the_second_its_leeway_does() {
    const LIFETIME: u64 = 300;
    const LEEWAY: u64 = 30;
    let stage = Stage::start(&[("ACCESS_TOKEN_LIFETIME", "300")]);
    let guard = guard(&stage);
    let wait = prop_oneof![LIFETIME - 2..=LIFETIME + LEEWAY + 2, LIFETIME + LEEWAY - 1..=LIFETIME + LEEWAY];
    proptest!(cases(60), |(wait in wait, remembered: bool)| {
        let token = token(&stage);
        if remembered {
            prop_assert!(admit(&stage, &guard, &token).is_ok());
        }
        stage.wait(wait);
        prop_assert_eq!(admit(&stage, &guard, &token).is_ok(), wait < LIFETIME + LEEWAY, "after {}", wait);
    });
}
