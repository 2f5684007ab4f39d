//! Whose address a request comes from.

use std::net::IpAddr;

use actix_web::HttpRequest;
use shared::wire;

use crate::app::App;

/// The address of whoever asks, as far as trusted proxies say; none where there is no socket.
pub(super) fn of(app: &App, request: &HttpRequest) -> Option<IpAddr> {
    wire::asker(request, &app.settings.limits.proxies)
}
