//! The message log.

use vestibule_application::{change::Change, ports::Conflict};
use vestibule_domain::{
    message::{Event, EventKind, Message},
    session::{Origin, Subject},
};

use crate::{
    Store,
    fixtures::{at, digest, event, node_id, session_id, user_id},
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
        ..event(EventKind::AuthenticationFailed)
    };
    let events = [
        full.clone(),
        Event {
            subject: Some(Subject::Anonymous),
            address: Some("2001:db8::ffff:192.0.2.1".parse().unwrap()),
            ..full.clone()
        },
        Event { subject: Some(Subject::Setup), ..full.clone() },
        Event { subject: Some(Subject::Node(node_id(2))), address: Some("::ffff:192.0.2.1".parse().unwrap()), ..full },
        event(EventKind::RightsChanged),
    ];
    store.does(events.clone().map(Change::Record)).await;
    let stored = store.messages.page(0, 10).await.unwrap();
    assert!(stored.into_iter().map(|message| message.event).eq(events));
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
