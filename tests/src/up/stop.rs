//! When to stop.

use crate::up::{Tried, UpError};

/// The signals that ask for a clean stop. Listened to from the beginning: one that comes early is not lost.
#[cfg(unix)]
pub(super) struct Stop([tokio::signal::unix::Signal; 3]);

#[cfg(unix)]
impl Stop {
    pub(super) fn listen() -> Result<Stop, UpError> {
        use tokio::signal::unix::{SignalKind, signal};
        let listen = |kind| signal(kind).tried("cannot listen to signals");
        Ok(Stop([
            listen(SignalKind::interrupt())?,
            listen(SignalKind::terminate())?,
            listen(SignalKind::hangup())?,
        ]))
    }

    pub(super) async fn wait(&mut self) {
        let [interrupt, terminate, hangup] = &mut self.0;
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hangup.recv() => {}
        }
    }
}

/// Ctrl-C.
#[cfg(not(unix))]
pub(super) struct Stop;

#[cfg(not(unix))]
impl Stop {
    pub(super) fn listen() -> Result<Stop, UpError> {
        Ok(Stop)
    }

    pub(super) async fn wait(&mut self) {
        // Without a handler nothing can be waited for: go on until a service ends.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
