//! The newest message of the log, as far as it is known: every answer has it.
//!
//! A unit that writes messages says which was its newest, so that nobody has to ask the store after each. That is the newest of all
//! once no other unit is under way, unless one was over meanwhile that did not say: it may have written a newer one.

#[cfg(test)]
mod tests;

use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use tokio::sync::Mutex;
use vestibule_application::{ports::StoreError, touched::Touched};
use vestibule_domain::message::MessageId;

use crate::stamps::{Flux, Moment, Over, Stamps};

/// What is known of it.
pub(crate) struct Newest {
    stamps: Arc<Stamps>,
    known: RwLock<Known>,
    /// Whoever asks the store: the others wait, instead of asking all at once.
    turn: Mutex<()>,
}

#[derive(Default)]
struct Known {
    /// No message is known that is newer.
    newest: MessageId,
    /// It was the newest of all units that were over by then.
    as_of: Option<Moment>,
    /// When the last unit was over that did not say, and nobody has asked since.
    untold: Moment,
    /// Of units from before then nothing counts that they say.
    since: Moment,
}

/// A unit under way, and what it touches in flux.
pub(crate) struct Underway {
    flux: Option<Flux>,
    /// If it writes to the log: what is known of that, and when it began.
    log: Option<(Arc<Newest>, Moment)>,
}

/// Has everything forgotten that was read so far, once this is dropped.
pub(crate) struct Forgetting(pub(crate) Arc<Newest>);

impl Drop for Forgetting {
    fn drop(&mut self) {
        self.0.forget(Stamps::forget);
    }
}

impl Newest {
    pub(crate) fn new(stamps: Arc<Stamps>) -> Self {
        Self { stamps, known: RwLock::default(), turn: Mutex::default() }
    }

    /// A unit begins that touches this.
    pub(crate) fn enter(self: &Arc<Self>, touched: &[Touched]) -> Underway {
        let log = touched.contains(&Touched::Log).then(|| (Arc::clone(self), self.stamps.now()));
        Underway { flux: Some(self.stamps.enter(touched)), log }
    }

    /// The newest message, if it is known.
    pub(crate) fn get(&self) -> Option<MessageId> {
        self.known_if(|as_of| self.stamps.holds(as_of, &Touched::Log))
    }

    /// The same, and while units are under way, what it was when the last was over.
    pub(crate) fn so_far(&self) -> Option<MessageId> {
        self.known_if(|as_of| self.stamps.held_so_far(as_of, &Touched::Log))
    }

    /// The newest message; asks the store if it is not known.
    pub(crate) async fn get_or_ask(
        &self,
        ask: impl Future<Output = Result<MessageId, StoreError>> + Send,
    ) -> Result<MessageId, StoreError> {
        if let Some(newest) = self.get() {
            return Ok(newest);
        }
        let _turn = self.turn.lock().await;
        if let Some(newest) = self.get() {
            return Ok(newest);
        }
        let asked = self.stamps.now();
        let newest = ask.await?;
        self.write().read(asked, newest);
        Ok(newest)
    }

    /// What was known is forgotten, together with all that this has the stamps forget.
    pub(crate) fn forget(&self, all: impl FnOnce(&Stamps) -> Moment) {
        // Nobody is told of what was known between the one and the other.
        let mut known = self.write();
        let since = all(&self.stamps);
        *known = Known { since, untold: since, ..Known::default() };
    }

    fn known_if(&self, holds: impl FnOnce(Moment) -> bool) -> Option<MessageId> {
        let known: RwLockReadGuard<'_, _> = self.known.read().unwrap_or_else(PoisonError::into_inner);
        known.as_of.is_some_and(holds).then_some(known.newest)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Known> {
        self.known.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    /// The store was asked then, and this was the newest of all units that were over by then, or of some that were not.
    fn read(&mut self, asked: Moment, newest: MessageId) {
        if asked < self.since {
            return;
        }
        self.newest = self.newest.max(newest);
        self.as_of = self.as_of.max(Some(asked));
        if self.untold <= asked {
            self.untold = Moment::default();
        }
    }

    /// A unit that began then is over.
    fn over(&mut self, begun: Moment, over: Moment, told: Option<MessageId>) {
        match told {
            Some(newest) if begun >= self.since => {
                self.newest = self.newest.max(newest);
                if begun >= self.untold {
                    self.as_of = Some(over);
                }
            }
            _ => self.untold = over,
        }
    }
}

impl Underway {
    /// It is over, and this was its newest message, if it is known to have been written.
    pub(crate) fn tell(mut self, newest: Option<MessageId>) -> Option<Over> {
        self.end(newest)
    }

    fn end(&mut self, told: Option<MessageId>) -> Option<Over> {
        let flux = self.flux.take()?;
        let Some((log, begun)) = self.log.take() else { return Some(flux.over()) };
        // Nobody finds the log as if nothing was under way, and not yet what the unit has said.
        let mut known = log.write();
        let over = flux.over();
        known.over(begun, over.at(), told);
        Some(over)
    }
}

impl Drop for Underway {
    fn drop(&mut self) {
        self.end(None);
    }
}
