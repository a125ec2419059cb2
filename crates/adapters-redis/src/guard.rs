//! How it is noticed that a server has lost writes.
//!
//! A Redis that was restarted, or a replica that took over, may still have sessions that were decided on beside it. What
//! such a server surely does not have is a script that was loaded into the memory of its predecessor. So sessions are
//! read by a script with a text of its own for each node of this service, which is loaded first; then every session that
//! has a row beside Redis is removed from it; and only then is the script used. Where it is unknown, the server is new to
//! us: what it says is checked beside Redis, session by session, until it has been told again.

use std::sync::{
    Arc, PoisonError, RwLock,
    atomic::{AtomicBool, Ordering},
};

use redis::Script;
use vestibule_application::ports::{Ids, SessionFilter, StoreError, Stores};

use crate::{
    connection::is_unknown_script,
    entries::Entries,
    keys::Place,
    record::{Entry, entry},
    scripts::{READ, READ_UNGUARDED},
};

/// Reads sessions, and knows whether the server they come from may be believed.
pub(crate) struct Guard {
    entries: Entries,
    base: Stores,
    ids: Arc<dyn Ids>,
    /// The hash of the script that every server we believe knows.
    believed: RwLock<Option<String>>,
    telling: AtomicBool,
}

impl Guard {
    /// How many sessions are removed at a time.
    const BATCH: u32 = 500;

    /// Believes no server yet.
    pub(crate) fn new(entries: Entries, base: Stores, ids: Arc<dyn Ids>) -> Self {
        Self { entries, base, ids, believed: RwLock::new(None), telling: AtomicBool::new(false) }
    }

    /// The session at this place, and whether the server may be believed that it has not been decided on beside Redis.
    pub(crate) async fn read(self: &Arc<Self>, place: Place) -> Result<(Option<Entry>, bool), StoreError> {
        let key = self.entries.keys.session(place);
        let believed = self.believed.read().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(hash) = believed {
            let mut command = redis::cmd("EVALSHA");
            command.arg(hash).arg(1).arg(&key);
            match self.entries.connection.try_call(&command).await {
                Ok(fields) => return Ok((entry(place, fields)?, true)),
                Err(error) if is_unknown_script(&error) => {}
                Err(error) => return Err(crate::connection::unavailable(error)),
            }
        }
        self.tell_soon();
        let fields = self.entries.connection.run(&READ_UNGUARDED.key(&key)).await?;
        Ok((entry(place, fields)?, false))
    }

    /// Starts telling the servers what was decided beside them, unless that is under way.
    pub(crate) fn tell_soon(self: &Arc<Self>) {
        if self.telling.swap(true, Ordering::AcqRel) {
            return;
        }
        let guard = Arc::clone(self);
        tokio::spawn(async move {
            match guard.tell().await {
                Ok(told) => tracing::info!(told, "Redis has been told which sessions are over"),
                // Until it succeeds, reads are checked one by one; the next of them tries again.
                Err(error) => tracing::warn!(%error, "cannot tell Redis which sessions are over"),
            }
            guard.telling.store(false, Ordering::Release);
        });
    }

    /// Removes from Redis every session that has a row beside it, and believes the servers that were there all the time.
    /// Says how many rows there are.
    pub(crate) async fn tell(&self) -> Result<usize, StoreError> {
        let script = Script::new(&format!("-- {}{READ}", self.ids.next()));
        self.entries.connection.load(&script).await?;
        let mut told = 0;
        let mut after = None;
        loop {
            let filter = SessionFilter { subject: None, live_at: None, after, limit: Self::BATCH };
            let page = self.base.sessions.page(&filter).await?;
            self.entries.forget_all(page.iter().map(|session| session.id)).await?;
            told += page.len();
            let Some(last) = page.last().filter(|_| page.len() >= Self::BATCH as usize) else { break };
            after = Some(last.id);
        }
        *self.believed.write().unwrap_or_else(PoisonError::into_inner) = Some(script.get_hash().to_owned());
        Ok(told)
    }
}
