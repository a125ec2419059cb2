//! What is left when Redis loses what it was told, and what it never was.

use std::{sync::Arc, time::Duration};

use vestibule_adapters_db::MemoryStore;
use vestibule_adapters_redis::{ConnectError, Durability, RedisStore};
use vestibule_application::{
    change::Change,
    ports::{
        Archive, CommitError, Conflict, SessionStore, Stores, UnitOfWork,
        archive::{Key, Kind, Record, Span},
    },
};
use vestibule_domain::session::Session;

use crate::{
    own_server::OwnServer,
    place::{Place, RandomIds},
    sessions::{ENDING, LIVE, START, begin, digest, end, session, subject},
};

fn memory() -> Stores {
    Stores::of(&Arc::new(MemoryStore::new()))
}

async fn node(server: &OwnServer, base: &Stores) -> RedisStore {
    Place { url: server.url() }.beside(base).await
}

/// TX-7.
#[tokio::test]
async fn what_ended_stays_ended_when_redis_falls_back_to_what_it_was_before() {
    let Some(mut server) = OwnServer::start(&[]) else { return };
    let base = memory();
    let nodes = [node(&server, &base).await, node(&server, &base).await];
    let [one, other] = &nodes;
    one.commit((1..=5).map(begin).collect()).await.unwrap();
    for node in &nodes {
        assert!(node.by_digest(&digest(1)).await.unwrap().is_some_and(|session| session.is_live(START)));
    }
    server.snapshot().await;

    one.commit(vec![end(1)]).await.unwrap();
    other.commit(vec![Change::EndSessionsOf { subject: subject(1), ending: ENDING }]).await.unwrap();
    other.commit(vec![begin(6)]).await.unwrap();
    server.crash();

    for number in 1..=5 {
        for node in &nodes {
            let found = [node.by_digest(&digest(number)).await.unwrap(), node.by_id(session(number).id).await.unwrap()];
            for session in found {
                assert_eq!(session.unwrap().ended, Some(ENDING), "session {number}");
            }
            assert_eq!(node.page(&LIVE).await.unwrap(), []);
        }
    }
    // That it began was Redis's to remember.
    assert_eq!(one.by_digest(&digest(6)).await.unwrap(), None);
    for _ in 0..500 {
        if server.keys().await.is_empty() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(server.keys().await, Vec::<String>::new(), "it has not been told");
}

#[tokio::test]
async fn a_session_signed_out_does_not_come_back_when_redis_falls_back() {
    let Some(mut server) = OwnServer::start(&[]) else { return };
    let store = node(&server, &memory()).await;
    store.commit(vec![begin(1)]).await.unwrap();
    server.snapshot().await;
    let signed_out =
        Session { subject: vestibule_domain::session::Subject::Anonymous, authenticated: None, epoch: 2, ..session(1) };
    store.commit(vec![Change::SaveSession { session: signed_out.clone(), expected_epoch: 1 }]).await.unwrap();
    server.crash();
    assert_eq!(store.by_digest(&digest(1)).await.unwrap(), Some(signed_out));
}

#[tokio::test]
async fn nothing_is_left_in_redis_of_a_session_that_ended() {
    let Some(server) = OwnServer::start(&[]) else { return };
    let store = node(&server, &memory()).await;
    store.commit(vec![begin(1), begin(2)]).await.unwrap();
    assert!(!server.keys().await.is_empty());
    store.commit(vec![end(1)]).await.unwrap();
    store.commit(vec![Change::EndSessionsOf { subject: subject(1), ending: ENDING }]).await.unwrap();
    assert_eq!(server.keys().await, Vec::<String>::new());
}

#[tokio::test]
async fn redis_lets_go_of_a_session_by_itself_though_not_before_it_is_over() {
    let Some(server) = OwnServer::start(&[]) else { return };
    let store = node(&server, &memory()).await;
    store.commit(vec![begin(1)]).await.unwrap();
    let client = redis::Client::open(server.url()).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    let (hour, day) = (60 * 60 * 1000, 24 * 60 * 60 * 1000);
    let mut own = 0;
    for key in server.keys().await {
        let left: i64 = redis::cmd("PTTL").arg(&key).query_async(&mut connection).await.unwrap();
        if !key.contains(":all:") && !key.contains(":due:") {
            own += 1;
            assert!((day..=day + hour).contains(&left), "{key} has {left} ms to live");
        }
    }
    assert_eq!(own, 4, "the session, its subject's index and two pointers");
}

/// TX-7.
#[tokio::test]
async fn a_server_that_may_throw_sessions_away_is_refused() {
    for policy in ["allkeys-lru", "volatile-ttl"] {
        let Some(server) = OwnServer::start(&["--maxmemory-policy", policy]) else { return };
        let refused = RedisStore::connect(&server.url(), Duration::from_secs(5), memory(), Arc::new(RandomIds)).await;
        let told = refused.err().unwrap().to_string();
        assert!(told.contains(policy) && told.contains("CONFIG SET maxmemory-policy noeviction"), "{told}");
    }
}

#[tokio::test]
async fn a_replica_is_refused() {
    let Some(master) = OwnServer::start(&[]) else { return };
    let port = master.url().rsplit_once(':').unwrap().1.to_owned();
    let Some(replica) = OwnServer::start(&["--replicaof", &format!("127.0.0.1 {port}")]) else { return };
    let refused = RedisStore::connect(&replica.url(), Duration::from_secs(5), memory(), Arc::new(RandomIds)).await;
    assert!(matches!(refused.err(), Some(ConnectError::Unfit { .. })));
}

#[tokio::test]
async fn it_is_told_what_a_server_can_lose() {
    let Some(forgetful) = OwnServer::start(&[]) else { return };
    assert_eq!(node(&forgetful, &memory()).await.durability(), Durability::Snapshots);
    let Some(careful) = OwnServer::start(&["--appendonly", "yes"]) else { return };
    assert_eq!(node(&careful, &memory()).await.durability(), Durability::Log);
}

#[tokio::test]
async fn neither_an_address_that_is_none_nor_one_where_nobody_answers_tells_a_password() {
    for url in ["redis://:hunter2@127.0.0.1:1", "redis://:hunter2@", "http://:hunter2@x", "redis://:hunter2@h?prefix="]
    {
        let refused = RedisStore::connect(url, Duration::from_secs(2), memory(), Arc::new(RandomIds)).await;
        let error = refused.err().unwrap();
        let told = format!("{error} {error:?}");
        assert!(!told.contains("hunter2"), "{told}");
    }
}

#[tokio::test]
async fn a_token_that_redis_has_is_not_put_in_a_second_time_beside_it() {
    let Some(server) = OwnServer::start(&[]) else { return };
    let store = node(&server, &memory()).await;
    store.commit(vec![begin(1)]).await.unwrap();
    let second = Record::Session { session: Box::new(session(2)), digest: digest(1) };
    let after_the_first = Span { after: Some(Key::Id(session(1).id.as_uuid())), ..Span::all(Kind::Session) };
    let replaced = store.replace(after_the_first, vec![second]).await;
    assert!(matches!(replaced, Err(CommitError::Conflict(Conflict::SessionExists))));
}
