//! The storage contract, with memory in front of a store.
#![expect(clippy::expect_used, reason = "a test that has no store fails")]

#[path = "../../adapters-db/tests/servers/server.rs"]
#[expect(clippy::unwrap_used, reason = "a test that has no server fails")]
mod server;

use std::{num::NonZeroUsize, sync::Arc};

use vestibule_adapters_cache::{Cached, Capacity};
use vestibule_application::ports::Stores;
use vestibule_storage_contract::{Store, storage_contract};

fn capacity(sessions: usize) -> Capacity {
    let sessions = NonZeroUsize::new(sessions).expect("it is not zero");
    Capacity { sessions, users: sessions }
}

fn cached(stores: Stores) -> Arc<Cached> {
    Arc::new(Cached::new(stores, capacity(1000)))
}

mod memory {
    use vestibule_adapters_db::MemoryStore;

    use super::*;

    storage_contract!(Store::from(cached(Stores::of(&Arc::new(MemoryStore::new()))).stores()));
}

/// What one node writes, another answers from memory, because both follow the log.
mod two_nodes {
    use std::{sync::Arc, time::Duration};

    use async_trait::async_trait;
    use vestibule_adapters_cache::Followed;
    use vestibule_application::{
        change::Change,
        ports::{Clock, CommitError, Committed, MessageLog, SessionStore, Stores, UnitOfWork},
        touched::{Touched, untold},
    };
    use vestibule_domain::{
        message::{Agent, Event, EventKind},
        session::{EndReason, Subject},
        time::Timestamp,
    };

    use super::*;

    /// Long before any session is over: one that is over soon is asked for again, and here memory is to answer.
    struct Early;

    impl Clock for Early {
        fn now(&self) -> Timestamp {
            Timestamp::from_millis(0)
        }
    }

    /// Writes on one node what is read on the other. The laws say what has to become of changes, but do not write the messages
    /// that come with them in life.
    struct Telling {
        writer: Arc<Followed>,
        reader: Arc<Followed>,
    }

    #[async_trait]
    impl UnitOfWork for Telling {
        async fn commit(&self, mut changes: Vec<Change>) -> Result<Committed, CommitError> {
            let messages: Vec<_> = untold(&changes).into_iter().map(message).collect();
            changes.extend(messages);
            // Of sightings no message tells: memory has those of its own node at once, and of others when it matters.
            let are_seen = changes.iter().any(|change| matches!(change, Change::TouchSessions(_)));
            let node = if are_seen { &self.reader } else { &self.writer };
            node.commit(changes).await
        }
    }

    fn message(touched: Touched) -> Change {
        let ended = EventKind::SessionEnded(EndReason::Revoked);
        let (kind, session, subject) = match touched {
            Touched::Session(id) => (ended, Some(id), None),
            Touched::SessionsOf(subject) => (ended, None, Some(subject)),
            Touched::User(id) => (EventKind::ProfileChanged, None, Some(Subject::User(id))),
            Touched::Roles => (EventKind::RightsChanged, None, None),
            Touched::Log => (EventKind::FormChanged, None, None),
        };
        let (at, by) = (Timestamp::from_millis(0), Agent::default());
        Change::Record(Event { kind, at, session, subject, origin: None, address: None, by })
    }

    /// Two nodes on what each of them sees of one store.
    fn nodes([writer, reader]: [Stores; 2]) -> Stores {
        let node = |stores| Arc::new(Followed::new(stores, capacity(1000), Arc::new(Early), Duration::from_mins(1)));
        let (writer, reader) = (node(writer), node(reader));
        let housekeeping = writer.clone();
        Stores { unit: Arc::new(Telling { writer, reader: reader.clone() }), housekeeping, ..reader.stores() }
    }

    mod memory {
        use vestibule_adapters_db::MemoryStore;

        use super::*;

        fn fresh() -> Store {
            let store = Arc::new(MemoryStore::new());
            Store::from(nodes([Stores::of(&store), Stores::of(&store)]))
        }

        storage_contract!(fresh());

        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        #[should_panic(expected = "assertion")]
        async fn nodes_that_do_not_follow_break_a_law() {
            let store = Arc::new(MemoryStore::new());
            let [writer, reader] = [0, 1].map(|_| cached(Stores::of(&store)));
            let store = Store::from(Stores { unit: writer, ..reader.stores() });
            vestibule_storage_contract::laws::endings::every_way_to_look_sees_every_change(store).await;
        }
    }

