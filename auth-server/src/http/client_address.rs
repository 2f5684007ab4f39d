//! Whose address a request comes from.

use std::net::IpAddr;

use actix_web::HttpRequest;

use crate::app::App;

/// The address of whoever asks, as far as trusted proxies say; none where there is no socket.
pub(super) fn of(app: &App, request: &HttpRequest) -> Option<IpAddr> {
    let peer = request.peer_addr()?.ip();
    let proxies = &app.settings.limits.proxies;
    let Some(header) = proxies.header() else { return Some(peer.to_canonical()) };
    // A line that is not ASCII is no proxy's. Left out it would hand its place to a stranger's.
    let lines: Vec<&str> =
        request.headers().get_all(header.name()).map(|line| line.to_str().unwrap_or("unknown")).collect();
    Some(proxies.client(peer, lines.into_iter()))
}
