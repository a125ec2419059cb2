//! Moving house: everything that one store holds is in another, and nobody notices.

use std::{
    env,
    path::Path,
    process::{self, Output, Stdio},
    time::Duration,
};

use sea_orm::{ConnectionTrait, Database, DatabaseConnection};
use serde_json::Value;
use tokio::process::Command;
use vestibule_tests::{
    Doors, TestApp, Visitor,
    places::{REDIS, sessions_on},
    program,
};

fn sqlite(file: &Path) -> String {
    format!("sqlite://{}", file.display())
}

async fn copy(from: &str, to: &str, more: &[&str]) -> Output {
    let mut command = copying(from, to);
    command.args(more).output().await.unwrap()
}

fn copying(from: &str, to: &str) -> Command {
    let mut command = Command::new(program());
    command.current_dir("/").args(["copy", "--json", "--from", from, "--to", to]).kill_on_drop(true);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Copies, which must succeed, and gives back the line of each kind.
async fn copied(from: &str, to: &str) -> Vec<Value> {
    let output = copy(from, to, &[]).await;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let rows: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
    assert!(rows.len() == 9 && rows.iter().all(|row| row["equal"] == true), "{rows:?}");
    rows
}

async fn refused(from: &str, to: &str) -> (Option<i32>, String) {
    let output = copy(from, to, &[]).await;
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

fn of<'a>(rows: &'a [Value], kind: &str, column: &str) -> &'a Value {
    &rows.iter().find(|row| row["kind"] == kind).unwrap()[column]
}

async fn number(database: &DatabaseConnection, query: &str) -> i64 {
    let statement = sea_orm::Statement::from_string(database.get_database_backend(), query);
    database.query_one_raw(statement).await.unwrap().unwrap().try_get_by(0).unwrap()
}

