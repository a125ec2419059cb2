//! All or nothing.

use vestibule_application::{change::Change, ports::Conflict};
use vestibule_domain::{
    form::FormName,
    message::EventKind,
    rights::{Right, Role, RoleName, shipped_roles},
    session::Subject,
};

use crate::{
    Store,
    fixtures::{
        anonymous, at, client, digest, digest_of, ending, event, hash, login_token, node, node_id, secrets, session_id,
        session_of, user, user_at, user_id,
    },
};

fn begin(number: u128) -> Change {
    Change::BeginSession { session: session_of(number, 1), digest: digest_of(session_id(number)) }
}

fn add(number: u128, login: &str) -> Change {
    Change::AddUser { user: user(number, login), password: hash("a") }
}

pub async fn an_empty_unit_is_no_conflict(store: Store) {
    assert_eq!(store.conflict([]).await, None);
}

pub async fn changes_are_applied_in_order(store: Store) {
    let subject = Subject::User(user_id(1));
    store
        .does([
            add(1, "ada"),
            Change::SetDisabled { user: user_id(1), disabled: true },
            Change::ExpectUser { user: user_id(1), revision: 1 },
            Change::RecordLogin { subject, at: at(1), succeeded: true },
            Change::AddLoginToken(login_token(1, 1)),
            Change::SpendLoginToken(digest(1)),
            begin(1),
            Change::TouchSessions(vec![(session_id(1), at(2))]),
            Change::EndSession { id: session_id(1), ending: ending(3) },
            begin(2),
        ])
        .await;
    let stored = store.user(user_id(1)).await.unwrap().user;
    assert_eq!((stored.disabled, stored.last_successful_login), (true, Some(at(1))));
    let ended = store.session(session_id(1)).await.unwrap();
    assert_eq!((ended.last_seen, ended.ended), (at(2), Some(ending(3))));
    assert_eq!(store.session(session_id(2)).await.unwrap().ended, None);
}

pub async fn whatever_fails_last_undoes_what_came_first(store: Store) {
    // What there is, ...
    let node_with = |number, name| Change::AddNode { node: node(number, name), secrets: secrets("s") };
    let client_with = |number, byte| Change::AddClient { client: client(number, "shop"), digest: digest(byte) };
    store.does([add(1, "ada"), node_with(1, "edge"), client_with(1, 1), begin(1)]).await;
    store.does([Change::AddLoginToken(login_token(1, 1))]).await;
    let (form, recorded) = (store.forms.all().await.unwrap().remove(0), store.recorded().await);
    // ... what is done to all of it, ...
    let first = [
        add(2, "bob"),
        Change::SpendLoginToken(digest(1)),
        Change::SetPassword { user: user_id(1), password: hash("b") },
        Change::GrantRole { user: user_id(1), role: RoleName::admin() },
        Change::RecordLogin { subject: Subject::User(user_id(1)), at: at(1), succeeded: false },
        Change::PutRole(Role { name: RoleName::admin(), rights: [Right::parse("x").unwrap()].into() }),
        node_with(2, "core"),
        Change::SetNodeSecrets { node: node_id(1), secrets: secrets("t") },
        Change::RevokeClient { client: client(1, "shop").id, at: at(1) },
        Change::RemoveForm(form.name.clone()),
        Change::AddLoginToken(login_token(2, 1)),
        Change::TouchSessions(vec![(session_id(1), at(5))]),
        Change::EndSessionsOf { subject: Subject::User(user_id(1)), ending: ending(1) },
        Change::Record(event(EventKind::UserAdded)),
        begin(2),
        Change::RemoveUser { user: user_id(1) },
        Change::RemoveNode { node: node_id(1) },
    ];
    // ... and every way in which it comes to nothing.
    let taken = user_at(3, "eve", "bob@example.org");
    let last = [
        (begin(2), Conflict::SessionExists),
        (Change::SaveSession { session: anonymous(9), expected_epoch: 0 }, Conflict::Stale),
        (Change::EndSession { id: session_id(1), ending: ending(2) }, Conflict::Stale),
        (add(3, "bob"), Conflict::LoginTaken),
        (Change::AddUser { user: taken, password: hash("a") }, Conflict::EmailTaken),
        (Change::ExpectUser { user: user_id(1), revision: 1 }, Conflict::SubjectChanged),
        (Change::SetPassword { user: user_id(1), password: hash("c") }, Conflict::Missing),
        (node_with(3, "core"), Conflict::NameTaken),
        (Change::ExpectNode { node: node_id(1), revision: 1 }, Conflict::SubjectChanged),
        (client_with(2, 2), Conflict::NameTaken),
        (Change::ReplaceRole { role: shipped_roles()[1].clone(), read: None }, Conflict::Stale),
        (Change::ReplaceForm { form: form.clone(), read: Some(form.clone()) }, Conflict::Stale),
        (Change::RemoveForm(FormName::parse("none").unwrap()), Conflict::Missing),
        (Change::SpendLoginToken(digest(1)), Conflict::TokenSpent),
    ];
    for (change, conflict) in last {
        let unit = first.iter().cloned().chain([change]);
        assert_eq!(store.conflict(unit).await, Some(conflict));
        let ada = store.user(user_id(1)).await.unwrap();
        assert_eq!((&ada.user, ada.revision), (&user(1, "ada"), 0));
        assert_eq!(store.by_email("ada@example.org").await, Some(user_id(1)));
        assert!(store.user(user_id(2)).await.is_none());
        assert_eq!(store.by_login("bob").await, None);
        assert_eq!(store.roles.all().await.unwrap(), shipped_roles());
        let edge = store.node(node_id(1)).await.unwrap();
        assert_eq!((edge.revision, edge.secrets.current.expose()), (0, "s"));
        assert!(store.node(node_id(2)).await.is_none());
        assert_eq!(store.clients.all().await.unwrap(), [client(1, "shop")]);
        assert_eq!(store.forms.by_name(&form.name).await.unwrap().as_ref(), Some(&form));
        assert!(store.login_tokens.by_digest(&digest(1)).await.unwrap().is_some());
        assert!(store.login_tokens.by_digest(&digest(2)).await.unwrap().is_none());
        assert_eq!(store.session(session_id(1)).await, Some(session_of(1, 1)));
        assert_eq!(store.sessions.by_digest(&digest_of(session_id(2))).await.unwrap(), None);
        assert_eq!(store.recorded().await, recorded);
    }
}

