//! Connections whose other side keeps us waiting: it sends the head of its next request letter by letter, or does not read
//! what it asked for. They are cut.
//!
//! The web server has a clock for the first head of a connection and one for an idle connection, and none for these two. So
//! each connection says whether we wait for its other side, and since when.

use std::{
    collections::HashMap,
    fmt,
    net::{Shutdown, TcpStream},
    os::fd::AsFd,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

/// How often connections are looked at. That is how time is told here: no clock is read for a request.
const PERIOD: Duration = Duration::from_millis(500);

/// Every open connection. Clones are the same.
#[derive(Clone)]
pub struct Connections(Arc<Shared>);

struct Shared {
    /// How often they were looked at, and one more.
    looks: AtomicU64,
    open: Mutex<Open>,
}

#[derive(Default)]
struct Open {
    next: u64,
    sockets: HashMap<u64, (TcpStream, Arc<AtomicU64>)>,
}

/// One connection, as whoever answers its requests sees it. The last clone to go forgets it.
#[derive(Clone)]
pub struct Pulse(Arc<Life>);

struct Life {
    id: u64,
    /// Before which look; zero while it is us who work.
    waiting_since: Arc<AtomicU64>,
    all: Connections,
}

impl Default for Connections {
    fn default() -> Connections {
        Connections(Arc::new(Shared { looks: AtomicU64::new(1), open: Mutex::default() }))
    }
}

impl Connections {
    /// Follows a connection that has just been accepted; we wait for its first request. None where the system has no file
    /// left for it.
    pub fn follow(&self, socket: &impl AsFd) -> Option<Pulse> {
        let socket = socket.as_fd().try_clone_to_owned().ok()?;
        let waiting_since = Arc::new(AtomicU64::new(self.looks()));
        let mut open = self.open();
        let id = open.next;
        open.next += 1;
        open.sockets.insert(id, (TcpStream::from(socket), Arc::clone(&waiting_since)));
        Some(Pulse(Arc::new(Life { id, waiting_since, all: self.clone() })))
    }

    /// Cuts those that keep us waiting too long, for as long as the service runs.
    pub async fn watch(self, longest: Duration) {
        loop {
            tokio::time::sleep(PERIOD).await;
            let count = self.cut(longest);
            if count > 0 {
                tracing::debug!(count, "connections were cut: their other side kept us waiting");
            }
        }
    }

    fn cut(&self, longest: Duration) -> usize {
        let longest = longest.as_millis().div_ceil(PERIOD.as_millis());
        let look = self.0.looks.fetch_add(1, Ordering::Relaxed);
        let is_over = |since: u64| since != 0 && u128::from(look.saturating_sub(since)) >= longest;
        let open = self.open();
        let over = open.sockets.values().filter(|(_, since)| is_over(since.load(Ordering::Relaxed)));
        // One that the other side has closed meanwhile cannot be cut, and need not be.
        over.filter(|(socket, _)| socket.shutdown(Shutdown::Both).is_ok()).count()
    }

    fn looks(&self) -> u64 {
        self.0.looks.load(Ordering::Relaxed)
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.0.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pulse {
    /// It is us who work: on an answer, or until there is more of one to send.
    pub fn works(&self) {
        self.0.waiting_since.store(0, Ordering::Relaxed);
    }

    /// From now on we wait for the other side: to read what it was given, or to send a request.
    pub fn waits(&self) {
        let since = &self.0.waiting_since;
        // Whoever says it twice has waited since the first time.
        if since.load(Ordering::Relaxed) == 0 {
            since.store(self.0.all.looks(), Ordering::Relaxed);
        }
    }
}

impl Drop for Life {
    fn drop(&mut self) {
        self.all.open().sockets.remove(&self.id);
    }
}

impl fmt::Debug for Connections {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Connections")
            .field("open", &self.open().sockets.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::{io::Read, net::TcpListener};

    use super::*;

    #[test]
    fn only_a_connection_that_keeps_us_waiting_is_cut() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let connections = Connections::default();
        let mut clients = Vec::new();
        let mut follow = || {
            clients.push(TcpStream::connect(listener.local_addr().unwrap()).unwrap());
            let socket = listener.accept().unwrap().0;
            (connections.follow(&socket).unwrap(), socket)
        };
        let [(working, _one), (waiting, _other), (gone, closed)] = [follow(), follow(), follow()];
        working.works();
        waiting.waits();
        assert_eq!(connections.cut(Duration::from_secs(60)), 0);
        drop((gone, closed));
        while connections.cut(Duration::ZERO) == 0 {
            std::thread::yield_now();
        }
        assert_eq!(connections.cut(Duration::ZERO), 1, "one is followed that we wait for");
        for ended in [1, 2] {
            assert_eq!(clients[ended].read(&mut [0]).unwrap(), 0, "the other side learns it");
        }
        clients[0].set_nonblocking(true).unwrap();
        assert!(clients[0].read(&mut [0]).is_err(), "this one goes on");
    }
}
