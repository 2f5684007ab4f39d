use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::Wake,
};

use tokio::io::{DuplexStream, duplex};

use super::*;

const LENGTH: usize = 20_000;
const LET_IN: usize = MOST as usize;

#[derive(Default)]
struct Woken(AtomicUsize);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// A gate as the web server uses it, whose other side has sent a lot.
struct Flooded {
    gate: Gate<DuplexStream>,
    theirs: DuplexStream,
    watch: Watch,
    woken: Arc<Woken>,
}

impl Flooded {
    fn new() -> Flooded {
        let watch = Watch::default();
        let (ours, theirs) = duplex(LENGTH);
        let mut flooded = Flooded { gate: watch.gate(ours), theirs, watch, woken: Arc::default() };
        let waker = Waker::noop();
        let sent = Pin::new(&mut flooded.theirs).poll_write(&mut Context::from_waker(waker), &[b'x'; LENGTH]);
        assert!(matches!(sent, Poll::Ready(Ok(LENGTH))));
        flooded
    }

    fn woken(&self) -> usize {
        self.woken.0.swap(0, Ordering::Relaxed)
    }

    /// Reads until told to come later.
    fn read(&mut self) -> usize {
        let waker = Waker::from(Arc::clone(&self.woken));
        let (mut bytes, mut size) = ([0; LENGTH], 0);
        loop {
            let mut buffer = ReadBuf::new(&mut bytes);
            match Pin::new(&mut self.gate).poll_read(&mut Context::from_waker(&waker), &mut buffer) {
                Poll::Ready(Ok(())) if !buffer.filled().is_empty() => size += buffer.filled().len(),
                _ => return size,
            }
        }
    }

    fn write(&mut self) -> Poll<io::Result<usize>> {
        let waker = Waker::from(Arc::clone(&self.woken));
        Pin::new(&mut self.gate).poll_write(&mut Context::from_waker(&waker), &[b'y'; LENGTH])
    }
}

#[test]
fn a_little_is_let_in_at_a_time() {
    let mut flooded = Flooded::new();
    for _ in 0..LENGTH / LET_IN {
        assert_eq!((flooded.read(), flooded.woken()), (LET_IN, 1), "it is to come again at once");
    }
    assert_eq!((flooded.read(), flooded.woken()), (LENGTH % LET_IN, 0));
}

#[test]
fn what_comes_behind_a_request_waits_until_that_is_answered() {
    let mut flooded = Flooded::new();
    let turn = flooded.gate.turn();
    flooded.read();
    turn.begin();
    assert_eq!(flooded.read(), 64, "so that it is noticed if the other side goes away");
    flooded.woken();
    assert_eq!((flooded.read(), flooded.woken()), (0, 0));
    turn.let_in(true);
    assert_eq!((flooded.woken(), flooded.read()), (1, 0), "its body is asked for");
    assert_eq!(flooded.read(), LET_IN);
    turn.let_in(false);
    flooded.read();
    flooded.woken();
    assert_eq!((flooded.read(), flooded.woken()), (0, 0));
    turn.end();
    assert_eq!((flooded.woken(), flooded.read()), (1, 0));
    assert_eq!(flooded.read(), LET_IN);
}

#[test]
fn who_reads_nothing_is_not_read() {
    let mut flooded = Flooded::new();
    assert!(matches!(flooded.write(), Poll::Ready(Ok(LENGTH))));
    assert!(flooded.write().is_pending());
    assert_eq!((flooded.read(), flooded.woken()), (0, 0));
    let (mut bytes, mut context) = ([0; LENGTH], Context::from_waker(Waker::noop()));
    let mut buffer = ReadBuf::new(&mut bytes);
    assert!(Pin::new(&mut flooded.theirs).poll_read(&mut context, &mut buffer).is_ready());
    flooded.woken();
    assert!(flooded.write().is_ready());
    assert_eq!((flooded.woken(), flooded.read()), (1, LET_IN));
}

#[test]
fn only_a_connection_that_keeps_us_waiting_is_cut() {
    let mut flooded = Flooded::new();
    let turn = flooded.gate.turn();
    assert_eq!(flooded.watch.cut(Duration::from_secs(60)), 0);
    turn.begin();
    assert_eq!(flooded.watch.cut(Duration::ZERO), 0);
    turn.is_theirs();
    assert_eq!(flooded.watch.cut(Duration::from_millis(500)), 0, "it was no whole period");
    flooded.read();
    flooded.woken();
    assert_eq!(flooded.watch.cut(Duration::from_millis(500)), 1);
    assert_eq!((flooded.woken(), flooded.read()), (1, 0));
    assert!(matches!(flooded.write(), Poll::Ready(Err(_))));
    assert_eq!(flooded.watch.cut(Duration::ZERO), 0, "it is cut");
}
