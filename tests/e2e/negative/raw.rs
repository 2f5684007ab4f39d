//! A socket, for requests no client library would send. The whole request is written before the answer is read, so a
//! server that answers and closes while the body is still coming is seen as what it is: a broken connection.

use conformance::{
    exchange::Reply,
    failure::{Failure, Outcome},
    raw,
};

/// Sends these bytes to an origin and reads one answer. The request must ask for the connection to be closed.
pub(crate) async fn send(origin: &str, head: &str, body: &[u8]) -> Outcome<Reply> {
    let address = origin.trim_start_matches("http://").rsplit_once(':');
    let (host, port) = address.ok_or_else(|| Failure::new(format!("{origin} names no port")))?;
    raw::exchange((host, port.parse()?), &[head.as_bytes(), body].concat()).await
}
