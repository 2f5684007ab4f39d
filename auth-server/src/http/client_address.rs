//! Whose address a request comes from.

use std::net::IpAddr;

use actix_web::{HttpRequest, http::header::HeaderValue};

use crate::app::App;

/// The address of whoever asks, as far as trusted proxies say; none where there is no socket.
pub(super) fn of(app: &App, request: &HttpRequest) -> Option<IpAddr> {
    let peer = request.peer_addr()?.ip();
    let lines = |name| request.headers().get_all(name).map(HeaderValue::as_bytes).collect();
    Some(app.settings.limits.proxies.asker(peer, |header| lines(header.name())))
}
