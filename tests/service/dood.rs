//! Document 003, replayed.

use serde_json::json;
use vestibule_tests::{PASSWORD, TestApp};

#[tokio::test]
async fn start_begins_an_anonymous_session() {
    let app = TestApp::with("[dood]\nphoto_server = \"https://photos.example\"\ncategory_version = 1234").await;
    for path in ["/session/start/", "/session/start/?system=android", "/session/start/?system=palmos", "/session/start"]
    {
        let answer = app.get(path).await;
        assert_eq!(answer.status, 200);
        let (key, id) = (answer.text("/session_key"), answer.text("/data/0/id"));
        let expected = format!(
            r#"{{"code":0,"session_key":"{key}","data":[{{"type":"APISession","session_key":"{key}","id":"{id}","photo_server":"https://photos.example","category_version":1234}}]}}"#
        );
        assert_eq!(answer.body, expected);
        assert!(!app.get(&format!("/api/session?token={key}")).await.json()["authenticated"].as_bool().unwrap());
    }
    assert_eq!(app.get(&format!("/session/start/?system={}", "x".repeat(33))).await.json()["code"], 48);
    assert_eq!(app.operator.sessions(None).await.unwrap().len(), 0, "and nothing is stored");
}

#[tokio::test]
async fn login_begins_an_authenticated_session_by_post_and_by_get() {
    let app = TestApp::start().await;
    app.user_with("user", "user@domain.com", "secret one", &[]).await;
    let posted = app
        .post_form("/session/login/", &[("email", "user@domain.com"), ("password", "secret one"), ("system", "ios")])
        .await;
    let got = app.get("/session/login/?email=USER%40domain.com&password=secret%20one").await;
    let json = app.post_json("/session/login/", json!({ "email": "user@domain.com", "password": "secret one" })).await;
    for answer in [posted, got, json] {
        assert_eq!((answer.status, &answer.json()["code"]), (200, &json!(0)));
        let session = app.get(&format!("/api/session?token={}", answer.text("/session_key"))).await;
        assert_eq!(session.json()["authenticated"], true);
    }
}

#[tokio::test]
async fn a_login_that_fails_says_why_as_the_document_does() {
    let app = TestApp::start().await;
    app.user("ann", &[]).await;
    for (email, password, code) in
        [("ann@example.com", "wrong", 33), ("nobody@example.com", "wrong", 32), ("no address", "wrong", 32)]
    {
        let answer = app.post_form("/session/login/", &[("email", email), ("password", password)]).await;
        assert_eq!((answer.status, &answer.json()["code"]), (401, &json!(code)), "{email}");
        assert!(answer.json().get("data").is_none());
    }
}

/// T003-1.
#[tokio::test]
async fn who_asks_too_often_who_has_an_account_is_told_nothing_more() {
    let app = TestApp::with("[throttle]\ndisclosures_per_address = 3").await;
    app.user("ann", &[]).await;
    for n in 0..6 {
        let email = if n % 2 == 0 { "ann@example.com" } else { "nobody@example.com" };
        let answer = app.post_form("/session/login/", &[("email", email), ("password", "wrong")]).await;
        assert_eq!(answer.status, 401);
        assert_eq!(answer.body.is_empty(), n >= 3, "answer {n}: {}", answer.body);
    }
}

