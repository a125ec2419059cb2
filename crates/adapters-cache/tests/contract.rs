//! The storage contract, with memory in front of a store.
#![expect(clippy::expect_used, reason = "a test that has no store fails")]

#[path = "../../adapters-db/tests/servers/server.rs"]
#[expect(dead_code, clippy::unwrap_used, reason = "it is of other tests, which use more of it")]
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
        ports::{Clock, CommitError, Stores, UnitOfWork},
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
        async fn commit(&self, mut changes: Vec<Change>) -> Result<(), CommitError> {
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
        use super::super::server::{MYSQL, POSTGRES, Place};
        use super::*;

        async fn fresh(place: Place) -> Store {
            let (writer, reader) = (place.migrated().await, place.connect().await);
            Store::from(nodes([writer, reader].map(|store| Stores::of(&Arc::new(store))))).on(place)
        }

        mod postgres {
            use super::*;

            storage_contract!({
                let Some(place) = Place::on(POSTGRES).await else { return };
                fresh(place).await
            });
        }

        mod mysql {
            use super::*;

            storage_contract!({
                let Some(place) = Place::on(MYSQL).await else { return };
                fresh(place).await
            });
        }
    }
}
