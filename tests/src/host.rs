//! An https server on this machine, for what a client publishes about itself: its metadata document and its keys.
//!
//! ```no_run
//! # async fn test() -> conformance::failure::Outcome {
//! use conformance::host::{Authority, Host, Served};
//! use serde_json::json;
//!
//! let host = Host::start(&Authority::fresh()?).await?;
//! host.publish("/client.json", Served::json(&json!({"client_id": host.url("/client.json")})));
//! assert_eq!(host.requests("/client.json"), 0);
//! # Ok(())
//! # }
//! ```

mod authority;
mod exchange;
mod served;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::{net::TcpListener, task::JoinHandle};
use tokio_rustls::TlsAcceptor;

pub use self::{authority::Authority, served::Served};
use crate::failure::Outcome;

/// A running server. Dropping it stops it.
pub struct Host {
    port: u16,
    shelf: Shelf,
    serving: JoinHandle<()>,
}

/// What is served, and what was asked for.
#[derive(Clone, Default)]
struct Shelf(Arc<Mutex<Contents>>);

#[derive(Default)]
struct Contents {
    served: HashMap<String, Served>,
    heads: HashMap<String, Vec<String>>,
}

impl Host {
    /// Starts a server on a free port, with a certificate of this authority for `localhost` and `127.0.0.1`.
    ///
    /// # Errors
    /// No certificate could be made, or no port is free.
    pub async fn start(authority: &Authority) -> Outcome<Host> {
        Host::start_on(authority, 0).await
    }

    /// The same on the port of a host that is gone.
    ///
    /// # Errors
    /// No certificate could be made, or the port is taken.
    pub async fn start_on(authority: &Authority, port: u16) -> Outcome<Host> {
        let acceptor = TlsAcceptor::from(Arc::new(authority.server()?));
        let listener = TcpListener::bind(("127.0.0.1", port)).await?;
        let port = listener.local_addr()?.port();
        let shelf = Shelf::default();
        let serving = tokio::spawn(exchange::serve(listener, acceptor, shelf.clone()));
        Ok(Host { port, shelf, serving })
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The URL of a path.
    pub fn url(&self, path: &str) -> String {
        format!("https://localhost:{}{path}", self.port)
    }

    /// Serves this at a path from now on. Every other path is 404.
    pub fn publish(&self, path: &str, served: Served) {
        self.shelf.with(|contents| contents.served.insert(path.to_owned(), served));
    }

    /// How often a path was asked for.
    pub fn requests(&self, path: &str) -> usize {
        self.shelf.with(|contents| contents.heads.get(path).map_or(0, Vec::len))
    }

    /// The requests for a path, each as its request line and header fields.
    pub fn heads(&self, path: &str) -> Vec<String> {
        self.shelf.with(|contents| contents.heads.get(path).cloned().unwrap_or_default())
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Shelf {
    /// Notes a request and takes what it is answered with.
    fn take(&self, path: &str, head: String) -> Served {
        self.with(|contents| {
            contents.heads.entry(path.to_owned()).or_default().push(head);
            contents.served.get(path).cloned()
        })
        .unwrap_or_else(|| Served::text("nothing is published here").status(404))
    }

    fn with<T>(&self, look: impl FnOnce(&mut Contents) -> T) -> T {
        look(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests;