    mod servers {
        use sea_orm::ConnectionTrait;
        use uuid::Uuid;
        use vestibule_domain::{
            secret::Digest,
            session::{DeviceName, Origin, Session, SessionId},
        };

        use super::super::server::{MYSQL, POSTGRES, Place};
        use super::*;

        async fn fresh(place: Place) -> Store {
            let (writer, reader) = (place.migrated().await, place.connect().await);
            Store::from(nodes([writer, reader].map(|store| Stores::of(&Arc::new(store))))).on(place)
        }

        /// A backup from before the session began is put back, and as many messages come as there were.
        async fn replaced_by_a_backup(place: Place) {
            let (foreign, store) = (place.foreign().await, fresh(place).await);
            let (at, id) = (Timestamp::from_millis(1_800_000_000_000), SessionId::from_uuid(Uuid::from_u128(1)));
            let expires = at.plus(Duration::from_hours(1));
            let session = Session::begin(id, Origin::new("test"), DeviceName::default(), at, expires);
            let digest = Digest::new([1; 32]);
            let unit = vec![Change::BeginSession { session: session.clone(), digest }, message(Touched::Session(id))];
            store.unit.commit(unit).await.expect("it can be begun");
            for _ in 0..3 {
                let found = store.sessions.by_digest(&digest).await.expect("the store answers");
                assert_eq!(found.as_ref(), Some(&session));
            }
            for statement in [
                "DELETE FROM sessions",
                "DELETE FROM messages",
                "INSERT INTO messages (id, kind, at) VALUES (1, 'form_changed', 1)",
            ] {
                foreign.execute_unprepared(statement).await.expect("it can be put back");
            }
            foreign.close().await.expect("it can be closed");
            assert_eq!(store.sessions.by_digest(&digest).await.expect("the store answers"), None);
        }

        /// A session is begun and read on the node that is told of it, and then the log is as it was before.
        async fn lost_with_the_end_of_the_log(place: Place) {
            let (foreign, store) = (place.foreign().await, Arc::new(place.migrated().await));
            let node = Followed::new(Stores::of(&store), capacity(1000), Arc::new(Early), Duration::from_mins(1));
            node.commit(vec![message(Touched::Log)]).await.expect("it can be told");
            node.latest().await.expect("the log can be read");
            let (at, id) = (Timestamp::from_millis(1_800_000_000_000), SessionId::from_uuid(Uuid::from_u128(1)));
            let session =
                Session::begin(id, Origin::new("test"), DeviceName::default(), at, at.plus(Duration::from_hours(1)));
            let digest = Digest::new([1; 32]);
            let unit = vec![Change::BeginSession { session, digest }, message(Touched::Session(id))];
            node.commit(unit).await.expect("it can be begun");
            assert!(node.by_digest(&digest).await.expect("the store answers").is_some());
            for statement in ["DELETE FROM sessions", "DELETE FROM messages WHERE id > 1"] {
                foreign.execute_unprepared(statement).await.expect("it can be lost");
            }
            foreign.close().await.expect("it can be closed");
            assert_eq!(node.by_digest(&digest).await.expect("the store answers"), None);
        }

        mod postgres {
            use super::*;

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn nothing_is_believed_that_was_lost_with_the_end_of_the_log() {
                let Some(place) = Place::on(POSTGRES).await else { return };
                lost_with_the_end_of_the_log(place).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn nothing_is_believed_that_a_backup_does_not_know() {
                let Some(place) = Place::on(POSTGRES).await else { return };
                replaced_by_a_backup(place).await;
            }

            storage_contract!({
                let Some(place) = Place::on(POSTGRES).await else { return };
                fresh(place).await
            });
        }

        mod mysql {
            use super::*;

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn nothing_is_believed_that_was_lost_with_the_end_of_the_log() {
                let Some(place) = Place::on(MYSQL).await else { return };
                lost_with_the_end_of_the_log(place).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn nothing_is_believed_that_a_backup_does_not_know() {
                let Some(place) = Place::on(MYSQL).await else { return };
                replaced_by_a_backup(place).await;
            }

            storage_contract!({
                let Some(place) = Place::on(MYSQL).await else { return };
                fresh(place).await
            });
        }
    }
}
