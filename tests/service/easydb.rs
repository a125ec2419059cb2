//! Document 000, replayed.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;
use vestibule_tests::{Answer, PASSWORD, TestApp};

const AUTHENTICATE: &str = "/api/session/authenticate";

async fn configured() -> TestApp {
    let app = TestApp::start().await;
    app.operator.set_role("editor".parse_role(), ["asset.write", "asset.read"].map(parse_right).into()).await.unwrap();
    app.user("ann", &["editor"]).await;
    app
}

trait ParseRole {
    fn parse_role(&self) -> vestibule_domain::rights::RoleName;
}
impl ParseRole for str {
    fn parse_role(&self) -> vestibule_domain::rights::RoleName {
        vestibule_domain::rights::RoleName::parse(self).unwrap()
    }
}

fn parse_right(name: &str) -> vestibule_domain::rights::Right {
    vestibule_domain::rights::Right::parse(name).unwrap()
}

async fn start(app: &TestApp) -> String {
    app.get("/api/session").await.text("/token")
}

async fn read(app: &TestApp, token: &str) -> Answer {
    app.get(&format!("/api/session?token={token}")).await
}

async fn authenticate(app: &TestApp, fields: &[(&str, &str)]) -> Answer {
    app.post_form(AUTHENTICATE, fields).await
}

