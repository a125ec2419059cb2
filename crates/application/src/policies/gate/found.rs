//! Who was found under a login.

use std::sync::Arc;

use vestibule_domain::{
    network::{KnownNetworks, Network},
    session::Subject,
    time::Timestamp,
};

use super::{Admitted, Backoffice};
use crate::{
    change::Change,
    ports::{StoredNode, StoredUser},
    view::Principal,
};

pub(super) enum Found {
    User(StoredUser),
    Node(StoredNode),
    Nobody,
}

impl Found {
    pub(super) fn id(&self) -> Option<String> {
        match self {
            Self::User(stored) => Some(stored.user.id.to_string()),
            Self::Node(stored) => Some(stored.node.id.to_string()),
            Self::Nobody => None,
        }
    }

    /// The networks they are known by.
    pub(super) fn networks(&self) -> Option<&KnownNetworks> {
        match self {
            Self::User(stored) => Some(&stored.networks),
            Self::Node(stored) => Some(&stored.networks),
            Self::Nobody => None,
        }
    }

    /// What they are if they are let in from there at this time.
    pub(super) fn admitted(self, from: Network, at: Timestamp) -> Option<Admitted> {
        let is_noted = self.networks().is_some_and(|known| known.has_noted(from, at));
        match self {
            Self::User(StoredUser { user, revision, .. }) => {
                let (subject, user_id) = (Subject::User(user.id), user.id);
                let conditions = vec![Change::ExpectUser { user: user_id, revision }];
                let principal = Principal::User(Arc::new(user));
                Some(Admitted {
                    is_backoffice: Backoffice::is_of(&principal),
                    principal,
                    subject,
                    conditions,
                    is_noted,
                })
            }
            Self::Node(StoredNode { node, revision, .. }) => {
                let conditions = vec![Change::ExpectNode { node: node.id, revision }];
                let subject = Subject::Node(node.id);
                Some(Admitted { subject, is_backoffice: false, principal: Principal::Node(node), conditions, is_noted })
            }
            Self::Nobody => None,
        }
    }
}
