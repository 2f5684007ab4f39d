//! The limit of everything that signs or verifies: RSA-2048 signatures (RS256) on the core of what is measured, with a parsed key.

use std::{
    fs, thread,
    time::{Duration, Instant},
};

use aws_lc_rs::{
    rand::SystemRandom,
    rsa::{KeyPair, KeySize},
    signature::{KeyPair as _, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256},
};
use conformance::failure::{Failure, Outcome};

use crate::cpu::Cores;

/// As long as what is signed of one of our access tokens.
const MESSAGE: usize = 500;

/// What came of it.
#[derive(Clone, Copy, Debug)]
pub struct Signatures {
    /// A second.
    pub rate: f64,
    /// Microseconds of the core each.
    pub cost: f64,
}

/// Signs for so long.
///
/// # Errors
/// There is no key to be had.
pub fn made(cores: Cores, span: Duration) -> Outcome<Signatures> {
    let key = KeyPair::generate(KeySize::Rsa2048)?;
    let mut signature = vec![0; key.public_modulus_len()];
    let chance = SystemRandom::new();
    let sign = move || Ok(key.sign(&RSA_PKCS1_SHA256, &chance, &[b'a'; MESSAGE], &mut signature)?);
    measure(cores, span, sign)
}

/// Verifies for so long.
///
/// # Errors
/// There is no key to be had.
pub fn verified(cores: Cores, span: Duration) -> Outcome<Signatures> {
    let key = KeyPair::generate(KeySize::Rsa2048)?;
    let mut signature = vec![0; key.public_modulus_len()];
    key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), &[b'a'; MESSAGE], &mut signature)?;
    let known = ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key.public_key().as_ref())?;
    measure(cores, span, move || Ok(known.verify_sig(&[b'a'; MESSAGE], &signature)?))
}

fn measure(
    cores: Cores,
    span: Duration,
    operation: impl FnMut() -> Outcome + Send + 'static,
) -> Outcome<Signatures> {
    // A thread begins on the core of whoever starts it.
    let working = cores.on_measured(|| thread::spawn(move || repeat(operation, span)))?;
    // As restless as callers are: two cores may be one core's two threads.
    while !working.is_finished() {
        std::hint::spin_loop();
    }
    working.join().map_err(|_| Failure::new("the working thread panicked"))?
}

fn repeat(mut operation: impl FnMut() -> Outcome, span: Duration) -> Outcome<Signatures> {
    let (cpu, begun) = (own_time()?, Instant::now());
    let mut count = 0.0;
    while begun.elapsed() < span {
        operation()?;
        count += 1.0;
    }
    let (took, cpu) = (begun.elapsed(), own_time()? - cpu);
    Ok(Signatures { rate: count / took.as_secs_f64(), cost: cpu.as_secs_f64() * 1e6 / count })
}

fn own_time() -> Outcome<Duration> {
    let text = fs::read_to_string("/proc/thread-self/schedstat")?;
    let nanoseconds = text.split(' ').next().and_then(|first| first.parse().ok());
    nanoseconds
        .map(Duration::from_nanos)
        .ok_or_else(|| Failure::new("the system does not tell a thread's time"))
}
