//! An [`App`] on a listener.

use std::{io, net::TcpListener, sync::Arc};

use actix_web::{App as Actix, HttpServer, dev::Server, middleware::from_fn, web};
use shared::{resource::is_loopback, wire};

use crate::{app::App, http, metrics};

/// How long open requests may take to finish when the server is told to stop, in seconds.
const GRACE: u64 = 10;

/// Serves until its handle is stopped. Signals are the caller's business.
///
/// # Errors
/// The listener cannot be used, or a document could not be written.
pub fn serve(app: App, listener: TcpListener) -> io::Result<Server> {
    let base = http::base(&app).to_owned();
    let documents = web::Data::new(http::Documents::new(&app)?);
    let (workers, tls) = (app.settings.workers, app.settings.tls.clone());
    let says_tls_only = tls.is_some() && !is_loopback(app.settings.issuer.url());
    let bounds = app.settings.bounds;
    let edge = Arc::new(http::edge(&app));
    let app = web::Data::new(app);
    let server = HttpServer::new(move || {
        let (base, edge) = (base.clone(), Arc::clone(&edge));
        Actix::new()
            .app_data(app.clone())
            .app_data(documents.clone())
            .wrap(from_fn(move |request, next| {
                let answer = move |request| http::answer(request, next, says_tls_only);
                Arc::clone(&edge).answer(request, answer)
            }))
            .configure(move |config| http::configure(config, &base))
    });
    let server = server
        .workers(workers)
        .disable_signals()
        .on_connect(wire::follow(bounds))
        .max_connections(bounds.connections.div_ceil(workers))
        .keep_alive(bounds.keep_alive)
        .tcp_nodelay(true)
        .shutdown_timeout(GRACE)
        .client_request_timeout(bounds.patience)
        .tls_handshake_timeout(bounds.patience);
    let server = match tls {
        Some(tls) => server.listen_rustls_0_23(listener, tls.server().map_err(io::Error::other)?)?,
        None => server.listen(listener)?,
    };
    Ok(server.run())
}

/// Shows the metrics of a server, and nothing else, until its handle is stopped or the process ends.
///
/// # Errors
/// The listener cannot be used.
pub fn serve_metrics(app: App, listener: TcpListener) -> io::Result<Server> {
    wire::serve_metrics(move || metrics::shown(&app), listener)
}
