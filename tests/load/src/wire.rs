//! One connection that is kept: requests as ready bytes, answers taken apart no further than needed. A client that did more
//! would measure itself.

use std::ops::Range;

use conformance::failure::{Failure, Outcome};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// More header fields than any of our answers has.
const MAX_FIELDS: usize = 40;

/// A connection and what came in on it.
pub struct Connection {
    stream: TcpStream,
    inbox: Vec<u8>,
    answer: Answer,
}

#[derive(Clone, Default)]
struct Answer {
    status: u16,
    head: Range<usize>,
    body: Range<usize>,
}

impl Connection {
    /// A connection to a port of this machine.
    ///
    /// # Errors
    /// Nobody listens there.
    pub async fn open(port: u16) -> Outcome<Connection> {
        let stream = TcpStream::connect(("127.0.0.1", port)).await?;
        stream.set_nodelay(true)?;
        Ok(Connection { stream, inbox: Vec::with_capacity(16 * 1024), answer: Answer::default() })
    }

    /// Sends a request and waits for the whole answer, which must have that status.
    ///
    /// # Errors
    /// Another one came, or none.
    pub async fn ask(&mut self, request: &[u8], status: u16) -> Outcome {
        self.stream.write_all(request).await?;
        self.inbox.drain(..self.answer.body.end);
        self.answer = loop {
            if let Some(answer) = read(&self.inbox)? {
                break answer;
            }
            if self.stream.read_buf(&mut self.inbox).await? == 0 {
                return Err(Failure::new("the server closed the connection"));
            }
        };
        if self.answer.status == status {
            return Ok(());
        }
        let told = String::from_utf8_lossy(self.inbox.get(..self.answer.body.end).unwrap_or_default());
        let told: String = told.chars().take(800).collect();
        Err(Failure::new(format!("{status} was expected, this came:\n{told}")))
    }

    /// The head of the last answer, as it came.
    pub fn head(&self) -> &[u8] {
        self.inbox.get(self.answer.head.clone()).unwrap_or_default()
    }

    /// The body of the last answer.
    pub fn body(&self) -> &[u8] {
        self.inbox.get(self.answer.body.clone()).unwrap_or_default()
    }

    /// A member of a JSON answer or a parameter of a redirect: what stands between `before` and `end`.
    ///
    /// # Errors
    /// It is not there.
    pub fn between(&self, before: &str, end: u8) -> Outcome<&str> {
        let whole = std::str::from_utf8(self.inbox.get(..self.answer.body.end).unwrap_or_default())?;
        let after = whole.split_once(before).map(|(_, after)| after);
        let found = after.and_then(|after| after.split(|letter| letter == char::from(end)).next());
        found.ok_or_else(|| Failure::new(format!("the answer has no {before}")))
    }
}

/// The answer at the beginning of what came in, once it is whole.
fn read(inbox: &[u8]) -> Outcome<Option<Answer>> {
    let mut fields = [httparse::EMPTY_HEADER; MAX_FIELDS];
    let mut answer = httparse::Response::new(&mut fields);
    let httparse::Status::Complete(head) = answer.parse(inbox)? else { return Ok(None) };
    let status = answer.code.unwrap_or_default();
    let length = answer.headers.iter().find(|field| field.name.eq_ignore_ascii_case("content-length"));
    let length = length.map(|field| std::str::from_utf8(field.value).unwrap_or_default().parse::<usize>());
    let length = match (length, status) {
        (Some(length), _) => length?,
        (None, 204 | 304) => 0,
        (None, _) => return Err(Failure::new("an answer does not say how long it is")),
    };
    let whole = Answer { status, head: 0..head, body: head..head + length };
    Ok((inbox.len() >= whole.body.end).then_some(whole))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_read_once_it_is_whole() {
        let answer = b"HTTP/1.1 201 Created\r\nContent-Length: 3\r\n\r\nabcHTTP/1.1";
        let whole = read(answer).unwrap().unwrap();
        assert_eq!((whole.status, &answer[whole.body.clone()]), (201, &b"abc"[..]));
        let short = whole.body.end - 1;
        assert!(read(&answer[..short]).unwrap().is_none());
        assert!(read(b"HTTP/1.1 200 OK\r\n\r\n").is_err(), "nobody knows where it ends");
    }
}
