mod races;

use std::{
    collections::BTreeSet,
    num::NonZeroUsize,
    sync::atomic::{AtomicBool, AtomicI64, Ordering::SeqCst},
};

use vestibule_adapters_db::MemoryStore;
use vestibule_domain::{
    message::EventKind,
    rights::{Right, Rights},
    secret::PasswordHash,
    session::{EndReason, Ending, Subject},
};

use super::*;
use crate::fixtures::{ALICE, HOUR, LIFETIMES, START, alice, digest, editor, record, session, session_id};

struct Time(AtomicI64);

impl Clock for Time {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(SeqCst))
    }
}

fn editing() -> Role {
    Role { name: editor(), rights: [Right::parse("assets.edit").unwrap()].into() }
}

/// A log that can be away.
struct Log {
    store: Arc<MemoryStore>,
    is_away: AtomicBool,
}

impl Log {
    fn answer(&self) -> Result<(), StoreError> {
        if self.is_away.load(SeqCst) { Err(StoreError::Unavailable("as told".into())) } else { Ok(()) }
    }
}

#[async_trait]
impl MessageLog for Log {
    async fn latest(&self) -> Result<MessageId, StoreError> {
        self.answer()?;
        self.store.latest().await
    }

    async fn page(&self, after: MessageId, limit: u32) -> Result<Vec<Message>, StoreError> {
        self.answer()?;
        MessageLog::page(&*self.store, after, limit).await
    }

    async fn about(&self, about: About, after: MessageId, limit: u32) -> Result<Vec<Message>, StoreError> {
        self.store.about(about, after, limit).await
    }
}

/// Two nodes on one store, with a user who has a session, which both have read.
struct Nodes {
    a: Arc<Followed>,
    b: Arc<Followed>,
    time: Arc<Time>,
    log: Arc<Log>,
}

fn ending(reason: EndReason) -> Ending {
    Ending { at: START, reason }
}

impl Nodes {
    async fn start() -> Self {
        let store = Arc::new(MemoryStore::new());
        let time = Arc::new(Time(AtomicI64::new(START.as_millis())));
        let log = Arc::new(Log { store: store.clone(), is_away: AtomicBool::new(false) });
        let some = NonZeroUsize::new(100).unwrap();
        let node = || {
            let stores = Stores { messages: log.clone(), ..Stores::of(&store) };
            let capacity = Capacity { sessions: some, users: some };
            Arc::new(Followed::new(stores, capacity, time.clone(), Duration::from_secs(5)))
        };
        let nodes = Self { a: node(), b: node(), time, log: log.clone() };
        nodes
            .a_does(vec![
                Change::PutRole(editing()),
                Change::AddUser { user: alice(), password: PasswordHash::new("x") },
                record(EventKind::UserAdded, None, Some(Subject::User(ALICE))),
                Change::BeginSession { session: session(1), digest: digest(1) },
                Change::BeginSession { session: session(2), digest: digest(2) },
            ])
            .await;
        for node in [&nodes.a, &nodes.b] {
            // Nothing counts that was read before the first look.
            node.catch_up(None).await.unwrap();
            for number in [1, 2] {
                assert!(node.by_digest(&digest(number)).await.unwrap().is_some_and(|session| session.ended.is_none()));
            }
            assert!(node.profile(ALICE).await.unwrap().is_some());
            assert_eq!(RoleStore::all(&**node).await.unwrap().len(), 3);
        }
        nodes
    }

    async fn a_does(&self, changes: Vec<Change>) {
        self.a.commit(changes).await.unwrap();
    }

    async fn session_on_b(&self, number: u8) -> Session {
        self.b.by_digest(&digest(number)).await.unwrap().unwrap()
    }

    fn hits_on_b(&self) -> u64 {
        self.b.use_made().hits
    }
}

