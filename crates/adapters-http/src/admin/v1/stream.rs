//! The message log as it grows, as server-sent events (HTML Living Standard, section 9.2).

use std::{
    collections::VecDeque,
    convert::Infallible,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

use axum::response::{
    Sse,
    sse::{Event, KeepAlive},
};
use futures_util::stream::{Stream, unfold};
use http::StatusCode;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, sleep},
};
use vestibule_application::operator::pages::WhichMessages;
use vestibule_domain::message::{Message, MessageId};

use super::{Problem, access::Pass, messages::MessageDocument};

/// How often the log is looked at. Other processes write to it too, so nobody here can tell when.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// How soon a stream ends once the service is leaving.
const LEFT_WITHIN: Duration = Duration::from_millis(100);
/// How long one answer goes on: less than a connection may be idle, because writing an answer counts as that.
const LASTS: Duration = Duration::from_secs(30);
/// How soon whoever follows asks again.
const AGAIN_AFTER: Duration = Duration::from_millis(500);
const AT_A_TIME: u32 = 200;
/// How many follow at a time: each keeps one of the operators' connections, which probes need too.
const MOST: usize = 16;
/// When to ask again for what somebody else has to leave first.
const FULL_RETRY: Duration = Duration::from_secs(5);

/// The places of those who follow.
pub(super) struct Places {
    free: Arc<Semaphore>,
    /// True once the service is about to end: nobody who follows is to keep it from that.
    leaving: Arc<AtomicBool>,
}

/// One of them, until it is dropped.
pub(super) struct Place {
    leaving: Arc<AtomicBool>,
    _held: OwnedSemaphorePermit,
}

impl Places {
    pub(super) fn until(leaving: Arc<AtomicBool>) -> Self {
        Self { free: Arc::new(Semaphore::new(MOST)), leaving }
    }

    /// A place for one more.
    pub(super) fn take(&self) -> Result<Place, Problem> {
        let refused =
            |code, detail: String| Problem::new(StatusCode::SERVICE_UNAVAILABLE, code, detail).retry(FULL_RETRY);
        if self.leaving.load(Relaxed) {
            return Err(refused("leaving", "the service is about to end: ask another one".to_owned()));
        }
        let held = Arc::clone(&self.free).try_acquire_owned();
        let held =
            held.map_err(|_| refused("too_many_streams", format!("{MOST} follow the log already: ask again")))?;
        Ok(Place { leaving: Arc::clone(&self.leaving), _held: held })
    }
}

impl Place {
    /// Waits until the service is about to end.
    async fn left(leaving: Arc<AtomicBool>) {
        while !leaving.load(Relaxed) {
            sleep(LEFT_WITHIN).await;
        }
    }
}

struct Follower {
    pass: Pass,
    after: MessageId,
    until: Instant,
    waiting: VecDeque<Message>,
    begun: bool,
    place: Place,
}

/// What is in the log after this message, and what comes.
pub(super) fn of(pass: Pass, after: MessageId, place: Place) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let until = Instant::now() + LASTS;
    let follower = Follower { pass, after, until, waiting: VecDeque::new(), begun: false, place };
    let events = unfold(follower, async |mut follower| follower.next().await.map(|event| (Ok(event), follower)));
    Sse::new(events).keep_alive(KeepAlive::default())
}

impl Follower {
    async fn next(&mut self) -> Option<Event> {
        let left = Place::left(Arc::clone(&self.place.leaving));
        tokio::select! {
            biased;
            () = left => None,
            next = self.look() => next,
        }
    }

    async fn look(&mut self) -> Option<Event> {
        if !self.begun {
            self.begun = true;
            return Some(Event::default().retry(AGAIN_AFTER).comment("messages"));
        }
        while self.waiting.is_empty() {
            if Instant::now() >= self.until {
                return None;
            }
            // Whoever may follow no more, and a store that fails, are told by the end of the answer: who follows comes
            // back, and hears why.
            let api = self.pass.still().await.ok()??;
            let page = api.messages_page(WhichMessages::default(), self.after, AT_A_TIME).await.ok()?;
            self.waiting.extend(page.items);
            if self.waiting.is_empty() {
                sleep(LOOK_EVERY).await;
            }
        }
        let message = self.waiting.pop_front()?;
        self.after = message.id;
        let data = serde_json::to_string(&MessageDocument::from(&message)).unwrap_or_default();
        Some(Event::default().id(message.id.to_string()).event("message").data(data))
    }
}
