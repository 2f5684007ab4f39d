//! An [`App`] on a listener.

use std::{io, net::TcpListener, sync::Arc};

use actix_web::{App as Actix, dev::Server, middleware::from_fn, web};
use shared::{
    resource::is_loopback,
    wire::{self, Serving},
};

use crate::{app::App, http, metrics};

/// Serves until its handle is stopped. Signals are the caller's business.
///
/// # Errors
/// The listener cannot be used, or a document could not be written.
pub fn serve(app: App, listener: TcpListener) -> io::Result<Server> {
    let base = http::base(&app).to_owned();
    let (settings, tls) = (&app.settings, app.settings.tls.clone());
    let says_tls_only = tls.is_some() && !is_loopback(settings.issuer.url());
    let (bounds, workers) = (settings.bounds, settings.workers);
    let edge = Arc::new(http::edge(&app));
    let app = web::Data::new(app);
    let documents = web::Data::new(http::Documents::new(app.clone())?);
    let app = move || {
        let (base, edge) = (base.clone(), Arc::clone(&edge));
        Actix::new()
            .app_data(app.clone())
            .app_data(documents.clone())
            .wrap(from_fn(move |request, next| {
                let answer = move |request| http::answer(request, next, says_tls_only);
                Arc::clone(&edge).answer(request, answer)
            }))
            .configure(move |config| http::configure(config, &base))
    };
    Serving { app, bounds, workers, tls, allows_half_closed: true }.serve(listener)
}

/// Shows the metrics of a server, and nothing else, until its handle is stopped or the process ends.
///
/// # Errors
/// The listener cannot be used.
pub fn serve_metrics(app: App, listener: TcpListener) -> io::Result<Server> {
    wire::serve_metrics(move || metrics::shown(&app), listener)
}
