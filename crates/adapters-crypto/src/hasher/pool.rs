//! The threads that compute hashes, and the bounded queue before them.

use std::{
    io,
    num::NonZeroUsize,
    panic::{self, AssertUnwindSafe},
    sync::{Arc, Mutex, PoisonError, mpsc},
    thread,
    time::{Duration, Instant},
};

use argon2::Block;
use tokio::sync::oneshot;
use vestibule_application::{
    meters::{Count, Level, Spans, Within},
    ports::HashError,
};
use zeroize::Zeroizing;

use super::{
    Argon2Cost,
    formats::{Derivation, Output},
};

/// One hash to compute. Nobody waits for it any more once `answer` is closed.
struct Job {
    password: Zeroizing<Vec<u8>>,
    derivation: Box<dyn Derivation>,
    answer: oneshot::Sender<Result<Output, HashError>>,
    since: Instant,
    _waiting: Within,
}

/// Upper bounds of classes of time: a hash takes some hundredths of a second.
const TIMES: &[Duration] = &[
    Duration::from_millis(1),
    Duration::from_millis(10),
    Duration::from_millis(30),
    Duration::from_millis(100),
    Duration::from_millis(300),
    Duration::from_secs(1),
    Duration::from_secs(3),
];

/// How busy the threads are.
#[derive(Debug)]
pub struct HashLoad {
    /// Hashes that wait for a thread.
    pub waiting: Arc<Level>,
    /// Hashes that were refused because too many waited.
    pub refused: Count,
    /// How long each waited.
    pub waited: Spans,
    /// How long each took after that.
    pub took: Spans,
}

impl Default for HashLoad {
    fn default() -> Self {
        let (waited, took) = (Spans::new(TIMES), Spans::new(TIMES));
        Self { waiting: Arc::default(), refused: Count::default(), waited, took }
    }
}

pub(super) struct Pool {
    /// Gone only while dropping.
    jobs: Option<mpsc::SyncSender<Job>>,
    threads: Vec<thread::JoinHandle<()>>,
    pub(super) load: Arc<HashLoad>,
}

/// When a caller may try again: by then the queue of a default installation has moved on by a good part.
pub(super) const OVERLOADED: HashError = HashError::Overloaded { retry_after: Duration::from_secs(1) };

impl Pool {
    /// `usual` is the cost for which each thread keeps its memory.
    pub(super) fn start(threads: NonZeroUsize, queue: NonZeroUsize, usual: Argon2Cost) -> io::Result<Self> {
        let (sender, receiver) = mpsc::sync_channel(queue.get());
        let receiver = Arc::new(Mutex::new(receiver));
        let mut pool = Self { jobs: Some(sender), threads: Vec::new(), load: Arc::default() };
        for _ in 0..threads.get() {
            let (jobs, load) = (Arc::clone(&receiver), Arc::clone(&pool.load));
            let thread = thread::Builder::new().name("argon2".to_owned()).spawn(move || work(&jobs, usual, &load))?;
            pool.threads.push(thread);
        }
        Ok(pool)
    }

    /// The hash; refused at once when the queue is full. Given up when the future is dropped before its turn.
    pub(super) async fn derive(
        &self,
        password: Zeroizing<Vec<u8>>,
        derivation: Box<dyn Derivation>,
    ) -> Result<Output, HashError> {
        let (answer, answered) = oneshot::channel();
        let job = Job { password, derivation, answer, since: Instant::now(), _waiting: self.load.waiting.enter() };
        if self.jobs.as_ref().is_none_or(|jobs| jobs.try_send(job).is_err()) {
            self.load.refused.one_more();
            return Err(OVERLOADED);
        }
        // A hash that panicked leaves its caller where a full queue would.
        answered.await.unwrap_or(Err(OVERLOADED))
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.jobs = None;
        for thread in self.threads.drain(..) {
            // A thread that panicked has said so itself.
            drop(thread.join());
        }
    }
}

/// How far this thread gives way to others, as nice(1) counts. A session that is only looked at must not wait for logins.
const NICENESS: i32 = 10;

/// Has this thread give way to those that answer, as all do that hash. On Linux a thread may do so for itself; elsewhere it would
/// be the whole process.
pub fn give_way() {
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::setpriority_process(Some(rustix::thread::gettid()), NICENESS) {
        tracing::debug!(%error, "hashing has the priority of everything else");
    }
    // Whose turns are longer has to let others have the core at once.
    if let Err(error) = vestibule_system::set_turn(None) {
        tracing::debug!(%error, "hashing takes turns as short as everything else");
    }
}

/// Where hashes of this cost are computed. They come by all of it in no order: in huge pages they take a twentieth less time.
pub(super) fn room(usual: Argon2Cost) -> Vec<Block> {
    let mut memory = Vec::new();
    // If there is not as much, the hash that needs it is refused.
    if memory.try_reserve_exact(usual.memory_kib as usize).is_ok()
        && let Err(error) = vestibule_system::wish_for_huge_pages(memory.spare_capacity_mut())
    {
        tracing::debug!(%error, "hashes are computed in small pages");
    }
    memory
}

fn work(jobs: &Mutex<mpsc::Receiver<Job>>, usual: Argon2Cost, load: &HashLoad) {
    give_way();
    let mut memory = Vec::new();
    loop {
        // The lock is held while waiting for a job, and released before working on it.
        let next = jobs.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(Job { password, derivation, answer, since, _waiting: waiting }) = next else { return };
        drop(waiting);
        load.waited.note(since.elapsed());
        if answer.is_closed() {
            continue;
        }
        // Not before: huge pages that nobody hashes in would be given to whatever is put there next.
        if memory.capacity() == 0 {
            memory = room(usual);
        }
        // One hash that brings its thread down must not leave fewer threads to all others.
        let begun = Instant::now();
        let derived = AssertUnwindSafe(|| derivation.derive(&password, &mut memory));
        let Ok(output) = panic::catch_unwind(derived) else {
            memory = Vec::new();
            continue;
        };
        load.took.note(begun.elapsed());
        // What a dearer hash took is given back.
        if memory.capacity() > usual.memory_kib as usize {
            memory = Vec::new();
        }
        // A caller who left meanwhile misses nothing.
        drop(answer.send(output));
    }
}
