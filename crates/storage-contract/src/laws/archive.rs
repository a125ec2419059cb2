//! The store as a whole.

mod records;

use vestibule_application::{
    change::Change,
    ports::{
        CommitError, KeyKind, SetupState, StoreError, StoredNode, StoredUser,
        archive::{Key, Kind, Record, Span},
    },
};
use vestibule_domain::{
    form::shipped_forms,
    message::{Event, EventKind, Message},
    node::NodeSecrets,
    rights::{Right, Rights, Role, RoleName, shipped_roles},
    session::{EndReason, Ending, Origin, Session, Subject},
    user::LoginKey,
};

use self::records::{
    all_told, client_record, known, message, node_record, role, session_record, some, stored_node, stored_user, told,
    user_record,
};
use crate::{
    Store,
    fixtures::{
        anonymous, at, client, digest, digest_of, ending, event, hash, login_token, node, secrets, session_id,
        session_of, user, user_id,
    },
};

async fn held(store: &Store, kind: Kind) -> Vec<String> {
    store.archive.export(kind, None, u32::MAX).await.unwrap().iter().map(told).collect()
}

async fn puts(store: &Store, span: Span, records: &[Record]) {
    store.archive.replace(span, records.to_vec()).await.unwrap();
}

pub async fn a_fresh_store_holds_what_is_shipped_and_nothing_else(store: Store) {
    for kind in Kind::ALL {
        let shipped = match kind {
            Kind::Role => all_told(&shipped_roles().map(Record::Role)),
            Kind::Form => all_told(&some(Kind::Form)),
            Kind::Configured
            | Kind::Message
            | Kind::User
            | Kind::Node
            | Kind::Client
            | Kind::LoginToken
            | Kind::Session => Vec::new(),
        };
        assert_eq!(held(&store, kind).await, shipped, "{kind:?}");
    }
}

pub async fn what_was_committed_is_exported(store: Store) {
    let ended = Session { ended: Some(ending(5)), ..session_of(2, 1) };
    let added = Event { subject: Some(Subject::User(user_id(1))), ..event(EventKind::UserAdded) };
    store
        .does([
            Change::AddUser { user: user(1, "ada"), password: hash("p") },
            Change::SetPassword { user: user_id(1), password: hash("q") },
            Change::AddNode { node: node(1, "edge"), secrets: secrets("s") },
            Change::AddClient { client: client(1, "shop"), digest: digest(1) },
            Change::AddLoginToken(login_token(2, 1)),
            Change::BeginSession { session: session_of(1, 1), digest: digest(3) },
            Change::BeginSession { session: ended.clone(), digest: digest(4) },
            Change::Record(added.clone()),
        ])
        .await;
    let ada = stored_user(user(1, "ada"), Some("q"), 1);
    let edge = stored_node(node(1, "edge"), secrets("s"), 0);
    let expected = [
        (Kind::Configured, vec![Record::Configured(user(1, "ada").created)]),
        (Kind::Message, vec![Record::Message(Message { id: 1, event: added })]),
        (Kind::User, vec![Record::User(Box::new(ada))]),
        (Kind::Node, vec![Record::Node(Box::new(edge))]),
        (Kind::Client, vec![client_record(1, "shop", 1)]),
        (Kind::LoginToken, vec![Record::LoginToken(login_token(2, 1))]),
        (
            Kind::Session,
            vec![
                Record::Session { session: Box::new(session_of(1, 1)), digest: digest(3) },
                Record::Session { session: Box::new(ended), digest: digest(4) },
            ],
        ),
    ];
    for (kind, records) in expected {
        assert_eq!(held(&store, kind).await, all_told(&records), "{kind:?}");
    }
}

