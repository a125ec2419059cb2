//! Uses memory while nobody else has the store open, and not a moment longer.

#[cfg(test)]
mod tests;

use std::{convert::Infallible, io, sync::Arc, time::Duration};

use tokio::time::{MissedTickBehavior, interval};

use crate::{
    Cached,
    room::{Alone, Attempt, Guest},
};

/// Watches over who has the store open.
pub struct Tenure {
    cached: Arc<Cached>,
    guest: Guest,
}

/// Whether memory is used.
enum State {
    /// It is: nobody else is there.
    Alone(Alone),
    /// It is not.
    Guest(Guest),
}

impl Tenure {
    /// How often somebody at the door is looked for: the longest that a command waits for the service.
    const LOOK: Duration = Duration::from_millis(10);
    /// In how many looks, while others are there, it is tried to be alone again.
    const PATIENCE: u32 = 10;

    /// For memory that is used once [`Self::run`] finds nobody else with the store's file.
    pub fn new(cached: Arc<Cached>, guest: Guest) -> Self {
        cached.pause();
        Self { cached, guest }
    }

    /// Watches until this is dropped or the locks fail. Memory is not used afterwards, and then the file is left.
    pub async fn run(self) -> io::Error {
        match self.watch().await {
            Ok(never) => match never {},
            Err(error) => error,
        }
    }

    async fn watch(self) -> io::Result<Infallible> {
        let Self { cached, guest } = self;
        let mut look = interval(Self::LOOK);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let (mut state, mut looks) = (State::Guest(guest), 0_u32);
        // However this ends, and before the locks go, which stand above.
        let _paused = Paused(Arc::clone(&cached));
        loop {
            look.tick().await;
            state = match state {
                State::Alone(alone) if alone.is_somebody_at_the_door()? => {
                    cached.pause();
                    looks = 0;
                    State::Guest(alone.let_in()?)
                }
                State::Guest(guest) if looks.is_multiple_of(Self::PATIENCE) => match guest.try_to_be_alone()? {
                    Attempt::Alone(alone) => {
                        cached.resume();
                        State::Alone(alone)
                    }
                    Attempt::Guest(guest) => State::Guest(guest),
                },
                other @ (State::Alone(_) | State::Guest(_)) => other,
            };
            looks = looks.wrapping_add(1);
        }
    }
}

/// Pauses memory when it is dropped.
struct Paused(Arc<Cached>);

impl Drop for Paused {
    fn drop(&mut self) {
        self.0.pause();
    }
}
