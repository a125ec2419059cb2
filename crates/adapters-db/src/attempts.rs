//! The attempts that are charged to a bucket, as they are counted in memory and in databases.

#[cfg(test)]
mod tests;

use std::{collections::VecDeque, time::Duration};

use vestibule_application::ports::Limit;
use vestibule_domain::time::Timestamp;

/// When how many attempts were made, in order: at most so many in any window, exactly.
///
/// Where a limit is large, times that are near each other are counted as the latest of them, so that there are few
/// entries whatever the limit: an attempt may then wait a little longer than it would have to, never shorter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Attempts(VecDeque<(Timestamp, u32)>);

/// Up to how many attempts each has an entry of its own.
const EXACT: usize = 256;
/// The bytes of an entry.
const ENTRY: usize = 12;

impl Attempts {
    /// How long until one more fits, if there is no room now. Drops those that have left the window.
    pub(crate) fn wait(&mut self, limit: Limit, now: Timestamp) -> Option<Duration> {
        while self.0.front().is_some_and(|(at, _)| at.plus(limit.window) <= now) {
            self.0.pop_front();
        }
        // So many have to leave before one fits.
        let mut blocking = (self.count() + 1).checked_sub(limit.amount).filter(|blocking| *blocking > 0)?;
        for (at, count) in &self.0 {
            blocking = blocking.saturating_sub(*count as usize);
            if blocking == 0 {
                return Some(at.plus(limit.window).since(now));
            }
        }
        // With an amount of nothing no attempt ever fits; a window is as good an answer as any.
        Some(limit.window)
    }

    /// Adds one. The clock of another process may be ahead of this one's.
    pub(crate) fn push(&mut self, limit: Limit, now: Timestamp) {
        let grain =
            if limit.amount > EXACT { limit.window / u32::try_from(EXACT).unwrap_or(1) } else { Duration::ZERO };
        let now = self.latest().map_or(now, |latest| now.max(latest));
        // The last entry's time is the end of its grain.
        match self.0.back_mut() {
            Some((at, count)) if now <= *at => *count += 1,
            Some(_) | None => self.0.push_back((now.plus(grain), 1)),
        }
    }

    /// Takes back the latest.
    pub(crate) fn pop(&mut self) {
        if let Some((_, count)) = self.0.back_mut() {
            *count -= 1;
            if *count == 0 {
                self.0.pop_back();
            }
        }
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.0.iter().map(|(_, count)| *count as usize).sum()
    }

    /// When the latest was made.
    pub(crate) fn latest(&self) -> Option<Timestamp> {
        self.0.back().map(|(at, _)| *at)
    }

    /// As a column holds them.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let entry = |(at, count): &(Timestamp, u32)| [&at.as_millis().to_be_bytes()[..], &count.to_be_bytes()].concat();
        self.0.iter().flat_map(entry).collect()
    }

    /// Reads what [`Attempts::to_bytes`] wrote.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let entry = |bytes: &[u8]| {
            let (at, count) = bytes.split_first_chunk()?;
            Some((Timestamp::from_millis(i64::from_be_bytes(*at)), u32::from_be_bytes(count.try_into().ok()?)))
        };
        bytes.chunks(ENTRY).map(entry).collect::<Option<_>>().map(Self)
    }
}
