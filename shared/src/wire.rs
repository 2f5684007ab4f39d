//! What both services do to every connection and request, whatever it is about. The only place here that knows the web server.

mod access;
mod body;
mod load;
mod metrics;

use actix_web::{
    Error, HttpResponse,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
};

pub use access::{Line, Log, asker};
pub use body::{BodyFault, body};
pub use load::{Followed, follow};
pub use metrics::serve_metrics;

/// In what words a service does it.
#[derive(Clone, Copy)]
pub struct Words {
    /// Logs an answer.
    pub log: Log,
    /// The answer to one request too many.
    pub crowded: fn(&ServiceRequest) -> HttpResponse,
}

/// Middleware of everything, outside of all others: each request is observed, and answered by `next` if there is a place for it.
/// One inside the other as functions: as middleware of actix each would cost an allocation more.
///
/// # Errors
/// Those of `next`.
pub async fn edge<B, F>(
    request: ServiceRequest,
    words: Words,
    next: impl FnOnce(ServiceRequest) -> F,
) -> Result<ServiceResponse<Followed>, Error>
where
    B: MessageBody + 'static,
    F: Future<Output = Result<ServiceResponse<B>, Error>>,
{
    access::observed(request, words.log, move |request| load::admitted(request, words.crowded, next)).await
}
