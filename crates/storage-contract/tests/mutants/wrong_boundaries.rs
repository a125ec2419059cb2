//! Stores that are off by one: a millisecond, a row, or the size of a batch.

use std::time::Duration;

use async_trait::async_trait;
use vestibule_application::{
    change::Change,
    ports::{SessionFilter, Stores},
};
use vestibule_domain::{
    message::{Message, MessageId},
    session::{DeviceName, Session},
    time::Timestamp,
    user::{User, UserId},
};

use crate::{
    common::{Edit, Reshaped},
    fault::{Committed, Fault, Read},
    mutant::Mutant,
};

const MILLI: Duration = Duration::from_millis(1);
const HOUR: Duration = Duration::from_hours(1);

pub(crate) fn mutants() -> Vec<Mutant> {
    let mut mutants = moments();
    mutants.extend(pages());
    mutants.extend(batches());
    mutants.extend(values());
    mutants
}

/// By a millisecond.
fn moments() -> Vec<Mutant> {
    vec![
        Mutant::new(
            "the absolute expiry is a millisecond late",
            "expires < now, where <= was meant",
            &["a_session_expires_at_its_absolute_expiry_and_not_before"],
            || Reshaped {
                write: |session| session.expires = session.expires.plus(MILLI),
                read: |session| session.expires = session.expires.minus(MILLI),
            },
        ),
        Mutant::new(
            "the absolute expiry is a millisecond early",
            "rounding when the column holds another unit",
            &["a_session_expires_at_its_absolute_expiry_and_not_before"],
            || Reshaped {
                write: |session| session.expires = session.expires.minus(MILLI),
                read: |session| session.expires = session.expires.plus(MILLI),
            },
        ),
        Mutant::new(
            "the idle expiry is a millisecond late",
            "the same comparison, in the other half of an OR",
            &["a_session_expires_at_its_idle_expiry_and_not_before"],
            || Reshaped {
                write: |session| session.idle_ttl = session.idle_ttl.map(|ttl| ttl.saturating_add(MILLI)),
                read: |session| session.idle_ttl = session.idle_ttl.map(|ttl| ttl.saturating_sub(MILLI)),
            },
        ),
        Mutant::new(
            "the idle expiry is a millisecond early",
            "idle expiry computed from the end of the second before",
            &["a_session_expires_at_its_idle_expiry_and_not_before"],
            || Reshaped {
                write: |session| session.idle_ttl = session.idle_ttl.map(|ttl| ttl.saturating_sub(MILLI)),
                read: |session| session.idle_ttl = session.idle_ttl.map(|ttl| ttl.saturating_add(MILLI)),
            },
        ),
        Mutant::new(
            "the idle expiry is the only one",
            "a key's TTL is renewed with each use, and nothing limits that",
            &["a_sighting_postpones_the_idle_expiry_but_not_the_absolute_one"],
            || Reshaped {
                write: |session| session.expires = session.expires.plus(HOUR),
                read: |session| session.expires = session.expires.minus(HOUR),
            },
        ),
        Mutant::new(
            "an end is forgotten at the very moment of it",
            "<= before, where < was meant",
            &[
                "an_ended_session_is_forgotten_after_its_end_and_not_at_it",
                "expired_login_tokens_are_forgotten",
                "an_expired_login_token_is_found_until_it_is_forgotten",
            ],
            || Clock { forget: |before| before.plus(MILLI), ..Clock::RIGHT },
        ),
        Mutant::new(
            "an end is remembered a millisecond too long",
            "off by one the other way",
            &["an_ended_session_is_forgotten_after_its_end_and_not_at_it"],
            || Clock { forget: |before| before.minus(MILLI), ..Clock::RIGHT },
        ),
        Mutant::new(
            "a list of live sessions has those that just expired",
            "the list compares with <=, the check with <",
            &["a_page_of_live_sessions_ends_at_the_very_millisecond"],
            || Clock { live: |at| at.minus(MILLI), ..Clock::RIGHT },
        ),
        Mutant::new(
            "a list of live sessions lacks those that are about to expire",
            "the same the other way",
            &["a_page_of_live_sessions_ends_at_the_very_millisecond"],
            || Clock { live: |at| at.plus(MILLI), ..Clock::RIGHT },
        ),
        Mutant::new(
            "times are kept in seconds",
            "DATETIME without a precision, or EXPIREAT instead of PEXPIREAT",
            &["a_session_comes_back_with_everything_it_had"],
            || Reshaped { write: whole_seconds, read: |_| () },
        ),
        Mutant::new(
            "times beyond what a database's calendar knows are cut",
            "TIMESTAMP ends in 2038, DATETIME begins in the year 1000",
            &["the_ends_of_time_can_be_stored"],
            || Reshaped {
                write: |session| session.expires = session.expires.min(Timestamp::from_millis(2_147_483_647_999)),
                read: |_| (),
            },
        ),
    ]
}