pub async fn a_record_put_in_comes_back_with_everything_it_had(store: Store) {
    let mut ada = user(1, "Ada");
    ada.roles = [RoleName::admin(), RoleName::node()].into();
    ada.disabled = true;
    ada.profile.name = Some(vestibule_domain::user::PersonName::parse("Ada").unwrap());
    (ada.last_successful_login, ada.last_failed_login) = (Some(at(1)), Some(at(2)));
    let mut edge = node(1, "edge");
    (edge.last_successful_login, edge.last_failed_login) = (Some(at(3)), Some(at(4)));
    let rotated = NodeSecrets { current: hash("new"), previous: Some((hash("old"), at(5))) };
    let mut shop = client(1, "shop");
    (shop.expires, shop.revoked) = (Some(at(6)), Some(at(7)));
    let mut full = session_of(1, 1);
    full.ended = Some(Ending { at: at(8), reason: EndReason::Replaced });
    full.guard = Some(vestibule_domain::session::GuardTag::new(9));
    full.sealed_until = Some(at(9));
    let told_of = Event {
        session: Some(session_id(1)),
        subject: Some(Subject::User(user_id(1))),
        origin: Some(Origin::new("test")),
        address: Some("192.0.2.1".parse().unwrap()),
        ..event(EventKind::SessionEnded(EndReason::Replaced))
    };
    let rights: Rights = [Right::parse("x.y").unwrap()].into();
    let mut form = shipped_forms().remove(0);
    form.roles = [RoleName::admin()].into();
    let records = [
        Record::Configured(at(10)),
        Record::Message(Message { id: 7, event: told_of }),
        Record::Role(Role { name: RoleName::admin(), rights }),
        Record::Form(form),
        Record::User(Box::new(StoredUser { networks: known(), ..stored_user(ada, None, u32::MAX) })),
        Record::Node(Box::new(StoredNode { networks: known(), ..stored_node(edge, rotated, u32::MAX) })),
        Record::Client { client: shop, digest: digest(1) },
        Record::LoginToken(login_token(2, 1)),
        session_record(full),
    ];
    assert!(records.iter().map(Record::kind).eq(Kind::ALL));
    for record in &records {
        puts(&store, Span::all(record.kind()), std::slice::from_ref(record)).await;
    }
    for record in &records {
        assert_eq!(held(&store, record.kind()).await, [told(record)]);
    }
}

pub async fn pages_of_records_join_without_gap_or_overlap(store: Store) {
    for kind in Kind::ALL {
        let records = some(kind);
        puts(&store, Span::all(kind), &records).await;
        let (mut joined, mut after) = (Vec::new(), None);
        loop {
            let page = store.archive.export(kind, after.clone(), 2).await.unwrap();
            assert!(page.len() <= 2);
            let Some(last) = page.last() else { break };
            after = Some(last.key());
            joined.extend(page);
        }
        assert_eq!(all_told(&joined), all_told(&records), "{kind:?}");
        assert_eq!(store.archive.export(kind, None, 0).await.unwrap().len(), 0);
    }
}

pub async fn replacing_changes_what_is_within_the_span_and_nothing_else(store: Store) {
    for kind in Kind::ALL.into_iter().filter(|kind| *kind != Kind::Configured) {
        let records = some(kind);
        puts(&store, Span::all(kind), &records).await;
        let keys: Vec<Key> = records.iter().map(Record::key).collect();
        // Without the second, ...
        let span = Span { kind, after: Some(keys[0].clone()), through: Some(keys[1].clone()) };
        puts(&store, span.clone(), &[]).await;
        let mut left = records.clone();
        left.remove(1);
        assert_eq!(held(&store, kind).await, all_told(&left), "{kind:?}");
        // ... with it again, twice, ...
        for _ in 0..2 {
            puts(&store, span.clone(), &records[1..2]).await;
            assert_eq!(held(&store, kind).await, all_told(&records), "{kind:?}");
        }
        // ... and without all that follow the first.
        puts(&store, Span { through: None, ..span }, &[]).await;
        assert_eq!(held(&store, kind).await, all_told(&records[..1]), "{kind:?}");
    }
}

