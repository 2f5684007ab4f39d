//! What it costs to let somebody in, beside the signature alone: `cargo bench -p mcp-server`.
//!
//! What is called `limit` is the library, with a key that is ready: the rest is ours.

#![expect(clippy::unwrap_used, reason = "what cannot be measured ends the run")]

mod issuer;

use std::{
    hint::black_box,
    iter::repeat_n,
    time::{Duration, Instant},
};

use actix_web::rt::System;
use aws_lc_rs::signature::{ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use criterion::{Criterion, Throughput};
use issuer::{Issuer, RESOURCE};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};
use mcp_server::guard::{self, Guard};
use shared::{claims::AccessTokenClaims, clock::Clock, resource::Resource};

/// As in the server.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How many tokens there are. A guard that has seen them all makes room for one that has seen none.
const TOKENS: usize = 4096;
/// The keys are not fetched again while something is measured.
const MAX_AGE: Duration = Duration::from_secs(24 * 3600);

fn main() {
    let criterion = Criterion::default().without_plots();
    let criterion = criterion.warm_up_time(Duration::from_secs(1)).measurement_time(Duration::from_secs(3));
    let mut criterion = criterion.configure_from_args();
    verify(&mut criterion);
    criterion.final_summary();
}

fn verify(criterion: &mut Criterion) {
    let (runtime, clock) = (System::new(), Clock::system());
    let issuer = runtime.block_on(Issuer::start());
    let resource = Resource::parse(RESOURCE).unwrap();
    let trusted = guard::Issuer::parse(&issuer.name).unwrap();
    let guard = Guard::new(trusted, &resource, MAX_AGE, clock.clone()).unwrap();
    let headers: Vec<String> = (0..TOKENS).map(|_| format!("Bearer {}", issuer.token(clock.now()))).collect();
    let token = headers[0].strip_prefix("Bearer ").unwrap();
    let (message, signature) = token.rsplit_once('.').unwrap();
    let signature = BASE64_URL_SAFE_NO_PAD.decode(signature).unwrap();
    let public = ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, issuer.public_key()).unwrap();

    let mut group = criterion.benchmark_group("verify");
    group.throughput(Throughput::Elements(1));
    group.bench_function("limit: RSA-2048, key parsed", |bencher| {
        bencher.iter(|| public.verify_sig(black_box(message).as_bytes(), &signature).unwrap());
    });
    // As the library alone does it: it reads header and claims, and parses the key each time.
    let (n, e) = issuer.numbers();
    let (key, mut validation) =
        (DecodingKey::from_rsa_components(&n, &e).unwrap(), Validation::new(Algorithm::RS256));
    validation.set_audience(&[RESOURCE]);
    group.bench_function("jsonwebtoken", |bencher| {
        bencher.iter(|| decode::<AccessTokenClaims>(black_box(token), &key, &validation).unwrap());
    });
    group.bench_function("new token", |bencher| {
        bencher.iter_custom(|times| {
            let (mut left, mut took) = (usize::try_from(times).unwrap(), Duration::ZERO);
            while left > 0 {
                let (guard, some) = (guard.for_resource(&resource), &headers[..left.min(TOKENS)]);
                took += runtime.block_on(admit(&guard, some.iter()));
                left -= some.len();
            }
            took
        });
    });
    group.bench_function("token seen before", |bencher| {
        runtime.block_on(admit(&guard, headers[..1].iter()));
        bencher.iter_custom(|times| {
            let same = repeat_n(&headers[0], usize::try_from(times).unwrap());
            runtime.block_on(admit(&guard, same))
        });
    });
    group.finish();
}

/// How long it takes to let them in, one after the other.
async fn admit<'a>(guard: &Guard, headers: impl Iterator<Item = &'a String>) -> Duration {
    let begun = Instant::now();
    for header in headers {
        black_box(guard.admit([header.as_bytes()]).await.unwrap());
    }
    begun.elapsed()
}