/// T003-3.
#[tokio::test]
async fn logout_ends_any_session_and_knows_no_other() {
    let app = TestApp::start().await;
    app.user("ann", &[]).await;
    let anonymous = app.get("/session/start/").await.text("/session_key");
    let login = app.post_form("/session/login/", &[("email", "ann@example.com"), ("password", PASSWORD)]).await;
    for key in [anonymous, login.text("/session_key")] {
        let path = format!("/session/logout/?session_key={key}");
        let ended = app.get(&path).await;
        assert_eq!((ended.status, ended.body.as_str()), (200, r#"{"code":0}"#));
        let again = app.get(&path).await;
        assert_eq!((again.status, &again.json()["code"]), (401, &json!(17)));
    }
    for unknown in ["", "nonsense", "c473472d-c085-4043-9bf0-ee80bff73d40"] {
        assert_eq!(app.get(&format!("/session/logout/?session_key={unknown}")).await.status, 401);
    }
}

#[tokio::test]
async fn register_creates_a_user_with_a_session() {
    let app = TestApp::start().await;
    let fields = [
        ("email", "New@domain.com"),
        ("password", "kot na dachu"),
        ("sex", "f"),
        ("name", "Ewa"),
        ("surname", "Nowak"),
        ("nickname", "ewcia"),
        ("birthdate", "29022000"),
        ("default_city", "Łódź"),
    ];
    let answer = app.post_form("/session/register/", &fields).await;
    assert_eq!((answer.status, &answer.json()["code"]), (200, &json!(0)));
    let key = answer.text("/session_key");
    let details = app.send(app.request(reqwest::Method::GET, "/session/user/details").bearer_auth(&key)).await;
    assert_eq!((details.text("/firstName"), details.text("/lastName")), ("Ewa".to_owned(), "Nowak".to_owned()));
    let user = app.operator.user("new@DOMAIN.com").await.unwrap();
    assert_eq!((user.profile.sex.as_str(), user.profile.default_city.as_str()), ("F", "ŁÓDŹ"));
    assert_eq!(user.profile.birthdate.unwrap().to_digits(), "29022000");
    let short = app.post_form("/session/register/", &[("email", "m@domain.com"), ("password", "k7#qzw")]).await;
    assert_eq!(short.json()["code"], 0, "six characters are enough");
    let user = app.operator.user("m@domain.com").await.unwrap();
    assert_eq!((user.profile.sex.as_str(), user.profile.default_city.as_str()), ("M", "WARSZAWA"));
}

#[tokio::test]
async fn a_registration_that_fails_is_http_200_with_its_code() {
    let app = TestApp::start().await;
    app.user("ann", &[]).await;
    for (email, password, code) in [
        ("ANN@example.com", "kot na dachu", 34),
        ("no-at-sign", "kot na dachu", 35),
        ("new@domain.com", "k7#qz", 36),
        ("new@domain.com", "123456", 36),
        ("new@domain.com", "new@domain.com", 36),
    ] {
        let answer = app.post_form("/session/register/", &[("email", email), ("password", password)]).await;
        assert_eq!((answer.status, &answer.json()["code"]), (200, &json!(code)), "{email} {password}");
    }
    for (field, value) in [("sex", "x"), ("birthdate", "31022000"), ("birthdate", "01012999"), ("name", "a\0b")] {
        let fields = [("email", "new@domain.com"), ("password", "kot na dachu"), (field, value)];
        let answer = app.post_form("/session/register/", &fields).await;
        assert_eq!((answer.status, &answer.json()["code"]), (400, &json!(48)), "{field}");
        assert!(answer.text("/message").contains(field), "{}", answer.body);
    }
    assert_eq!(app.operator.users().await.unwrap().len(), 1, "and nobody was created");
}

#[tokio::test]
async fn an_anonymous_session_becomes_the_users_under_the_same_key() {
    let app = TestApp::start().await;
    app.user("ann", &[]).await;
    let key = app.get("/session/start/").await.text("/session_key");
    let fields = [("email", "ann@example.com"), ("password", PASSWORD), ("session_key", &key)];
    assert_eq!(app.post_form("/session/login/", &fields).await.text("/session_key"), key);
    let hardened = TestApp::with(
        "profile = \"hardened\"\n[server]\npublic_url = \"https://id.example\"\ntrusted_proxies = [\"127.0.0.1/32\"]",
    )
    .await;
    hardened.user("ann", &[]).await;
    let tls = |method, path: &str| hardened.request(method, path).header("x-forwarded-proto", "https");
    let key = hardened.send(tls(reqwest::Method::GET, "/session/start/")).await.text("/session_key");
    let fields = [("email", "ann@example.com"), ("password", PASSWORD), ("session_key", &key)];
    let login = hardened.send(tls(reqwest::Method::POST, "/session/login/").form(&fields)).await;
    assert_ne!(login.text("/session_key"), key, "whoever knew the old key stays out");
    let old = hardened.send(tls(reqwest::Method::GET, &format!("/api/session?token={key}"))).await;
    assert_eq!(old.status, 404);
}

#[tokio::test]
async fn the_deployed_edition_differs_in_what_is_known_to_differ() {
    let app = TestApp::with("[[mounts]]\ndialect = \"dood\"\nedition = \"deployed\"").await;
    app.user("ann", &[]).await;
    let taken = [("email", "ann@example.com"), ("password", "kot na dachu")];
    for path in ["/session/register", "/session/register/"] {
        let answer = app.post_form(path, &taken).await;
        assert_eq!((answer.status, &answer.json()["code"]), (401, &json!(34)));
    }
    assert_eq!(
        app.post_form("/session/login", &[("email", "ann@example.com"), ("password", PASSWORD)]).await.status,
        200
    );
}