/// By a row.
fn pages() -> Vec<Mutant> {
    vec![
        Mutant::new(
            "a page begins with the last of the page before",
            ">= after, where > was meant",
            &[
                "pages_of_sessions_join_without_gap_or_overlap",
                "pages_of_users_join_without_gap_or_overlap",
                "pages_of_messages_join_without_gap_or_overlap",
            ],
            || Pages { first: |row| row.saturating_sub(1), ..Pages::RIGHT },
        ),
        Mutant::new(
            "between two pages one is missing",
            "OFFSET counts from the wrong end, or a cursor is moved twice",
            &[
                "pages_of_sessions_join_without_gap_or_overlap",
                "pages_of_users_join_without_gap_or_overlap",
                "pages_of_messages_join_without_gap_or_overlap",
            ],
            || Pages { first: |row| if row == 0 { 0 } else { row + 1 }, ..Pages::RIGHT },
        ),
        Mutant::new(
            "a page has one too many",
            "the row that tells whether there is a next page is not taken off again",
            &["pages_of_sessions_join_without_gap_or_overlap", "no_more_expire_at_a_time_than_allowed"],
            || Pages { limit: |limit| limit.saturating_add(1), ..Pages::RIGHT },
        ),
        Mutant::new(
            "a page has no limit",
            "the limit is a hint, as COUNT is to SCAN",
            &[
                "pages_of_messages_join_without_gap_or_overlap",
                "no_more_expire_at_a_time_than_allowed",
                "no_more_are_forgotten_at_a_time_than_allowed",
            ],
            || Pages { limit: |_| u32::MAX, ..Pages::RIGHT },
        ),
        Mutant::new(
            "a page of none is a page of all",
            "0 and -1 are \"no limit\" in more than one database",
            &["a_page_of_none_is_empty"],
            || Pages { limit: |limit| if limit == 0 { u32::MAX } else { limit }, ..Pages::RIGHT },
        ),
        Mutant::new(
            "a page has a thousand at most",
            "a limit of the server's own, of which nobody is told",
            &["a_page_is_as_long_as_asked"],
            || Pages { limit: |limit| limit.min(1000), ..Pages::RIGHT },
        ),
        Mutant::new(
            "a page forgets whose sessions it was to list",
            "a filter is left out when another is there too",
            &["a_page_may_be_of_one_subject", "filters_of_a_page_add_up"],
            || Pages { every_subject: true, ..Pages::RIGHT },
        ),
        Mutant::new(
            "ids are ordered as numbers with a sign",
            "a key/value store compares something else than the bytes",
            &["pages_of_sessions_join_without_gap_or_overlap"],
            || Pages { signed: true, ..Pages::RIGHT },
        ),
    ]
}

/// By the size of a batch.
fn batches() -> Vec<Mutant> {
    vec![
        Mutant::new(
            "no more than a thousand are touched",
            "a statement has room for so many values, and the rest is cut off",
            &["a_thousand_sessions_are_touched_at_once"],
            || {
                Edit(|mut change| {
                    if let Change::TouchSessions(seen) = &mut change {
                        seen.truncate(1000);
                    }
                    vec![change]
                })
            },
        ),
        Mutant::new(
            "no more than a thousand changes are applied",
            "the same for a unit",
            &["a_thousand_sessions_are_touched_at_once", "many_sessions_expire_and_are_forgotten_at_once"],
            || FirstThousand,
        ),
        Mutant::new(
            "no more than a thousand of a subject's sessions are ended",
            "one round of SCAN, or one page of an index, is taken for all of it",
            &["a_thousand_sessions_of_a_user_end_at_once"],
            || EndsAThousand,
        ),
    ]
}

/// By what a column has room for.
fn values() -> Vec<Mutant> {
    vec![
        Mutant::new(
            "device names are cut after 64 bytes",
            "MySQL outside strict mode cuts what does not fit, and says nothing",
            &["device_names_survive_in_any_script_and_at_full_length"],
            || Reshaped {
                write: |session| rename(session, |name| name[..name.floor_char_boundary(64)].to_owned()),
                read: |_| (),
            },
        ),
        Mutant::new(
            "four bytes of UTF-8 are too many",
            "MySQL's \"utf8\" has three, and puts a question mark for the rest",
            &["device_names_survive_in_any_script_and_at_full_length"],
            || Reshaped {
                write: |session| rename(session, |name| name.replace(|c: char| c.len_utf8() > 3, "?")),
                read: |_| (),
            },
        ),
        Mutant::new(
            "quotes are doubled",
            "a value is escaped by hand, and bound as well",
            &["device_names_survive_in_any_script_and_at_full_length"],
            || Reshaped { write: |session| rename(session, |name| name.replace('\'', "''")), read: |_| () },
        ),
        Mutant::new(
            "an epoch goes no further than a signed number",
            "INT, where there is no UNSIGNED",
            &["a_session_comes_back_with_everything_it_had"],
            || Reshaped { write: |session| session.epoch = session.epoch.min(i32::MAX.unsigned_abs()), read: |_| () },
        ),
    ]
}

