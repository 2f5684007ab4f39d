//! A web server on a listener: what actix-web's own does for one, with a [`Gate`] before each connection, for which that has no
//! place.

use std::{
    future::ready,
    io,
    net::{SocketAddr, TcpListener},
    time::Duration,
};

use actix_http::{HttpService, error::DispatchError};
use actix_server::GracefulShutdownSignal;
use actix_service::{IntoServiceFactory, ServiceFactory, ServiceFactoryExt, fn_service, map_config};
use actix_tls::accept::{
    TlsError,
    rustls_0_23::{Acceptor, TlsStream},
};
use actix_web::{
    App, Error,
    dev::{AppConfig, Server, ServiceRequest, ServiceResponse},
    rt::{self, net::TcpStream},
};
use tokio::io::{AsyncRead, AsyncWrite};

use super::{
    gate::{Gate, Watch},
    load::Followed,
};
use crate::{bounds::Bounds, tls::Tls};

/// How long what is being answered may take to finish when the server is told to stop, in seconds.
const GRACE: u64 = 10;

/// How long a connection that we close is still read, for what is not read would take the answer with it.
const LINGER: Duration = Duration::from_secs(1);

/// A service, and how it is served.
#[derive(Clone)]
pub struct Serving<F> {
    /// Makes it, once for each thread. Every request comes in at the [`Edge`](super::Edge): a gate has to be told when one is
    /// answered.
    pub app: F,
    /// What it takes on.
    pub bounds: Bounds,
    /// How many threads serve it.
    pub workers: usize,
    /// What it encrypts with, if it does so itself.
    pub tls: Option<Tls>,
    /// Whether a client that has closed its side still gets its answer.
    pub allows_half_closed: bool,
}

impl<F, A> Serving<F>
where
    F: Fn() -> App<A> + Clone + Send + 'static,
    A: ServiceFactory<
            ServiceRequest,
            Config = (),
            Response = ServiceResponse<Followed>,
            Error = Error,
            InitError = (),
        > + 'static,
{
    /// Serves it until the server's handle is stopped. Signals are the caller's business.
    ///
    /// # Errors
    /// The listener cannot be used, or TLS cannot be had.
    pub fn serve(self, listener: TcpListener) -> io::Result<Server> {
        let (bounds, workers) = (self.bounds, self.workers);
        bounds.allow_files();
        let server = Server::build()
            .workers(workers)
            .max_concurrent_connections(bounds.connections.div_ceil(workers))
            .shutdown_timeout(GRACE)
            .disable_signals();
        let stop = server.graceful_shutdown_signal();
        let server = match self.tls.clone() {
            None => server.listen("http", listener, move || {
                let accepted = fn_service(async |socket: TcpStream| {
                    let peer = begin(&socket);
                    Ok((socket, peer))
                });
                accepted.and_then(self.http(&stop))
            }),
            Some(tls) => {
                let mut config = tls.server().map_err(io::Error::other)?;
                config.alpn_protocols = vec![b"http/1.1".to_vec()];
                let mut acceptor = Acceptor::new(config);
                acceptor.set_handshake_timeout(bounds.patience);
                server.listen("https", listener, move || {
                    let accepted = acceptor.clone().map_err(TlsError::into_service_error);
                    let encrypted = accepted.map(|connection: TlsStream<TcpStream>| {
                        let peer = begin(connection.get_ref().0);
                        (connection, peer)
                    });
                    encrypted.and_then(self.http(&stop).map_err(TlsError::Service))
                })
            }
        };
        Ok(server?.run())
    }

    /// What becomes of connections, in one thread.
    fn http<T: AsyncRead + AsyncWrite + Unpin + 'static>(
        &self,
        stop: &GracefulShutdownSignal,
    ) -> impl ServiceFactory<
        (T, Option<SocketAddr>),
        Config = (),
        Response = (),
        Error = DispatchError,
        InitError = (),
    > + use<T, F, A> {
        let (stop, watch) = (stop.clone(), Watch::default());
        rt::spawn(watch.clone().run(self.bounds.idle()));
        let app = (self.app)().into_factory().map_err(|error| error.error_response());
        let http = HttpService::build()
            // Hidden in its documentation, and what actix-web uses: without it idle connections make a stop wait.
            .graceful_shutdown_signal(move || {
                let stop = stop.clone();
                async move { stop.notified().await }
            })
            .keep_alive(self.bounds.keep_alive)
            .client_request_timeout(self.bounds.patience)
            .client_disconnect_timeout(LINGER)
            .h1_allow_half_closed(self.allows_half_closed)
            .on_connect_ext(|gate: &Gate<T>, data| {
                data.insert(gate.turn());
            })
            .h1(map_config(app, |()| AppConfig::default()));
        let gated = fn_service(move |(connection, peer)| ready(Ok((watch.gate(connection), peer))));
        gated.and_then(http)
    }
}

/// What is done to a socket that has just been accepted. Who is at its other end, as far as that is known.
fn begin(socket: &TcpStream) -> Option<SocketAddr> {
    // Without it a streamed answer waits 40 ms for the acknowledgement of its first bytes. Where it cannot be had, it does so.
    let _ = socket.set_nodelay(true);
    socket.peer_addr().ok()
}
