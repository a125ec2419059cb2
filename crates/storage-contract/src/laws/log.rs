//! The message log.

use vestibule_application::{
    change::Change,
    ports::{About, Conflict},
};
use vestibule_domain::{
    client::ClientName,
    message::{Agent, Event, EventKind, InstanceName, Message},
    session::{Origin, Subject},
};

use crate::{
    Store,
    fixtures::{at, digest, digest_of, event, node, node_id, secrets, session_id, session_of, user_id},
};

fn record(kind: EventKind) -> Change {
    Change::Record(event(kind))
}

pub async fn a_fresh_log_is_empty(store: Store) {
    assert_eq!(store.messages.latest().await.unwrap(), 0);
    assert_eq!(store.messages.page(0, 10).await.unwrap(), []);
}

pub async fn messages_are_numbered_in_the_order_they_were_recorded(store: Store) {
    let kinds = [EventKind::UserAdded, EventKind::NodeAdded, EventKind::ClientAdded, EventKind::FormChanged];
    store.does(kinds[..2].iter().map(|kind| record(*kind))).await;
    assert_eq!(store.messages.latest().await.unwrap(), 2);
    store.does(kinds[2..].iter().map(|kind| record(*kind))).await;
    assert_eq!(store.messages.latest().await.unwrap(), 4);
    let numbered = (1..).zip(kinds).map(|(id, kind)| Message { id, event: event(kind) });
    assert_eq!(store.messages.page(0, 10).await.unwrap(), numbered.collect::<Vec<_>>());
}

pub async fn pages_of_messages_join_without_gap_or_overlap(store: Store) {
    store.does((0..5).map(|_| record(EventKind::UserAdded))).await;
    for (after, ids) in [(0, vec![1, 2]), (2, vec![3, 4]), (4, vec![5]), (5, vec![]), (u64::MAX, vec![])] {
        let page = store.messages.page(after, 2).await.unwrap();
        assert_eq!(page.iter().map(|message| message.id).collect::<Vec<_>>(), ids);
    }
}

pub async fn every_kind_of_event_survives(store: Store) {
    store.does(EventKind::all().map(record)).await;
    let messages = store.messages.page(0, 1000).await.unwrap();
    assert!(messages.iter().map(|message| message.event.kind).eq(EventKind::all()));
}

pub async fn an_event_comes_back_with_everything_it_had(store: Store) {
    let full = Event {
        at: at(1),
        session: Some(session_id(1)),
        subject: Some(Subject::User(user_id(2))),
        origin: Some(Origin::new("test")),
        address: Some("192.0.2.1".parse().unwrap()),
        by: Agent {
            operator: Some(ClientName::parse("ops").unwrap()),
            instance: Some(InstanceName::parse("one.example:8080").unwrap()),
        },
        ..event(EventKind::AuthenticationFailed)
    };
    let events = [
        full.clone(),
        Event {
            subject: Some(Subject::Anonymous),
            address: Some("2001:db8::ffff:192.0.2.1".parse().unwrap()),
            ..full.clone()
        },
        Event { subject: Some(Subject::Setup), by: Agent { operator: None, ..full.by.clone() }, ..full.clone() },
        Event { subject: Some(Subject::Node(node_id(2))), address: Some("::ffff:192.0.2.1".parse().unwrap()), ..full },
        event(EventKind::RightsChanged),
    ];
    store.does(events.clone().map(Change::Record)).await;
    let stored = store.messages.page(0, 10).await.unwrap();
    assert!(stored.into_iter().map(|message| message.event).eq(events));
}

pub async fn messages_are_found_by_whom_they_are_about(store: Store) {
    let told = |session: Option<u128>, subject| Event {
        session: session.map(session_id),
        subject,
        ..event(EventKind::SessionAuthenticated)
    };
    let (ada, edge) = (Subject::User(user_id(1)), Subject::Node(node_id(1)));
    let events = [
        told(Some(1), Some(Subject::Anonymous)),
        told(Some(1), Some(ada)),
        told(Some(2), Some(ada)),
        told(None, Some(ada)),
        told(None, Some(edge)),
        told(None, None),
        told(Some(1), Some(ada)),
    ];
    store.does(events.map(Change::Record)).await;
    let session = About::Session(session_id(1));
    for (about, after, limit, ids) in [
        (session, 0, 10, vec![1, 2, 7]),
        (session, 0, 2, vec![1, 2]),
        (session, 2, 10, vec![7]),
        (About::Subject(ada), 0, 10, vec![2, 3, 4, 7]),
        (About::Subject(ada), 2, 2, vec![3, 4]),
        (About::Subject(edge), 0, 10, vec![5]),
        (About::Subject(Subject::Anonymous), 0, 10, vec![1]),
        (About::Subject(Subject::Setup), 0, 10, vec![]),
        (About::Session(session_id(3)), 0, 10, vec![]),
        (session, u64::MAX, 10, vec![]),
    ] {
        let found = store.messages.about(about, after, limit).await.unwrap();
        assert_eq!(found.iter().map(|message| message.id).collect::<Vec<_>>(), ids, "{about:?} after {after}");
    }
}

pub async fn a_unit_that_fails_records_nothing(store: Store) {
    store.does([record(EventKind::UserAdded)]).await;
    let failing = [record(EventKind::NodeAdded), Change::SpendLoginToken(digest(1))];
    assert_eq!(store.conflict(failing).await, Some(Conflict::TokenSpent));
    assert_eq!(store.messages.latest().await.unwrap(), 1);
    store.does([record(EventKind::FormChanged)]).await;
    assert!(store.messages.latest().await.unwrap() > 1);
    assert_eq!(store.recorded().await, 2);
}

pub async fn what_a_unit_tells_of_the_log_is_its_newest_message(store: Store) {
    let begin = |number| Change::BeginSession { session: session_of(number, 1), digest: digest_of(session_id(number)) };
    let units = [
        vec![record(EventKind::UserAdded), record(EventKind::UserAdded)],
        vec![begin(1), record(EventKind::SessionBegun)],
        // Rows of other kinds come last, with numbers of their own.
        vec![record(EventKind::SessionBegun), begin(2)],
        vec![record(EventKind::SessionBegun), begin(3), record(EventKind::FormChanged), begin(4), begin(5)],
        vec![record(EventKind::NodeAdded), Change::AddNode { node: node(1, "one"), secrets: secrets("a") }],
        vec![begin(6), Change::AddNode { node: node(2, "two"), secrets: secrets("b") }, record(EventKind::NodeAdded)],
    ];
    for unit in units {
        let told = store.told(unit).await;
        let latest = store.messages.latest().await.unwrap();
        assert!(told.is_none_or(|told| told == latest), "{told:?} instead of {latest}");
    }
}
