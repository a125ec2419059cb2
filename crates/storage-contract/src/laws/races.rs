//! Many want what only one can have.

use vestibule_application::{
    change::Change,
    ports::{About, Conflict, KeyKind},
};
use vestibule_domain::{
    message::{Event, EventKind},
    session::{EndReason, Ending, Session},
    user::User,
};

use crate::{
    Store,
    fixtures::{
        ABSOLUTE, anonymous, at, client, digest, digest_of, ending, event, hash, login_token, node, secrets,
        session_id, session_of, user, user_at,
    },
};

const RACERS: u128 = 16;

/// Commits a unit for each racer, all at once, and says what each met.
async fn race(store: &Store, unit: impl Fn(u128) -> Vec<Change>) -> Vec<Option<Conflict>> {
    let racers: Vec<_> = (1..=RACERS)
        .map(|racer| {
            let (store, unit) = (store.clone(), unit(racer));
            tokio::spawn(async move { store.conflict(unit).await })
        })
        .collect();
    let mut met = Vec::new();
    for racer in racers {
        met.push(racer.await.unwrap());
    }
    met
}

/// Demands that one racer won and that the others met this conflict.
fn one_won(met: &[Option<Conflict>], others: Conflict) {
    assert_eq!(met.iter().filter(|met| met.is_none()).count(), 1, "{met:?}");
    assert!(met.iter().flatten().all(|conflict| *conflict == others), "{met:?}");
}

pub async fn one_of_many_gets_the_login_name(store: Store) {
    let add = |racer| {
        let user = user_at(racer, "ada", &format!("ada{racer}@example.org"));
        vec![Change::AddUser { user, password: hash("a") }]
    };
    one_won(&race(&store, add).await, Conflict::LoginTaken);
    assert_eq!(store.users.page(None, 100).await.unwrap().len(), 1);
}

pub async fn a_login_name_and_an_address_race_for_one_key(store: Store) {
    let add = |racer: u128| {
        let own = format!("n{racer}");
        let user = if racer.is_multiple_of(2) {
            user_at(racer, "ada@example.org", &format!("{own}@example.org"))
        } else {
            user_at(racer, &own, "ada@example.org")
        };
        vec![Change::AddUser { user, password: hash("a") }]
    };
    let met = race(&store, add).await;
    assert_eq!(met.iter().filter(|met| met.is_none()).count(), 1, "{met:?}");
    for (racer, met) in (1_u128..).zip(met) {
        let taken = if racer.is_multiple_of(2) { Conflict::LoginTaken } else { Conflict::EmailTaken };
        assert!(met.is_none_or(|conflict| conflict == taken), "racer {racer} met {met:?}");
    }
}

pub async fn one_of_many_gets_the_clients_name(store: Store) {
    let add = |racer| {
        let digest = digest(u8::try_from(racer).unwrap());
        vec![Change::AddClient { client: client(racer, "shop"), digest }]
    };
    one_won(&race(&store, add).await, Conflict::NameTaken);
    assert_eq!(store.clients.all().await.unwrap().len(), 1);
}

pub async fn one_of_many_gets_the_nodes_name(store: Store) {
    let add = |racer| vec![Change::AddNode { node: node(racer, "edge"), secrets: secrets("s") }];
    one_won(&race(&store, add).await, Conflict::NameTaken);
    assert_eq!(store.nodes.all().await.unwrap().len(), 1);
}

pub async fn one_of_many_spends_the_login_token(store: Store) {
    store.does([Change::AddLoginToken(login_token(1, 1))]).await;
    let spend = |racer| {
        let begin = Change::BeginSession { session: session_of(racer, 1), digest: digest_of(session_id(racer)) };
        vec![begin, Change::SpendLoginToken(digest(1))]
    };
    let met = race(&store, spend).await;
    one_won(&met, Conflict::TokenSpent);
    for (racer, met) in (1..).zip(met) {
        assert_eq!(store.session(session_id(racer)).await.is_some(), met.is_none());
    }
}

pub async fn one_of_many_ends_the_session(store: Store) {
    store.begins(&session_of(1, 1)).await;
    let end = |racer| {
        let ending = ending(i64::try_from(racer).unwrap());
        let event = Event { session: Some(session_id(1)), ..event(EventKind::SessionEnded(ending.reason)) };
        vec![Change::EndSession { id: session_id(1), ending }, Change::Record(event)]
    };
    let met = race(&store, end).await;
    one_won(&met, Conflict::Stale);
    let winner = i64::try_from(met.iter().position(Option::is_none).unwrap()).unwrap() + 1;
    assert_eq!(store.session(session_id(1)).await.unwrap().ended, Some(ending(winner)));
    assert_eq!(store.recorded().await, 1);
}

pub async fn one_of_many_saves_the_session(store: Store) {
    store.begins(&session_of(1, 1)).await;
    let save = |racer| {
        let session = Session { epoch: 2, ..session_of(1, racer) };
        vec![Change::SaveSession { session, expected_epoch: 1 }]
    };
    let met = race(&store, save).await;
    one_won(&met, Conflict::Stale);
    let winner = u128::try_from(met.iter().position(Option::is_none).unwrap()).unwrap() + 1;
    assert_eq!(store.session(session_id(1)).await, Some(Session { epoch: 2, ..session_of(1, winner) }));
}

pub async fn one_of_many_begins_the_session(store: Store) {
    let one_digest = |racer| vec![Change::BeginSession { session: session_of(racer, 1), digest: digest(1) }];
    one_won(&race(&store, one_digest).await, Conflict::SessionExists);
    let one_id = |racer| {
        let digest = digest_of(session_id(racer));
        vec![Change::BeginSession { session: session_of(99, racer), digest }]
    };
    one_won(&race(&store, one_id).await, Conflict::SessionExists);
}

