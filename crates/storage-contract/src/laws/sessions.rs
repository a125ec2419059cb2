//! Beginning, finding and saving sessions.

use std::time::Duration;

use vestibule_application::{change::Change, ports::Conflict};
use vestibule_domain::{
    secret::Digest,
    session::{DeviceName, EndReason, Ending, GuardTag, Origin, Session, Subject},
    time::Timestamp,
};

use crate::{
    Store,
    fixtures::{anonymous, at, digest, digest_of, node_id, session_id, session_of, user_id},
};

fn begin(session: &Session, digest: Digest) -> Change {
    Change::BeginSession { session: session.clone(), digest }
}

fn save(session: &Session, expected_epoch: u32) -> Change {
    Change::SaveSession { session: session.clone(), expected_epoch }
}

/// A session in which nothing is left out.
fn full(number: u128) -> Session {
    Session {
        origin: Origin::new("another"),
        device: DeviceName::parse("Firefox on Linux").unwrap(),
        subject: Subject::Node(node_id(3)),
        begun: at(1),
        authenticated: Some(at(2)),
        last_seen: at(3),
        idle_ttl: Some(Duration::from_millis(4)),
        expires: at(5),
        epoch: u32::MAX,
        guard: Some(GuardTag::new(0x00ff_ffff)),
        sealed_until: Some(at(6)),
        ..anonymous(number)
    }
}

pub async fn a_session_is_found_by_its_digest_and_by_its_id(store: Store) {
    let (one, other) = (anonymous(1), anonymous(2));
    store.does([begin(&one, digest(1)), begin(&other, digest(2))]).await;
    assert_eq!(store.sessions.by_digest(&digest(1)).await.unwrap(), Some(one.clone()));
    assert_eq!(store.sessions.by_digest(&digest(2)).await.unwrap(), Some(other));
    assert_eq!(store.sessions.by_id(one.id).await.unwrap(), Some(one));
    assert_eq!(store.sessions.by_digest(&digest(3)).await.unwrap(), None);
    assert_eq!(store.sessions.by_id(session_id(3)).await.unwrap(), None);
}

pub async fn a_session_comes_back_with_everything_it_had(store: Store) {
    for session in [full(1), anonymous(2)] {
        store.begins(&session).await;
        assert_eq!(store.session(session.id).await, Some(session));
    }
}

