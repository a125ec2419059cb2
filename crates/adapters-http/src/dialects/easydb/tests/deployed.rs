use std::sync::Arc;

use vestibule_application::{
    use_cases::{authenticate_session, describe_session, sign_out, start_session},
    view::Principal,
};

use super::*;
use crate::{
    dialect::{Context, Edition},
    testing::{TOKEN, alice, opaque, view},
};

fn deployed(api: MockSessionApi) -> Easydb {
    Easydb::new(Context { edition: Edition::Deployed, ..context(api) }, settings())
}

#[tokio::test]
async fn an_anonymous_session_says_nothing_of_authentication() {
    let mut api = MockSessionApi::new();
    api.expect_start_session().returning(|_| {
        Ok(start_session::Outcome { view: view("easydb", Principal::Anonymous), token: opaque(TOKEN), guard: None })
    });
    insta::assert_snapshot!(Ask::get("/api/v1/session").of(deployed(api)).await.text(), @r#"
    200
    content-type: application/json

    {"token":"c473472d-c085-4043-9bf0-ee80bff73d40","max_message_id":1234,"instance":{"name":"id.test","api_version":"v1"},"authentication_methods":[{"method":"easydb"},{"method":"anonymous"}]}
    "#);
}

#[tokio::test]
async fn an_authenticated_session_tells_how_and_whose() {
    let mut api = MockSessionApi::new();
    api.expect_authenticate_session().returning(|_| {
        let view = view("easydb", Principal::User(Arc::new(alice())));
        Ok(authenticate_session::Outcome { view, rotated: None })
    });
    let ask = Ask::post("/api/v1/session/authenticate").form(&format!("token={TOKEN}&login=alice&password=p"));
    insta::assert_snapshot!(ask.of(deployed(api)).await.text(), @r#"
    200
    content-type: application/json

    {"token":"c473472d-c085-4043-9bf0-ee80bff73d40","authenticated":{"method":"easydb","timestamp":"2026-07-21T10:00:00Z"},"system_rights":["system.log","system.users"],"max_message_id":1234,"instance":{"name":"id.test","api_version":"v1"},"authentication_methods":[{"method":"easydb"},{"method":"anonymous"}],"current_max_message_id":1234,"user":{"user":{"_id":659918,"login":"alice","displayname":"alice","type":"easydb"}},"groups":[{"group":{"name":"admin"}}]}
    "#);
}

#[tokio::test]
async fn whoever_sets_up_is_authenticated_without_being_a_user() {
    let mut api = MockSessionApi::new();
    api.expect_describe_session().returning(|_| Ok(view("easydb", Principal::Setup)));
    let settings = Settings { anonymous: false, ..settings() };
    let easydb = Easydb::new(Context { edition: Edition::Deployed, ..context(api) }, settings);
    let answer = Ask::get(&format!("/api/v1/session?token={TOKEN}")).of(easydb).await;
    insta::assert_snapshot!(answer.body, @r#"{"token":"c473472d-c085-4043-9bf0-ee80bff73d40","authenticated":{"method":"easydb","timestamp":"2026-07-21T10:00:00Z"},"system_rights":["system.root","system.users"],"max_message_id":1234,"instance":{"name":"id.test","api_version":"v1"},"authentication_methods":[{"method":"easydb"}],"current_max_message_id":1234,"groups":[]}"#);
}

#[tokio::test]
async fn a_token_that_is_not_accepted_is_400_on_every_call() {
    let query = format!("?token={TOKEN}&login=a&password=b");
    for ask in [
        Ask::get(&format!("/api/v1/session{query}")),
        Ask::post(&format!("/api/v1/session/authenticate{query}")),
        Ask::post(&format!("/api/v1/session/deauthenticate{query}")),
    ] {
        let mut api = MockSessionApi::new();
        api.expect_describe_session().returning(|_| Err(describe_session::Error::UnknownSession));
        api.expect_sign_out().returning(|_| Err(sign_out::Error::UnknownSession));
        api.expect_authenticate_session().returning(|_| Err(authenticate_session::Error::UnknownSession));
        assert_eq!(code(&ask.of(deployed(api)).await), is(400, "error.user.session_not_found"));
    }
}

#[tokio::test]
async fn deauthenticate_signs_out() {
    let mut api = MockSessionApi::new();
    api.expect_sign_out()
        .times(1)
        .returning(|_| Ok(sign_out::Outcome { view: view("easydb", Principal::Anonymous), replacement: None }));
    let answer = Ask::post(&format!("/api/v1/session/deauthenticate?token={TOKEN}")).of(deployed(api)).await;
    assert_eq!((answer.status.as_u16(), answer.json()["token"].as_str()), (200, Some(TOKEN)));
    let without = Ask::post("/api/v1/session/deauthenticate").of(deployed(MockSessionApi::new())).await;
    assert_eq!(code(&without), is(400, "error.api.missing_parameter"));
}

#[tokio::test]
async fn the_documented_paths_are_another_editions() {
    assert_eq!(Ask::get(SESSION).of(deployed(MockSessionApi::new())).await.status, 404);
}
