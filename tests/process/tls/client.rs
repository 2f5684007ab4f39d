//! A client that speaks TLS as it is told, and keeps its connection.

use std::{sync::Arc, time::Duration};

use conformance::failure::{Failure, Outcome};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};
use tokio_rustls::{
    TlsConnector,
    client::TlsStream,
    rustls::{
        ClientConfig, RootCertStore, SupportedProtocolVersion,
        crypto::aws_lc_rs,
        pki_types::{CertificateDer, ServerName},
    },
};

use super::pki::NAME;

/// A connection that is open.
pub(crate) struct Connection(TlsStream<TcpStream>);

impl Connection {
    /// Connects in one version of TLS; whoever the root vouches for by that name is believed.
    pub(crate) async fn open(
        port: u16,
        root: CertificateDer<'static>,
        version: &'static SupportedProtocolVersion,
    ) -> Outcome<Connection> {
        let mut roots = RootCertStore::empty();
        roots.add(root)?;
        let mut config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_protocol_versions(&[version])?
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        let stream = TcpStream::connect(("127.0.0.1", port)).await?;
        let connecting = TlsConnector::from(Arc::new(config)).connect(ServerName::try_from(NAME)?, stream);
        Ok(Connection(timeout(Duration::from_secs(60), connecting).await??))
    }

    /// The server's own certificate.
    pub(crate) fn certificate(&self) -> Option<CertificateDer<'static>> {
        self.0.get_ref().1.peer_certificates()?.first().cloned()
    }

    /// The protocol that was agreed on.
    pub(crate) fn protocol(&self) -> Option<&[u8]> {
        self.0.get_ref().1.alpn_protocol()
    }

    /// The head of the answer to a GET, and the connection is kept. Only for answers whose body is not looked at and has a
    /// length.
    pub(crate) async fn get(&mut self, path: &str) -> Outcome<String> {
        let request = format!("GET {path} HTTP/1.1\r\nHost: {NAME}\r\n\r\n");
        self.0.write_all(request.as_bytes()).await?;
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(timeout(Duration::from_secs(60), self.0.read_u8()).await??);
        }
        let head = String::from_utf8_lossy(&head).to_ascii_lowercase();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        let length = length.ok_or_else(|| Failure::new(format!("no length: {head}")))?.trim().parse()?;
        let mut body = vec![0; length];
        self.0.read_exact(&mut body).await?;
        Ok(head)
    }
}