pub async fn a_digest_that_differs_in_one_bit_finds_nothing(store: Store) {
    store.does([begin(&anonymous(1), digest(0x61))]).await;
    for bit in 0..256 {
        let mut bytes = [0x61; 32];
        bytes[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(store.sessions.by_digest(&Digest::new(bytes)).await.unwrap(), None, "bit {bit}");
    }
}

pub async fn digests_compare_byte_for_byte(store: Store) {
    // Zeros, spaces, letters of either case and bytes that are no UTF-8: whatever a text column would confuse.
    let mut ends_in_spaces = [0; 32];
    ends_in_spaces[16..].fill(0x20);
    let digests = [0x00, 0x20, 0x41, 0x61, 0x80, 0xff].map(digest).into_iter().chain([Digest::new(ends_in_spaces)]);
    for (number, digest) in (1..).zip(digests.clone()) {
        store.does([begin(&anonymous(number), digest)]).await;
    }
    for (number, digest) in (1..).zip(digests) {
        let found = store.sessions.by_digest(&digest).await.unwrap();
        assert_eq!(found.map(|session| session.id), Some(session_id(number)));
    }
}

pub async fn no_two_sessions_have_one_id(store: Store) {
    store.does([begin(&anonymous(1), digest(1))]).await;
    assert_eq!(store.conflict([begin(&full(1), digest(2))]).await, Some(Conflict::SessionExists));
    assert_eq!(store.session(session_id(1)).await, Some(anonymous(1)));
    assert_eq!(store.sessions.by_digest(&digest(2)).await.unwrap(), None);
}

pub async fn no_two_sessions_have_one_digest(store: Store) {
    store.does([begin(&anonymous(1), digest(1))]).await;
    assert_eq!(store.conflict([begin(&anonymous(2), digest(1))]).await, Some(Conflict::SessionExists));
    assert_eq!(store.session(session_id(2)).await, None);
    assert_eq!(store.sessions.by_digest(&digest(1)).await.unwrap(), Some(anonymous(1)));
}

pub async fn a_session_may_begin_ended(store: Store) {
    let session = Session { ended: Some(Ending { at: at(7), reason: EndReason::SignedOut }), ..full(1) };
    store.begins(&session).await;
    assert_eq!(store.session(session.id).await, Some(session.clone()));
    assert_eq!(store.conflict([save(&session, session.epoch)]).await, Some(Conflict::Stale));
}

pub async fn every_reason_to_end_survives(store: Store) {
    for (number, reason) in (1..).zip(EndReason::ALL) {
        let session = Session { ended: Some(Ending { at: at(1), reason }), ..anonymous(number) };
        store.begins(&session).await;
        assert_eq!(store.session(session.id).await, Some(session));
    }
}

pub async fn every_subject_survives(store: Store) {
    let subjects = [Subject::Anonymous, Subject::Setup, Subject::User(user_id(9)), Subject::Node(node_id(9))];
    for (number, subject) in (1..).zip(subjects) {
        let session = Session { subject, ..anonymous(number) };
        store.begins(&session).await;
        assert_eq!(store.session(session.id).await, Some(session));
    }
}

pub async fn device_names_survive_in_any_script_and_at_full_length(store: Store) {
    let full_length = "\u{1d518}".repeat(DeviceName::MAX);
    let names = ["Zażółć gęślą jaźń", "手机", "\u{1f4f1} 1", "it's \"quoted\" \\ %_;--", full_length.as_str()];
    for (number, name) in (1..).zip(names) {
        let session = Session { device: DeviceName::parse(name).unwrap(), ..anonymous(number) };
        store.begins(&session).await;
        assert_eq!(store.session(session.id).await, Some(session));
    }
}

pub async fn saving_overwrites_everything_but_the_token(store: Store) {
    store.does([begin(&anonymous(1), digest(1)), begin(&anonymous(2), digest(2))]).await;
    for session in [full(1), Session { last_seen: at(4), ..anonymous(1) }] {
        let epoch = store.session(session.id).await.unwrap().epoch;
        store.does([save(&session, epoch)]).await;
        assert_eq!(store.sessions.by_digest(&digest(1)).await.unwrap(), Some(session));
    }
    assert_eq!(store.session(session_id(2)).await, Some(anonymous(2)), "another session changed");
}

pub async fn saving_from_another_epoch_is_stale(store: Store) {
    let session = session_of(1, 1);
    store.begins(&session).await;
    for expected in [0, 2, u32::MAX] {
        assert_eq!(store.conflict([save(&full(1), expected)]).await, Some(Conflict::Stale));
    }
    assert_eq!(store.session(session.id).await, Some(session));
}

pub async fn saving_what_is_not_there_is_stale(store: Store) {
    assert_eq!(store.conflict([save(&anonymous(1), 0)]).await, Some(Conflict::Stale));
    assert_eq!(store.session(session_id(1)).await, None);
}

pub async fn saving_never_moves_last_seen_back(store: Store) {
    let session = Session { last_seen: at(500), ..session_of(1, 1) };
    store.begins(&session).await;
    store.does([save(&Session { last_seen: at(400), epoch: 2, ..session.clone() }, 1)]).await;
    assert_eq!(store.session(session.id).await, Some(Session { epoch: 2, ..session }));
}

pub async fn saving_may_end_a_session(store: Store) {
    let session = session_of(1, 1);
    store.begins(&session).await;
    let ended = Session { ended: Some(Ending { at: at(1), reason: EndReason::Replaced }), ..session };
    store.does([save(&ended, 1)]).await;
    assert_eq!(store.conflict([save(&ended, 1)]).await, Some(Conflict::Stale));
    assert_eq!(store.session(ended.id).await, Some(ended));
}

pub async fn the_ends_of_time_can_be_stored(store: Store) {
    let (first, last) = (Timestamp::from_millis(i64::MIN), Timestamp::from_millis(i64::MAX));
    let longest = Duration::from_millis(i64::MAX.unsigned_abs());
    let session =
        Session { begun: first, last_seen: first, expires: last, idle_ttl: Some(longest), ..session_of(1, 1) };
    store.begins(&session).await;
    store.does([Change::TouchSessions(vec![(session.id, last)])]).await;
    let found = store.sessions.by_digest(&digest_of(session.id)).await.unwrap();
    assert_eq!(found, Some(Session { last_seen: last, ..session }));
}
