//! What others wrote to the store, by the message log: whoever changes what is kept here appends a message in the same
//! transaction, and messages are numbered in the order of commits. Whoever has read all messages knows of all changes.
//!
//! A look at the log is one statement, which all share who ask before it begins; nobody is answered by one that had begun
//! before they asked. It begins with the message that was the newest at the last look: if that is not there, the log is
//! another one, such as an older backup's, and nothing that was read before counts.
//!
//! Numbers that are missing are no reason for doubt. A unit that is undone takes its numbers with it; and none is given out
//! before everything with a lower one was committed or undone.

#[cfg(test)]
mod tests;

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{
    sync::oneshot,
    task::yield_now,
    time::{error::Elapsed, timeout},
};
use vestibule_application::{
    ports::{MessageLog, StoreError},
    touched::Touched,
};
use vestibule_domain::message::{Message, MessageId};

use crate::stamps::Stamps;

/// Keeps [`Stamps`] up to date with the log.
pub(crate) struct Follower(Arc<Shared>);

struct Shared {
    log: Arc<dyn MessageLog>,
    stamps: Arc<Stamps>,
    patience: Duration,
    queue: Mutex<Queue>,
    place: Mutex<Option<Place>>,
}

#[derive(Default)]
struct Queue {
    waiting: Vec<oneshot::Sender<Seen>>,
    /// Whether a task looks for as long as anybody waits.
    is_busy: bool,
}

/// The newest message there was, or why it could not be seen. Who waits for the same look gets the same.
type Seen = Result<MessageId, Arc<StoreError>>;

/// The newest message that was followed; none, if there was none.
#[derive(Clone)]
struct Place(Option<Arc<Message>>);

impl Follower {
    /// Takes out of use what messages of this log tell of. A look that takes longer than `patience` is none.
    pub(crate) fn new(log: Arc<dyn MessageLog>, stamps: Arc<Stamps>, patience: Duration) -> Self {
        let (queue, place) = (Mutex::default(), Mutex::default());
        Self(Arc::new(Shared { log, stamps, patience, queue, place }))
    }

    /// Sees to it that whatever was committed before now is known, and says what the newest message is.
    pub(crate) async fn follow(&self) -> Result<MessageId, StoreError> {
        let (seen, answer) = oneshot::channel();
        if self.0.wait(seen) {
            // A task of its own: whoever asks may hang up, and others wait for the same look.
            tokio::spawn(look_while_anybody_waits(Arc::clone(&self.0)));
        }
        // No longer than two looks take, and those are timed: a timer for each who asks would cost as much as all the rest.
        answer.await.map_err(unavailable)?.map_err(unavailable)
    }
}

fn unavailable(error: impl std::error::Error + Send + Sync + 'static) -> StoreError {
    StoreError::Unavailable(Box::new(error))
}

async fn look_while_anybody_waits(shared: Arc<Shared>) {
    loop {
        // Whoever else has something to ask by now, or was just answered and asks again, joins first.
        yield_now().await;
        let waiting = shared.next();
        if waiting.is_empty() {
            return;
        }
        let here = Arc::clone(&shared);
        // Should it panic, so does that task alone. A look that hangs is given up: everybody waits for the next.
        let look = tokio::spawn(async move { timeout(here.patience, here.look()).await });
        let seen = match look.await {
            Ok(in_time) => in_time.unwrap_or_else(|late: Elapsed| Err(unavailable(late))),
            Err(gone) => Err(unavailable(gone)),
        };
        let seen: Seen = seen.map_err(Arc::new);
        for waits in waiting {
            // Whoever asked may have hung up.
            let _ = waits.send(seen.clone());
        }
    }
}

impl Shared {
    /// How many messages are read at a time.
    const PAGE: u32 = 500;
    /// Whoever is more pages behind than this has answered nobody for long: to forget everything costs less than to read on.
    const PAGES: usize = 8;

    /// Joins those who wait; says whether somebody has to look.
    fn wait(&self, seen: oneshot::Sender<Seen>) -> bool {
        let mut queue = self.queue();
        queue.waiting.push(seen);
        !std::mem::replace(&mut queue.is_busy, true)
    }

    /// Those who still want to know; with none, nobody looks any more. Both at once: whoever comes between the two would
    /// wait for ever.
    fn next(&self) -> Vec<oneshot::Sender<Seen>> {
        let mut queue = self.queue();
        queue.waiting.retain(|waits| !waits.is_closed());
        queue.is_busy = !queue.waiting.is_empty();
        std::mem::take(&mut queue.waiting)
    }

    async fn look(&self) -> Result<MessageId, StoreError> {
        for _ in 0..Self::PAGES {
            let Some(place) = self.place().clone() else { break };
            let page = match self.log.page(place.before(), Self::PAGE).await {
                Ok(page) => page,
                // Of a kind that this program does not know, perhaps: a newer one is on the same store.
                Err(StoreError::Malformed(_)) => break,
                // Nothing was missed: the next look begins in the same place.
                Err(error @ StoreError::Unavailable(_)) => return Err(error),
            };
            let Some(news) = place.news_in(&page) else {
                tracing::warn!(
                    after = place.id(),
                    "the message log does not go on where it was: what was read before is forgotten"
                );
                break;
            };
            drop(self.stamps.enter(news.iter().flat_map(|message| Touched::told_by(&message.event))));
            let place = news.last().map_or(place, |newest| Place(Some(Arc::new(newest.clone()))));
            let latest = place.id();
            *self.place() = Some(place);
            if page.len() < usize::try_from(Self::PAGE).unwrap_or(usize::MAX) {
                return Ok(latest);
            }
        }
        self.begin_anew().await
    }

    /// Forgets everything, and follows from here. Should the newest message be one that cannot be read, the next look comes
    /// here again, until there is another.
    async fn begin_anew(&self) -> Result<MessageId, StoreError> {
        *self.place() = None;
        let latest = self.log.latest().await?;
        let place = match latest.checked_sub(1) {
            None => Some(Place(None)),
            Some(before) => match self.log.page(before, 1).await {
                Ok(page) => page
                    .into_iter()
                    .next()
                    .filter(|newest| newest.id == latest)
                    .map(|newest| Place(Some(Arc::new(newest)))),
                Err(StoreError::Malformed(_)) => None,
                Err(error @ StoreError::Unavailable(_)) => return Err(error),
            },
        };
        // In this order: what is read from now on has seen all that was there before.
        self.stamps.resume();
        *self.place() = place;
        Ok(latest)
    }

    /// Nothing that panics is done while it is locked.
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The same. Nobody writes to it but whoever looks.
    fn place(&self) -> MutexGuard<'_, Option<Place>> {
        self.place.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    fn id(&self) -> MessageId {
        self.0.as_ref().map_or(0, |newest| newest.id)
    }

    /// After which message a page begins with this one.
    fn before(&self) -> MessageId {
        self.id().saturating_sub(1)
    }

    /// What came after this, if it is still there, as it was.
    fn news_in<'a>(&self, page: &'a [Message]) -> Option<&'a [Message]> {
        match (&self.0, page) {
            (None, news) => Some(news),
            (Some(newest), [first, news @ ..]) if first == &**newest => Some(news),
            (Some(_), _) => None,
        }
    }
}
