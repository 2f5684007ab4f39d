//! Bodies, read whole: bounded in size and time.
//!
//! A body that is too large is still read to its end, within bounds: a server that answers and closes while the client is
//! sending shows it a broken connection instead of the answer.

use std::{
    future::poll_fn,
    pin::{Pin, pin},
    task::Poll,
    time::Duration,
};

use actix_web::{
    HttpRequest,
    dev::Payload,
    web::{Bytes, BytesMut},
};
use futures_util::StreamExt;
use tokio::time::timeout;

use super::gate::Turn;

/// How much of a body that is too large is read away.
const MAX_DRAINED: usize = 4 * 1024 * 1024;

/// Why there is no body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyFault {
    /// It has more bytes than may be.
    TooLarge,
    /// It broke off, or is not what its headers say.
    Broken,
    /// It did not come in time.
    TooSlow,
}

/// The whole body of a request.
///
/// # Errors
/// It has more than `most` bytes, broke off, or took longer than `patience`.
pub async fn body(
    request: &HttpRequest,
    payload: Payload,
    most: usize,
    patience: Duration,
) -> Result<Bytes, BodyFault> {
    let _coming = Coming::begin(request.conn_data());
    let mut reading = pin!(read(payload, most));
    match at_once(reading.as_mut()).await {
        Some(body) => body,
        None => timeout(patience, reading).await.unwrap_or(Err(BodyFault::TooSlow)),
    }
}

/// What can be had without a timer. The web server asks for the answer before it looks at the bytes behind the head, and again
/// when it has: nearly all bodies are there then.
async fn at_once<F: Future>(mut reading: Pin<&mut F>) -> Option<F::Output> {
    let mut is_last = false;
    poll_fn(|context| match reading.as_mut().poll(context) {
        Poll::Ready(body) => Poll::Ready(Some(body)),
        Poll::Pending if is_last => Poll::Ready(None),
        Poll::Pending => {
            is_last = true;
            context.waker().wake_by_ref();
            Poll::Pending
        }
    })
    .await
}

/// The rest of a request is let in meanwhile.
struct Coming<'a>(Option<&'a Turn>);

impl Coming<'_> {
    fn begin(turn: Option<&Turn>) -> Coming<'_> {
        turn.iter().for_each(|turn| turn.let_in(true));
        Coming(turn)
    }
}

impl Drop for Coming<'_> {
    fn drop(&mut self) {
        self.0.iter().for_each(|turn| turn.let_in(false));
    }
}

async fn read(mut payload: Payload, most: usize) -> Result<Bytes, BodyFault> {
    // Nearly all come in one piece, which needs no copy.
    let mut first = Bytes::new();
    let (mut body, mut size) = (BytesMut::new(), 0_usize);
    while let Some(piece) = payload.next().await {
        let piece = piece.map_err(|_| BodyFault::Broken)?;
        size = size.saturating_add(piece.len());
        if size > MAX_DRAINED.max(most) {
            break;
        }
        if size > most {
            continue;
        }
        if size == piece.len() {
            first = piece;
        } else {
            if body.is_empty() {
                body.extend_from_slice(&first);
            }
            body.extend_from_slice(&piece);
        }
    }
    match (size > most, body.is_empty()) {
        (true, _) => Err(BodyFault::TooLarge),
        (false, true) => Ok(first),
        (false, false) => Ok(body.freeze()),
    }
}
