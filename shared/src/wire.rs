//! What both services do to every connection and request, whatever it is about. The only place here that knows the web server.

mod access;
mod load;
mod metrics;

pub use access::{Line, Log, asker, observed};
pub use load::{Followed, admitted, follow};
pub use metrics::serve_metrics;
