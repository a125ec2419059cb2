//! The route table: every route of every mount, with its owner.

use std::{collections::BTreeSet, fmt, sync::Arc};

use http::Method;
use thiserror::Error;

use super::Meter;
use crate::dialect::{AtHand, Describe, Dialect, Edition, Handler};

/// A dialect in its place.
#[derive(Clone)]
pub struct Mount {
    /// The dialect, built for this edition, profile and prefix.
    pub dialect: Arc<dyn Dialect>,
    /// Which edition it speaks; for people.
    pub edition: Edition,
    /// What stands before its paths: empty, or `/...` without a slash at the end.
    pub prefix: String,
    /// The hosts it answers for, in lower case; all when there is none.
    pub hosts: BTreeSet<String>,
}

/// A route with its owner.
#[derive(Clone)]
pub struct Entry {
    /// The dialect.
    pub dialect: Arc<dyn Dialect>,
    /// The edition of its mount.
    pub edition: Edition,
    /// The use case.
    pub operation: &'static str,
    /// The method.
    pub method: Method,
    /// The whole path.
    pub path: String,
    /// The hosts of its mount.
    pub hosts: BTreeSet<String>,
    /// Whether HEAD is answered like GET.
    pub answers_head: bool,
    /// What answers.
    pub handler: Handler,
    /// What answers before anybody waits, if it can.
    pub at_hand: Option<AtHand>,
    /// What it is to its callers.
    pub describe: Describe,
    /// What has become of its requests.
    pub meter: Arc<Meter>,
    yields: bool,
    mount: usize,
}

impl Entry {
    /// Whether it answers requests for this host; for nothing: requests for a host that no mount names.
    pub fn answers(&self, host: Option<&str>) -> bool {
        self.hosts.is_empty() || host.is_some_and(|host| self.hosts.contains(host))
    }

    fn collides(&self, other: &Self) -> bool {
        let same_hosts = self.hosts.is_empty() || other.hosts.is_empty() || !self.hosts.is_disjoint(&other.hosts);
        same_hosts && self.method == other.method && self.path == other.path
    }
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let edition = match self.edition {
            Edition::Documented => "documented",
            Edition::Deployed => "deployed",
        };
        write!(f, "mount {} ({} {edition}", self.mount + 1, self.dialect.name())?;
        if !self.hosts.is_empty() {
            write!(f, " on {}", self.hosts.iter().cloned().collect::<Vec<_>>().join(", "))?;
        }
        write!(f, ")")
    }
}

/// Two mounts want to answer the same requests.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error(
    "{method} {path} would be answered by both {first} and {second}; give one of them another prefix or other hosts"
)]
pub struct Collision {
    method: Method,
    path: String,
    first: String,
    second: String,
}

/// All routes of all mounts in order, without those that give way to another; or the first collision.
pub fn table(mounts: &[Mount]) -> Result<Vec<Entry>, Collision> {
    let all: Vec<Entry> = mounts.iter().enumerate().flat_map(|(number, mount)| entries(number, mount)).collect();
    let (yielding, firm): (Vec<Entry>, Vec<Entry>) = all.into_iter().partition(|entry| entry.yields);
    let mut kept: Vec<Entry> = Vec::with_capacity(firm.len() + yielding.len());
    for entry in firm {
        if let Some(owner) = kept.iter().find(|owner| owner.collides(&entry)) {
            let (first, second) = (owner.to_string(), entry.to_string());
            return Err(Collision { method: entry.method, path: entry.path, first, second });
        }
        kept.push(entry);
    }
    for entry in yielding {
        if !kept.iter().any(|owner| owner.collides(&entry)) {
            kept.push(entry);
        }
    }
    Ok(kept)
}

fn entries(number: usize, mount: &Mount) -> impl Iterator<Item = Entry> {
    let routes = Arc::clone(&mount.dialect).routes().into_iter();
    routes.map(move |route| Entry {
        dialect: Arc::clone(&mount.dialect),
        edition: mount.edition,
        operation: route.operation,
        method: route.method,
        path: format!("{}{}", mount.prefix, route.path),
        hosts: mount.hosts.clone(),
        answers_head: route.answers_head,
        handler: route.handler,
        at_hand: route.at_hand,
        describe: route.describe,
        meter: Arc::default(),
        yields: route.yields,
        mount: number,
    })
}
