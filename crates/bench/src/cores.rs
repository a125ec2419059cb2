//! Which core runs what, and for how long it did.

#[cfg(target_os = "linux")]
use std::sync::{Once, OnceLock};
use std::{fs, time::Duration};

#[cfg(target_os = "linux")]
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
#[cfg(target_os = "linux")]
use thread_priority::{
    RealtimeThreadSchedulePolicy, ThreadPriority, ThreadSchedulePolicy, set_thread_priority_and_policy,
    thread_native_id,
};

/// Where something may run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cores {
    /// What is measured: the first core alone. What costs less then answers more.
    First,
    /// Its clients: all the others.
    Others,
    /// What is measured with all there is.
    All,
}

/// Those of this process at its start.
#[cfg(target_os = "linux")]
static OURS: OnceLock<CpuSet> = OnceLock::new();

#[cfg(target_os = "linux")]
impl Cores {
    fn set(self) -> Option<CpuSet> {
        let all = OURS.get()?;
        let mut cores = (0..CpuSet::MAX_CPU).filter(|core| all.is_set(*core));
        let first = cores.next()?;
        let mut set = CpuSet::new();
        match self {
            Self::First => set.set(first),
            Self::Others => cores.for_each(|core| set.set(core)),
            Self::All => set = *all,
        }
        // The only core there is, is everybody's.
        Some(if set.count() == 0 { *all } else { set })
    }

    /// Puts this thread, and whatever it starts from now on, there.
    pub(crate) fn enter(self) {
        if OURS.get().is_none()
            && let Ok(all) = sched_getaffinity(None)
        {
            let _ = OURS.set(all);
        }
        if let Some(set) = self.set() {
            // Where it is refused, everything runs anywhere: noisier, but no less true.
            let _ = sched_setaffinity(None, &set);
        }
    }
}

#[cfg(not(target_os = "linux"))]
impl Cores {
    /// Programs cannot be told where to run here.
    pub(crate) fn enter(self) {}
}

impl Cores {
    /// Starts something there. This thread was among the clients, and is afterwards.
    pub(crate) fn start<T>(self, start: impl FnOnce() -> T) -> T {
        self.enter();
        let started = start();
        Self::Others.enter();
        started
    }
}

/// Gives this thread a core whenever it can go on, whatever else runs there: a client that has to wait for what it measures
/// would take its own waiting for the other's.
#[cfg(target_os = "linux")]
pub(crate) fn go_first() {
    const FIFO: ThreadSchedulePolicy = ThreadSchedulePolicy::Realtime(RealtimeThreadSchedulePolicy::Fifo);
    static TOLD: Once = Once::new();
    if let Err(error) = set_thread_priority_and_policy(thread_native_id(), ThreadPriority::Min, FIFO) {
        TOLD.call_once(|| eprintln!("    clients wait for a core like everybody else, and count that: {error}"));
    }
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn go_first() {}

/// How long a process and its descendants have been running on any core, for themselves and in the kernel; where the system
/// tells, which it does in hundredths of a second.
pub(crate) fn time_of(process: u32) -> Option<Duration> {
    let ticks: u64 = family(process)?.iter().map(|one| one.ticks).sum();
    Some(Duration::from_millis(10 * ticks))
}

/// A figure of the memory of a process and its descendants in bytes, where the system tells: `VmRSS` is what is resident,
/// `VmHWM` the most that was.
pub(crate) fn memory_of(process: u32, figure: &str) -> Option<u64> {
    let of_one = |process: u32| {
        let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix(figure)?.strip_prefix(':'))?;
        line.trim().trim_end_matches("kB").trim().parse::<u64>().ok().map(|kib| kib * 1024)
    };
    of_one(process)?;
    Some(family(process)?.iter().filter_map(|one| of_one(one.process)).sum())
}

/// What the system tells of a process.
struct Stat {
    process: u32,
    parent: u32,
    ticks: u64,
}

impl Stat {
    fn read(process: u32) -> Option<Self> {
        let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
        // After the program's name, which may have anything in it, come the fields from the third on.
        let fields: Vec<_> = stat.rsplit_once(')')?.1.split_whitespace().collect();
        let field = |number: usize| fields.get(number - 3)?.parse::<u64>().ok();
        // Its own, and those of its children that have ended.
        let ticks = field(14)? + field(15)? + field(16)? + field(17)?;
        Some(Self { process, parent: u32::try_from(field(4)?).ok()?, ticks })
    }
}

/// A process and its descendants.
fn family(process: u32) -> Option<Vec<Stat>> {
    let mut family = vec![Stat::read(process)?];
    let all = fs::read_dir("/proc").ok()?.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    let mut others: Vec<Stat> = all.filter_map(Stat::read).collect();
    let mut known = 0;
    while let Some(parent) = family.get(known).map(|one| one.process) {
        family.extend(others.extract_if(.., |one| one.parent == parent));
        known += 1;
    }
    Some(family)
}
