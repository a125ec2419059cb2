//! Stores whose message log, or whose sweeping, tells something else than what happened.

use std::{
    collections::BTreeSet,
    net::IpAddr,
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use async_trait::async_trait;
use vestibule_application::{
    change::Change,
    ports::{self, About, CommitError, SessionFilter, StoreError, Stores},
};
use vestibule_domain::{
    login_token::LoginToken,
    message::{Event, EventKind, Message, MessageId},
    secret::Digest,
    session::{EndReason, Ending, Session, Standing, Subject},
    time::Timestamp,
};

use crate::{
    common::{Unchecked, a_moment},
    fault::{Committed, Fault, Read},
    mutant::Mutant,
};

pub(crate) fn mutants() -> Vec<Mutant> {
    let mut mutants = log();
    mutants.extend(housekeeping());
    mutants
}

fn log() -> Vec<Mutant> {
    vec![
        Mutant::new(
            "a message can be seen after a later one",
            "a sequence gives numbers when asked, and transactions end in any order: who follows misses some",
            &["whoever_follows_the_log_misses_nothing"],
            LateMessages::default,
        ),
        Mutant::new(
            "messages of one moment have one number",
            "the clock is the number",
            &["messages_are_numbered_in_the_order_they_were_recorded", "pages_of_messages_join_without_gap_or_overlap"],
            || Renumbered { number: |id| id.div_ceil(2) },
        ),
        Mutant::new(
            "the first message is number 0",
            "and 0 is \"from the beginning\", so that nobody ever reads it",
            &["messages_are_numbered_in_the_order_they_were_recorded", "pages_of_messages_join_without_gap_or_overlap"],
            || Renumbered { number: |id| id - 1 },
        ),
        Mutant::new(
            "the latest message goes down when the log is read",
            "a queue whose length is taken for the highest number",
            &["whoever_follows_the_log_misses_nothing"],
            Draining::default,
        ),
        Mutant::new(
            "a kind of event that the store does not know becomes another",
            "ENUM: MySQL outside strict mode stores the empty string, and reads it as the first",
            &["every_kind_of_event_survives"],
            || {
                Retold(|event| {
                    if event.kind == EventKind::FormChanged {
                        event.kind = EventKind::SessionBegun;
                    }
                })
            },
        ),
        Mutant::new(
            "addresses lose their family",
            "INET6_ATON and a round trip make an IPv4 address of a mapped one",
            &["an_event_comes_back_with_everything_it_had"],
            || Retold(|event| event.address = event.address.map(|address| address.to_canonical())),
        ),
        Mutant::new(
            "IPv6 addresses do not fit",
            "VARCHAR(15)",
            &["an_event_comes_back_with_everything_it_had"],
            || Retold(|event| event.address = event.address.filter(IpAddr::is_ipv4)),
        ),
        Mutant::new(
            "an event of nobody's is anonymous",
            "NULL means two things",
            &["an_event_comes_back_with_everything_it_had"],
            || Retold(|event| event.subject = event.subject.or(Some(Subject::Anonymous))),
        ),
        Mutant::new(
            "a user and a node of one id are one to the log",
            "WHERE subject_id = ?, without the kind",
            &["messages_are_found_by_whom_they_are_about"],
            || AboutIds,
        ),
        Mutant::new(
            "nobody knows which operator it was",
            "the column came with a later migration, and the insert was forgotten",
            &["an_event_comes_back_with_everything_it_had"],
            || Retold(|event| event.by.operator = None),
        ),
        Mutant::new(
            "an empty log has a latest message",
            "the last value of a sequence is 1 before it has given out any",
            &["a_fresh_log_is_empty"],
            || Sequence,
        ),
        Mutant::new(
            "messages are numbered twice",
            "read the highest, add one, insert: two do so at once",
            &["messages_recorded_at_once_have_each_a_number"],
            SameNumber::default,
        ),
        Mutant::new(
            "a unit tells of the message before its own",
            "the highest is read before the unit",
            &["what_a_unit_tells_of_the_log_is_its_newest_message"],
            || Misnumbered(|newest| newest - 1),
        ),
        Mutant::new(
            "a unit tells of a message that is not there",
            "last_insert_id(), of another table",
            &["what_a_unit_tells_of_the_log_is_its_newest_message"],
            || Misnumbered(|newest| newest + 3),
        ),
        Mutant::new(
            "a unit counts its messages on from what it found",
            "others are recorded meanwhile",
            &["units_at_once_tell_of_messages_that_are_there_and_not_older_than_their_own"],
            || CountedOn,
        ),
    ]
}

fn housekeeping() -> Vec<Mutant> {
    vec![
        Mutant::new(
            "expiring is not in the log",
            "the sweeper is SQL of its own, or the store's TTL, and tells nobody",
            &["each_expiry_is_in_the_log", "many_sessions_expire_and_are_forgotten_at_once"],
            || Sweeper { message: |_, _| None, ..Sweeper::RIGHT },
        ),
        Mutant::new(
            "expiring does not say whose session it was",
            "the row is gone before the message is written",
            &["each_expiry_is_in_the_log"],
            || Sweeper {
                message: |session, at| Some(Event { subject: None, ..Event::expiry(session, at) }),
                ..Sweeper::RIGHT
            },
        ),
        Mutant::new(
            "expired sessions are revoked",
            "one way to end for all reasons",
            &["a_session_expires_at_its_absolute_expiry_and_not_before", "two_sweepers_expire_each_session_once"],
            || Sweeper { reason: EndReason::Revoked, ..Sweeper::RIGHT },
        ),
        Mutant::new(
            "a session expired when it should have, not when it did",
            "the end is written with the expiry as its time: before things that happened under the session",
            &["a_session_signed_out_expires_by_its_new_lifetime"],
            || Sweeper { late: true, ..Sweeper::RIGHT },
        ),
        Mutant::new(
            "what has ended expires as well",
            "WHERE expires <= ?, without AND ended IS NULL",
            &["what_has_ended_does_not_expire", "a_session_expires_at_its_absolute_expiry_and_not_before"],
            || Sweeper { ended_too: true, ..Sweeper::RIGHT },
        ),
        Mutant::new(
            "two sweepers expire one session twice",
            "SELECT, then UPDATE, on two nodes",
            &["two_sweepers_expire_each_session_once"],
            || Sweeper { slow: true, ..Sweeper::RIGHT },
        ),
        Mutant::new(
            "what nobody ended is forgotten once it has expired",
            "DELETE WHERE expires < ?: the session goes without an end, a message, or regard for its seal",
            &["what_has_not_ended_is_not_forgotten"],
            || ForgetsUnended,
        ),
        Mutant::new(
            "login tokens are kept for ever",
            "a table that no sweeper knows",
            &["expired_login_tokens_are_forgotten", "no_more_are_forgotten_at_a_time_than_allowed"],
            || Tokens { swept: false, hidden: |_| false },
        ),
        Mutant::new(
            "a login token is gone when it expires",
            "reads have AND expires > now(), by the database's clock and not the service's",
            &["an_expired_login_token_is_found_until_it_is_forgotten"],
            || Tokens { swept: true, hidden: |token| token.issued < token.expires },
        ),
        Mutant::new(
            "a store that works says that it does not",
            "a health check asks for what this database does not have",
            &["a_store_answers"],
            || Unwell,
        ),
    ]
}

/// Numbers whose messages are written but not yet to be seen.
#[derive(Default)]
struct LateMessages {
    units: AtomicU64,
    hidden: Mutex<BTreeSet<MessageId>>,
}

#[async_trait]
impl Fault for LateMessages {
    async fn commit(&self, store: &Stores, changes: Vec<Change>) -> Committed {
        if self.units.fetch_add(1, Relaxed) % 2 == 1 {
            return store.unit.commit(changes).await;
        }
        // Hidden before it is written, so that nobody sees it in between.
        let next = store.messages.latest().await? + 1;
        self.hidden.lock().unwrap().insert(next);
        let committed = store.unit.commit(changes).await;
        a_moment().await;
        self.hidden.lock().unwrap().remove(&next);
        committed
    }

    async fn messages(&self, store: &Stores, after: MessageId, limit: u32) -> Read<Vec<Message>> {
        let mut page = store.messages.page(after, limit).await?;
        page.retain(|message| !self.hidden.lock().unwrap().contains(&message.id));
        Ok(page)
    }
}

struct Renumbered {
    number: fn(MessageId) -> MessageId,
}

#[async_trait]
impl Fault for Renumbered {
    async fn latest(&self, store: &Stores) -> Read<MessageId> {
        let latest = store.messages.latest().await?;
        Ok(if latest == 0 { 0 } else { (self.number)(latest) })
    }

    async fn messages(&self, store: &Stores, after: MessageId, limit: u32) -> Read<Vec<Message>> {
        let all = store.messages.page(0, u32::MAX).await?.into_iter();
        let renumbered = all.map(|message| Message { id: (self.number)(message.id), ..message });
        Ok(renumbered.filter(|message| message.id > after).take(usize::try_from(limit).unwrap()).collect())
    }
}

struct Misnumbered(fn(MessageId) -> MessageId);

#[async_trait]
impl Fault for Misnumbered {
    async fn commit(&self, store: &Stores, changes: Vec<Change>) -> Committed {
        let committed = store.unit.commit(changes).await?;
        Ok(ports::Committed { newest: committed.newest.map(self.0) })
    }
}

struct CountedOn;

#[async_trait]
impl Fault for CountedOn {
    async fn commit(&self, store: &Stores, changes: Vec<Change>) -> Committed {
        let found = store.messages.latest().await?;
        a_moment().await;
        let own = changes.iter().filter(|change| matches!(change, Change::Record(_))).count();
        store.unit.commit(changes).await?;
        Ok(ports::Committed { newest: Some(found + u64::try_from(own).unwrap()) })
    }
}

struct Sequence;

#[async_trait]
impl Fault for Sequence {
    async fn latest(&self, store: &Stores) -> Read<MessageId> {
        Ok(store.messages.latest().await?.max(1))
    }
}

/// How many messages somebody has read.
#[derive(Default)]
struct Draining(AtomicU64);

#[async_trait]
impl Fault for Draining {
    async fn latest(&self, store: &Stores) -> Read<MessageId> {
        Ok(store.messages.latest().await?.saturating_sub(self.0.load(Relaxed)))
    }

    async fn messages(&self, store: &Stores, after: MessageId, limit: u32) -> Read<Vec<Message>> {
        let page = store.messages.page(after, limit).await?;
        self.0.fetch_add(u64::try_from(page.len()).unwrap(), Relaxed);
        Ok(page)
    }
}

/// Takes subjects for one whose ids are alike.
struct AboutIds;

#[async_trait]
impl Fault for AboutIds {
    async fn messages_about(&self, store: &Stores, about: About, after: MessageId, limit: u32) -> Read<Vec<Message>> {
        let id = |subject| match subject {
            Subject::Anonymous | Subject::Setup => None,
            Subject::User(id) => Some(id.as_uuid()),
            Subject::Node(id) => Some(id.as_uuid()),
        };
        let About::Subject(subject) = about else { return store.messages.about(about, after, limit).await };
        let mut page = store.messages.page(after, u32::MAX).await?;
        page.retain(|message| message.event.subject.is_some_and(|other| id(other) == id(subject)));
        page.truncate(usize::try_from(limit).unwrap());
        Ok(page)
    }
}

struct Retold(fn(&mut Event));

#[async_trait]
impl Fault for Retold {
    async fn commit(&self, store: &Stores, mut changes: Vec<Change>) -> Committed {
        for change in &mut changes {
            if let Change::Record(event) = change {
                (self.0)(event);
            }
        }
        store.unit.commit(changes).await
    }
}

/// Numbers given out twice: the second message overwrites the first.
#[derive(Default)]
struct SameNumber(Mutex<BTreeSet<MessageId>>);

#[async_trait]
impl Fault for SameNumber {
    async fn commit(&self, store: &Stores, changes: Vec<Change>) -> Committed {
        let highest = store.messages.latest().await?;
        a_moment().await;
        let overtaken = store.messages.latest().await? > highest;
        let own = changes.iter().filter(|change| matches!(change, Change::Record(_))).count();
        if overtaken {
            let lost = highest + 1..=highest + u64::try_from(own).unwrap();
            self.0.lock().unwrap().extend(lost);
        }
        store.unit.commit(changes).await
    }

    async fn messages(&self, store: &Stores, after: MessageId, limit: u32) -> Read<Vec<Message>> {
        let mut page = store.messages.page(after, limit).await?;
        page.retain(|message| !self.0.lock().unwrap().contains(&message.id));
        Ok(page)
    }
}

/// Expires sessions by looking at them first.
struct Sweeper {
    message: fn(&Session, Timestamp) -> Option<Event>,
    reason: EndReason,
    late: bool,
    ended_too: bool,
    slow: bool,
}

impl Sweeper {
    const RIGHT: Self = Self {
        message: |session, at| Some(Event::expiry(session, at)),
        reason: EndReason::Expired,
        late: false,
        ended_too: false,
        slow: false,
    };
}

#[async_trait]
impl Fault for Sweeper {
    async fn expire(&self, store: &Stores, now: Timestamp, limit: u32) -> Read<u32> {
        let every = SessionFilter { subject: None, live_at: None, after: None, limit: u32::MAX };
        let mut over = store.sessions.page(&every).await?;
        over.retain(|session| match session.standing(now) {
            Standing::Live => false,
            Standing::Expired => true,
            Standing::Ended(_) => self.ended_too && now >= session.expires,
        });
        over.truncate(usize::try_from(limit).unwrap());
        if self.slow {
            a_moment().await;
        }
        let at = |session: &Session| if self.late { session.begun } else { now };
        let changes = over.iter().flat_map(|session| {
            let end = Change::EndSession { id: session.id, ending: Ending { at: at(session), reason: self.reason } };
            [Some(end), (self.message)(session, now).map(Change::Record)].into_iter().flatten()
        });
        let unlooked = Unchecked(|change| matches!(change, Change::EndSession { .. }));
        match unlooked.commit(store, changes.collect()).await {
            Err(CommitError::Store(failure)) => Err(failure),
            Ok(_) | Err(CommitError::Conflict(_)) => Ok(u32::try_from(over.len()).unwrap()),
        }
    }
}

struct ForgetsUnended;

#[async_trait]
impl Fault for ForgetsUnended {
    async fn forget(&self, store: &Stores, before: Timestamp, limit: u32) -> Read<u32> {
        store.housekeeping.expire(before, limit).await?;
        store.housekeeping.forget(before.plus(Duration::from_millis(1)), limit).await
    }
}

struct Tokens {
    swept: bool,
    hidden: fn(&LoginToken) -> bool,
}

#[async_trait]
impl Fault for Tokens {
    async fn login_token(&self, store: &Stores, digest: &Digest) -> Read<Option<LoginToken>> {
        Ok(store.login_tokens.by_digest(digest).await?.filter(|token| !(self.hidden)(token)))
    }

    async fn forget(&self, store: &Stores, before: Timestamp, limit: u32) -> Read<u32> {
        let before = if self.swept { before } else { before.min(Timestamp::EPOCH) };
        store.housekeeping.forget(before, limit).await
    }
}

struct Unwell;

#[async_trait]
impl Fault for Unwell {
    async fn ping(&self, _: &Stores) -> Read<()> {
        Err(StoreError::Malformed("answer"))
    }
}
