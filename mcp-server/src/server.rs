//! Listening, and stopping without breaking off what is being answered.

use std::{io, net::TcpListener, sync::Arc};

use actix_web::{
    App as Service, HttpServer,
    dev::Server,
    middleware::{Next, from_fn},
    web::Data,
};
use shared::wire;

use crate::{App, http, metrics};

/// How long a graceful stop waits for answers that are under way.
const STOP_PATIENCE: u64 = 10;

/// Serves `app` on a socket that already listens. The future ends when its handle stops it; no signal is listened to.
///
/// # Errors
/// The socket cannot be used.
pub fn serve(app: App, listener: TcpListener) -> io::Result<Server> {
    let (workers, tls) = (app.settings.workers, app.settings.tls.clone());
    let bounds = app.settings.bounds;
    let edge = Arc::new(http::edge(&app));
    let server = HttpServer::new(move || {
        let edge = Arc::clone(&edge);
        Service::new()
            .app_data(Data::new(app.clone()))
            .wrap(from_fn(move |request, next: Next<_>| {
                Arc::clone(&edge).answer(request, move |request| next.call(request))
            }))
            .configure(|surface| http::surface(&app, surface))
    })
    .workers(workers)
    .on_connect(wire::follow(bounds))
    .max_connections(bounds.connections.div_ceil(workers))
    .keep_alive(bounds.keep_alive)
    .client_request_timeout(bounds.patience)
    .tls_handshake_timeout(bounds.patience)
    // A client that closes its stream is gone at once, and its session with it, not at the next sign of life.
    .h1_allow_half_closed(false)
    // Without it a streamed answer waits 40 ms for the acknowledgement of its first bytes.
    .tcp_nodelay(true)
    .shutdown_timeout(STOP_PATIENCE)
    .disable_signals();
    let server = match tls {
        Some(tls) => server.listen_rustls_0_23(listener, tls.server().map_err(io::Error::other)?)?,
        None => server.listen(listener)?,
    };
    Ok(server.run())
}

/// Shows the metrics of a server, and nothing else, until its handle is stopped or the process ends.
///
/// # Errors
/// The socket cannot be used.
pub fn serve_metrics(app: App, listener: TcpListener) -> io::Result<Server> {
    wire::serve_metrics(move || metrics::shown(&app), listener)
}
