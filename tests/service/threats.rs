//! `docs/threats.md` against the tests, and threats that no other file is about.

use std::{fs, path::Path};

use reqwest::Method;
use serde_json::json;
use std::time::Duration;
use vestibule_tests::{Doors, PASSWORD, TestApp, Visitor};

fn read(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join(path)).unwrap()
}

/// The test's name and what is written above it.
fn test_in(source: &str, name: &str) -> Option<String> {
    let end = source.find(&format!("fn {name}("))?;
    let above = source[..end].rsplit("\n\n").next().unwrap_or_default();
    Some(format!("{above} {name}").to_lowercase().replace('_', "-"))
}

#[test]
fn every_threat_has_a_test_that_names_it_or_is_open() {
    let page = read("docs/threats.md");
    let mut known = Vec::new();
    for line in page.lines().filter(|line| line.starts_with("| T")) {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let [_, id, state, reason, tests, _] = cells[..] else { panic!("not a row: {line}") };
        let tests: Vec<&str> = tests.split("<br>").filter(|test| !test.is_empty()).collect();
        assert!(["closed", "partly", "open"].contains(&state), "{id} is {state}");
        assert_eq!(tests.is_empty(), state == "open", "{id} is {state} and has {} tests", tests.len());
        assert_eq!(reason.contains("Open: "), state == "partly", "{id}: what is open, if anything, is said");
        for test in tests {
            let (path, name) = test.trim_matches('`').split_once("::").unwrap();
            let found = test_in(&read(path), name).unwrap_or_else(|| panic!("{id}: there is no test {test}"));
            let names_it = found.split(|c: char| !c.is_alphanumeric() && c != '-').any(|word| {
                let word = format!("{}-", word.trim_matches('-'));
                word.contains(&format!("{}-", id.to_lowercase()))
            });
            assert!(names_it, "{test} does not say that it is about {id}");
        }
        known.push(id.to_owned());
    }
    let ids = |kind: &str, last: usize| (1..=last).map(move |n| format!("{kind}-{n}")).collect::<Vec<_>>();
    let kinds = [("T000", 10), ("T001", 7), ("T002", 6), ("T003", 10), ("T004", 7), ("TX", 14)];
    assert_eq!(known, kinds.into_iter().flat_map(|(kind, last)| ids(kind, last)).collect::<Vec<_>>());
}

/// Each row names its tests, and each test is there; whatever is not met says why.
#[test]
fn every_demand_of_the_standards_is_met_by_a_test_or_says_why_not() {
    let page = read("docs/security.md");
    let table = page.split_once("## Against the standards").unwrap().1;
    let rows: Vec<&str> = table.lines().filter(|line| line.starts_with("| ")).skip(1).collect();
    for line in &rows {
        let cells: Vec<&str> = line.split(" | ").map(str::trim).collect();
        let [id, demand, _source, state, reason, tests] = cells[..] else { panic!("not a row: {line}") };
        let tests: Vec<&str> =
            tests.trim_end_matches('|').trim().split("<br>").filter(|test| !test.is_empty()).collect();
        assert!(["met", "partly", "not met"].contains(&state) && !demand.is_empty(), "{id} is {state}");
        assert_eq!(tests.is_empty(), state == "not met", "{id} is {state} and has {} tests", tests.len());
        assert_eq!(reason.contains("Open: "), state == "partly", "{id}: what is open, if anything, is said");
        assert!(state != "not met" || !reason.is_empty(), "{id}: why not?");
        for test in tests {
            let (path, name) = test.trim_matches('`').split_once("::").unwrap();
            assert!(test_in(&read(path), name).is_some(), "{id}: there is no test {test}");
        }
    }
    assert!(rows.len() > 60, "the table was read");
}

