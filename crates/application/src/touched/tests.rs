use vestibule_domain::{
    message::{Agent, EventKind},
    secret::PasswordHash,
    session::{EndReason, Ending},
};

use super::*;
use crate::testing::{ALICE, NODE, NOW, role, session, session_id};

fn record(kind: EventKind, session: Option<SessionId>, subject: Option<Subject>) -> Change {
    let (at, by) = (NOW, Agent::default());
    Change::Record(Event { kind, at, session, subject, origin: None, address: None, by })
}

fn alice() -> UserId {
    let Subject::User(id) = ALICE else { panic!("she is a user") };
    id
}

fn end_all(subject: Subject) -> Change {
    Change::EndSessionsOf { subject, ending: Ending { at: NOW, reason: EndReason::SubjectChanged } }
}

#[test]
fn a_change_without_a_message_is_untold() {
    let user = alice();
    for (change, touched) in [
        (Change::SetDisabled { user, disabled: true }, Touched::User(user)),
        (end_all(ALICE), Touched::SessionsOf(ALICE)),
        (Change::AddRole(role("editor")), Touched::Roles),
        (Change::SaveSession { session: session(1, ALICE), expected_epoch: 0 }, Touched::Session(session_id(1))),
        (Change::ReplaceHash { user, password: PasswordHash::new("other") }, Touched::User(user)),
        (Change::RecordLogin { subject: ALICE, at: NOW, succeeded: true }, Touched::User(user)),
    ] {
        assert_eq!(untold(&[change]), [touched]);
    }
}

#[test]
fn a_message_about_somebody_else_does_not_tell() {
    let unit = [end_all(ALICE), record(EventKind::UserDisabled, None, Some(NODE))];
    assert_eq!(untold(&unit), [Touched::SessionsOf(ALICE)]);
    let end = Change::EndSession { id: session_id(1), ending: Ending { at: NOW, reason: EndReason::Revoked } };
    let ended = EventKind::SessionEnded(EndReason::Revoked);
    let unit = [end, record(ended, Some(session_id(2)), Some(ALICE)), record(ended, None, Some(ALICE))];
    assert_eq!(untold(&unit), [Touched::Session(session_id(1))]);
}

#[test]
fn a_message_of_a_lesser_kind_does_not_tell_that_all_sessions_ended() {
    for kind in [EventKind::ProfileChanged, EventKind::UserEnabled, EventKind::SessionAuthenticated] {
        assert_eq!(untold(&[end_all(ALICE), record(kind, None, Some(ALICE))]), [Touched::SessionsOf(ALICE)]);
    }
    // The end of one session, either.
    let ended = record(EventKind::SessionEnded(EndReason::Replaced), Some(session_id(1)), Some(ALICE));
    assert_eq!(untold(&[end_all(ALICE), ended]), [Touched::SessionsOf(ALICE)]);
}

#[test]
fn whoever_disables_a_user_tells_of_the_user_and_of_all_their_sessions() {
    let disabled = Change::SetDisabled { user: alice(), disabled: true };
    assert_eq!(untold(&[disabled, end_all(ALICE), record(EventKind::UserDisabled, None, Some(ALICE))]), []);
    assert_eq!(untold(&[end_all(NODE), record(EventKind::NodeRemoved, None, Some(NODE))]), []);
}

#[test]
fn every_message_tells_of_its_session_and_its_user() {
    for kind in EventKind::all() {
        let Change::Record(event) = record(kind, Some(session_id(1)), Some(ALICE)) else { panic!("it is one") };
        let told: Vec<_> = Touched::told_by(&event).collect();
        for touched in [Touched::Log, Touched::Session(session_id(1)), Touched::User(alice())] {
            assert!(told.contains(&touched), "{kind:?} does not tell of {touched:?}");
        }
    }
}

#[test]
fn what_is_written_of_nobody_touches_nothing() {
    let nobody = Subject::User(UserId::from_uuid(uuid::Uuid::nil()));
    assert_eq!(untold(&[Change::RecordLogin { subject: nobody, at: NOW, succeeded: false }]), []);
}
