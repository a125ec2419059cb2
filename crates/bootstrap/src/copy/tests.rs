use std::sync::Arc;

use vestibule_adapters_db::MemoryStore;
use vestibule_application::{change::Change, ports::StoredUser};
use vestibule_domain::{
    message::{Agent, Event, EventKind},
    network::KnownNetworks,
    secret::{Digest, PasswordHash},
    session::{DeviceName, Origin, Session, SessionId},
    time::Timestamp,
    user::{EmailAddress, LoginName, Profile, TimeZoneName, User, UserId},
};

use super::{encoding::encode, *};

const BORN: Timestamp = Timestamp::from_millis(1_800_000_000_000);

fn stores() -> Stores {
    Stores::of(&Arc::new(MemoryStore::new()))
}

fn user(number: u128, login: &str) -> User {
    User {
        id: UserId::from_uuid(uuid(number)),
        login: LoginName::parse(login).unwrap(),
        email: EmailAddress::parse(&format!("{login}@example.org")).unwrap(),
        roles: [].into(),
        disabled: false,
        profile: Profile::default(),
        time_zone: TimeZoneName::default(),
        created: BORN,
        last_successful_login: None,
        last_failed_login: None,
    }
}

fn uuid(number: u128) -> uuid::Uuid {
    uuid::Uuid::from_u128(number)
}

fn session(number: u128) -> Session {
    let id = SessionId::from_uuid(uuid(number));
    Session::begin(id, Origin::new("test"), DeviceName::default(), BORN, BORN)
}

fn digest(number: u128) -> Digest {
    let mut bytes = [7; 32];
    bytes[..16].copy_from_slice(&number.to_be_bytes());
    Digest::new(bytes)
}

async fn adds(stores: &Stores, user: User) {
    let event = Event {
        kind: EventKind::UserAdded,
        at: user.created,
        session: None,
        subject: None,
        origin: None,
        address: None,
        by: Agent::default(),
    };
    let changes = vec![Change::AddUser { user, password: PasswordHash::new("p") }, Change::Record(event)];
    stores.unit.commit(changes).await.unwrap();
}

async fn begins(stores: &Stores, numbers: std::ops::RangeInclusive<u128>) {
    let begin = |number| Change::BeginSession { session: session(number), digest: digest(number) };
    stores.unit.commit(numbers.map(begin).collect()).await.unwrap();
}

async fn copies(from: &Stores, to: &Stores) -> Vec<Compared> {
    copy(from, to, false, &Progress::Lines).await.unwrap()
}

async fn refused(from: &Stores, to: &Stores) -> String {
    format!("{:#}", copy(from, to, false, &Progress::Lines).await.err().unwrap())
}

#[tokio::test]
async fn a_copy_is_equal_and_made_again_copies_only_what_has_changed() {
    let (from, to) = (stores(), stores());
    adds(&from, user(1, "ada")).await;
    begins(&from, 1..=1200).await;
    let first = copies(&from, &to).await;
    assert!(first.iter().all(|both| both.from == both.to));
    let sessions = first.last().unwrap();
    assert_eq!((sessions.kind, sessions.from.count, sessions.copied), (Kind::Session, 1200, 1200));

    assert!(copies(&from, &to).await.iter().all(|both| both.copied == 0));
    let seen = vec![(session(700).id, Timestamp::from_millis(BORN.as_millis() + 1))];
    from.unit.commit(vec![Change::TouchSessions(seen)]).await.unwrap();
    begins(&from, 1201..=1202).await;
    let second = copies(&from, &to).await;
    assert!(second.iter().all(|both| both.from == both.to));
    assert_eq!(second.iter().map(|both| both.copied).sum::<u64>(), 3);
}

#[tokio::test]
async fn what_does_not_belong_in_a_copy_goes_wherever_it_is() {
    let (from, to) = (stores(), stores());
    adds(&from, user(1, "ada")).await;
    begins(&from, 1000..=1600).await;
    copies(&from, &to).await;
    begins(&to, 1..=900).await;
    begins(&to, 1601..=2900).await;
    let sessions = copies(&from, &to).await.pop().unwrap();
    assert_eq!((sessions.from, sessions.copied), (sessions.to, 0));
    assert_eq!(sessions.to.count, 601);
}