/// T001-2, TX-3: neither a handle nor any other secret that the service hands out is a session's token.
#[tokio::test]
async fn t001_2_and_tx_3_nothing_but_a_session_token_opens_a_session() {
    let doors = Doors::open("").await;
    let app = &doors.app;
    let login = app.post_json("/api/session", json!({ "email": "ann@example.com", "password": PASSWORD })).await;
    let id = login.text("/data/0/id");
    assert!(doors.reads("vprotect bearer", &login.text("/data/0/token")).await, "the token is one");
    let begun = app.get("/api/session").await;
    let guard = begun.cookie("vestibule_guard").unwrap();
    let spare = app.operator.issue_login_token("ann", Duration::from_mins(5)).await.unwrap();
    let reset = app.operator.issue_reset_token("ann", Duration::from_mins(5)).await.unwrap();
    let node = app.operator.add_node(vestibule_domain::node::NodeName::parse("n").unwrap()).await.unwrap();
    let others = [
        ("the handle", id),
        ("a guard", guard),
        ("an API token", doors.ann.api_token.clone()),
        ("a login token", spare.token.expose().to_owned()),
        ("a reset token", reset.token.expose().to_owned()),
        ("a node's secret", node.secret.expose().to_owned()),
    ];
    for (what, token) in &others {
        for read in Visitor::READ {
            assert!(!doors.reads(read, token).await, "{what} is accepted by {read}");
        }
    }
    let session = doors.begin("vprotect").await;
    for token in [&session, &others[0].1, &others[1].1, &others[3].1] {
        let path = "/api/sessions?form_name=reference_rest_api_delete_sessions";
        let request = app.request(Method::DELETE, path).header("authorization", format!("Token token={token}"));
        assert_eq!(app.send(request).await.status, 401, "it is taken for an API token");
    }
    for token in [&session, &others[0].1, &others[1].1, &others[2].1] {
        let answer = app.post_json("/session/login-with-token", json!({ "token": token })).await;
        assert_eq!(answer.status, 401, "it is taken for a login token");
    }
}

/// T001-3, I5: what is not asked for binds to nothing.
#[tokio::test]
async fn t001_3_fields_that_nobody_reads_change_nothing() {
    let app = TestApp::start().await;
    app.user("ann", &[]).await;
    let more = json!({
        "email": "new@example.com", "password": "kot na dachu", "role": "admin", "roles": ["admin"], "id": "x",
        "userId": 1, "admin": true, "confirmed": 1, "disabled": false, "created": 0, "login": "root", "guid": "x",
    });
    let fields = more.as_object().unwrap().iter().filter(|(_, value)| !value.is_array());
    let fields: Vec<(String, String)> =
        fields.map(|(name, value)| (name.clone(), value.as_str().map_or(value.to_string(), str::to_owned))).collect();
    let pairs: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(app.post_form("/session/register/", &pairs).await.json()["code"], 0);
    let user = app.operator.user("new@example.com").await.unwrap();
    assert!(user.roles.is_empty() && user.login.as_str() != "root" && user.id.to_string() != "x");
    let mut body = more.clone();
    body["expiresAt"] = json!("2999-01-01T00:00:00Z");
    let session = app.post_json("/api/session", body).await;
    assert_ne!(session.text("/data/0/id"), "x");
    assert!(!session.body.contains("2999") && !session.body.contains("backoffice"), "{}", session.body);
}

/// T001-6, W7: a page elsewhere may read nothing.
#[tokio::test]
async fn t001_6_no_other_origin_may_read_an_answer() {
    let app = TestApp::start().await;
    app.user("ann", &[]).await;
    let body = json!({ "email": "ann@example.com", "login": "ann", "password": PASSWORD }).to_string();
    for origin in ["https://evil.test", "null", "http://127.0.0.1.evil.test", "http://127.0.0.1"] {
        for (method, path) in [
            (Method::OPTIONS, "/api/session"),
            (Method::GET, "/api/session"),
            (Method::POST, "/api/session"),
            (Method::POST, "/session/login"),
            (Method::POST, "/session/login/"),
            (Method::GET, "/session/start/"),
        ] {
            let request = app.request(method, path).header("origin", origin).header("content-type", "application/json");
            let request = request.header("access-control-request-method", "POST").body(body.clone());
            let answer = app.send(request).await;
            let allows = answer.headers.keys().any(|name| name.as_str().starts_with("access-control-"));
            assert!(!allows, "{path} lets {origin} read: {answer:?}");
        }
    }
}

