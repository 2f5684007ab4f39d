//! Counting requests, and showing what was counted: on a port of its own, never on the public one.

use std::{io, net::TcpListener};

use actix_web::{
    App, Error, HttpResponse, HttpServer,
    body::MessageBody,
    dev::{Server, ServiceRequest, ServiceResponse},
    http::header::CONTENT_TYPE,
    middleware::Next,
    web::{Data, get},
};

use crate::metrics::{self, Requests};

/// Middleware of everything: counts what is answered under the template of its path, in the [`Requests`] of the service.
///
/// # Errors
/// Those of what comes after it.
pub async fn counted<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let Some(requests) = request.app_data::<Data<Requests>>().cloned() else {
        return next.call(request).await;
    };
    let begun = requests.begin();
    let answered = next.call(request).await?;
    let asked = answered.request();
    begun.answered(asked.match_pattern(), asked.method().as_str(), answered.status().as_u16());
    Ok(answered)
}

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
