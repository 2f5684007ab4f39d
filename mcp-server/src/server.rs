//! Listening, and stopping without breaking off what is being answered.

use std::{io, net::TcpListener, time::Duration};

use actix_web::{App as Service, HttpServer, dev::Server, middleware::from_fn, web::Data};

use crate::{App, http};

/// How long an idle connection is kept: longer than the proxies in front of it keep theirs.
const KEEP_ALIVE: Duration = Duration::from_secs(75);

/// How long a graceful stop waits for answers that are under way.
const STOP_PATIENCE: u64 = 10;

/// Serves `app` on a socket that already listens. The future ends when its handle stops it; no signal is listened to.
///
/// # Errors
/// The socket cannot be used.
pub fn serve(app: App, listener: TcpListener) -> io::Result<Server> {
    let (workers, tls) = (app.settings.workers, app.settings.tls.clone());
    let server = HttpServer::new(move || {
        Service::new()
            .app_data(Data::new(app.clone()))
            .wrap(from_fn(http::counted))
            .wrap(from_fn(http::observed))
            .configure(|surface| http::surface(&app, surface))
    })
    .workers(workers)
    .keep_alive(KEEP_ALIVE)
    // A client that closes its stream is gone at once, and its session with it, not at the next sign of life.
    .h1_allow_half_closed(false)
    // Without it a streamed answer waits 40 ms for the acknowledgement of its first bytes.
    .tcp_nodelay(true)
    .shutdown_timeout(STOP_PATIENCE)
    .disable_signals();
    let server = match tls {
        Some(tls) => {
            let config = tls.server().map_err(io::Error::other)?;
            actix_web::rt::spawn(tls.keep_current());
            server.listen_rustls_0_23(listener, config)?
        }
        None => server.listen(listener)?,
    };
    Ok(server.run())
}

/// Shows the metrics of a server, and nothing else, until its handle is stopped or the process ends.
///
/// # Errors
/// The socket cannot be used.
pub fn serve_metrics(app: App, listener: TcpListener) -> io::Result<Server> {
    let app = Data::new(app);
    let server = HttpServer::new(move || Service::new().app_data(app.clone()).configure(http::metrics));
    Ok(server.workers(1).disable_signals().shutdown_timeout(0).listen(listener)?.run())
}