/// T000-9.
#[tokio::test]
async fn a_session_has_the_members_of_the_sample_in_its_order() {
    let app = configured().await;
    let answer = app.get("/api/session").await;
    assert_eq!((answer.status, answer.header("content-type")), (200, "application/json"));
    assert_eq!(answer.header("cache-control"), "no-store");
    let token = answer.text("/token");
    let latest = answer.json()["max_message_id"].as_u64().unwrap();
    let expected =
        format!(r#"{{"token":"{token}","authenticated":false,"system_rights":[],"max_message_id":{latest}}}"#);
    assert_eq!(answer.body, expected);
    assert_eq!(read(&app, &token).await.body, expected, "and reads the same");
    assert_eq!(app.operator.sessions(None).await.unwrap().len(), 0, "and is not stored");
}

#[tokio::test]
async fn authenticating_gives_the_session_its_users_rights_and_signing_out_takes_them() {
    let app = configured().await;
    let token = start(&app).await;
    let before = read(&app, &token).await.json()["max_message_id"].as_u64().unwrap();
    let answer = authenticate(&app, &[("token", &token), ("login", "ann"), ("password", PASSWORD)]).await;
    assert_eq!(answer.status, 200);
    let session = read(&app, &token).await.json();
    assert_eq!(session, answer.json());
    assert_eq!(session["token"], token.as_str(), "the token stays");
    assert_eq!(
        (&session["authenticated"], &session["system_rights"]),
        (&json!(true), &json!(["asset.read", "asset.write"]))
    );
    assert!(session["max_message_id"].as_u64().unwrap() > before, "the log grew");
    for _ in 0..2 {
        let out = app.get(&format!("/api/session?token={token}&signout=1")).await;
        assert_eq!((out.status, &out.json()["authenticated"]), (200, &json!(false)));
        assert_eq!(out.text("/token"), token);
    }
    let again = authenticate(&app, &[("token", &token), ("login", "ann@example.com"), ("password", PASSWORD)]).await;
    assert_eq!(again.json()["authenticated"], true, "the user can log in again, by e-mail too");
}

#[tokio::test]
async fn a_signed_token_is_read_here_and_signing_out_by_it_gives_an_opaque_one() {
    let app = configured().await;
    let body = json!({ "email": "ann@example.com", "password": PASSWORD });
    let signed = app.post_json("/api/session", body).await.text("/data/0/token");
    assert_eq!(read(&app, &signed).await.json()["authenticated"], true);
    let out = app.get(&format!("/api/session?token={signed}&signout=1")).await;
    assert_eq!((out.status, &out.json()["authenticated"]), (200, &json!(false)));
    assert_eq!(read(&app, &signed).await.status, 404, "it names a user who has signed out");
    let token = out.text("/token");
    assert_eq!(read(&app, &token).await.json(), out.json(), "the session goes on under the token that was given");
    let again = authenticate(&app, &[("token", &token), ("login", "ann"), ("password", PASSWORD)]).await;
    assert_eq!(again.json()["authenticated"], true);
}

#[tokio::test]
async fn hardened_a_login_that_redirects_hands_the_new_token_to_its_own_pages() {
    let settings =
        "profile = \"hardened\"\n[server]\npublic_url = \"https://id.example\"\ntrusted_proxies = [\"127.0.0.1/32\"]";
    let app = TestApp::with(settings).await;
    app.user("ann", &[]).await;
    let request = |method, path: &str| {
        app.request(method, path).header("x-forwarded-proto", "https").header("host", "id.example")
    };
    let begun = app.send(request(Method::GET, "/api/session")).await;
    let (old, guard) = (begun.text("/token"), begun.cookie("__Host-vestibule_guard").unwrap());
    let fields = [("token", old.as_str()), ("login", "ann"), ("password", PASSWORD), ("success", "/in")];
    let page = request(Method::POST, AUTHENTICATE).header("origin", "https://id.example");
    let login = app.send(page.header("cookie", format!("__Host-vestibule_guard={guard}")).form(&fields)).await;
    assert_eq!(login.status, 302);
    let handed = login.cookie("__Host-vestibule_session").unwrap();
    assert_eq!(app.send(request(Method::GET, &format!("/api/session?token={old}"))).await.status, 404);
    let ask = || request(Method::GET, "/api/session").header("cookie", format!("__Host-vestibule_session={handed}"));
    let own = app.send(ask().header("sec-fetch-site", "same-origin")).await;
    assert_eq!((own.text("/token"), &own.json()["authenticated"]), (handed.clone(), &json!(true)));
    let foreign = app.send(ask().header("sec-fetch-site", "cross-site")).await;
    assert_ne!(foreign.text("/token"), handed);
}

/// T000-5.
#[tokio::test]
async fn only_signout_1_signs_out_and_nonsense_is_400() {
    let app = configured().await;
    let token = start(&app).await;
    authenticate(&app, &[("token", &token), ("login", "ann"), ("password", PASSWORD)]).await;
    for value in ["0", ""] {
        let answer = app.get(&format!("/api/session?token={token}&signout={value}")).await;
        assert_eq!((answer.status, &answer.json()["authenticated"]), (200, &json!(true)));
    }
    assert_eq!(app.get(&format!("/api/session?token={token}&signout=yes")).await.status, 400);
    let head = app.send(app.request(Method::HEAD, &format!("/api/session?token={token}&signout=1"))).await;
    assert_eq!((head.status, head.header("allow")), (405, "GET, POST"));
    assert_eq!(read(&app, &token).await.json()["authenticated"], true);
}

/// T000-7.
#[tokio::test]
async fn a_token_that_is_none_is_400_and_one_that_is_not_live_404() {
    let app = configured().await;
    for malformed in ["1", "c473472d-c085-4043-9bf0-ee80bff73d4", "c473472d%20c085-4043-9bf0-ee80bff73d40"] {
        let answer = read(&app, malformed).await;
        assert_eq!(
            (answer.status, answer.text("/code").as_str()),
            (400, "error.user.session_not_found"),
            "{malformed}"
        );
        assert_eq!(answer.json()["parameters"], json!({}), "what is no token is not repeated");
    }
    let invented = "c473472d-c085-4043-9bf0-ee80bff73d40";
    let unknown = read(&app, invented).await;
    assert_eq!((unknown.status, unknown.text("/code").as_str()), (404, "error.user.session_not_found"));
    let token = start(&app).await;
    app.clock.advance(Duration::from_mins(31));
    assert_eq!(read(&app, &token).await.status, 404, "expired is unknown");
    assert_eq!(app.operator.sessions(None).await.unwrap().len(), 0);
}

#[tokio::test]
async fn success_and_failure_redirect_to_the_given_urls() {
    let app = configured().await;
    let token = start(&app).await;
    let mut fields = vec![("token", token.as_str()), ("login", "ann"), ("password", "wrong")];
    fields.extend([("success", "/welcome?a=b"), ("error", "/sorry")]);
    let failed = authenticate(&app, &fields).await;
    assert_eq!((failed.status, failed.body.as_str()), (302, ""));
    assert!(failed.header("location").ends_with("/sorry#m:login_failed#l:ann"), "{}", failed.header("location"));
    fields[2].1 = PASSWORD;
    let succeeded = authenticate(&app, &fields).await;
    assert_eq!(succeeded.status, 302);
    assert!(succeeded.header("location").ends_with("/welcome?a=b"), "{}", succeeded.header("location"));
    assert_eq!(read(&app, &token).await.json()["authenticated"], true);
    app.operator.disable_user("ann").await.unwrap();
    let token = start(&app).await;
    let disabled = [("token", token.as_str()), ("login", "ann"), ("password", PASSWORD), ("error", "/sorry")];
    assert!(authenticate(&app, &disabled).await.header("location").ends_with("#m:login_disabled#l:ann"));
    let empty = [("token", token.as_str()), ("login", ""), ("error", "/sorry")];
    assert!(authenticate(&app, &empty).await.header("location").contains("#m:username_or_password_empty"));
}

#[tokio::test]
async fn a_target_elsewhere_is_refused_before_credentials_are_looked_at() {
    let app = configured().await;
    let token = start(&app).await;
    for target in
        ["https://evil.test/", "//evil.test", "/\\evil.test", "javascript:alert(1)", "http://127.0.0.1@evil.test/"]
    {
        for (password, parameter) in [(PASSWORD, "success"), ("wrong", "error")] {
            let fields = [("token", token.as_str()), ("login", "ann"), ("password", password), (parameter, target)];
            let answer = authenticate(&app, &fields).await;
            assert_eq!((answer.status, answer.header("location")), (400, ""), "{target}");
            assert_eq!(answer.text("/code"), "error.user.redirect_not_allowed");
        }
    }
    assert_eq!(read(&app, &token).await.json()["authenticated"], false);
}

#[tokio::test]
async fn authenticate_tells_a_missing_token_from_one_that_is_not_live() {
    let app = configured().await;
    let credentials = [("login", "ann"), ("password", PASSWORD), ("success", "/in"), ("error", "/out")];
    for (token, status) in [(None, 400), (Some("nonsense"), 400), (Some("c473472d-c085-4043-9bf0-ee80bff73d40"), 403)] {
        let fields: Vec<_> = token.map(|token| ("token", token)).into_iter().chain(credentials).collect();
        let answer = authenticate(&app, &fields).await;
        assert_eq!((answer.status, answer.header("location")), (status, ""), "{token:?}");
    }
}

#[tokio::test]
async fn parameters_are_read_from_query_form_multipart_and_json() {
    let app = configured().await;
    for encoding in 0..4 {
        let token = start(&app).await;
        let fields = [("token", token.as_str()), ("login", "ann"), ("password", PASSWORD)];
        let post = |path: &str| app.request(Method::POST, path);
        let request = match encoding {
            0 => post(AUTHENTICATE).query(&fields),
            1 => post(AUTHENTICATE).form(&fields),
            2 => post(AUTHENTICATE).json(&json!({ "token": token, "login": "ann", "password": PASSWORD })),
            _ => {
                let part = |(name, value): &(&str, &str)| {
                    format!("--XX\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
                };
                let body: String = fields.iter().map(part).chain(["--XX--\r\n".to_owned()]).collect();
                post(AUTHENTICATE).header("content-type", "multipart/form-data; boundary=XX").body(body)
            }
        };
        assert_eq!(app.send(request).await.status, 200, "encoding {encoding}");
    }
}

/// T000-1.
#[tokio::test]
async fn an_unconfigured_system_gives_local_callers_every_right_until_the_first_user_comes() {
    let app = TestApp::start().await;
    let setup = app.get("/api/session").await;
    assert_eq!(setup.json()["authenticated"], true);
    let rights = setup.json()["system_rights"].as_array().unwrap().clone();
    assert!(rights.contains(&json!("system.root")) && rights.is_sorted_by_key(|right| right.as_str()));
    let forwarded = app.request(Method::GET, "/api/session").header("x-forwarded-for", "203.0.113.9");
    assert_eq!(app.send(forwarded).await.json()["authenticated"], false);
    let rebound = app.request(Method::GET, "/api/session").header("host", "evil.test");
    assert_eq!(app.send(rebound).await.json()["authenticated"], false);
    let token = setup.text("/token");
    assert_eq!(read(&app, &token).await.json()["authenticated"], true);
    let register = app.post_form("/session/register/", &[("email", "a@b.cz"), ("password", "kot na dachu")]).await;
    assert_eq!(register.json()["code"], 0);
    let after = read(&app, &token).await.json();
    assert_eq!((&after["authenticated"], &after["system_rights"]), (&json!(false), &json!([])));
    app.operator.remove_user("a@b.cz").await.unwrap();
    assert_eq!(app.get("/api/session").await.json()["authenticated"], false, "never again");
    assert_eq!(read(&app, &token).await.json()["authenticated"], false);
}

#[tokio::test]
async fn a_setup_grant_lasts_a_quarter_of_an_hour() {
    let app = TestApp::start().await;
    let token = start(&app).await;
    app.clock.advance(Duration::from_secs(15 * 60 - 1));
    assert_eq!(read(&app, &token).await.json()["authenticated"], true);
    app.clock.advance(Duration::from_secs(1));
    assert_eq!(read(&app, &token).await.status, 404);
}

#[tokio::test]
async fn the_deployed_edition_is_mounted_where_its_programs_look() {
    let app = configured().await;
    let token = app.get("/api/v1/session").await.text("/token");
    let path =
        format!("/api/v1/session/authenticate?token={token}&login=ann&password={}", PASSWORD.replace(' ', "%20"));
    let answer = app.send(app.request(Method::POST, &path)).await;
    let session = answer.json();
    assert_eq!((answer.status, &session["authenticated"]["method"]), (200, &json!("easydb")));
    assert_eq!(
        (&session["user"]["user"]["login"], &session["groups"][0]["group"]["name"]),
        (&json!("ann"), &json!("editor"))
    );
    assert_eq!(session["current_max_message_id"], session["max_message_id"]);
    let out = app.send(app.request(Method::POST, &format!("/api/v1/session/deauthenticate?token={token}"))).await;
    assert_eq!((out.status, out.json().get("authenticated")), (200, None));
    app.send(app.request(Method::POST, &path)).await;
    assert_eq!(app.get("/api/v1/session?token=c473472d-c085-4043-9bf0-ee80bff73d40").await.status, 400);
    assert_eq!(read(&app, &token).await.json()["authenticated"], true, "the same session under the documented path");
}
