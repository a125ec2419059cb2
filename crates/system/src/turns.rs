//! How long a thread may keep a core while others want it.
//!
//! Linux lets a thread have its turn before another may have the core, however little the first is worth: one that answers in
//! microseconds waits for one that computes. A thread whose own turns are shorter gets the core at once (since Linux 6.12; older
//! ones take the wish and do nothing about it). Who asks for short turns gets no more of the core for it, and needs no privilege.

#[cfg(target_os = "linux")]
mod linux;

use std::{io, time::Duration};

/// Has this thread, and those that it starts from now on, take turns of this length; without one, of the system's usual length.
/// The system keeps between 0.1 and 100 ms. Threads that the operator gave to another scheduler than the usual are left there.
/// Does nothing where there is no such thing.
pub fn set_turn(turn: Option<Duration>) -> io::Result<()> {
    #[cfg(target_os = "linux")]
    linux::set_turn(turn)?;
    #[cfg(not(target_os = "linux"))]
    let _ = turn;
    Ok(())
}

/// How long this thread's turns are, if the system tells.
pub fn turn() -> io::Result<Option<Duration>> {
    #[cfg(target_os = "linux")]
    return linux::turn();
    #[cfg(not(target_os = "linux"))]
    return Ok(None);
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    const SHORT: Duration = Duration::from_micros(100);

    /// In a thread of its own, so that no other test has its turns.
    fn apart<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
        thread::spawn(work).join().unwrap()
    }

    /// Where the system tells: from Linux 6.12 on.
    #[test]
    fn short_turns_are_taken_by_those_who_ask_and_by_whom_they_start_until_they_ask_for_the_usual() {
        let Some(usual) = apart(turn).unwrap() else { return };
        let turns = apart(move || {
            set_turn(Some(SHORT))?;
            let started = apart(turn)?;
            let asked = turn()?;
            set_turn(None)?;
            Ok::<_, io::Error>((asked, started, turn()?))
        });
        assert_ne!(usual, SHORT);
        assert_eq!(turns.unwrap(), (Some(SHORT), Some(SHORT), Some(usual)));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_niceness_stays_as_it_is() {
        let nice = apart(|| {
            linux::set_nice(7)?;
            set_turn(Some(SHORT))?;
            linux::nice()
        });
        assert_eq!(nice.unwrap(), 7);
    }
}
