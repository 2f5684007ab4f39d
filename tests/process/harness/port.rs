//! Ports for processes that bind by number.

use std::{
    collections::BTreeSet,
    net::TcpListener,
    sync::{Mutex, PoisonError},
};

use conformance::failure::{Failure, Outcome};

/// Below the ports a system gives to outgoing connections, so that none of those takes it while a service is down.
const FIRST: u16 = 10_000;
const COUNT: u16 = 22_000;

/// A port of 127.0.0.1 that nobody has, and that no other test of this run gets.
pub(crate) fn free() -> Outcome<u16> {
    static TAKEN: Mutex<BTreeSet<u16>> = Mutex::new(BTreeSet::new());
    let mut taken = TAKEN.lock().unwrap_or_else(PoisonError::into_inner);
    let free = (0..1000).find_map(|_| {
        let port = FIRST + u16::from_le_bytes(shared::random::bytes::<2>()) % COUNT;
        let is_free = !taken.contains(&port) && TcpListener::bind(("127.0.0.1", port)).is_ok();
        is_free.then_some(port)
    });
    let port = free.ok_or_else(|| Failure::new("no port is free"))?;
    taken.insert(port);
    Ok(port)
}
