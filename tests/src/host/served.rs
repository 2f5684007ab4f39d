//! One answer of a host: well-behaved or not.

use std::time::Duration;

use serde_json::Value;

/// What a path is answered with.
#[derive(Clone, Debug)]
pub struct Served {
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
    pub(super) framing: Framing,
    pub(super) is_endless: bool,
    pub(super) head_pause: Duration,
    pub(super) piece_pause: Duration,
}

/// How the end of a body is told.
#[derive(Clone, Copy, Debug)]
pub(super) enum Framing {
    /// By `Content-Length`.
    Length,
    /// In chunks of at most this many bytes.
    Chunks(usize),
}

impl Served {
    /// A JSON document: 200, `application/json`.
    pub fn json(document: &Value) -> Served {
        Served::bytes("application/json", document.to_string())
    }

    /// Plain text: 200, `text/plain`.
    pub fn text(text: &str) -> Served {
        Served::bytes("text/plain", text)
    }

    /// Bytes of this type: 200.
    pub fn bytes(content_type: &str, body: impl Into<Vec<u8>>) -> Served {
        Served {
            status: 200,
            headers: vec![("content-type".to_owned(), content_type.to_owned())],
            body: body.into(),
            framing: Framing::Length,
            is_endless: false,
            head_pause: Duration::ZERO,
            piece_pause: Duration::ZERO,
        }
    }

    /// A redirect with this status.
    pub fn redirect(status: u16, location: &str) -> Served {
        Served::text("elsewhere").status(status).header("location", location)
    }

    /// With another status.
    #[must_use]
    pub fn status(self, status: u16) -> Served {
        Served { status, ..self }
    }

    /// With this header field in the place of those of its name.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Served {
        self.headers.retain(|(own, _)| !own.eq_ignore_ascii_case(name));
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Without any header field of that name.
    #[must_use]
    pub fn without_header(mut self, name: &str) -> Served {
        self.headers.retain(|(own, _)| !own.eq_ignore_ascii_case(name));
        self
    }

    /// Without `Content-Length`: in chunks of at most this many bytes.
    #[must_use]
    pub fn in_chunks(self, size: usize) -> Served {
        Served { framing: Framing::Chunks(size.max(1)), ..self }
    }

    /// The body again and again, for as long as somebody listens.
    #[must_use]
    pub fn endless(self) -> Served {
        Served { is_endless: true, ..self.in_chunks(1024) }
    }

    /// Nothing at all for this long, then the answer.
    #[must_use]
    pub fn after(self, pause: Duration) -> Served {
        Served { head_pause: pause, ..self }
    }

    /// A byte of the body at a time, each after a pause.
    #[must_use]
    pub fn slowly(self, pause: Duration) -> Served {
        Served { piece_pause: pause, ..self.in_chunks(1) }
    }
}
