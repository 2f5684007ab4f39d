//! What both services do to every connection and request, whatever it is about. The only place here that knows the web server.

mod access;
mod body;
mod document;
mod gate;
mod load;
mod metrics;
mod serve;

use std::sync::Arc;

use actix_web::{
    Error, HttpResponse,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
};

use crate::{bounds::Load, metrics::Requests};

pub use access::{Line, Log, asker};
pub use body::{BodyFault, body};
pub use document::Document;
pub use load::Followed;
pub use metrics::serve_metrics;
pub use serve::Serving;

/// Where everything comes in that a service is asked.
pub struct Edge {
    /// Logs an answer.
    pub log: Log,
    /// The answer to one request too many.
    pub crowded: fn(&ServiceRequest) -> HttpResponse,
    /// Counts what was answered.
    pub requests: Requests,
    /// What is done at one time.
    pub load: Load,
}

impl Edge {
    /// Middleware of everything, outside of all others: each request is observed, and answered by `next` if there is a place
    /// for it. One inside the other as functions: as middleware of actix each would cost an allocation more.
    ///
    /// # Errors
    /// Those of `next`.
    pub async fn answer<B, F>(
        self: Arc<Edge>,
        request: ServiceRequest,
        next: impl FnOnce(ServiceRequest) -> F,
    ) -> Result<ServiceResponse<Followed>, Error>
    where
        B: MessageBody + 'static,
        F: Future<Output = Result<ServiceResponse<B>, Error>>,
    {
        let admitted = |request| load::admitted(&self, request, next);
        access::observed(&self, request, admitted).await
    }
}
