//! A socket, for requests no client library would send. The whole request is written before the answer is read, so a
//! server that answers and closes while the body is still coming is seen as what it is: a broken connection.

use conformance::{
    exchange::Reply,
    failure::{Failure, Outcome},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// Sends these bytes to an origin and reads one answer. The request must ask for the connection to be closed.
pub(crate) async fn send(origin: &str, head: &str, body: &[u8]) -> Outcome<Reply> {
    let mut stream = TcpStream::connect(origin.trim_start_matches("http://")).await?;
    let broken = |step: &str, fault: std::io::Error| Failure::new(format!("the {step} broke off: {fault}"));
    stream.write_all(head.as_bytes()).await.map_err(|fault| broken("request's head", fault))?;
    stream.write_all(body).await.map_err(|fault| broken("request's body", fault))?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.map_err(|fault| broken("answer", fault))?;
    parse(&answer).ok_or_else(|| Failure::new(format!("no answer: {:?}", String::from_utf8_lossy(&answer))))
}

fn parse(answer: &[u8]) -> Option<Reply> {
    let end = answer.windows(4).position(|window| window == b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(&answer[..end]).into_owned();
    let mut lines = head.split("\r\n");
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let field = |line: &str| {
        let (name, value) = line.split_once(':')?;
        Some((name.to_ascii_lowercase(), value.trim().to_owned()))
    };
    Some(Reply { status, headers: lines.filter_map(field).collect(), body: answer[end + 4..].to_vec() })
}
