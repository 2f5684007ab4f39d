//! How much is taken on at one time, and how long anybody is waited for: a service that has too much to do says so at once,
//! and nobody keeps it waiting.

use std::{
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    time::Duration,
};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::env::Reader;

/// What a service takes on.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// `MAX_CONNECTIONS`: open at one time. Further ones wait until one is closed.
    pub connections: usize,
    /// `MAX_REQUESTS`: being answered at one time. Further ones are refused.
    pub requests: usize,
    /// `KEEP_ALIVE`: how long a connection may be idle.
    pub keep_alive: Duration,
    /// `CLIENT_TIMEOUT`: how long a handshake, the head of a request or its body may take.
    pub patience: Duration,
}

impl Bounds {
    /// Reads the four of them.
    pub fn read(reader: &mut Reader<'_>) -> Bounds {
        let mut count = |name: &str, default: usize| {
            let count = reader.parsed(name, default, &default.to_string());
            if count == 0 {
                reader.fault(name, "is less than one", &default.to_string());
            }
            count
        };
        let (connections, requests) = (count("MAX_CONNECTIONS", 2048), count("MAX_REQUESTS", 512));
        let mut span = |name: &str, default: u64| {
            let span = reader.seconds(name, default);
            if span.is_zero() || span > Duration::from_secs(3600) {
                reader.fault(name, "is not within 1 and 3600 seconds", &default.to_string());
            }
            span
        };
        // Longer than the proxies in front keep theirs: who closes first loses no request.
        Bounds {
            connections,
            requests,
            keep_alive: span("KEEP_ALIVE", 75),
            patience: span("CLIENT_TIMEOUT", 10),
        }
    }

    /// How long a connection may do nothing that we wait for: the time it may be idle, and then the head of a request.
    pub fn idle(&self) -> Duration {
        self.keep_alive + self.patience
    }

    /// Has the system allow as many open files as all connections need, if it does, and the rest of the service some.
    pub fn allow_files(&self) {
        let needed = u64::try_from(self.connections).unwrap_or(u64::MAX).saturating_add(256);
        let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
        if current.is_none_or(|current| current >= needed) {
            return;
        }
        let allowed = maximum.map_or(needed, |maximum| maximum.min(needed));
        let raised = setrlimit(Resource::Nofile, Rlimit { current: Some(allowed), maximum });
        if raised.is_err() || allowed < needed {
            tracing::warn!(needed, allowed, "MAX_CONNECTIONS needs more open files than the system allows");
        }
    }
}

/// What is being done, and how much may be.
#[derive(Debug)]
pub struct Load {
    most: usize,
    present: AtomicUsize,
    /// Whether it was told that there is too much.
    is_told: AtomicBool,
}

/// The right to have one thing done, given back by dropping it.
#[derive(Debug)]
pub struct Place<'a>(&'a Load);

impl Load {
    /// Nothing is being done.
    pub fn new(most: usize) -> Load {
        Load { most, present: AtomicUsize::new(0), is_told: AtomicBool::new(false) }
    }

    /// A place, if there is one. That there is none is logged once, until the load has fallen to half.
    pub fn enter(&self) -> Option<Place<'_>> {
        let Load { most, present, is_told } = self;
        let place = Place(self);
        let others = present.fetch_add(1, Ordering::Relaxed);
        if others < *most {
            if others < most.div_ceil(2) && is_told.load(Ordering::Relaxed) {
                is_told.store(false, Ordering::Relaxed);
                tracing::info!("requests are answered again");
            }
            return Some(place);
        }
        if !is_told.swap(true, Ordering::Relaxed) {
            tracing::warn!(most, "too many requests at one time: further ones are refused");
        }
        None
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.present.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::env::Env;

    #[test]
    fn there_is_an_end_to_places_and_each_is_given_back() {
        let load = Load::new(2);
        let (first, second) = (load.enter(), load.enter());
        assert!(first.is_some() && second.is_some() && load.enter().is_none() && load.enter().is_none());
        drop(first);
        let third = load.enter();
        assert!(third.is_some() && load.enter().is_none());
    }

    #[test]
    fn nothing_is_without_a_bound() {
        let pairs = [
            ("MAX_CONNECTIONS", "0"),
            ("MAX_REQUESTS", "-1"),
            ("KEEP_ALIVE", "0"),
            ("CLIENT_TIMEOUT", "3601"),
        ];
        let env = Env::from_iter(pairs);
        let mut reader = Reader::new(&env);
        let bounds = Bounds::read(&mut reader);
        let told = reader.finish(Some(bounds)).map(drop).unwrap_err().to_string();
        assert!(pairs.iter().all(|(name, _)| told.contains(name)), "{told}");
    }
}