fn whole_seconds(session: &mut Session) {
    let cut = |at: Timestamp| Timestamp::from_millis(at.as_secs().saturating_mul(1000));
    session.begun = cut(session.begun);
    session.last_seen = cut(session.last_seen);
    session.expires = cut(session.expires);
}

fn rename(session: &mut Session, change: impl FnOnce(&str) -> String) {
    session.device = DeviceName::parse(&change(session.device.as_str())).unwrap();
}

/// Asks the store about another time than it was asked about.
struct Clock {
    forget: fn(Timestamp) -> Timestamp,
    live: fn(Timestamp) -> Timestamp,
}

impl Clock {
    const RIGHT: Self = Self { forget: |before| before, live: |at| at };
}

#[async_trait]
impl Fault for Clock {
    async fn sessions(&self, store: &Stores, filter: &SessionFilter) -> Read<Vec<Session>> {
        store.sessions.page(&SessionFilter { live_at: filter.live_at.map(self.live), ..*filter }).await
    }

    async fn forget(&self, store: &Stores, before: Timestamp, limit: u32) -> Read<u32> {
        store.housekeeping.forget((self.forget)(before), limit).await
    }
}

/// Asks the store for another page than it was asked for.
struct Pages {
    /// Where a page begins, counted from the first row of all.
    first: fn(usize) -> usize,
    every_subject: bool,
    /// Whether ids are ordered as numbers with a sign.
    signed: bool,
    limit: fn(u32) -> u32,
}

impl Pages {
    const RIGHT: Self = Self { first: |row| row, every_subject: false, signed: false, limit: |limit| limit };

    /// The rows after `after`, of all rows.
    fn cut<T>(&self, all: Vec<T>, is_after: impl Fn(&T) -> bool, limit: u32) -> Vec<T> {
        let first = (self.first)(all.iter().position(is_after).unwrap_or(all.len()));
        let limit = usize::try_from((self.limit)(limit)).unwrap();
        all.into_iter().skip(first).take(limit).collect()
    }
}

#[async_trait]
impl Fault for Pages {
    async fn sessions(&self, store: &Stores, filter: &SessionFilter) -> Read<Vec<Session>> {
        let subject = filter.subject.filter(|_| !self.every_subject);
        let every = SessionFilter { subject, after: None, limit: u32::MAX, ..*filter };
        let mut all = store.sessions.page(&every).await?;
        if self.signed {
            all.sort_by_key(|session| session.id.as_uuid().as_u128().cast_signed());
        }
        Ok(self.cut(all, |session| filter.after.is_none_or(|after| session.id > after), filter.limit))
    }

    async fn users(&self, store: &Stores, after: Option<UserId>, limit: u32) -> Read<Vec<User>> {
        let all = store.users.page(None, u32::MAX).await?;
        Ok(self.cut(all, |user| after.is_none_or(|after| user.id > after), limit))
    }

    async fn messages(&self, store: &Stores, after: MessageId, limit: u32) -> Read<Vec<Message>> {
        let all = store.messages.page(0, u32::MAX).await?;
        Ok(self.cut(all, |message| message.id > after, limit))
    }

    async fn expire(&self, store: &Stores, now: Timestamp, limit: u32) -> Read<u32> {
        store.housekeeping.expire(now, (self.limit)(limit)).await
    }

    async fn forget(&self, store: &Stores, before: Timestamp, limit: u32) -> Read<u32> {
        store.housekeeping.forget(before, (self.limit)(limit)).await
    }
}

struct FirstThousand;

#[async_trait]
impl Fault for FirstThousand {
    async fn commit(&self, store: &Stores, mut changes: Vec<Change>) -> Committed {
        changes.truncate(1000);
        store.unit.commit(changes).await
    }
}

struct EndsAThousand;

#[async_trait]
impl Fault for EndsAThousand {
    async fn commit(&self, store: &Stores, changes: Vec<Change>) -> Committed {
        let mut kept = Vec::new();
        for change in changes {
            if let Change::EndSessionsOf { subject, ending } = change {
                let theirs = SessionFilter { subject: Some(subject), live_at: None, after: None, limit: 1000 };
                let page = store.sessions.page(&theirs).await?.into_iter();
                let unended = page.filter(|session| session.ended.is_none());
                kept.extend(unended.map(|session| Change::EndSession { id: session.id, ending }));
            } else {
                kept.push(change);
            }
        }
        store.unit.commit(kept).await
    }
}
