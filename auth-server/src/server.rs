//! An [`App`] on a listener.

use std::{net::TcpListener, time::Duration};

use actix_web::{App as Actix, HttpServer, dev::Server, middleware::from_fn, web};

use crate::{app::App, http};

/// How long open requests may take to finish when the server is told to stop, in seconds.
const GRACE: u64 = 10;

/// Serves until its handle is stopped. Signals are the caller's business.
///
/// # Errors
/// The listener cannot be used, or a document could not be written.
pub fn serve(app: App, listener: TcpListener) -> std::io::Result<Server> {
    let base = http::base(&app).to_owned();
    let documents = web::Data::new(http::Documents::new(&app)?);
    let workers = app.settings.workers;
    let app = web::Data::new(app);
    let server = HttpServer::new(move || {
        let base = base.clone();
        Actix::new()
            .app_data(app.clone())
            .app_data(documents.clone())
            // Innermost: it reads a body that is bounded already.
            .wrap(from_fn(http::noted))
            .wrap(from_fn(http::bounded))
            .wrap(from_fn(http::cross_origin))
            .configure(move |config| http::configure(config, &base))
    });
    let server = server
        .workers(workers)
        .disable_signals()
        .tcp_nodelay(true)
        .shutdown_timeout(GRACE)
        .client_request_timeout(Duration::from_secs(10))
        .listen(listener)?;
    Ok(server.run())
}
