//! How much is done at one time: one request too many is refused at once. And whose turn it is on a connection while a
//! request is answered, so that one that keeps us waiting is cut.

use std::{
    any::Any,
    pin::Pin,
    task::{Context, Poll},
};

use actix_tls::accept::rustls_0_23::TlsStream;
use actix_web::{
    Error,
    body::{BodySize, BoxBody, MessageBody},
    dev::{Extensions, ServiceRequest, ServiceResponse},
    rt::{self, net::TcpStream},
    web::Bytes,
};

use super::Edge;
use crate::{
    bounds::Bounds,
    connections::{Connections, Pulse},
};

/// Follows each connection from its beginning, and cuts those that keep us waiting; the system is asked for the files they
/// need. For as long as the service runs, which has begun.
pub fn follow(bounds: Bounds) -> impl Fn(&dyn Any, &mut Extensions) + Send + Sync {
    bounds.allow_files();
    let connections = Connections::default();
    rt::spawn(connections.clone().watch(bounds.idle()));
    move |connection, data| {
        let encrypted = || connection.downcast_ref::<TlsStream<TcpStream>>().map(|tls| tls.get_ref().0);
        let socket = connection.downcast_ref::<TcpStream>().or_else(encrypted);
        if let Some(pulse) = socket.and_then(|socket| connections.follow(socket)) {
            data.insert(pulse);
        }
    }
}

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
    let turn = Turn::begin(request.conn_data().cloned());
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
    turn.is_theirs();
    Ok(answer.map_body(|_, body| Followed { body, turn }))
}

/// It is our turn until the answer is handed over, or was given up.
struct Turn(Option<Pulse>);

impl Turn {
    fn begin(pulse: Option<Pulse>) -> Turn {
        let turn = Turn(pulse);
        turn.goes_on();
        turn
    }

    fn goes_on(&self) {
        self.0.iter().for_each(Pulse::works);
    }

    fn is_theirs(&self) {
        self.0.iter().for_each(Pulse::waits);
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.is_theirs();
    }
}

/// A body that knows whether somebody takes it: more is asked for when what was given is on its way.
pub struct Followed {
    body: BoxBody,
    turn: Turn,
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
        self.turn.goes_on();
        let piece = Pin::new(&mut self.body).poll_next(context);
        if piece.is_ready() {
            self.turn.is_theirs();
        }
        piece
    }
}
