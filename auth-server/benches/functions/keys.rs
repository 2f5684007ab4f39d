//! Seal, open, MAC; sign and read tokens.

use std::hint::black_box;

use auth_server::{
    keys::{mint::Grantee, signing_key::Type},
    oauth::{
        code,
        refresh_token::{self, RefreshToken},
    },
};
use aws_lc_rs::{
    rand::SystemRandom,
    rsa::KeyPair,
    signature::{KeyPair as _, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256},
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use criterion::{Criterion, Throughput};
use ring::{
    aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    hmac,
};

use crate::house::{House, RESOURCE, SCOPE};

pub fn bench(criterion: &mut Criterion) {
    let house = House::open();
    seals(criterion, &house);
    macs(criterion, &house);
    signatures(criterion, &house);
}

/// A code on its way out and back, and the registration that is a `client_id`.
fn seals(criterion: &mut Criterion, house: &House) {
    let secrets = &house.app.secrets;
    let code = serde_json::to_vec(&house.approval()).unwrap();
    let registration = house.client.metadata.to_text().into_bytes();
    let messages = [("code", code::PURPOSE, code.clone()), ("registration", "client", registration)];
    let nonce = || Nonce::assume_unique_for_key([0; NONCE_LEN]);
    let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &[1; 32]).unwrap());
    let mut group = criterion.benchmark_group("seal");
    for (what, purpose, message) in &messages {
        group.bench_function(*what, |bencher| bencher.iter(|| secrets.seal(purpose, black_box(message))));
    }
    group.bench_function("limit: AES-256-GCM, a code", |bencher| {
        bencher.iter(|| {
            let mut body = black_box(&code).clone();
            key.seal_in_place_append_tag(nonce(), Aad::empty(), &mut body).unwrap();
            body
        });
    });
    group.finish();
    let mut group = criterion.benchmark_group("open");
    for (what, purpose, message) in &messages {
        let sealed = secrets.seal(purpose, message);
        group.bench_function(*what, |bencher| {
            bencher.iter(|| secrets.open(purpose, black_box(&sealed)).unwrap());
        });
    }
    let mut sealed = code;
    key.seal_in_place_append_tag(nonce(), Aad::empty(), &mut sealed).unwrap();
    group.bench_function("limit: AES-256-GCM, a code", |bencher| {
        bencher.iter(|| {
            let mut body = black_box(&sealed).clone();
            key.open_in_place(nonce(), Aad::empty(), &mut body).unwrap().len()
        });
    });
    group.finish();
}

/// A refresh token, written and read.
fn macs(criterion: &mut Criterion, house: &House) {
    let secrets = &house.app.secrets;
    let token = RefreshToken { grant: house.approval().grant, generation: 1 };
    let write = |token: RefreshToken| token.to_text(&secrets.mac(refresh_token::PURPOSE, &token.body()));
    let text = write(token);
    let mut group = criterion.benchmark_group("refresh token");
    group.bench_function("write", |bencher| bencher.iter(|| write(black_box(token))));
    group.bench_function("read", |bencher| {
        bencher.iter(|| {
            let (token, mac) = RefreshToken::claimed(black_box(&text)).unwrap();
            assert!(secrets.verify_mac(refresh_token::PURPOSE, &token.body(), &mac));
        });
    });
    let key = hmac::Key::new(hmac::HMAC_SHA256, &[1; 32]);
    group.bench_function("limit: HMAC-SHA256", |bencher| {
        bencher.iter(|| hmac::sign(&key, &black_box(token).body()));
    });
    group.finish();
}

/// An access token, signed and read again, as introspection does.
fn signatures(criterion: &mut Criterion, house: &House) {
    let (mint, now) = (&house.app.mint, house.app.clock.now());
    let grantee = Grantee {
        subject: &house.user.id,
        grant: Some(house.approval().grant),
        client_id: &house.client.id,
        resource: RESOURCE,
        scope: SCOPE,
    };
    let token = mint.access_token(grantee, now).unwrap();
    let (message, signature) = token.rsplit_once('.').unwrap();
    let claims = BASE64_URL_SAFE_NO_PAD.decode(message.split_once('.').unwrap().1).unwrap();
    let signature = BASE64_URL_SAFE_NO_PAD.decode(signature).unwrap();
    let ring = mint.ring();
    let pair = KeyPair::from_pkcs8(&ring.signer().to_pkcs8().unwrap()).unwrap();
    let public = ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, pair.public_key().as_ref()).unwrap();

    let mut group = criterion.benchmark_group("sign");
    group.throughput(Throughput::Elements(1));
    group.bench_function("limit: RSA-2048, key parsed", |bencher| {
        let (random, mut signature) = (SystemRandom::new(), vec![0; pair.public_modulus_len()]);
        bencher.iter(|| {
            let message = black_box(message).as_bytes();
            pair.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature).unwrap();
        });
    });
    group.bench_function("claims", |bencher| {
        bencher.iter(|| ring.signer().sign(Type::AccessToken, black_box(&claims)).unwrap());
    });
    group.bench_function("access token", |bencher| {
        bencher.iter(|| mint.access_token(black_box(grantee), now).unwrap());
    });
    group.finish();

    let mut group = criterion.benchmark_group("read");
    group.throughput(Throughput::Elements(1));
    group.bench_function("limit: RSA-2048, key parsed", |bencher| {
        bencher.iter(|| public.verify_sig(black_box(message).as_bytes(), &signature).unwrap());
    });
    group.bench_function("new token", |bencher| {
        bencher.iter(|| ring.read(Type::AccessToken, black_box(&token)).unwrap());
    });
    group.bench_function("token seen before", |bencher| {
        bencher.iter(|| mint.read_access_token(black_box(&token)).unwrap());
    });
    group.finish();
}
