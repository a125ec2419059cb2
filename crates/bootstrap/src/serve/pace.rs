//! How long a connection may take for what it is doing: without this, whoever says nothing, or one byte a second, keeps
//! it for ever.

#[cfg(test)]
mod tests;

use std::{
    future::{Future, poll_fn},
    io,
    pin::{Pin, pin},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Instant, sleep_until},
};

/// The clock of one connection. It stands still while requests are worked on, which have deadlines of their own.
pub(super) struct Pace {
    state: Mutex<State>,
    head: Duration,
    idle: Duration,
}

struct State {
    /// Requests being worked on.
    working: usize,
    /// Since when it counts how long nothing happens: since somebody next looks at this, if that is not known yet. The task of
    /// the connection does, each time it has run, and so the clock is read once for all that happened meanwhile.
    since: Option<Instant>,
    /// A head has begun to arrive, so more bytes do not put the end off.
    in_head: bool,
}

impl State {
    fn idle_from_now(&mut self) {
        (self.in_head, self.since) = (false, None);
    }
}

impl Pace {
    /// A connection on which the first head is expected.
    pub(super) fn new(head: Duration, idle: Duration) -> Arc<Self> {
        let state = Mutex::new(State { working: 0, since: None, in_head: true });
        Arc::new(Self { state, head, idle })
    }

    /// Bytes have come. The first after an answer begin a head.
    fn heard(&self) {
        let mut state = self.state();
        if state.working == 0 && !state.in_head {
            (state.in_head, state.since) = (true, None);
        }
    }

    /// A request has come, and is worked on until the guard is dropped. Sending the answer counts as idling: answers
    /// are small, and a client may not take one byte of it a second either.
    pub(super) fn work(self: &Arc<Self>) -> Working {
        self.state().working += 1;
        Working(Arc::clone(self))
    }

    /// A request has come and was answered at once: the connection idles from now on.
    pub(super) fn answered(&self) {
        self.state().idle_from_now();
    }

    /// When the connection is overdue, if nothing happens and no request is worked on.
    fn due(&self) -> Option<Instant> {
        let mut state = self.state();
        if state.working > 0 {
            return None;
        }
        let since = *state.since.get_or_insert_with(Instant::now);
        Some(since + if state.in_head { self.head } else { self.idle })
    }

    /// Waits until the connection has taken too long.
    ///
    /// Nothing wakes it when the deadline moves, which it does with each request; that would have the connection looked
    /// at twice as often. Bytes are heard by the task that waits here, which looks at this after the connection, and so
    /// never misses that the deadline has come nearer. When it has moved away, the timer is set again when it fires.
    pub(super) async fn overdue(&self) {
        let mut timer = pin!(sleep_until(Instant::now() + self.head));
        let late = poll_fn(|context| {
            loop {
                let due = self.due();
                if let Some(due) = due.filter(|due| *due < timer.deadline()) {
                    timer.as_mut().reset(due);
                }
                ready!(timer.as_mut().poll(context));
                let now = Instant::now();
                match due {
                    Some(due) if due <= now => return Poll::Ready(()),
                    Some(due) => timer.as_mut().reset(due),
                    // Once the work is done, there is as long as this from then on.
                    None => timer.as_mut().reset(now + self.idle),
                }
            }
        });
        late.await;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request that is worked on.
pub(super) struct Working(Arc<Pace>);

impl Drop for Working {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.working -= 1;
        state.idle_from_now();
    }
}

/// A stream whose bytes are noticed.
pub(super) struct Paced<S> {
    stream: S,
    /// Nobody, where bytes are not heads: in HTTP/2, pings and window updates come at any time.
    listener: Option<Arc<Pace>>,
}

impl<S> Paced<S> {
    pub(super) fn new(stream: S, listener: Option<Arc<Pace>>) -> Self {
        Self { stream, listener }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Paced<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(cx, buf);
        if let Some(listener) = self.listener.as_ref().filter(|_| buf.filled().len() > before) {
            listener.heard();
        }
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Paced<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}