pub async fn a_unit_that_failed_can_be_tried_again(store: Store) {
    let unit = || [begin(1), add(1, "ada"), Change::SpendLoginToken(digest(1))];
    assert_eq!(store.conflict(unit()).await, Some(Conflict::TokenSpent));
    store.does([Change::AddLoginToken(login_token(1, 1))]).await;
    assert_eq!(store.conflict(unit()).await, None);
}

pub async fn a_reader_never_sees_half_a_unit(store: Store) {
    // Each unit ends one session and begins the next. Whoever has seen either finds the other from then on.
    store.begins(&session_of(1, 1)).await;
    let writer = store.clone();
    let writing = tokio::spawn(async move {
        for number in 1..=UNITS {
            writer.does([Change::EndSession { id: session_id(number), ending: ending(1) }, begin(number + 1)]).await;
        }
    });
    let has_ended = async |number| store.session(session_id(number)).await.is_some_and(|it| it.ended.is_some());
    let has_begun = async |number| store.session(session_id(number)).await.is_some();
    let by_the_end = async {
        for number in 1..=UNITS {
            seen(&writing, async || has_ended(number).await).await;
            assert!(has_begun(number + 1).await, "unit {number} is half there: its session had ended");
        }
    };
    let by_the_beginning = async {
        for number in 1..=UNITS {
            seen(&writing, async || has_begun(number + 1).await).await;
            assert!(has_ended(number).await, "unit {number} is half there: the next session had begun");
        }
    };
    tokio::join!(by_the_end, by_the_beginning);
    writing.await.unwrap();
}

const UNITS: u128 = 100;

/// Looks until there is something to see. When all is written and there still is nothing, the law does not hold.
async fn seen(writing: &tokio::task::JoinHandle<()>, look: impl AsyncFn() -> bool) {
    loop {
        let all_is_written = writing.is_finished();
        if look().await {
            return;
        }
        assert!(!all_is_written, "an acknowledged unit cannot be seen");
        tokio::task::yield_now().await;
    }
}
