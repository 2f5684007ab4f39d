//! Each request as the log tells it (`LOG=info,auth_server::http::access=debug`).

use shared::wire::{Line, Log};
use tracing::Level;

use crate::flow::incidents::Told;

/// With the reference that the answer shows.
pub(crate) const LOG: Log = Log {
    is_on: || tracing::enabled!(Level::DEBUG),
    write: |Line { method, route, status, milliseconds }, beside| {
        let reference = beside.get::<Told>().map(|told| told.reference.as_str());
        tracing::debug!(method, %route, status, milliseconds, reference, "answered");
    },
};
