//! Whose address a request comes from.

use std::{net::IpAddr, sync::Once};

use actix_web::HttpRequest;
use shared::address::Header;

use crate::app::App;

/// The address of whoever asks, as far as trusted proxies say; none where there is no socket.
pub(super) fn of(app: &App, request: &HttpRequest) -> Option<IpAddr> {
    let peer = request.peer_addr()?.ip();
    let proxies = &app.settings.limits.proxies;
    let Some(header) = proxies.header() else {
        if [Header::XForwardedFor, Header::Forwarded]
            .iter()
            .any(|own| request.headers().contains_key(own.name()))
        {
            warn(peer);
        }
        return Some(peer.to_canonical());
    };
    // A line that is not ASCII is no proxy's. Left out it would hand its place to a stranger's.
    let lines: Vec<&str> =
        request.headers().get_all(header.name()).map(|line| line.to_str().unwrap_or("unknown")).collect();
    Some(proxies.client(peer, lines.into_iter()))
}

/// Once is enough: anybody can send that header.
fn warn(peer: IpAddr) {
    static WARNED: Once = Once::new();
    WARNED.call_once(|| {
        tracing::warn!(%peer, "a request came with the header of a proxy, and TRUSTED_PROXIES names none: all people behind one count as one");
    });
}