pub async fn records_that_do_not_belong_in_a_span_are_refused(store: Store) {
    let span = Span { kind: Kind::Role, after: None, through: Some(role("m").key()) };
    let before = held(&store, Kind::Role).await;
    for wrong in [vec![role("n")], vec![role("b"), role("a")], vec![role("a"), role("a")], some(Kind::User)] {
        let refused = store.archive.replace(span.clone(), wrong).await;
        assert!(matches!(refused, Err(CommitError::Store(StoreError::Malformed(_)))));
        assert_eq!(held(&store, Kind::Role).await, before);
    }
}

pub async fn what_is_taken_outside_of_the_span_is_a_conflict_and_nothing_is_written(store: Store) {
    let session = |id: u128, token: u8| Record::Session { session: Box::new(session_of(id, 1)), digest: digest(token) };
    let clashes = [
        [user_record(1, "ada"), user_record(9, "eve"), user_record(2, "EVE")],
        [node_record(1, "a"), node_record(9, "e"), node_record(2, "e")],
        [client_record(1, "a", 1), client_record(9, "e", 9), client_record(2, "b", 9)],
        [client_record(1, "a", 1), client_record(9, "e", 9), client_record(2, "e", 2)],
        [session(1, 1), session(9, 9), session(2, 9)],
    ];
    for [first, last, clashing] in clashes {
        let kind = first.kind();
        puts(&store, Span::all(kind), &[first.clone(), last.clone()]).await;
        let span = Span { kind, after: None, through: Some(clashing.key()) };
        let refused = store.archive.replace(span, vec![clashing]).await;
        assert!(matches!(refused, Err(CommitError::Conflict(_))), "{kind:?}");
        assert_eq!(held(&store, kind).await, [told(&first), told(&last)], "{kind:?}");
    }
    assert_eq!(store.by_login("ada").await, Some(user_id(1)));
    assert_eq!(store.sessions.by_digest(&digest(1)).await.unwrap(), Some(session_of(1, 1)));
}

pub async fn users_put_in_are_found_by_their_keys_and_removed_ones_are_not(store: Store) {
    store.adds(&user(1, "ada")).await;
    store.adds(&user(2, "bob")).await;
    store.adds(&user(3, "eve")).await;
    // Two of them change names, the third goes.
    puts(&store, Span::all(Kind::User), &[user_record(1, "bob"), user_record(2, "ada")]).await;
    assert_eq!(
        (store.by_login("bob").await, store.by_email("bob@example.org").await),
        (Some(user_id(1)), Some(user_id(1)))
    );
    assert_eq!(
        (store.by_login("ada").await, store.by_email("ada@example.org").await),
        (Some(user_id(2)), Some(user_id(2)))
    );
    assert_eq!(store.by_login("ada@example.org").await, None);
    assert_eq!(store.by_login("eve").await, None);
    store.does([Change::ExpectUser { user: user_id(1), revision: 7 }]).await;
    let found = store.users.by_key(&LoginKey::parse("BOB").unwrap(), KeyKind::Any).await.unwrap().unwrap();
    assert_eq!(found.password.unwrap().expose(), "p");
    store.adds(&user(3, "eve")).await;
    store.does([Change::RemoveUser { user: user_id(1) }]).await;
    assert_eq!(store.by_login("bob").await, None);
}

pub async fn tokens_put_in_let_in(store: Store) {
    puts(&store, Span::all(Kind::Client), &[client_record(1, "shop", 1)]).await;
    assert_eq!(store.clients.by_digest(&digest(1)).await.unwrap(), Some(client(1, "shop")));
    puts(&store, Span::all(Kind::LoginToken), &[Record::LoginToken(login_token(2, 1))]).await;
    store.does([Change::SpendLoginToken(digest(2))]).await;
    puts(&store, Span::all(Kind::Node), &[node_record(1, "edge")]).await;
    let edge = store.node(node(1, "edge").id).await.unwrap();
    assert_eq!((edge.secrets.current.expose(), edge.revision), ("s", 3));
}