pub async fn an_end_is_final_whoever_touches_or_saves_meanwhile(store: Store) {
    for number in 1..=20 {
        store.begins(&session_of(number, 1)).await;
        let id = session_id(number);
        // One of them ends it: sometimes the first, sometimes one that comes when others are under way.
        let ender = 1 + number % RACERS;
        let meanwhile = |racer: u128| match racer % 2 {
            _ if racer == ender => vec![Change::EndSession { id, ending: ending(1) }],
            0 => vec![Change::TouchSessions(vec![(id, at(1))])],
            _ => vec![Change::SaveSession { session: session_of(number, 1), expected_epoch: 1 }],
        };
        let met = race(&store, meanwhile).await;
        assert_eq!(met[usize::try_from(ender).unwrap() - 1], None, "the end itself");
        assert_eq!(store.session(id).await.unwrap().ended, Some(ending(1)));
    }
}

pub async fn keys_that_are_looked_up_at_once_find_each_its_own(store: Store) {
    let users: Vec<User> = (1..=RACERS).map(|number| user(number, &format!("n{number}"))).collect();
    // First there is nobody at all, then every other one.
    for has_come in [|_| false, |nth: usize| nth.is_multiple_of(2)] {
        let mut looked_up = Vec::new();
        for (nth, user) in users.iter().enumerate() {
            if has_come(nth) {
                store.adds(user).await;
            }
        }
        for (nth, user) in users.iter().enumerate() {
            for (key, kind, is_theirs) in [
                (user.login.key(), KeyKind::Login, true),
                (user.login.key(), KeyKind::Email, false),
                (user.login.key(), KeyKind::Any, true),
                (user.email.key(), KeyKind::Email, true),
                (user.email.key(), KeyKind::Login, false),
            ] {
                let (store, owner) = (store.clone(), (has_come(nth) && is_theirs).then_some(user));
                looked_up.push((owner, tokio::spawn(async move { store.users.by_key(&key, kind).await })));
            }
        }
        for (owner, found) in looked_up {
            assert_eq!(found.await.unwrap().unwrap().map(|stored| stored.user).as_ref(), owner);
        }
    }
}

pub async fn messages_recorded_at_once_have_each_a_number(store: Store) {
    let record = |_| vec![Change::Record(event(EventKind::UserAdded)); 3];
    race(&store, record).await;
    let ids: Vec<u64> = store.messages.page(0, 100).await.unwrap().iter().map(|message| message.id).collect();
    assert_eq!(ids.len(), 48);
    assert!(ids.is_sorted_by(|one, next| one < next), "{ids:?}");
    assert_eq!(store.messages.latest().await.unwrap(), *ids.last().unwrap());
}

pub async fn units_at_once_tell_of_messages_that_are_there_and_not_older_than_their_own(store: Store) {
    let recorders: Vec<_> = (1..=RACERS)
        .map(|racer| {
            let store = store.clone();
            let record = Change::Record(Event { session: Some(session_id(racer)), ..event(EventKind::SessionBegun) });
            tokio::spawn(async move {
                let told = store.told([record]).await;
                (session_id(racer), told, store.messages.latest().await.unwrap())
            })
        })
        .collect();
    for recorder in recorders {
        let (session, told, latest) = recorder.await.unwrap();
        let own = store.messages.about(About::Session(session), 0, 1).await.unwrap();
        let own = own.iter().map(|message| message.id).min().unwrap();
        assert!(told.is_none_or(|told| (own..=latest).contains(&told)), "{own}, {told:?} of {latest}");
    }
}

pub async fn whoever_follows_the_log_misses_nothing(store: Store) {
    let writers: Vec<_> = (0..8)
        .map(|_| {
            let store = store.clone();
            tokio::spawn(async move {
                for _ in 0..6 {
                    store.does([Change::Record(event(EventKind::UserAdded))]).await;
                }
            })
        })
        .collect();
    let mut followed = Vec::new();
    loop {
        let all_is_written = writers.iter().all(tokio::task::JoinHandle::is_finished);
        let page = store.messages.page(followed.last().copied().unwrap_or(0), 5).await.unwrap();
        if page.is_empty() && all_is_written {
            break;
        }
        followed.extend(page.iter().map(|message| message.id));
        assert!(followed.len() <= 48, "the log goes round in circles: {followed:?}");
        assert!(followed.last() <= Some(&store.messages.latest().await.unwrap()), "latest is not the latest");
        tokio::task::yield_now().await;
    }
    let all: Vec<u64> = store.messages.page(0, 100).await.unwrap().iter().map(|message| message.id).collect();
    assert_eq!(all.len(), 48);
    assert_eq!(followed, all);
}

pub async fn two_sweepers_expire_each_session_once(store: Store) {
    for number in 1..=40 {
        store.begins(&anonymous(number)).await;
    }
    let sweep = |store: Store| async move {
        let mut swept = 0;
        while swept <= 40 {
            match store.housekeeping.expire(at(ABSOLUTE), 3).await.unwrap() {
                0 => break,
                some => swept += some,
            }
        }
        swept
    };
    let (one, other) = (tokio::spawn(sweep(store.clone())), tokio::spawn(sweep(store.clone())));
    assert_eq!(one.await.unwrap() + other.await.unwrap(), 40);
    assert_eq!(store.recorded().await, 40);
    let end = Ending { at: at(ABSOLUTE), reason: EndReason::Expired };
    assert_eq!(store.session(session_id(40)).await.unwrap().ended, Some(end));
}
