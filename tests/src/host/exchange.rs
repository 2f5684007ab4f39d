//! HTTP/1.1 as far as a host needs it: one request a connection, and an answer that may misbehave.

use std::time::Duration;

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpListener,
    task::JoinSet,
    time::sleep,
};
use tokio_rustls::TlsAcceptor;

use super::{
    Shelf,
    served::{Framing, Served},
};

/// Longer heads are not answered.
const MAX_HEAD: usize = 16 * 1024;

/// Answers until the task is aborted, and every open connection with it.
pub(super) async fn serve(listener: TcpListener, acceptor: TlsAcceptor, shelf: Shelf) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let (acceptor, shelf) = (acceptor.clone(), shelf.clone());
        connections.spawn(async move {
            // Whoever does not trust the certificate leaves in the middle: that is theirs to tell.
            if let Ok(stream) = acceptor.accept(stream).await {
                let _ = answer(stream, &shelf).await;
            }
        });
        while connections.try_join_next().is_some() {}
    }
}

async fn answer<S: AsyncRead + AsyncWrite + Unpin>(mut stream: S, shelf: &Shelf) -> std::io::Result<()> {
    let Some(head) = read_head(&mut stream).await? else { return Ok(()) };
    let target = head.split(' ').nth(1).unwrap_or_default();
    let path = target.split('?').next().unwrap_or_default().to_owned();
    let served = shelf.take(&path, head);
    sleep(served.head_pause).await;
    write(&mut stream, &served).await?;
    stream.shutdown().await
}

async fn read_head(stream: &mut (impl AsyncRead + Unpin)) -> std::io::Result<Option<String>> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") && head.len() < MAX_HEAD {
        let Ok(byte) = stream.read_u8().await else { return Ok(None) };
        head.push(byte);
    }
    Ok(Some(String::from_utf8_lossy(&head).into_owned()))
}

async fn write(stream: &mut (impl AsyncWrite + Unpin), served: &Served) -> std::io::Result<()> {
    let mut head = format!("HTTP/1.1 {} Served\r\nConnection: close\r\n", served.status);
    for (name, value) in &served.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    match served.framing {
        Framing::Length => {
            head.push_str(&format!("Content-Length: {}\r\n\r\n", served.body.len()));
            stream.write_all(head.as_bytes()).await?;
            stream.write_all(&served.body).await
        }
        Framing::Chunks(size) => {
            head.push_str("Transfer-Encoding: chunked\r\n\r\n");
            stream.write_all(head.as_bytes()).await?;
            stream.flush().await?;
            loop {
                write_chunks(stream, served, size).await?;
                if !served.is_endless || served.body.is_empty() {
                    return stream.write_all(b"0\r\n\r\n").await;
                }
            }
        }
    }
}

async fn write_chunks(
    stream: &mut (impl AsyncWrite + Unpin),
    served: &Served,
    size: usize,
) -> std::io::Result<()> {
    for chunk in served.body.chunks(size) {
        if served.piece_pause > Duration::ZERO {
            sleep(served.piece_pause).await;
        }
        stream.write_all(format!("{:x}\r\n", chunk.len()).as_bytes()).await?;
        stream.write_all(chunk).await?;
        stream.write_all(b"\r\n").await?;
        stream.flush().await?;
    }
    Ok(())
}
