//! What another program may have done to the rows.

use super::*;

/// T000-1.
#[tokio::test]
async fn a_missing_latch_is_an_error_and_not_an_unconfigured_system() {
    let place = Place::new();
    let store = place.migrated().await;
    place.foreign().await.execute_unprepared("DELETE FROM installation").await.unwrap();
    assert!(matches!(Installation::state(&store).await, Err(StoreError::Unavailable(_))));
    assert!(store.ping().await.is_err());
}

#[tokio::test]
async fn a_user_without_a_closed_latch_is_a_configured_system_all_the_same() {
    let place = Place::new();
    let store = place.migrated().await;
    store.commit(vec![add_user(1, "ada")]).await.unwrap();
    place.foreign().await.execute_unprepared("UPDATE installation SET configured = NULL").await.unwrap();
    assert_eq!(Installation::state(&store).await.unwrap(), SetupState::Configured);
}

#[tokio::test]
async fn a_number_is_not_given_out_again_when_its_message_is_deleted() {
    let place = Place::new();
    let store = place.migrated().await;
    store.commit(vec![record(), record(), record()]).await.unwrap();
    place.foreign().await.execute_unprepared("DELETE FROM messages").await.unwrap();
    store.commit(vec![record()]).await.unwrap();
    assert_eq!(store.latest().await.unwrap(), 4);
}

#[tokio::test]
async fn a_malformed_row_is_an_error_that_names_its_kind_and_never_a_panic() {
    for (damage, kind) in [
        ("sessions SET subject_kind = 'ghost'", "session"),
        ("sessions SET subject_kind = 'user'", "session"),
        ("sessions SET ended = 1", "session"),
        ("sessions SET ended = 1, end_reason = 'boredom'", "session"),
        ("sessions SET epoch = -1", "session"),
        ("sessions SET epoch = 4294967296", "session"),
        ("sessions SET idle_ttl = -1", "session"),
        ("sessions SET guard = -1", "session"),
        ("sessions SET device = ''", "session"),
        ("sessions SET begun = 'yesterday'", "session"),
        ("sessions SET begun = x'ff'", "session"),
        ("users SET email = 'nobody'", "user"),
        ("users SET roles = 'admin'", "user"),
        ("users SET roles = '[1]'", "user"),
        ("users SET sex = 'X'", "user"),
        ("users SET birthdate = '31022000'", "user"),
        ("users SET time_zone = 'Mars/Olympus'", "user"),
        ("users SET revision = -1", "user"),
        ("nodes SET name = 'two words'", "node"),
        ("nodes SET previous_until = 1", "node"),
        ("clients SET name = ''", "client"),
        ("roles SET rights = '{}'", "role"),
        ("forms SET action = 'upsert'", "form configuration"),
        ("forms SET fields = '[]'", "form configuration"),
        ("forms SET fields = '{\"a\":{\"required\":true,\"email\":false,\"pattern\":\"(\"}}'", "form configuration"),
        ("login_tokens SET issued = 'x'", "login token"),
        ("messages SET kind = 'rumour'", "message"),
        ("messages SET address = 'somewhere'", "message"),
        ("messages SET subject_kind = 'node'", "message"),
    ] {
        let place = Place::new();
        let store = place.migrated().await;
        store.commit(everything()).await.unwrap();
        place.foreign().await.execute_unprepared(&format!("UPDATE {damage}")).await.unwrap();
        let node = NodeRef::Name(NodeName::parse("edge").unwrap());
        let read = match kind {
            "session" => SessionStore::by_id(&store, id(1)).await.map(drop),
            "user" => UserStore::page(&store, None, 9).await.map(drop),
            "node" => {
                if damage.contains("name") {
                    NodeStore::all(&store).await.map(drop)
                } else {
                    store.find(&node).await.map(drop)
                }
            }
            "client" => ClientStore::all(&store).await.map(drop),
            "role" => RoleStore::all(&store).await.map(drop),
            "form configuration" => FormStore::all(&store).await.map(drop),
            "login token" => LoginTokenStore::by_digest(&store, &DIGEST).await.map(drop),
            _ => MessageLog::page(&store, 0, 9).await.map(drop),
        };
        assert!(matches!(read, Err(StoreError::Malformed(named)) if named == kind), "{damage}: {read:?}");
    }
}

/// TM2: somebody's row is read for whoever nobody is, but what is wrong with it is not theirs.
#[tokio::test]
async fn a_malformed_user_is_no_matter_to_whoever_asks_for_another_at_the_same_time() {
    let place = Place::new();
    let store = place.migrated().await;
    store.commit(vec![add_user(1, "ada"), add_user(2, "eve")]).await.unwrap();
    place.foreign().await.execute_unprepared("UPDATE users SET roles = 'admin' WHERE login = 'ada'").await.unwrap();
    let by_key = async |name: &str, kind| {
        let key = LoginName::parse(name).unwrap().key();
        UserStore::by_key(&store, &key, kind).await.map(|found| found.is_some())
    };
    assert!(matches!(by_key("bob", KeyKind::Login).await, Ok(false)));
    let (bob, ada, no_address, eve) = tokio::join!(
        by_key("bob", KeyKind::Login),
        by_key("ada", KeyKind::Login),
        by_key("ada", KeyKind::Email),
        by_key("eve", KeyKind::Login),
    );
    assert!(matches!(ada, Err(StoreError::Malformed("user"))));
    assert!(matches!((bob, no_address, eve), (Ok(false), Ok(false), Ok(true))));
}