/// T001-6, W7: whom the operator lists, by the whole origin, and nobody else.
#[tokio::test]
async fn t001_6_pages_of_listed_origins_may_read_answers_and_others_may_not() {
    let app = TestApp::with("[server]\ncors_origins = [\"https://app.test\"]\n").await;
    app.user("ann", &[]).await;
    let body = json!({ "email": "ann@example.com", "password": PASSWORD });
    let from = |method: Method, origin: &str| app.request(method, "/api/session").header("origin", origin);
    for origin in
        ["https://evil.test", "null", "https://app.test.evil.test", "http://app.test", "https://app.test:8443"]
    {
        let preflight = from(Method::OPTIONS, origin).header("access-control-request-method", "POST");
        for answer in [app.send(preflight).await, app.send(from(Method::POST, origin).json(&body)).await] {
            assert_eq!(answer.header("access-control-allow-origin"), "", "{origin}: {answer:?}");
        }
    }
    assert_eq!(app.send(app.request(Method::OPTIONS, "/api/session")).await.status, 405, "no preflight");
    assert_eq!(app.send(app.request(Method::OPTIONS, "/nowhere")).await.status, 404, "no preflight");
    let preflight = from(Method::OPTIONS, "https://app.test").header("access-control-request-method", "POST");
    let answer = app.send(preflight.header("access-control-request-headers", "content-type")).await;
    assert_eq!((answer.status, answer.header("access-control-allow-headers")), (200, "content-type"));
    let answer = app.send(from(Method::POST, "https://app.test").json(&body)).await;
    assert_eq!((answer.status, answer.header("access-control-allow-origin")), (200, "https://app.test"));
    assert_eq!(answer.header("access-control-allow-credentials"), "true");
    assert!(answer.header("vary").contains("origin"), "{answer:?}");
    assert_eq!(answer.header("cache-control"), "no-store");
}

/// T002-3, TX-2: what a program tries is charged to the account like what anybody tries, at every door.
#[tokio::test]
async fn t002_3_an_api_token_is_no_licence_to_guess() {
    let app = TestApp::with("[throttle]\naccount_failures = 3\n").await;
    app.user("ann", &[]).await;
    let authorization = format!("Token token={}", app.api_token("tests").await);
    let log_in = async |password: &str| {
        let form = json!({ "email": "ann@example.com", "password": password });
        let body = json!({ "form_name": "reference_rest_api_create_sessions", "form": form });
        app.send(app.request(Method::POST, "/api/sessions").header("authorization", &authorization).json(&body)).await
    };
    assert_eq!(log_in(PASSWORD).await.status, 201);
    for _ in 0..3 {
        assert_eq!(log_in("wrong").await.status, 422);
    }
    assert_eq!(log_in(PASSWORD).await.status, 429);
    let elsewhere = app.post_json("/session/login", json!({ "login": "ann", "password": PASSWORD })).await;
    assert_eq!(elsewhere.status, 429);
}

/// T004-6: nobody's details but the caller's own.
#[tokio::test]
async fn t004_6_details_are_of_the_caller_whatever_is_asked() {
    let app = TestApp::start().await;
    app.user("ann", &[]).await;
    let bob = app.user("bob", &["admin"]).await;
    let session = app.post_json("/session/login", json!({ "login": "ann", "password": PASSWORD })).await;
    let session = session.cookie("JSESSIONID").unwrap();
    for query in ["", &format!("?guid={}", bob.id), "?login=bob", "?id=1", &format!("?userGuid={}", bob.id)] {
        let request = app.request(Method::GET, &format!("/session/user/details{query}")).bearer_auth(&session);
        let answer = app.send(request.json(&json!({ "guid": bob.id.to_string(), "login": "bob" }))).await;
        assert_eq!((answer.status, answer.text("/login").as_str()), (200, "ann"), "{query}");
    }
}