pub async fn a_session_put_in_is_live_or_ended_as_it_was(store: Store) {
    let sealed = Session { ended: Some(ending(5)), sealed_until: Some(at(50)), ..anonymous(2) };
    puts(&store, Span::all(Kind::Session), &[session_record(session_of(1, 1)), session_record(sealed.clone())]).await;
    assert_eq!(store.sessions.by_digest(&digest_of(session_id(1))).await.unwrap(), Some(session_of(1, 1)));
    assert_eq!(store.sessions.by_digest(&digest_of(session_id(2))).await.unwrap(), Some(sealed.clone()));
    // What is done to sessions of one's own is done to them.
    assert_eq!(store.housekeeping.forget(at(50), 10).await.unwrap(), 0);
    assert_eq!(store.housekeeping.forget(at(51), 10).await.unwrap(), 1);
    assert_eq!(store.sessions.by_digest(&digest_of(session_id(2))).await.unwrap(), None);
    assert_eq!(store.housekeeping.expire(at(999), 10).await.unwrap(), 0);
    assert_eq!(store.housekeeping.expire(at(1000), 10).await.unwrap(), 1);
    puts(&store, Span::all(Kind::Session), &[]).await;
    assert_eq!(store.sessions.by_digest(&digest_of(session_id(1))).await.unwrap(), None);
    store.begins(&session_of(1, 1)).await;
}

pub async fn the_next_message_is_numbered_after_all_that_were_put_in(store: Store) {
    let next = Change::Record(event(EventKind::FormChanged));
    store.does([next.clone()]).await;
    puts(&store, Span::all(Kind::Message), &[message(3), message(1000)]).await;
    assert_eq!(store.messages.latest().await.unwrap(), 1000);
    store.does([next.clone()]).await;
    let latest = store.messages.latest().await.unwrap();
    assert!(latest > 1000, "{latest}");
    // Lower ones that come later change nothing.
    puts(&store, Span { kind: Kind::Message, after: None, through: Some(Key::Number(10)) }, &[message(2)]).await;
    store.does([next]).await;
    assert!(store.messages.latest().await.unwrap() > latest);
    assert_eq!(store.recorded().await, 4);
}

pub async fn the_latch_closes_with_its_record_and_never_opens(store: Store) {
    let state = async || store.installation.state().await.unwrap();
    puts(&store, Span::all(Kind::Configured), &[]).await;
    assert_eq!(state().await, SetupState::Unconfigured);
    puts(&store, Span::all(Kind::Configured), &[Record::Configured(at(1))]).await;
    assert_eq!(state().await, SetupState::Configured);
    puts(&store, Span::all(Kind::Configured), &[Record::Configured(at(2))]).await;
    puts(&store, Span::all(Kind::Configured), &[]).await;
    assert_eq!(held(&store, Kind::Configured).await, [told(&Record::Configured(at(2)))]);
    assert_eq!(state().await, SetupState::Configured);
    assert!(store.archive.export(Kind::Configured, Some(Key::Single), 1).await.unwrap().is_empty());
}

pub async fn users_put_in_leave_the_latch_to_its_record(store: Store) {
    puts(&store, Span::all(Kind::User), &some(Kind::User)).await;
    assert_eq!(held(&store, Kind::Configured).await, [""; 0]);
    assert_eq!(store.installation.state().await.unwrap(), SetupState::Configured);
}

pub async fn two_thousand_records_are_replaced_at_once(store: Store) {
    let sessions: Vec<Record> = (1..=2000).map(|number| session_record(session_of(number, 1))).collect();
    puts(&store, Span::all(Kind::Session), &sessions[..1000]).await;
    puts(&store, Span::all(Kind::Session), &sessions).await;
    assert_eq!(held(&store, Kind::Session).await.len(), 2000);
    assert_eq!(store.session(session_id(2000)).await, Some(session_of(2000, 1)));
}
