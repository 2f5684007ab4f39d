//! Listening, and stopping without breaking off what is being answered.

use std::{io, net::TcpListener, sync::Arc};

use actix_web::{
    App as Service,
    dev::Server,
    middleware::{Next, from_fn},
    web::Data,
};
use shared::wire::{self, Serving};

use crate::{App, http, metrics};

/// Serves `app` on a socket that already listens. The future ends when its handle stops it; no signal is listened to.
///
/// # Errors
/// The socket cannot be used.
pub fn serve(app: App, listener: TcpListener) -> io::Result<Server> {
    let (settings, tls) = (&app.settings, app.settings.tls.clone());
    let (bounds, workers) = (settings.bounds, settings.workers);
    let edge = Arc::new(http::edge(&app));
    let app = move || {
        let edge = Arc::clone(&edge);
        Service::new()
            .app_data(Data::new(app.clone()))
            .wrap(from_fn(move |request, next: Next<_>| {
                Arc::clone(&edge).answer(request, move |request| next.call(request))
            }))
            .configure(|surface| http::surface(&app, surface))
    };
    // A client that closes its stream is gone at once, and its session with it, not at the next sign of life.
    Serving { app, bounds, workers, tls, allows_half_closed: false }.serve(listener)
}

/// Shows the metrics of a server, and nothing else, until its handle is stopped or the process ends.
///
/// # Errors
/// The socket cannot be used.
pub fn serve_metrics(app: App, listener: TcpListener) -> io::Result<Server> {
    wire::serve_metrics(move || metrics::shown(&app), listener)
}
