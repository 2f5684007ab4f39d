//! What stands in front of two replicas: hands each connection to one of them, and to the other where the first is down.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use conformance::failure::Outcome;
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    task::AbortHandle,
};

/// A port that leads to two replicas.
pub(super) struct Balancer {
    listener: Option<TcpListener>,
    port: u16,
    served: Arc<[AtomicUsize; 2]>,
    accepting: Option<AbortHandle>,
}

impl Balancer {
    /// A port, and nobody behind it yet.
    pub(super) async fn bind() -> Outcome<Balancer> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let port = listener.local_addr()?.port();
        Ok(Balancer { listener: Some(listener), port, served: Arc::default(), accepting: None })
    }

    /// Its address.
    pub(super) fn origin(&self) -> String {
        format!("http://localhost:{}", self.port)
    }

    /// Takes connections from now on: for one replica after the other, or always for the same one first.
    pub(super) fn lead_to(&mut self, replicas: [u16; 2], first: Option<usize>) {
        let Some(listener) = self.listener.take() else { return };
        let served = Arc::clone(&self.served);
        let accept = async move {
            for number in 0.. {
                let Ok((client, _)) = listener.accept().await else { return };
                let first = first.unwrap_or(number % 2);
                tokio::spawn(relay(client, replicas, (first, Arc::clone(&served))));
            }
        };
        self.accepting = Some(tokio::spawn(accept).abort_handle());
    }

    /// How many connections each replica has taken.
    pub(super) fn served(&self) -> [usize; 2] {
        [0, 1].map(|place| self.served[place].load(Ordering::Relaxed))
    }
}

impl Drop for Balancer {
    fn drop(&mut self) {
        if let Some(accepting) = &self.accepting {
            accepting.abort();
        }
    }
}

/// What breaks off on one side is broken off on the other: nothing is asked twice.
async fn relay(mut client: TcpStream, replicas: [u16; 2], (first, served): (usize, Arc<[AtomicUsize; 2]>)) {
    for place in [first, 1 - first] {
        // Nothing was sent to one that refuses the connection, so the other may have it.
        let Ok(mut replica) = TcpStream::connect(("127.0.0.1", replicas[place])).await else { continue };
        served[place].fetch_add(1, Ordering::Relaxed);
        // How it ended is what both sides see.
        let _ = copy_bidirectional(&mut client, &mut replica).await;
        return;
    }
}
