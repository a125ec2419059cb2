//! One session, any door: begun through one API it is the same session in the others, ended in one it is ended in all.

use vestibule_tests::{
    Doors, Visitor,
    places::{MYSQL, POSTGRES, REDIS, REDIS_CLUSTER, sessions_on, storage_on},
};

#[tokio::test]
async fn any_door_leads_to_the_same_session_on_sqlite() {
    a_session_begun_anywhere_is_read_everywhere_and_ended_anywhere_is_ended_everywhere("").await;
}

#[tokio::test]
async fn any_door_leads_to_the_same_session_in_memory() {
    let storage = "[storage]\nurl = \"memory:\"";
    a_session_begun_anywhere_is_read_everywhere_and_ended_anywhere_is_ended_everywhere(storage).await;
}

#[tokio::test]
async fn any_door_leads_to_the_same_session_on_redb() {
    let directory = tempfile::tempdir().unwrap();
    let storage = format!("[storage]\nurl = \"redb://{}/vestibule.redb\"", directory.path().display());
    a_session_begun_anywhere_is_read_everywhere_and_ended_anywhere_is_ended_everywhere(&storage).await;
}

#[tokio::test]
async fn any_door_leads_to_the_same_session_on_postgresql() {
    let Some(storage) = storage_on(POSTGRES).await else { return };
    a_session_begun_anywhere_is_read_everywhere_and_ended_anywhere_is_ended_everywhere(&storage).await;
}

#[tokio::test]
async fn any_door_leads_to_the_same_session_on_mysql() {
    let Some(storage) = storage_on(MYSQL).await else { return };
    a_session_begun_anywhere_is_read_everywhere_and_ended_anywhere_is_ended_everywhere(&storage).await;
}

#[tokio::test]
async fn any_door_leads_to_the_same_session_on_sqlite_and_redis() {
    let Some(sessions) = sessions_on(REDIS) else { return };
    let storage = format!("[storage]\n{sessions}");
    a_session_begun_anywhere_is_read_everywhere_and_ended_anywhere_is_ended_everywhere(&storage).await;
}

#[tokio::test]
async fn any_door_leads_to_the_same_session_on_postgresql_and_a_redis_cluster() {
    let (Some(storage), Some(sessions)) = (storage_on(POSTGRES).await, sessions_on(REDIS_CLUSTER)) else { return };
    let storage = storage + &sessions;
    a_session_begun_anywhere_is_read_everywhere_and_ended_anywhere_is_ended_everywhere(&storage).await;
}

async fn a_session_begun_anywhere_is_read_everywhere_and_ended_anywhere_is_ended_everywhere(storage: &str) {
    let doors = Doors::open(storage).await;
    for begin in Visitor::BEGIN {
        for end in Doors::END {
            for read in Visitor::READ {
                let token = doors.begin(begin).await;
                assert!(doors.reads(read, &token).await, "begun by {begin}, not accepted by {read}");
                doors.end(end, &token).await;
                for read in Visitor::READ {
                    assert!(!doors.reads(read, &token).await, "begun by {begin}, ended by {end}, accepted by {read}");
                }
            }
        }
    }
}

/// TX-3.
#[tokio::test]
async fn a_session_that_is_not_shared_is_accepted_only_where_it_was_begun() {
    let doors = Doors::open("[sessions]\nshared = false").await;
    for begin in Visitor::BEGIN {
        let token = doors.begin(begin).await;
        for read in Visitor::READ {
            let own = read.starts_with(begin);
            assert_eq!(doors.reads(read, &token).await, own, "begun by {begin}, read by {read}");
        }
    }
}

#[tokio::test]
async fn an_anonymous_session_ended_by_one_api_is_refused_by_the_other() {
    let doors = Doors::open("").await;
    let app = &doors.app;
    let easydb = app.get("/api/session").await.text("/token");
    let dood = app.get("/session/start/").await.text("/session_key");
    for token in [&easydb, &dood] {
        assert_eq!(app.get(&format!("/api/session?token={token}")).await.status, 200);
        assert_eq!(app.get(&format!("/session/logout/?session_key={token}")).await.status, 200);
        assert_eq!(app.get(&format!("/api/session?token={token}")).await.status, 404);
        assert_eq!(app.get(&format!("/session/logout/?session_key={token}")).await.status, 401);
    }
}

#[tokio::test]
async fn an_anonymous_session_of_one_api_is_authenticated_through_another() {
    let doors = Doors::open("").await;
    let app = &doors.app;
    let token = app.get("/api/session").await.text("/token");
    let fields =
        [("session_key", token.as_str()), ("email", "ann@example.com"), ("password", vestibule_tests::PASSWORD)];
    assert_eq!(app.post_form("/session/login/", &fields).await.text("/session_key"), token);
    for read in Visitor::READ {
        assert!(doors.reads(read, &token).await, "{read}");
    }
}
