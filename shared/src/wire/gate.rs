//! What stands before each connection: it bounds what the other side may bring at a time, and how long it may keep us waiting.
//!
//! The web server reads while there is something, up to 128 KiB, and makes requests of all of it at once, of some 7 KiB each
//! were they of twenty bytes; it goes on to read where nobody takes the answers, and collects those without a bound. It has a
//! clock for the first head of a connection and for an idle connection, and none for later heads and for answers that nobody
//! reads. So a gate lets in a little, then has the web server work on it, and nothing further while that is being answered
//! or waits to be read; and a watch cuts who keeps us waiting.

use std::{
    cell::{Cell, RefCell},
    io,
    pin::Pin,
    rc::{Rc, Weak},
    task::{Context, Poll, Waker, ready},
    time::Duration,
};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf, Take};

/// What is let in at a time, in bytes: the head of nearly every request that is meant.
const MOST: u64 = 2048;

/// What is let in behind a request that is being answered, in bytes: so much that it is noticed when the other side goes away.
const MOST_BEHIND: u64 = 64;

/// How often connections are looked at. That is how time is told here: no clock is read for a request.
const PERIOD: Duration = Duration::from_millis(500);

/// The gates of one worker.
#[derive(Clone, Default)]
pub(super) struct Watch(Rc<Watched>);

#[derive(Default)]
struct Watched {
    /// How often they were looked at.
    looks: Cell<u64>,
    open: RefCell<Vec<Weak<State>>>,
}

/// A connection as the web server has it.
pub(super) struct Gate<T> {
    connection: Take<T>,
    state: Turn,
    /// Nobody reads what was given last.
    is_full: bool,
}

/// A connection as whoever answers its requests has it. Clones are the same.
#[derive(Clone)]
pub(super) struct Turn(Rc<State>);

struct State {
    watched: Rc<Watched>,
    /// Before which look we began to wait for the other side; none while it is us who work.
    waits_since: Cell<Option<u64>>,
    /// A request has come in as a whole, and is not answered to the end.
    is_answering: Cell<bool>,
    is_cut: Cell<bool>,
    /// Whoever reads was told to come later, and is to be told when.
    is_held: Cell<bool>,
    reader: Cell<Option<Waker>>,
}

impl Watch {
    /// A gate before a connection that has just been accepted; we wait for its first request.
    pub(super) fn gate<T: AsyncRead>(&self, connection: T) -> Gate<T> {
        let state = Rc::new(State {
            watched: Rc::clone(&self.0),
            waits_since: Cell::new(Some(self.0.looks.get())),
            is_answering: Cell::new(false),
            is_cut: Cell::new(false),
            is_held: Cell::new(false),
            reader: Cell::default(),
        });
        self.0.open.borrow_mut().push(Rc::downgrade(&state));
        Gate { connection: connection.take(MOST), state: Turn(state), is_full: false }
    }

    /// Cuts those that keep us waiting too long, for as long as the service runs.
    pub(super) async fn run(self, longest: Duration) {
        loop {
            tokio::time::sleep(PERIOD).await;
            let count = self.cut(longest);
            if count > 0 {
                tracing::debug!(count, "connections were cut: their other side kept us waiting");
            }
        }
    }

    fn cut(&self, longest: Duration) -> usize {
        let look = self.0.looks.get() + 1;
        self.0.looks.set(look);
        let longest = longest.as_millis().div_ceil(PERIOD.as_millis());
        let mut count = 0;
        self.0.open.borrow_mut().retain(|state| {
            let Some(state) = state.upgrade() else { return false };
            let is_over = state.waits_since.get().is_some_and(|since| u128::from(look - since) > longest);
            if is_over {
                state.is_cut.set(true);
                state.wake();
                count += 1;
            }
            !is_over
        });
        count
    }
}

impl State {
    fn read_by(&self, reader: &Waker) {
        let known = self.reader.take().filter(|known| known.will_wake(reader));
        self.reader.set(Some(known.unwrap_or_else(|| reader.clone())));
    }

    fn release(&self) {
        if self.is_held.replace(false) {
            self.wake();
        }
    }

    fn wake(&self) {
        if let Some(reader) = self.reader.take() {
            reader.wake();
        }
    }
}

impl Turn {
    /// A request has come in: nothing behind it is looked at before it is answered.
    pub(super) fn begin(&self) {
        self.0.is_answering.set(true);
        self.is_ours();
    }

    /// It is us who work: on an answer, or until there is more of one to send.
    pub(super) fn is_ours(&self) {
        self.0.waits_since.set(None);
    }

    /// From now on we wait for the other side: to read what it was given, or to send a request.
    pub(super) fn is_theirs(&self) {
        // Whoever says it twice has waited since the first time.
        let since = self.0.waits_since.get().unwrap_or(self.0.watched.looks.get());
        self.0.waits_since.set(Some(since));
    }

    /// The answer was handed over, or was given up.
    pub(super) fn end(&self) {
        self.is_theirs();
        self.let_in(true);
    }

    /// Whether more of a request may come: its body, or the next one.
    pub(super) fn let_in(&self, is_let_in: bool) {
        self.0.is_answering.set(!is_let_in);
        if is_let_in {
            self.0.release();
        }
    }
}

impl<T> Gate<T> {
    pub(super) fn turn(&self) -> Turn {
        self.state.clone()
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for Gate<T> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let Gate { connection, state: Turn(state), is_full } = self.get_mut();
        if state.is_cut.get() {
            return Poll::Ready(Ok(()));
        }
        state.read_by(context.waker());
        let (is_answering, limit) = (state.is_answering.get(), connection.limit());
        if is_answering {
            connection.set_limit(limit.min(MOST_BEHIND));
        }
        if *is_full || is_answering && limit == 0 {
            state.is_held.set(true);
            return Poll::Pending;
        }
        if limit == 0 {
            // What was let in is worked on first.
            connection.set_limit(MOST);
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        Pin::new(connection).poll_read(context, buffer)
    }
}

impl<T: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Gate<T> {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let Gate { connection, state: Turn(state), is_full } = self.get_mut();
        if state.is_cut.get() {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        *is_full = true;
        let written = ready!(Pin::new(connection.get_mut()).poll_write(context, bytes));
        *is_full = false;
        if !state.is_answering.get() {
            connection.set_limit(MOST);
        }
        state.release();
        Poll::Ready(written)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(self.get_mut().connection.get_mut()).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Gate { connection, state: Turn(state), .. } = self.get_mut();
        // It may wait for the other side as well.
        if state.is_cut.get() {
            return Poll::Ready(Ok(()));
        }
        Pin::new(connection.get_mut()).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests;
