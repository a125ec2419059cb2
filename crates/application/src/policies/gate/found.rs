//! Who was found under a login.

use std::sync::Arc;

use vestibule_domain::session::Subject;

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

    /// What they are if they are let in.
    pub(super) fn admitted(self) -> Option<Admitted> {
        match self {
            Self::User(StoredUser { user, revision, .. }) => {
                let (subject, user_id) = (Subject::User(user.id), user.id);
                let conditions = vec![Change::ExpectUser { user: user_id, revision }];
                let principal = Principal::User(Arc::new(user));
                Some(Admitted { is_backoffice: Backoffice::is_of(&principal), principal, subject, conditions })
            }
            Self::Node(StoredNode { node, revision, .. }) => {
                let conditions = vec![Change::ExpectNode { node: node.id, revision }];
                let subject = Subject::Node(node.id);
                Some(Admitted { subject, is_backoffice: false, principal: Principal::Node(node), conditions })
            }
            Self::Nobody => None,
        }
    }
}
