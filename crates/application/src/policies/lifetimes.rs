//! How long sessions live, and whether they are accepted beyond the API that began them.

use std::{collections::BTreeMap, time::Duration};

use vestibule_domain::session::{Lifetimes, Origin};

use super::{backoffice::Backoffice, setup::SetupGrants};

/// The configured lifetimes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LifetimePolicy {
    /// Where an API has none of its own.
    pub default: Lifetimes,
    /// By API.
    pub by_origin: BTreeMap<Origin, Lifetimes>,
    /// Whether a session begun through one API is accepted by all.
    pub shared: bool,
    /// What is demanded of an admin's.
    pub backoffice: Backoffice,
}

impl LifetimePolicy {
    /// The lifetimes for sessions of this API.
    pub fn of(&self, origin: &Origin) -> &Lifetimes {
        self.by_origin.get(origin).unwrap_or(&self.default)
    }

    /// The lifetimes for a session of this API that becomes somebody's.
    pub fn of_owned(&self, origin: &Origin, is_backoffice: bool) -> Lifetimes {
        let usual = self.of(origin);
        if is_backoffice { self.backoffice.lifetimes(usual) } else { *usual }
    }

    /// How long a sealed session of this API lives: an anonymous one, or one that may set the system up.
    pub fn of_sealed(&self, origin: &Origin, setup: bool) -> Duration {
        let anonymous = self.of(origin).anonymous;
        if setup { anonymous.min(SetupGrants::TTL) } else { anonymous }
    }

    /// Whether the API `via` accepts a session that was begun through `origin`.
    pub fn accepts(&self, origin: &Origin, via: &Origin) -> bool {
        self.shared || origin == via
    }
}

impl Default for LifetimePolicy {
    fn default() -> Self {
        Self {
            default: Lifetimes::default(),
            by_origin: BTreeMap::new(),
            shared: true,
            backoffice: Backoffice::default(),
        }
    }
}
