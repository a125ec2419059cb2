//! A mutant, and what the laws make of it.

use std::{
    panic,
    sync::{Arc, mpsc},
    thread,
    time::Duration,
};

use tokio::runtime::Builder;
use vestibule_application::ports::Stores;
use vestibule_storage_contract::{Law, Store};

use crate::fault::{Fault, with};

/// A store that is broken on purpose, in one way.
pub(crate) struct Mutant {
    pub(crate) name: &'static str,
    /// Where such a store has been met, or how one comes to be.
    pub(crate) why: &'static str,
    /// The laws that are there to catch it. Others may catch it too.
    pub(crate) caught_by: &'static [&'static str],
    fault: Box<dyn Fn() -> Arc<dyn Fault> + Send + Sync>,
}

impl Mutant {
    /// A mutant whose every instance starts with what `fault` makes.
    pub(crate) fn new<F: Fault>(
        name: &'static str,
        why: &'static str,
        caught_by: &'static [&'static str],
        fault: impl Fn() -> F + Send + Sync + 'static,
    ) -> Self {
        Self { name, why, caught_by, fault: Box::new(move || Arc::new(fault())) }
    }

    pub(crate) fn fresh(&self) -> Stores {
        with((self.fault)())
    }
}

/// How the threads are called on which laws are tried, so that their panics are told from a test's.
const THREAD: &str = "law";

/// Longer than any law takes. A law that waits for ever does not hold either.
const PATIENCE: Duration = Duration::from_secs(10);

/// Keeps quiet about laws that fail: here they are meant to.
pub(crate) fn keep_quiet_about_laws() {
    let loud = panic::take_hook();
    panic::set_hook(Box::new(move |panic| {
        if thread::current().name() != Some(THREAD) {
            loud(panic);
        }
    }));
}

/// Whether the law holds for a store.
pub(crate) fn holds(law: Law, fresh: Stores) -> bool {
    let (held, verdict) = mpsc::channel();
    let trial = move || {
        let runtime = Builder::new_multi_thread().worker_threads(2).thread_name(THREAD).enable_all().build().unwrap();
        runtime.block_on(law.demand_of(Store::from(fresh)));
        // Nobody is listening any more if it took too long.
        let _ = held.send(());
    };
    thread::Builder::new().name(THREAD.to_owned()).spawn(trial).unwrap();
    verdict.recv_timeout(PATIENCE).is_ok()
}
