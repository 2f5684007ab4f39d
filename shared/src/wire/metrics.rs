//! Showing what was counted: on a port of its own, never on the public one.

use std::{io, net::TcpListener};

use actix_web::{App, HttpResponse, HttpServer, dev::Server, http::header::CONTENT_TYPE, web::get};

use crate::metrics;

/// Shows the metrics of a service, and nothing else, until its handle is stopped or the process ends.
///
/// # Errors
/// The listener cannot be used.
pub fn serve_metrics(
    text: impl Fn() -> String + Clone + Send + 'static,
    listener: TcpListener,
) -> io::Result<Server> {
    let server = HttpServer::new(move || {
        let text = text.clone();
        App::new().route(
            "/metrics",
            get().to(move || {
                let shown =
                    HttpResponse::Ok().insert_header((CONTENT_TYPE, metrics::CONTENT_TYPE)).body(text());
                std::future::ready(shown)
            }),
        )
    });
    Ok(server.workers(1).disable_signals().shutdown_timeout(0).listen(listener)?.run())
}
