//! What both services do to every connection and request, whatever it is about. The only place here that knows the web server.

mod load;
mod metrics;

pub use load::{Followed, admitted, follow};
pub use metrics::{counted, serve_metrics};
