//! `sched_setattr(2)` and `sched_getattr(2)`.

use std::{io, mem, time::Duration};

use libc::{SCHED_BATCH, SCHED_OTHER, SYS_sched_getattr, SYS_sched_setattr, c_long, c_uint, sched_attr};

/// The calling thread.
const OURSELVES: libc::pid_t = 0;
/// Neither call takes any.
const FLAGS: c_uint = 0;

pub(super) fn set_turn(turn: Option<Duration>) -> io::Result<()> {
    let mut attributes = get()?;
    if takes_turns(&attributes) {
        attributes.sched_runtime = turn.map_or(0, |turn| u64::try_from(turn.as_nanos()).unwrap_or(u64::MAX));
        set(&attributes)?;
    }
    Ok(())
}

pub(super) fn turn() -> io::Result<Option<Duration>> {
    let attributes = get()?;
    let told = takes_turns(&attributes) && attributes.sched_runtime > 0;
    Ok(told.then(|| Duration::from_nanos(attributes.sched_runtime)))
}

#[cfg(test)]
pub(super) fn set_nice(nice: i32) -> io::Result<()> {
    set(&sched_attr { sched_nice: nice, ..get()? })
}

#[cfg(test)]
pub(super) fn nice() -> io::Result<i32> {
    Ok(get()?.sched_nice)
}

/// Threads of other schedulers run until they wait, or as long as they have paid for.
fn takes_turns(attributes: &sched_attr) -> bool {
    [SCHED_OTHER, SCHED_BATCH].into_iter().any(|usual| u32::try_from(usual) == Ok(attributes.sched_policy))
}

const SIZE: u32 = {
    let size = mem::size_of::<sched_attr>();
    assert!(size == 48, "what the kernel knows by this name");
    48
};

#[expect(unsafe_code, reason = "no safe library makes this call")]
fn get() -> io::Result<sched_attr> {
    let mut attributes = sched_attr {
        size: SIZE,
        sched_policy: 0,
        sched_flags: 0,
        sched_nice: 0,
        sched_priority: 0,
        sched_runtime: 0,
        sched_deadline: 0,
        sched_period: 0,
    };
    // SAFETY: the kernel writes at most `SIZE` bytes to where the reference leads, which is as many as there are, and any
    // bytes are a `sched_attr`.
    done(unsafe { libc::syscall(SYS_sched_getattr, OURSELVES, &raw mut attributes, SIZE, FLAGS) })?;
    Ok(attributes)
}

#[expect(unsafe_code, reason = "no safe library makes this call")]
fn set(attributes: &sched_attr) -> io::Result<()> {
    // SAFETY: the kernel reads as many bytes as `size` says, no more than there are, and keeps no pointer.
    done(unsafe { libc::syscall(SYS_sched_setattr, OURSELVES, &raw const *attributes, FLAGS) })
}

fn done(result: c_long) -> io::Result<()> {
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}
