//! Users, sessions and messages a page at a time, for whoever cannot wait for all of them.

use vestibule_domain::{
    message::{EventKind, Message, MessageId},
    session::{Origin, Session, SessionId, Subject},
    user::{EmailAddress, LoginName, User, UserId},
};

use super::{Error, Operator, sessions::SessionReport};
use crate::ports::{About, KeyKind, SessionFilter};

/// How many rows are looked at for one page at most: what is looked for may be rare.
const LOOKED_AT: usize = 5_000;
/// How many rows are read at a time where not each of them is wanted.
const READ: u32 = 500;

/// Some of many, and after which of them the next page begins; nothing after the last one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T, K> {
    /// At most as many as were asked for. There may be fewer, or none, and still a next page: so much was looked at.
    pub items: Vec<T>,
    /// Where the next page begins.
    pub next: Option<K>,
}

/// Which users to list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WhichUsers {
    /// All, in the order of their ids.
    All,
    /// The one with this login name.
    Login(LoginName),
    /// The one with this e-mail address.
    Email(EmailAddress),
}

/// How the sessions stand that are looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Live.
    Live,
    /// Over, whether they were ended or have expired.
    Over,
}

/// Which sessions to list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WhichSessions {
    /// Only this user's or node's.
    pub subject: Option<Subject>,
    /// Only those begun through this API.
    pub origin: Option<Origin>,
    /// Only those that stand like this.
    pub state: Option<State>,
}

/// Which messages to list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WhichMessages {
    /// Only those about it.
    pub about: Option<About>,
    /// Only those of this kind.
    pub kind: Option<EventKind>,
}

impl Operator {
    /// At most `limit` users, from after `after` on.
    pub async fn users_page(
        &self,
        which: WhichUsers,
        after: Option<UserId>,
        limit: u32,
    ) -> Result<Page<User, UserId>, Error> {
        let users = &self.ports.stores.users;
        let (key, kind) = match which {
            WhichUsers::All => {
                let mut items = users.page(after, limit.saturating_add(1)).await?;
                let next = next(&mut items, limit, |user| user.id);
                return Ok(Page { items, next });
            }
            WhichUsers::Login(login) => (login.key(), KeyKind::Login),
            WhichUsers::Email(email) => (email.key(), KeyKind::Email),
        };
        let found = users.by_key(&key, kind).await?.map(|stored| stored.user);
        let found = found.filter(|user| after.is_none_or(|after| user.id > after));
        Ok(Page { items: found.into_iter().collect(), next: None })
    }

    /// At most `limit` sessions, from after `after` on.
    pub async fn sessions_page(
        &self,
        which: WhichSessions,
        after: Option<SessionId>,
        limit: u32,
    ) -> Result<Page<SessionReport, SessionId>, Error> {
        let now = self.ports.clock.now();
        let live_at = (which.state == Some(State::Live)).then_some(now);
        let every = which.origin.is_none() && which.state != Some(State::Over);
        let read = if every { limit.saturating_add(1) } else { READ };
        let mut filter = SessionFilter { subject: which.subject, live_at, after, limit: read };
        let wanted = |session: &Session| {
            which.origin.as_ref().is_none_or(|origin| session.origin == *origin)
                && (which.state != Some(State::Over) || !session.is_live(now))
        };
        let (mut items, mut looked_at) = (Vec::new(), 0);
        let more = loop {
            let page = self.ports.stores.sessions.page(&filter).await?;
            let Some(last) = page.last() else { break None };
            filter.after = Some(last.id);
            looked_at += page.len();
            items.extend(page.into_iter().filter(wanted));
            if items.len() > at_most(limit) || looked_at >= LOOKED_AT {
                break filter.after;
            }
        };
        let next = next(&mut items, limit, |session| session.id).or(more);
        Ok(Page { items: self.report(items).await?, next })
    }

    /// At most `limit` messages, from after `after` on.
    pub async fn messages_page(
        &self,
        which: WhichMessages,
        mut after: MessageId,
        limit: u32,
    ) -> Result<Page<Message, MessageId>, Error> {
        let log = &self.ports.stores.messages;
        let read = if which.kind.is_none() { limit.saturating_add(1) } else { READ };
        let (mut items, mut looked_at) = (Vec::new(), 0);
        let more = loop {
            let page = match which.about {
                Some(about) => log.about(about, after, read).await?,
                None => log.page(after, read).await?,
            };
            let Some(last) = page.last() else { break None };
            after = last.id;
            looked_at += page.len();
            items.extend(page.into_iter().filter(|message| which.kind.is_none_or(|kind| message.event.kind == kind)));
            if items.len() > at_most(limit) || looked_at >= LOOKED_AT {
                break Some(after);
            }
        };
        let next = next(&mut items, limit, |message| message.id).or(more);
        Ok(Page { items, next })
    }

    /// The highest number in the message log.
    pub async fn latest_message(&self) -> Result<MessageId, Error> {
        Ok(self.ports.stores.messages.latest().await?)
    }
}

/// Cuts a page that is longer than `limit`, and says after which the next one begins.
fn next<T, K>(items: &mut Vec<T>, limit: u32, key: fn(&T) -> K) -> Option<K> {
    if items.len() <= at_most(limit) {
        return None;
    }
    items.truncate(at_most(limit));
    items.last().map(key)
}

fn at_most(limit: u32) -> usize {
    usize::try_from(limit).unwrap_or(usize::MAX)
}
