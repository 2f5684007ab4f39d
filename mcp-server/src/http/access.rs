//! Each request as the log tells it (`LOG=info,mcp_server::http::access=debug`).

use shared::wire::{Line, Log};
use tracing::Level;

/// Its target is this module.
pub(crate) const LOG: Log = Log {
    is_on: || tracing::enabled!(Level::DEBUG),
    write: |Line { method, route, status, milliseconds }, _| {
        tracing::debug!(method, %route, status, milliseconds, "answered");
    },
};
