//! How much is done at one time: one request too many is refused at once. And whose turn it is on a connection while a
//! request is answered, so that one that keeps us waiting is cut.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use actix_web::{
    Error,
    body::{BodySize, BoxBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    web::Bytes,
};

use super::{Edge, gate::Turn};

/// Has a request answered by `next` if there is a place for it, and refused otherwise. Probes always have one: a server that is
/// busy is alive.
pub(super) async fn admitted<B, F>(
    edge: &Edge,
    request: ServiceRequest,
    next: impl FnOnce(ServiceRequest) -> F,
) -> Result<ServiceResponse<Followed>, Error>
where
    B: MessageBody + 'static,
    F: Future<Output = Result<ServiceResponse<B>, Error>>,
{
    let answering = Answering::begin(request.conn_data().cloned());
    let is_probe = matches!(request.path(), "/healthz" | "/readyz");
    let place = if is_probe { None } else { edge.load.enter() };
    let answer = if is_probe || place.is_some() {
        next(request).await?.map_into_boxed_body()
    } else {
        let refused = (edge.crowded)(&request);
        request.into_response(refused)
    };
    // Kept until the answer begins: a stream does not count.
    drop(place);
    // The body may have to wait until what was given before is read.
    answering.waits();
    Ok(answer.map_body(|_, body| Followed { body, answering }))
}

/// It is our turn until the answer is handed over, or was given up.
struct Answering(Option<Turn>);

impl Answering {
    fn begin(turn: Option<Turn>) -> Answering {
        turn.iter().for_each(Turn::begin);
        Answering(turn)
    }

    fn goes_on(&self) {
        self.0.iter().for_each(Turn::is_ours);
    }

    fn waits(&self) {
        self.0.iter().for_each(Turn::is_theirs);
    }
}

impl Drop for Answering {
    fn drop(&mut self) {
        self.0.iter().for_each(Turn::end);
    }
}

/// A body that knows whether somebody takes it: more is asked for when what was given is on its way.
pub struct Followed {
    body: BoxBody,
    answering: Answering,
}

impl MessageBody for Followed {
    type Error = <BoxBody as MessageBody>::Error;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        self.answering.goes_on();
        let piece = Pin::new(&mut self.body).poll_next(context);
        if piece.is_ready() {
            self.answering.waits();
        }
        piece
    }
}
