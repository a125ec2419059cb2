//! The operator's commands, as processes of their own beside a running service.

use serde_json::{Value, json};
use vestibule_tests::{PASSWORD, TestApp};

/// Runs a command with `--json` that must succeed, and reads what it prints.
async fn run(app: &TestApp, arguments: &[&str], stdin: &str) -> Value {
    let arguments: Vec<&str> = arguments.iter().copied().chain(["--json"]).collect();
    let output = app.command(&arguments, stdin).await;
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{arguments:?}: {error}: {}", String::from_utf8_lossy(&output.stdout)))
}

async fn log_in(app: &TestApp, login: &str, password: &str) -> vestibule_tests::Answer {
    app.post_json("/session/login", json!({ "login": login, "password": password })).await
}

async fn is_live(app: &TestApp, session: &str) -> bool {
    app.send(app.request(reqwest::Method::GET, "/session/user").bearer_auth(session)).await.status == 200
}

#[tokio::test]
async fn what_a_command_changes_the_running_service_knows_at_once() {
    let app = TestApp::start().await;
    let add = ["user", "add", "--login", "ann", "--email", "ann@example.com", "--role", "admin", "--password-stdin"];
    let added = run(&app, &add, &format!("{PASSWORD}\n")).await;
    assert_eq!(
        (&added["login"], &added["email"], &added["roles"]),
        (&json!("ann"), &json!("ann@example.com"), &json!(["admin"]))
    );
    let session = log_in(&app, "ann", PASSWORD).await.cookie("JSESSIONID").unwrap();
    assert!(is_live(&app, &session).await);

    let listed = run(&app, &["session", "list", "--user", "ann"], "").await;
    let row = &listed[0];
    for field in ["id", "user", "dialect", "begun", "last_seen", "expires", "standing"] {
        assert!(!row[field].is_null(), "{field} in {row}");
    }
    assert_eq!(row["dialect"], "vprotect");
    run(&app, &["session", "revoke", row["id"].as_str().unwrap()], "").await;
    assert!(!is_live(&app, &session).await);

    let session = log_in(&app, "ann", PASSWORD).await.cookie("JSESSIONID").unwrap();
    run(&app, &["user", "disable", "ann@example.com"], "").await;
    assert!(!is_live(&app, &session).await);
    assert_eq!(log_in(&app, "ann", PASSWORD).await.status, 401);
    run(&app, &["user", "enable", added["id"].as_str().unwrap()], "").await;
    assert!(!is_live(&app, &session).await, "ended is ended");

    let session = log_in(&app, "ann", PASSWORD).await.cookie("JSESSIONID").unwrap();
    run(&app, &["user", "password", "ann", "--password-stdin"], "another long secret\n").await;
    assert!(!is_live(&app, &session).await);
    assert_eq!(log_in(&app, "ann", PASSWORD).await.status, 401);
    assert_eq!(log_in(&app, "ann", "another long secret").await.status, 201);
}

#[tokio::test]
async fn programs_nodes_forms_and_login_tokens_are_managed_by_command() {
    let app = TestApp::start().await;
    app.user("ann", &[]).await;
    let client = run(&app, &["client", "add", "shop", "--expires-in", "30d"], "").await;
    assert!(client["token"].is_string());
    assert!(run(&app, &["client", "list"], "").await[0].get("token").is_none(), "shown once");
    let node = run(&app, &["node", "add", "backup-7"], "").await;
    let login = json!({ "guid": node["guid"], "secret": node["secret"] });
    assert_eq!(app.post_json("/session/node/login", &login).await.status, 201);
    run(&app, &["node", "remove", "backup-7"], "").await;
    assert_eq!(app.post_json("/session/node/login", &login).await.status, 401);
    let issued = run(&app, &["login-token", "issue", "ann"], "").await;
    assert_eq!(app.post_json("/session/login-with-token", json!({ "token": issued["token"] })).await.status, 201);

    let form = json!({ "name": "mine", "action": "create", "fields": { "email": { "required": true }, "password": { "min_length": 30 } }, "roles": [] });
    run(&app, &["form", "set", "-"], &form.to_string()).await;
    assert_eq!(run(&app, &["form", "show", "mine"], "").await["name"], "mine");
    let submission = json!({ "form_name": "mine", "form": { "email": "ann@example.com", "password": PASSWORD } });
    let request = app.request(reqwest::Method::POST, "/api/sessions").json(&submission);
    let request = request.header("authorization", format!("Token token={}", client["token"].as_str().unwrap()));
    let answer = app.send(request).await;
    assert_eq!(
        (answer.status, answer.body.contains("too short (minimum is 30 characters)")),
        (422, true),
        "{}",
        answer.body
    );
}

#[tokio::test]
async fn roles_are_granted_and_carry_rights_at_once() {
    let app = TestApp::start().await;
    app.user("ann", &[]).await;
    let token = app.get("/api/session").await.text("/token");
    app.post_form("/api/session/authenticate", &[("token", &token), ("login", "ann"), ("password", PASSWORD)]).await;
    let rights = async || app.get(&format!("/api/session?token={token}")).await.json()["system_rights"].clone();
    run(&app, &["role", "set", "editor", "--right", "b.write", "--right", "a.read"], "").await;
    run(&app, &["role", "grant", "ann", "editor"], "").await;
    assert_eq!(rights().await, json!(["a.read", "b.write"]));
    run(&app, &["role", "withdraw", "ann", "editor"], "").await;
    assert_eq!(rights().await, json!([]));
    assert!(run(&app, &["role", "list"], "").await.as_array().unwrap().len() >= 2);
}

#[tokio::test]
async fn what_is_wrong_is_said_with_what_to_do_and_an_exit_status() {
    let app = TestApp::start().await;
    app.user("ann", &[]).await;
    for (arguments, stdin, status, said) in [
        (&["user", "show", "nobody"][..], "", 1, "nobody"),
        (
            &["user", "add", "--login", "ann", "--email", "x@y.cz", "--password-stdin"],
            "kot na dachu\n",
            1,
            "choose another login name",
        ),
        (&["user", "add", "--login", "x", "--email", "x@y.cz", "--password-stdin"], "123456\n", 1, "password"),
        (&["user", "add"], "", 2, "--login"),
        (&["nonsense"], "", 2, "nonsense"),
        (&["form", "show", "unheard_of"], "", 1, "unheard_of"),
        (&["session", "revoke", "not-an-id"], "", 2, "not-an-id"),
    ] {
        let output = app.command(arguments, stdin).await;
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(status), "{arguments:?}: {error}");
        assert!(error.contains(said), "{arguments:?}: {error}");
        assert!(!error.contains("kot na dachu"), "a password is told to nobody");
    }
}

#[tokio::test]
async fn the_configuration_is_checked_and_shown() {
    let app = TestApp::start().await;
    assert!(app.command(&["config", "check"], "").await.status.success());
    let shown = run(&app, &["config", "show"], "").await;
    assert!(shown.is_object());
    let broken = TestApp::start().await;
    let file = broken.write("broken.toml", "profle = \"x\"\n[sessions]\nidle_ttl = \"soon\"\n[server]\nlisten = 7\n");
    let output = broken.command_with(&file, &["config", "check"], "").await;
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2));
    for key in ["profle", "profile", "sessions.idle_ttl", "server.listen"] {
        assert!(error.contains(key), "{key} is not named: {error}");
    }
}