#[tokio::test]
async fn live_sessions_live_on_in_the_copy_ended_ones_stay_ended_and_users_log_in() {
    let doors = Doors::open("").await;
    let from = sqlite(&doors.app.directory().join("data/vestibule.db"));
    let to_file = doors.app.directory().join("elsewhere/copy.db");
    let to = sqlite(&to_file);
    let (mut live, mut ended) = (Vec::new(), Vec::new());
    for way in Visitor::BEGIN {
        live.push(doors.begin(way).await);
        let token = doors.begin(way).await;
        doors.end("vprotect logout", &token).await;
        ended.push(token);
    }
    let node = doors.app.command(&["node", "add", "backup", "--json"], "").await;
    let node: Value = serde_json::from_slice(&node.stdout).unwrap();
    let issued = doors.app.command(&["login-token", "issue", "ann", "--json"], "").await;
    let issued: Value = serde_json::from_slice(&issued.stdout).unwrap();
    // While the service is at work, ...
    let first = copied(&from, &to).await;
    assert_eq!(of(&first, "sessions", "copied"), of(&first, "sessions", "from"));
    let late = doors.begin("vprotect").await;
    doors.end("vprotect logout", &live.remove(0)).await;
    let ann = doors.ann.clone();
    let left = doors.app.leave().await;
    // ... and when it is stopped: that moves little more.
    let second = copied(&from, &to).await;
    assert!(of(&second, "sessions", "from").as_u64().unwrap() >= 11);
    assert!(of(&second, "sessions", "copied").as_u64().unwrap() >= 2);
    assert_eq!(of(&second, "users", "copied"), 0);
    let latest = number(&Database::connect(&from).await.unwrap(), "SELECT MAX(id) FROM messages").await;

    let key = left.path().join("data/master.key");
    let settings = format!("storage.url = \"{to}\"\nkeys.file = \"{}\"\n", key.display());
    let copy = Doors { app: TestApp::with(&settings).await, ann };
    for token in live.iter().chain([&late]) {
        for way in Visitor::READ {
            assert!(copy.reads(way, token).await, "{way}: a live session is gone");
        }
    }
    for token in &ended {
        for way in Visitor::READ {
            assert!(!copy.reads(way, token).await, "{way}: an ended session is back");
        }
    }
    for way in Visitor::BEGIN {
        let token = copy.begin(way).await;
        assert!(copy.reads("vprotect bearer", &token).await, "{way}");
    }
    let login = serde_json::json!({ "guid": node["guid"], "secret": node["secret"] });
    assert_eq!(copy.app.post_json("/session/node/login", login).await.status, 201);
    let login = serde_json::json!({ "token": issued["token"] });
    assert_eq!(copy.app.post_json("/session/login-with-token", login).await.status, 201);
    let log = Database::connect(&to).await.unwrap();
    assert!(number(&log, "SELECT MAX(id) FROM messages").await > latest);
    let before = format!("SELECT COUNT(*) FROM messages WHERE id <= {latest}");
    assert_eq!(number(&log, &before).await, of(&second, "messages", "from").as_i64().unwrap());

    // The copy has its own life now: what it was made from does not overwrite it by mistake.
    copy.app.stop().await;
    let (status, error) = refused(&from, &to).await;
    assert_eq!(status, Some(1));
    assert!(error.contains("has been in use") && error.contains("--overwrite"), "{error}");
    let output = self::copy(&from, &to, &["--overwrite"]).await;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[tokio::test]
async fn a_copy_that_is_killed_half_way_is_completed_by_the_same_command() {
    let app = TestApp::start().await;
    app.user("ann", &[]).await;
    app.sql(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 40000) \
         INSERT INTO messages (kind, at) SELECT 'node_added', i FROM n",
    )
    .await;
    let from = sqlite(&app.directory().join("data/vestibule.db"));
    let to = sqlite(&app.directory().join("copy.db"));
    // So that there is something to look at.
    let there = TestApp::with(&format!("storage.url = \"{to}\"\nsetup.open_to = \"nobody\"\n")).await;
    there.stop().await;
    let there = Database::connect(&to).await.unwrap();
    let mut killed = copying(&from, &to).spawn().unwrap();
    while number(&there, "SELECT COUNT(*) FROM messages").await == 0 {
        assert!(killed.try_wait().unwrap().is_none(), "it ended too early");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    killed.kill().await.unwrap();
    let half = number(&there, "SELECT COUNT(*) FROM messages").await;
    let all = number(&Database::connect(&from).await.unwrap(), "SELECT COUNT(*) FROM messages").await;
    assert!(half < all && all > 40_000, "{half} of {all} were copied");
    assert_eq!(number(&there, "SELECT COUNT(*) FROM users").await, 0);
    let configured = "SELECT COUNT(*) FROM installation WHERE configured IS NOT NULL";
    assert_eq!(number(&there, configured).await, 1, "half a copy can be set up anew");

    let rows = copied(&from, &to).await;
    assert_eq!(of(&rows, "messages", "to"), all);
    assert_eq!(of(&rows, "messages", "copied"), all - half);
    app.stop().await;
}

#[tokio::test]
async fn a_copy_that_was_tampered_with_is_mended() {
    let doors = Doors::open("").await;
    for way in Visitor::BEGIN {
        doors.begin(way).await;
    }
    let from = sqlite(&doors.app.directory().join("data/vestibule.db"));
    let to = sqlite(&doors.app.directory().join("copy.db"));
    copied(&from, &to).await;
    let there = Database::connect(&to).await.unwrap();
    for tampering in [
        "UPDATE users SET password = 'another', revision = revision + 1",
        "UPDATE roles SET rights = '[\"everything\"]' WHERE name = 'admin'",
        "INSERT INTO roles (name, rights) VALUES ('intruder', '[]')",
        "DELETE FROM sessions WHERE id = (SELECT id FROM sessions LIMIT 1)",
        "UPDATE clients SET digest = zeroblob(32)",
        "DELETE FROM messages WHERE id = 1",
    ] {
        there.execute_unprepared(tampering).await.unwrap();
    }
    let mended = copied(&from, &to).await;
    for (kind, copied) in [("users", 1), ("roles", 1), ("sessions", 1), ("clients", 1), ("messages", 1), ("forms", 0)] {
        assert_eq!(of(&mended, kind, "copied"), copied, "{kind}");
    }
    assert_eq!(number(&there, "SELECT COUNT(*) FROM roles").await, 2);
    doors.app.stop().await;
}

#[tokio::test]
async fn what_cannot_be_copied_is_refused_with_what_to_do_and_without_passwords() {
    let app = TestApp::start().await;
    app.user("ann", &[]).await;
    let from = sqlite(&app.directory().join("data/vestibule.db"));
    let missing = sqlite(&app.directory().join("missing.db"));
    let fresh = sqlite(&app.directory().join("fresh.db"));
    std::fs::write(app.directory().join("empty.db"), "").unwrap();
    let empty = sqlite(&app.directory().join("empty.db"));
    let wrong_server = "postgres://ann:hunter2@127.0.0.1:1/db?password=hunter2";
    for (from, to, status, said) in [
        (missing.as_str(), fresh.as_str(), 1, "there is no store at sqlite:///"),
        (&empty, &fresh, 1, "are older than this program"),
        (&from, &from, 2, "the same store"),
        ("memory:", &fresh, 2, "memory:"),
        (&from, "memory:", 2, "memory:"),
        (&from, "postgre://ann:hunter2@host/db", 2, "--to: must be sqlite://"),
        (&from, wrong_server, 1, "cannot open the store postgres://ann:***@127.0.0.1:1/db"),
        (wrong_server, &fresh, 1, "cannot open the store postgres://ann:***@127.0.0.1:1/db"),
    ] {
        let (code, error) = refused(from, to).await;
        assert_eq!(code, Some(status), "{error}");
        assert!(error.contains(said), "{error}");
        assert!(!error.contains("hunter2"), "{error}");
    }
    assert!(!app.directory().join("missing.db").exists(), "looking for a store made one");

    copied(&from, &fresh).await;
    let newer = Database::connect(&fresh).await.unwrap();
    newer
        .execute_unprepared("INSERT INTO seaql_migrations (version, applied_at) VALUES ('m9999_later', 0)")
        .await
        .unwrap();
    let (code, error) = refused(&fresh, &from).await;
    assert!(code == Some(1) && error.contains("newer version of this program"), "{error}");
    app.stop().await;
}

#[tokio::test]
async fn urls_may_stand_in_files() {
    let app = TestApp::start().await;
    app.user("ann", &[]).await;
    let from = app.write("from", &format!("{}\n", sqlite(&app.directory().join("data/vestibule.db"))));
    let to = app.write("to", &format!("{}\n", sqlite(&app.directory().join("copy.db"))));
    let arguments = ["copy", "--from-file", from.to_str().unwrap(), "--to-file", to.to_str().unwrap()];
    let output = app.command(&arguments, "").await;
    let (told, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{errors}");
    assert!(told.starts_with("KIND") && told.lines().count() == 10, "{told}");
    assert!(errors.contains("copying users: 1") && errors.contains("keys.file"), "{errors}");
    app.stop().await;
}

/// A fresh database on the server that the variable names; nothing, if it names none.
async fn database(variable: &str, name: &str) -> Option<String> {
    let Ok(server) = env::var(variable) else {
        assert!(env::var_os("CI").is_none(), "{variable} is not set: run these tests by `cargo xtask test`");
        eprintln!("skipped: {variable} is not set; `cargo xtask test` sets it");
        return None;
    };
    let name = format!("vestibule_{name}_{}", process::id());
    Database::connect(&server).await.unwrap().execute_unprepared(&format!("CREATE DATABASE {name}")).await.unwrap();
    Some(format!("{}/{name}", server.rsplit_once('/').unwrap().0))
}

#[tokio::test]
async fn a_journey_over_every_kind_of_database_ends_where_it_began() {
    let Some(postgres) = database("VESTIBULE_TEST_POSTGRES_URL", "journey").await else { return };
    let Some(mysql) = database("VESTIBULE_TEST_MYSQL_URL", "journey").await else { return };
    let doors = Doors::open("").await;
    for way in Visitor::BEGIN {
        doors.begin(way).await;
        doors.end("dood logout", &doors.begin(way).await).await;
    }
    doors.app.command(&["node", "add", "backup"], "").await;
    doors.app.command(&["login-token", "issue", "ann"], "").await;
    doors.app.user_with("Żółw", "zolw@example.com", "gęślą jaźń i więcej", &["admin"]).await;
    let begin = sqlite(&doors.app.directory().join("data/vestibule.db"));
    let end = sqlite(&doors.app.directory().join("end.db"));
    let mut checksums = Vec::new();
    for (from, to) in [(&begin, &postgres), (&postgres, &mysql), (&mysql, &end), (&begin, &end)] {
        let rows = copied(from, to).await;
        checksums.push(rows.iter().map(|row| (row["to"].clone(), row["to_checksum"].clone())).collect::<Vec<_>>());
        if to == &end && from == &begin {
            assert!(rows.iter().all(|row| row["copied"] == 0), "{rows:?}");
        }
    }
    assert!(checksums.windows(2).all(|hop| hop[0] == hop[1]), "{checksums:?}");
    assert!(checksums[0].iter().all(|(count, _)| count.as_u64() > Some(0)), "something was not there to be moved");
    doors.app.stop().await;
}

#[tokio::test]
async fn sessions_in_a_redis_are_copied_too() {
    let Some(sessions) = sessions_on(REDIS) else { return };
    let doors = Doors::open(&format!("[storage]\n{sessions}")).await;
    let (live, ended) = (doors.begin("dood").await, doors.begin("vprotect").await);
    doors.end("vprotect logout", &ended).await;
    let from = sqlite(&doors.app.directory().join("data/vestibule.db"));
    let to = sqlite(&doors.app.directory().join("copy.db"));
    let ann = doors.ann.clone();
    let left = doors.app.leave().await;

    let redis = sessions.split('"').nth(1).unwrap();
    let copied = copy(&from, &to, &["--from-sessions", redis]).await;
    assert!(copied.status.success(), "{}", String::from_utf8_lossy(&copied.stderr));
    let rows: Vec<Value> = serde_json::from_slice(&copied.stdout).unwrap();
    assert_eq!(of(&rows, "sessions", "to"), 2);

    let key = left.path().join("data/master.key");
    // Without the Redis, and with one that knows nothing.
    for more in [String::new(), sessions_on(REDIS).unwrap().replacen("sessions_url", "storage.sessions_url", 1)] {
        let settings = format!("storage.url = \"{to}\"\n{more}keys.file = \"{}\"\n", key.display());
        let copy = Doors { app: TestApp::with(&settings).await, ann: ann.clone() };
        for way in Visitor::READ {
            assert!(copy.reads(way, &live).await, "{way}: a live session is gone");
            assert!(!copy.reads(way, &ended).await, "{way}: an ended session is back");
        }
        copy.app.stop().await;
    }
}
