//! What is demanded of back-office sessions: those of users with the role `admin` (seed 001).

use std::{net::IpAddr, sync::Arc, time::Duration};

use ipnet::IpNet;
use vestibule_domain::{rights::RoleName, session::Lifetimes, user::User};

use crate::view::Principal;

/// The demands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Backoffice {
    /// How long such a session may go unused, where that is less than for others.
    pub idle: Option<Duration>,
    /// How long it may live, where that is less than for others.
    pub absolute: Option<Duration>,
    /// The networks from which an admin is one. From anywhere, when there are none.
    pub networks: Vec<IpNet>,
}

impl Backoffice {
    /// Whether this is who back-office sessions are of.
    pub fn is_of(principal: &Principal) -> bool {
        matches!(principal, Principal::User(user) if Self::is_of_user(user))
    }

    /// The same, of a user.
    pub fn is_of_user(user: &User) -> bool {
        user.has_role(&RoleName::admin())
    }

    /// The lifetimes of such a session, from those of others.
    pub fn lifetimes(&self, usual: &Lifetimes) -> Lifetimes {
        Lifetimes {
            idle: self.idle.map_or(usual.idle, |idle| idle.min(usual.idle)),
            absolute: self.absolute.map_or(usual.absolute, |absolute| absolute.min(usual.absolute)),
            ..*usual
        }
    }

    /// Somebody as they are from this address: from outside the networks an admin is a user like others, with what rights
    /// their other roles give.
    pub fn seen_from(&self, address: IpAddr, mut principal: Principal) -> Principal {
        let is_inside =
            self.networks.is_empty() || self.networks.iter().any(|net| net.contains(&address.to_canonical()));
        if let Principal::User(user) = &mut principal
            && !is_inside
            && Self::is_of_user(user)
        {
            Arc::make_mut(user).roles.remove(&RoleName::admin());
        }
        principal
    }
}
