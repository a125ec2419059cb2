use uuid::Uuid;
use vestibule_domain::session::{DeviceName, Origin};

use super::*;

const ID: SessionId = SessionId::from_uuid(Uuid::from_u128(1));

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

fn session() -> Session {
    Session::begin(ID, Origin::new("test"), DeviceName::default(), at(1), at(100))
}

fn seen(millis: i64) -> [Change; 1] {
    [Change::TouchSessions(vec![(ID, at(millis))])]
}

fn kept() -> Kept {
    Kept::new(NonZeroUsize::MIN.saturating_add(9))
}

fn nobody() -> Users {
    Users::new(NonZeroUsize::MIN)
}

fn last_seen(kept: &Kept) -> Option<i64> {
    kept.get(ID).map(|entry| entry.session().last_seen.as_millis())
}

#[test]
fn a_time_that_was_written_is_known_at_once() {
    let kept = kept();
    kept.keep(&session(), &nobody(), None, Moment::default(), kept.now());
    let writing = kept.write(&seen(5));
    assert_eq!(last_seen(&kept), None, "while it is written, the store is asked");
    writing.happened(at(0));
    assert_eq!(last_seen(&kept), Some(5));
    kept.write(&seen(3)).happened(at(0));
    assert_eq!(last_seen(&kept), Some(5), "times do not go back");
}

#[test]
fn a_session_stays_in_doubt_when_nobody_knows_what_was_written() {
    let kept = kept();
    kept.keep(&session(), &nobody(), None, Moment::default(), kept.now());
    drop(kept.write(&seen(5)));
    assert_eq!(last_seen(&kept), None);
    kept.write(&seen(6)).happened(at(0));
    assert_eq!(last_seen(&kept), None, "a later time says nothing about an earlier one");
    kept.keep(&session(), &nobody(), None, Moment::default(), kept.now());
    assert_eq!(last_seen(&kept), Some(1), "what is read from then on counts");
}

#[test]
fn a_reading_that_may_have_missed_a_time_is_not_used() {
    let kept = kept();
    let before = kept.now();
    let writing = kept.write(&seen(5));
    kept.keep(&session(), &nobody(), None, Moment::default(), before);
    assert_eq!(last_seen(&kept), None, "it is being written");
    writing.happened(at(0));
    assert_eq!(last_seen(&kept), None, "the one that writes did not know of it");
    kept.keep(&session(), &nobody(), None, Moment::default(), before);
    assert_eq!(last_seen(&kept), None, "it was read before");
    kept.keep(&session(), &nobody(), None, Moment::default(), kept.now());
    assert_eq!(last_seen(&kept), Some(1));
}

/// What had ended was not touched, and the store says nothing of that.
#[test]
fn a_time_does_not_bring_a_session_back_that_was_swept() {
    let kept = kept();
    kept.keep(&session(), &nobody(), None, Moment::default(), kept.now());
    kept.write(&seen(99)).happened(at(100));
    assert_eq!(last_seen(&kept), None);
}

#[test]
fn a_session_that_was_read_by_its_digest_is_the_same_as_by_its_id() {
    let (kept, digest) = (kept(), Digest::new([7; 32]));
    kept.keep(&session(), &nobody(), Some(&digest), Moment::default(), kept.now());
    let both = (kept.get(ID).unwrap(), kept.by_digest(&digest).unwrap());
    assert!(Arc::ptr_eq(&both.0, &both.1));
    drop(both);
    let writing = kept.write(&seen(5));
    assert!(kept.by_digest(&digest).is_none(), "while it is written, the store is asked");
    writing.happened(at(0));
    assert_eq!(kept.by_digest(&digest).unwrap().session().last_seen, at(5));
}

#[test]
fn a_session_that_was_replaced_is_not_found_by_its_digest_any_more() {
    let (kept, digest) = (kept(), Digest::new([7; 32]));
    kept.keep(&session(), &nobody(), Some(&digest), Moment::default(), kept.now());
    kept.keep(&session(), &nobody(), None, Moment::default(), kept.now());
    assert!(kept.get(ID).is_some() && kept.by_digest(&digest).is_none());
}

#[test]
fn a_session_in_use_stays_while_others_come_and_go() {
    let (kept, digest) = (Kept::new(NonZeroUsize::MIN.saturating_add(99)), Digest::new([7; 32]));
    let comes = |number| {
        let other = Session { id: SessionId::from_uuid(Uuid::from_u128(number)), ..session() };
        kept.keep(&other, &nobody(), None, Moment::default(), kept.now());
    };
    // The first to come are the last to go.
    (2..1_000).for_each(comes);
    kept.keep(&session(), &nobody(), Some(&digest), Moment::default(), kept.now());
    for number in 1_000..5_000 {
        comes(number);
        if number % 20 == 0 {
            assert!(kept.by_digest(&digest).is_some(), "gone after {number}");
            kept.write(&seen(i64::try_from(number).unwrap())).happened(at(0));
        }
    }
}

#[test]
fn a_session_that_was_replaced_while_its_time_was_written_keeps_nothing_of_that() {
    let (kept, digest) = (kept(), Digest::new([7; 32]));
    kept.keep(&session(), &nobody(), Some(&digest), Moment::default(), kept.now());
    let writing = kept.write(&seen(5));
    kept.keep(&session(), &nobody(), None, Moment::default(), kept.now());
    writing.happened(at(0));
    assert!(kept.by_digest(&digest).is_none());
}

#[test]
fn nobody_is_found_by_a_digest_that_has_only_its_beginning_in_common() {
    let (kept, digest) = (kept(), Digest::new([7; 32]));
    kept.keep(&session(), &nobody(), Some(&digest), Moment::default(), kept.now());
    let mut alike = [7; 32];
    alike[31] = 8;
    assert!(kept.by_digest(&digest).is_some() && kept.by_digest(&Digest::new(alike)).is_none());
}

#[test]
fn nothing_leads_to_sessions_that_were_given_up() {
    let kept = kept();
    for number in 1..=200 {
        let other = Session { id: SessionId::from_uuid(Uuid::from_u128(number.into())), ..session() };
        kept.keep(&other, &nobody(), Some(&Digest::new([number; 32])), Moment::default(), kept.now());
    }
    let found = (1..=200).filter(|number| kept.by_digest(&Digest::new([*number; 32])).is_some()).count();
    assert_eq!((found, kept.by_digest.len()), (kept.len(), kept.len()));
}
