use proptest::prelude::*;
use uuid::Uuid;

use super::*;

fn anonymous(now: Timestamp, lifetimes: &Lifetimes) -> Session {
    let expires = now.plus(lifetimes.anonymous);
    let id = SessionId::from_uuid(Uuid::from_u128(7));
    let session = Session::begin(id, Origin::new("test"), DeviceName::default(), now, expires);
    Session { sealed_until: Some(expires), ..session }
}

fn user() -> Subject {
    Subject::User(UserId::from_uuid(Uuid::from_u128(1)))
}

const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);
const MS: Duration = Duration::from_millis(1);

#[test]
fn an_anonymous_session_lives_its_ttl_from_its_beginning_and_not_a_millisecond_longer() {
    let lifetimes = Lifetimes::default();
    let session = anonymous(NOW, &lifetimes);
    assert!(session.is_live(NOW.plus(lifetimes.anonymous).minus(MS)));
    assert_eq!(session.standing(NOW.plus(lifetimes.anonymous)), Standing::Expired);
}

#[test]
fn an_authenticated_session_is_over_at_its_idle_or_absolute_expiry_whichever_is_first() {
    let lifetimes = Lifetimes::default();
    let mut session = anonymous(NOW, &lifetimes);
    session.authenticate(user(), &lifetimes, NOW);
    assert!(session.is_live(NOW.plus(lifetimes.idle).minus(MS)));
    assert!(!session.is_live(NOW.plus(lifetimes.idle)));
    session.last_seen = NOW.plus(lifetimes.absolute).minus(MS);
    assert!(session.is_live(session.last_seen));
    assert!(!session.is_live(NOW.plus(lifetimes.absolute)));
}

#[test]
fn signing_out_takes_everything_but_the_session() {
    let lifetimes = Lifetimes::default();
    let mut session = anonymous(NOW, &lifetimes);
    session.authenticate(user(), &lifetimes, NOW);
    session.sign_out(&lifetimes, NOW.plus(MS));
    assert_eq!((session.subject, session.authenticated, session.epoch), (Subject::Anonymous, None, 2));
    assert!(session.is_live(NOW.plus(lifetimes.anonymous)));
    assert!(!session.is_live(NOW.plus(lifetimes.anonymous).plus(MS)));
}

#[test]
fn a_sealed_session_is_remembered_until_its_seal_is_worthless() {
    let lifetimes = Lifetimes::default();
    let mut session = anonymous(NOW, &lifetimes);
    session.ended = Some(Ending { at: NOW.plus(MS), reason: EndReason::SignedOut });
    assert_eq!(session.forgettable_from(), NOW.plus(lifetimes.anonymous));
    session.sealed_until = None;
    assert_eq!(session.forgettable_from(), NOW.plus(MS));
}

#[test]
fn end_reasons_are_found_by_their_names() {
    for reason in EndReason::ALL {
        assert_eq!(EndReason::parse(reason.as_str()), Some(reason));
    }
    assert_eq!(EndReason::parse("forgotten"), None);
}

#[test]
fn bearers_are_told_apart_by_their_form() {
    assert!(matches!(Bearer::parse("c473472d-c085-4043-9bf0-ee80bff73d40"), Ok(Bearer::Opaque(_))));
    assert!(matches!(Bearer::parse("eyJh.eyJz.c2ln"), Ok(Bearer::Signed(_))));
    for malformed in ["", "a.b", "a..c", "a.b.c.d", "a.b.c=", "c473472d-c085-4043-9bf0-ee80bff73d4", "a b.c.d"] {
        assert!(Bearer::parse(malformed).is_err(), "{malformed}");
    }
    assert!(SignedToken::parse(&format!("a.{}.c", "b".repeat(5000))).is_err());
}

proptest! {
    /// TX-10.
    #[test]
    fn time_never_brings_a_session_back(later in 0_u64..10_000_000_000, idle in 1_u64..100_000_000, absolute in 1_u64..4_000_000_000) {
        let lifetimes = Lifetimes { anonymous: MS, idle: Duration::from_millis(idle), absolute: Duration::from_millis(absolute) };
        let mut session = anonymous(NOW, &lifetimes);
        session.authenticate(user(), &lifetimes, NOW);
        let at = NOW.plus(Duration::from_millis(later));
        prop_assert_eq!(session.is_live(at), later < idle.min(absolute));
        session.ended = Some(Ending { at: NOW, reason: EndReason::Revoked });
        prop_assert!(!session.is_live(at));
    }
}
