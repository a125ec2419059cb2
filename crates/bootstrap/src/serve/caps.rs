//! How many connections there may be: in all, and from one address.

#[cfg(test)]
mod tests;

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
    sync::{Arc, Mutex, PoisonError},
};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Files that are open besides connections: stores, operators' connections, listeners, the log, what the runtime needs.
const OTHER_FILES: u64 = 320;

/// As many connections as this process may open files for, `wanted` at most, and at least one. Raises the process's own
/// limit as far as it may be raised.
pub(super) fn connections(wanted: u32) -> u32 {
    let needed = u64::from(wanted) + OTHER_FILES;
    let mut limit = getrlimit(Resource::Nofile);
    if limit.current.is_some_and(|current| current < needed) {
        let current = limit.maximum.map_or(needed, |maximum| maximum.min(needed));
        // Where that is not allowed, the limit stays as it was, and is told.
        let _ = setrlimit(Resource::Nofile, Rlimit { current: Some(current), maximum: limit.maximum });
        limit = getrlimit(Resource::Nofile);
    }
    let possible = within(wanted, limit.current);
    if possible < wanted {
        tracing::warn!(
            "server.max_connections is {wanted}, but this process may open only {} files: {possible} connections it \
             is; raise the limit (ulimit -n, or LimitNOFILE= of its systemd unit)",
            limit.current.unwrap_or_default(),
        );
    }
    possible
}

/// A quarter of a small limit is left to other files, too.
fn within(wanted: u32, files: Option<u64>) -> u32 {
    let Some(files) = files else { return wanted };
    let room = files.saturating_sub(OTHER_FILES.min(files / 4)).max(1);
    u32::try_from(room).unwrap_or(u32::MAX).min(wanted)
}

/// Counts connections by address.
pub(super) struct PerAddress {
    most: u32,
    held: Mutex<HashMap<IpAddr, u32>>,
}

impl PerAddress {
    pub(super) fn new(most: u32) -> Arc<Self> {
        Arc::new(Self { most, held: Mutex::default() })
    }

    /// A place for one more connection from there, for as long as it is kept; or nothing.
    pub(super) fn enter(self: &Arc<Self>, address: IpAddr) -> Option<Place> {
        let address = holder(address);
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let count = held.entry(address).or_default();
        if *count >= self.most {
            return None;
        }
        *count += 1;
        Some(Place { address, counts: Arc::clone(self) })
    }
}

/// Whoever has one address of an IPv6 /64 has them all.
fn holder(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into(),
        v4 @ IpAddr::V4(_) => v4,
    }
}

/// One connection's place.
pub(super) struct Place {
    address: IpAddr,
    counts: Arc<PerAddress>,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut held = self.counts.held.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = held.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                held.remove(&self.address);
            }
        }
    }
}