#[tokio::test]
async fn a_login_name_that_has_changed_hands_moves() {
    let (from, to) = (stores(), stores());
    for number in 1..=600 {
        adds(&from, user(number, &format!("user{number}"))).await;
    }
    copies(&from, &to).await;
    // Its new owner is in an earlier span than its old one.
    let remove = |number| Change::RemoveUser { user: user(number, "x").id };
    from.unit.commit(vec![remove(1), remove(600)]).await.unwrap();
    adds(&from, user(1, "user600")).await;
    assert!(copies(&from, &to).await.iter().all(|both| both.from == both.to));
    assert_eq!(to.users.by_id(user(1, "x").id).await.unwrap().unwrap().user.login.as_str(), "user600");
}

#[tokio::test]
async fn a_copy_that_was_tampered_with_is_told_from_a_good_one_and_mended() {
    let (from, to) = (stores(), stores());
    adds(&from, user(1, "ada")).await;
    copies(&from, &to).await;
    let tally = async |stores: &Stores| {
        Tally::of(&*stores.archive, Kind::User, &Progress::Lines.of("", Kind::User, None)).await.unwrap()
    };
    let stolen = Change::ReplaceHash { user: user(1, "ada").id, password: PasswordHash::new("q") };
    to.unit.commit(vec![stolen]).await.unwrap();
    assert_ne!(tally(&from).await, tally(&to).await);
    copies(&from, &to).await;
    assert_eq!(tally(&from).await, tally(&to).await);
}

#[tokio::test]
async fn another_installation_is_not_overwritten_unless_asked_to() {
    let (from, to) = (stores(), stores());
    adds(&from, user(1, "ada")).await;
    adds(&to, User { created: Timestamp::EPOCH, ..user(2, "eve") }).await;
    assert!(refused(&from, &to).await.contains("--overwrite"));
    assert!(to.users.by_id(user(2, "eve").id).await.unwrap().is_some());
    let overwritten = copy(&from, &to, true, &Progress::Lines).await.unwrap();
    assert!(overwritten.iter().all(|both| both.from == both.to));
    assert!(to.users.by_id(user(2, "eve").id).await.unwrap().is_none());
}

#[tokio::test]
async fn a_copy_that_has_been_in_use_is_not_overwritten_by_what_it_was_made_from() {
    let (from, to) = (stores(), stores());
    adds(&from, user(1, "ada")).await;
    copies(&from, &to).await;
    adds(&to, user(2, "bob")).await;
    assert!(refused(&from, &to).await.contains("has been in use"));
    // Nor when both went on.
    adds(&from, User { created: Timestamp::EPOCH, ..user(3, "eve") }).await;
    assert!(refused(&from, &to).await.contains("has been in use"));
}

#[tokio::test]
async fn users_without_a_log_are_not_overwritten_either() {
    let (from, to) = (stores(), stores());
    adds(&from, user(1, "ada")).await;
    let silent = Change::AddUser { user: user(2, "bob"), password: PasswordHash::new("p") };
    to.unit.commit(vec![silent]).await.unwrap();
    assert!(refused(&from, &to).await.contains("--to holds users already"));
}

#[tokio::test]
async fn an_empty_store_is_never_copied_over_a_full_one() {
    let (from, to) = (stores(), stores());
    adds(&to, user(1, "ada")).await;
    for overwrite in [false, true] {
        let refusal = copy(&from, &to, overwrite, &Progress::Lines).await.err().unwrap();
        assert!(format!("{refusal:#}").contains("the wrong way round"));
    }
}

#[test]
fn records_that_differ_in_anything_have_different_bytes() {
    let stored = |password: Option<&str>, revision| {
        let password = password.map(PasswordHash::new);
        encode(&Record::User(Box::new(StoredUser {
            user: user(1, "ada"),
            password,
            revision,
            networks: KnownNetworks::default(),
        })))
    };
    assert_eq!(stored(Some("p"), 1), stored(Some("p"), 1));
    for other in [stored(Some("q"), 1), stored(None, 1), stored(Some("p"), 2), stored(Some(""), 1)] {
        assert_ne!(stored(Some("p"), 1), other);
    }
    let begun = |session, token| encode(&Record::Session { session: Box::new(session), digest: digest(token) });
    let seen = Session { last_seen: Timestamp::EPOCH, ..session(1) };
    for other in [begun(session(1), 2), begun(session(2), 1), begun(seen, 1)] {
        assert_ne!(begun(session(1), 1), other);
    }
    // What is moved from one text to the next is another record.
    let named = |login: &str, email: &str| {
        let email = EmailAddress::parse(email).unwrap();
        let user = User { email, ..user(1, login) };
        encode(&Record::User(Box::new(StoredUser {
            user,
            password: None,
            revision: 0,
            networks: KnownNetworks::default(),
        })))
    };
    assert_ne!(named("ab", "c@example.org"), named("a", "bc@example.org"));
}