#[tokio::test]
async fn what_nobody_has_changed_is_told_from_memory() {
    let nodes = Nodes::start().await;
    let before = nodes.hits_on_b();
    nodes.session_on_b(1).await;
    assert!(SessionStore::by_id(&*nodes.b, session_id(1)).await.unwrap().is_some());
    assert!(nodes.b.profile(ALICE).await.unwrap().is_some());
    assert_eq!(nodes.hits_on_b(), before + 3);
}

#[tokio::test]
async fn a_session_that_ended_on_one_node_is_over_on_the_other_and_no_other_is() {
    let nodes = Nodes::start().await;
    let subject = Some(Subject::User(ALICE));
    let id = session_id(1);
    let ended = record(EventKind::SessionEnded(EndReason::SignedOut), Some(id), subject);
    nodes.a_does(vec![Change::EndSession { id, ending: ending(EndReason::SignedOut) }, ended]).await;
    assert!(nodes.session_on_b(1).await.ended.is_some());
    assert!(SessionStore::by_id(&*nodes.b, id).await.unwrap().unwrap().ended.is_some());
    let before = nodes.hits_on_b();
    assert!(nodes.session_on_b(2).await.ended.is_none());
    assert_eq!(nodes.hits_on_b(), before + 1, "still told from memory");
}

#[tokio::test]
async fn a_user_who_was_disabled_on_one_node_is_so_on_the_other_and_so_are_their_sessions() {
    let nodes = Nodes::start().await;
    let subject = Subject::User(ALICE);
    nodes
        .a_does(vec![
            Change::SetDisabled { user: ALICE, disabled: true },
            Change::EndSessionsOf { subject, ending: ending(EndReason::SubjectChanged) },
            record(EventKind::UserDisabled, None, Some(subject)),
        ])
        .await;
    assert!(nodes.b.profile(ALICE).await.unwrap().unwrap().disabled);
    for number in [1, 2] {
        assert!(nodes.session_on_b(number).await.ended.is_some());
    }
}

#[tokio::test]
async fn rights_that_changed_on_one_node_have_changed_on_the_other() {
    let nodes = Nodes::start().await;
    let role = Role { name: editor(), rights: Rights::new() };
    nodes.a_does(vec![Change::PutRole(role.clone()), record(EventKind::RightsChanged, None, None)]).await;
    assert_eq!(nodes.b.named(&[editor()]).await.unwrap(), [role]);
    let withdrawn = Change::WithdrawRole { user: ALICE, role: editor() };
    nodes.a_does(vec![withdrawn, record(EventKind::RightsChanged, None, Some(Subject::User(ALICE)))]).await;
    assert!(nodes.b.profile(ALICE).await.unwrap().unwrap().roles.is_empty());
}

#[tokio::test]
async fn a_session_that_was_signed_out_and_taken_on_one_node_is_so_on_the_other() {
    let nodes = Nodes::start().await;
    let mut session = session(1);
    session.sign_out(&LIFETIMES, START);
    let note = record(EventKind::SessionSignedOut, Some(session.id), Some(Subject::User(ALICE)));
    nodes.a_does(vec![Change::SaveSession { session: session.clone(), expected_epoch: 1 }, note]).await;
    assert_eq!(nodes.session_on_b(1).await, session);
    session.authenticate(Subject::User(ALICE), &LIFETIMES, START);
    let note = record(EventKind::SessionAuthenticated, Some(session.id), Some(Subject::User(ALICE)));
    nodes.a_does(vec![Change::SaveSession { session: session.clone(), expected_epoch: 2 }, note]).await;
    assert_eq!(nodes.session_on_b(1).await, session);
}

#[tokio::test]
async fn what_one_node_sweeps_has_ended_on_the_other() {
    let nodes = Nodes::start().await;
    // By the clock of the other, there is time left.
    assert_eq!(nodes.a.expire(START.plus(2 * HOUR), 10).await.unwrap(), 2);
    for number in [1, 2] {
        assert!(nodes.session_on_b(number).await.ended.is_some());
    }
}

