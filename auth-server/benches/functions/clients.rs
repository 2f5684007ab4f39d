//! Register, find; which redirect URI is let through, and which verifier.

use std::hint::black_box;

use auth_server::{
    flow::register::register,
    oauth::{callback::Callback, pkce::CodeChallenge, redirect::RedirectUri},
};
use criterion::Criterion;

use crate::house::{CHALLENGE, House, REGISTRATION, VERIFIER};

pub fn bench(criterion: &mut Criterion) {
    lookups(criterion, &House::open());
    matches(criterion);
}

/// The way of a registration into its `client_id` and back. `find` also asks the database whether the client is shut out.
fn lookups(criterion: &mut Criterion, house: &House) {
    let (app, id) = (&house.app, house.client.id.as_str());
    let mut group = criterion.benchmark_group("client");
    group.bench_function("register", |bencher| {
        house.ask(bencher, async || {
            black_box(register(app, black_box(REGISTRATION).as_bytes()).await.unwrap());
        });
    });
    group.bench_function("open", |bencher| {
        house.ask(bencher, async || {
            black_box(app.clients.look_up(black_box(id)).await.unwrap());
        });
    });
    group.bench_function("find", |bencher| {
        house.ask(bencher, async || {
            black_box(app.clients.find(black_box(id)).await.unwrap());
        });
    });
    group.finish();
}

/// What a request names against what its client registered: ChatGPT's, and one of a program on the person's computer.
fn matches(criterion: &mut Criterion) {
    let uri = |text| RedirectUri::parse(text).unwrap();
    let chatgpt = uri("https://chatgpt.com/connector_platform_oauth_redirect");
    let loopback = [uri("http://localhost/callback"), uri("http://127.0.0.1/callback")];
    let ported = uri("http://127.0.0.1:33418/callback");
    let mut group = criterion.benchmark_group("match");
    group.bench_function("parse", |bencher| {
        bencher.iter(|| RedirectUri::parse(black_box(chatgpt.as_str())).unwrap());
    });
    for (what, registered, requested, admitted) in [
        ("as registered", &chatgpt, &chatgpt, true),
        ("another port", &loopback[1], &ported, true),
        ("another URI", &chatgpt, &ported, false),
    ] {
        assert_eq!(registered.admits(requested), admitted, "{what}");
        group.bench_function(what, |bencher| {
            bencher.iter(|| black_box(registered).admits(black_box(requested)));
        });
    }
    for (what, registered, requested) in
        [("callback", std::slice::from_ref(&chatgpt), &chatgpt), ("callback, loopback", &loopback, &ported)]
    {
        group.bench_function(what, |bencher| {
            bencher.iter(|| {
                let (requested, state) = (requested.clone(), Some("oauth_s_69206b1c52b48191a0a8e8a9"));
                Callback::check(registered, requested, state, "https://auth.example.com").unwrap()
            });
        });
    }
    let challenge = CodeChallenge::parse(Some(CHALLENGE), Some("S256")).unwrap();
    group.bench_function("verifier", |bencher| {
        bencher.iter(|| assert!(challenge.is_met_by(black_box(VERIFIER))));
    });
    group.finish();
}
