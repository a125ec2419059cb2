//! What is at hand.

use std::sync::Arc;

use async_trait::async_trait;
use vestibule_domain::{rights::union, secret::Digest, session::Subject};

use super::{super::Anywhere, Hand, World};
use crate::ports::{AtHand, CaughtUp, Memory, MockRecall, Remembered, StoreError};

/// What is at hand of a world, if anything is.
pub(super) struct Known {
    world: World,
    recall: MockRecall,
}

#[async_trait]
impl Memory for Known {
    fn tells_at_once(&self) -> bool {
        self.world.state().at_hand == Hand::Everything
    }

    fn at_hand(&self, since: Option<CaughtUp>) -> Option<AtHand<'_>> {
        let latest = match (self.world.state().at_hand, since) {
            (Hand::Everything, _) => 42,
            (Hand::CaughtUp, Some(CaughtUp(latest))) => latest,
            (Hand::CaughtUp, None) | (Hand::Nothing, _) => return None,
        };
        Some(AtHand { known: &self.recall, latest })
    }

    async fn catch_up(&self, _: Option<&Digest>) -> Result<Option<CaughtUp>, StoreError> {
        let mut state = self.world.state();
        if state.at_hand != Hand::CaughtUp {
            return Ok(None);
        }
        state.journal.push("catch up".to_owned());
        Ok(Some(CaughtUp(42)))
    }
}

impl Known {
    pub(super) fn of(world: &World) -> Self {
        let mut recall = MockRecall::new();
        let found = world.clone();
        recall.expect_session().returning(move |digest| {
            found.tell(|state| {
                let (_, session) = state.rows.iter().find(|(known, _)| known == digest)?;
                let user = if let Subject::User(id) = session.subject { state.profile(id) } else { None };
                Some(Remembered { session: session.clone(), place: Arc::new(Anywhere::default()), user })
            })
        });
        let known = world.clone();
        recall.expect_rights().returning(move |roles| {
            known.tell(|state| Some(union(state.roles.iter().filter(|role| roles.contains(&role.name)))))
        });
        Self { world: world.clone(), recall }
    }
}
