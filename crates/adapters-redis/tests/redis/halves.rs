//! When something happens between the halves of a unit.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use async_trait::async_trait;
use tokio::sync::Semaphore;
use vestibule_adapters_db::MemoryStore;
use vestibule_application::{
    change::Change,
    ports::{CommitError, Committed, Conflict, SessionStore, StoreError, Stores, UnitOfWork},
};
use vestibule_domain::login_token::LoginToken;

use crate::{
    own_server::OwnServer,
    place::{ONE, Place},
    sessions::{ENDING, LIVE, START, begin, digest, end, session, subject},
};

/// A store beside Redis whose commits can be made to go wrong.
struct Unruly {
    inner: Arc<MemoryStore>,
    /// Whether it commits, and then says that it could not be reached.
    loses_answers: AtomicBool,
    /// What a unit that begins a session waits for after it is committed.
    pause: Semaphore,
    paused: AtomicBool,
}

impl Unruly {
    fn stores() -> (Arc<Self>, Stores) {
        let inner = Arc::new(MemoryStore::new());
        let unruly = Arc::new(Self {
            inner: inner.clone(),
            loses_answers: AtomicBool::new(false),
            pause: Semaphore::new(0),
            paused: AtomicBool::new(false),
        });
        (unruly.clone(), Stores { unit: unruly, ..Stores::of(&inner) })
    }
}

#[async_trait]
impl UnitOfWork for Unruly {
    async fn commit(&self, changes: Vec<Change>) -> Result<Committed, CommitError> {
        let login = changes.iter().any(|change| matches!(change, Change::SpendLoginToken(_)));
        self.inner.commit(changes).await?;
        if login {
            self.paused.store(true, Ordering::SeqCst);
            let _ = self.pause.acquire().await;
        }
        if self.loses_answers.load(Ordering::SeqCst) {
            return Err(StoreError::Unavailable("the connection broke".into()).into());
        }
        Ok(Committed::default())
    }
}

#[tokio::test]
async fn an_end_whose_answer_was_lost_is_an_end_though_redis_was_not_told() {
    let Some(place) = Place::on(ONE) else { return };
    let (unruly, base) = Unruly::stores();
    let store = place.beside(&base).await;
    store.commit(vec![begin(1)]).await.unwrap();
    unruly.loses_answers.store(true, Ordering::SeqCst);
    assert!(matches!(store.commit(vec![end(1)]).await, Err(CommitError::Store(_))));
    for _ in 0..100 {
        assert_eq!(store.by_digest(&digest(1)).await.unwrap().unwrap().ended, Some(ENDING));
    }
    assert_eq!(store.page(&LIVE).await.unwrap(), []);
    unruly.loses_answers.store(false, Ordering::SeqCst);
    assert!(matches!(store.commit(vec![end(1)]).await, Err(CommitError::Conflict(Conflict::Stale))));
}

#[tokio::test]
async fn a_unit_that_is_refused_beside_redis_leaves_nothing_in_it() {
    let Some(server) = OwnServer::start(&[]) else { return };
    let (unruly, base) = Unruly::stores();
    let store = Place { url: server.url() }.beside(&base).await;
    let refused = store.commit(vec![begin(1), Change::SpendLoginToken(digest(9))]).await;
    assert!(matches!(refused, Err(CommitError::Conflict(Conflict::TokenSpent))));
    assert_eq!(server.keys().await, Vec::<String>::new());
    unruly.loses_answers.store(true, Ordering::SeqCst);
    assert!(store.commit(vec![begin(2)]).await.is_err());
    assert_eq!(server.keys().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_login_that_is_half_way_when_its_user_s_sessions_end_ends_too() {
    let Some(place) = Place::on(ONE) else { return };
    let (unruly, base) = Unruly::stores();
    let (store, other_node) = (place.beside(&base).await, place.beside(&base).await);
    let Change::BeginSession { session: begun, .. } = begin(1) else { return };
    let vestibule_domain::session::Subject::User(user) = begun.subject else { return };
    let token = LoginToken { digest: digest(9), user, issued: START, expires: begun.expires };
    store.commit(vec![Change::AddLoginToken(token)]).await.unwrap();

    let logging_in =
        tokio::spawn(async move { store.commit(vec![begin(1), Change::SpendLoginToken(digest(9))]).await });
    while !unruly.paused.load(Ordering::SeqCst) {
        tokio::task::yield_now().await;
    }
    // Committed beside Redis, and not yet begun in it: this is when the other node ends all there are.
    let ender = other_node.clone();
    let ending =
        tokio::spawn(
            async move { ender.commit(vec![Change::EndSessionsOf { subject: subject(1), ending: ENDING }]).await },
        );
    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    assert!(!ending.is_finished(), "it cannot be acknowledged before the login is through");
    unruly.pause.add_permits(1);
    logging_in.await.unwrap().unwrap();
    ending.await.unwrap().unwrap();
    assert_eq!(other_node.by_id(session(1).id).await.unwrap().unwrap().ended, Some(ENDING));
}

#[tokio::test]
async fn two_nodes_that_decide_on_one_session_agree() {
    let Some(place) = Place::on(ONE) else { return };
    let base = Stores::of(&Arc::new(MemoryStore::new()));
    let nodes = [place.beside(&base).await, place.beside(&base).await];
    for number in 1..=50 {
        nodes[0].commit(vec![begin(number)]).await.unwrap();
        let both = nodes.each_ref().map(|node| {
            let node = node.clone();
            tokio::spawn(async move { node.commit(vec![end(number)]).await.is_ok() })
        });
        let [one, other] = both;
        assert!(one.await.unwrap() ^ other.await.unwrap(), "session {number} was ended by neither or by both");
        for node in &nodes {
            assert_eq!(node.by_digest(&digest(number)).await.unwrap().unwrap().ended, Some(ENDING));
        }
    }
}