#[tokio::test]
async fn a_session_that_looks_as_if_it_were_over_soon_is_asked_for_again() {
    let nodes = Nodes::start().await;
    let seen = START.plus(HOUR / 2);
    nodes.a_does(vec![Change::TouchSessions(vec![(session_id(1), seen)])]).await;
    nodes.time.0.store(START.plus(HOUR).as_millis(), SeqCst);
    let found = nodes.session_on_b(1).await;
    assert_eq!(found.last_seen, seen);
    assert!(found.is_live(nodes.time.now()));
    let before = nodes.hits_on_b();
    nodes.session_on_b(1).await;
    assert_eq!(nodes.hits_on_b(), before + 1, "from then on, memory tells");
}

#[tokio::test]
async fn the_newest_message_of_either_node_is_the_newest_of_both() {
    let nodes = Nodes::start().await;
    let before = nodes.b.latest().await.unwrap();
    nodes.a_does(vec![record(EventKind::FormChanged, None, None)]).await;
    assert_eq!(nodes.b.latest().await.unwrap(), before + 1);
    assert_eq!(nodes.a.latest().await.unwrap(), before + 1);
}

#[tokio::test]
async fn memory_alone_never_answers() {
    let nodes = Nodes::start().await;
    nodes.log.is_away.store(true, SeqCst);
    assert!(nodes.b.by_digest(&digest(1)).await.is_err());
    assert!(SessionStore::by_id(&*nodes.b, session_id(1)).await.is_err());
    assert!(nodes.b.profile(ALICE).await.is_err());
    assert!(nodes.b.named(&[editor()]).await.is_err());
    assert!(RoleStore::all(&*nodes.b).await.is_err());
    assert!(nodes.b.latest().await.is_err());
    nodes.log.is_away.store(false, SeqCst);
    let before = nodes.hits_on_b();
    assert!(nodes.session_on_b(1).await.ended.is_none());
    assert_eq!(nodes.hits_on_b(), before + 1, "nothing was missed, so nothing is forgotten");
}

#[tokio::test]
async fn a_unit_that_no_message_tells_others_of_is_not_committed() {
    let nodes = Nodes::start().await;
    let (id, ending) = (session_id(1), ending(EndReason::Revoked));
    let refused = nodes.a.commit(vec![Change::EndSession { id, ending }]).await;
    assert!(matches!(refused, Err(CommitError::Store(StoreError::Unavailable(_)))));
    assert!(nodes.session_on_b(1).await.ended.is_none());
}

#[tokio::test]
async fn after_one_look_all_that_a_request_asks_is_at_hand_and_nothing_without() {
    let nodes = Nodes::start().await;
    assert!(nodes.b.at_hand(None).is_none(), "others may have written since");
    assert!(nodes.b.catch_up(Some(&digest(9))).await.unwrap().is_none(), "nothing is kept of it");
    let since = nodes.b.catch_up(Some(&digest(1))).await.unwrap();
    let AtHand { known, latest } = nodes.b.at_hand(since).unwrap();
    assert_eq!(
        (known.session(&digest(1)).map(|found| (found.session.id, found.user)), latest),
        (Some((session_id(1), Some(alice().into()))), 1)
    );
    assert_eq!(known.rights(&BTreeSet::from([editor()])), Some(editing().rights));

    let end = Change::EndSession { id: session_id(1), ending: ending(EndReason::SignedOut) };
    let told = record(EventKind::SessionEnded(EndReason::SignedOut), Some(session_id(1)), Some(Subject::User(ALICE)));
    nodes.a_does(vec![end, told]).await;
    let since = nodes.b.catch_up(None).await.unwrap();
    let AtHand { known, latest } = nodes.b.at_hand(since).unwrap();
    assert_eq!((known.session(&digest(1)).map(|found| found.session), latest), (None, 2));

    nodes.log.is_away.store(true, SeqCst);
    assert!(nodes.b.catch_up(None).await.is_err(), "memory alone never answers");
}
