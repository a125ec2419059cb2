//! Password hashes of other systems, too dear ones, and ones whose pepper is gone, in a running service.

use std::time::{Duration, Instant};

use serde_json::json;
use vestibule_tests::{PASSWORD, TestApp};

/// Login names with passwords and the hashes that other systems publish for them.
const USERS: [(&str, &str, &str); 6] = [
    ("bcrypt", "U*U", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"),
    ("phpass", "test12345", "$P$9IQRaTwmfeRo7ud9Fh4E2PdI0S3r.L0"),
    ("django", "lètmein", "pbkdf2_sha256$390000$seasalt$8xBlGd3jVgvJ+92hWPxi5ww0uuAuAnKgC45eudxro7c="),
    ("argon2i", "secret", "argon2$argon2i$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$YC9+jJCrQhs5R6db7LlN8Q"),
    ("passlib", "password", "$pbkdf2-sha256$1212$4vjV83LKPjQzk31VI4E0Vw$hsYF68OiOUPdDZ1Fg.fJPeq1h/gXXY7acBp9/6c.tmQ"),
    (
        "firebase",
        "user1password",
        "$firebase-scrypt$ln=14,r=8,s=Bw==,k=jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA==$42xEC+ixf3L2lw==$lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ==",
    ),
];

async fn log_in(app: &TestApp, login: &str, password: &str) -> u16 {
    app.post_json("/session/login", json!({ "login": login, "password": password })).await.status
}

#[tokio::test]
async fn imported_users_log_in_with_the_password_they_had_and_get_a_new_hash() {
    let app = TestApp::start().await;
    let line = |(login, _, hash): &(&str, &str, &str)| {
        json!({ "login": login, "email": format!("{login}@example.com"), "password_hash": hash }).to_string()
    };
    let file = app.write("users.jsonl", &USERS.iter().map(line).collect::<Vec<_>>().join("\n"));
    let file = file.to_str().unwrap();
    for expected in [r#""added":6,"already_there":0"#, r#""added":0,"already_there":6"#] {
        let output = app.command(&["user", "import", file, "--json"], "").await;
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && text.contains(expected), "{text}");
    }
    for (login, password, hash) in USERS {
        assert_eq!(log_in(&app, login, "another").await, 401, "{login}");
        assert_eq!(app.stored_hash(login).await, hash);
        assert_eq!(log_in(&app, login, password).await, 201, "{login}");
        let renewed = app.stored_hash(login).await;
        assert!(renewed.starts_with("$argon2id$v=19$m=64,t=1,p=1$"), "{login}: {renewed}");
        assert_eq!(log_in(&app, login, password).await, 201, "{login}");
        assert_eq!(log_in(&app, login, "another").await, 401, "{login}");
        assert_eq!(app.stored_hash(login).await, renewed);
    }
}

#[tokio::test]
async fn a_line_that_fails_makes_the_command_fail() {
    let app = TestApp::start().await;
    let line = r#"{"login":"ann","email":"ann@example.com","password_hash":"5f4dcc3b5aa765d61d8327deb882cf99"}"#;
    let output = app.command(&["user", "import", "-"], line).await;
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert!(told.contains("line 1 (ann)") && !told.contains("5f4dcc3b"), "{told}");
}

#[tokio::test]
async fn a_stored_hash_that_would_take_minutes_is_refused_without_work() {
    let app = TestApp::start().await;
    app.user("ann", &[]).await;
    for statement in [
        "UPDATE users SET password = '$argon2id$v=19$m=8388608,t=1000,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8'",
        "UPDATE users SET password = '$2b$31$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW'",
        "UPDATE users SET password = '$pbkdf2-sha256$4294967295$TmFDbA$TdzY9guYviGDDO5e8icB'",
        "UPDATE users SET password = '$2b$12$nonsense'",
    ] {
        app.sql(statement).await;
        let begun = Instant::now();
        assert_eq!(log_in(&app, "ann", PASSWORD).await, 401, "{statement}");
        // Any of the first three would take minutes; the bound leaves room for a busy machine.
        assert!(begun.elapsed() < Duration::from_secs(10), "{statement}: {:?}", begun.elapsed());
    }
}

#[tokio::test]
async fn a_pepper_that_is_taken_away_is_a_fault_and_brought_back_nothing_is_lost() {
    let app = TestApp::start().await;
    app.user("ann", &[]).await;
    let pepper = app.write("pepper", "a:9fYtVZ1c0oPpkhPq6VQ2uY0a3cXoF8t0wEwq1m2Zs7A=\n");
    let settings = format!("passwords.pepper_file = {pepper:?}\n");
    let app = app.restart(&settings).await;
    assert_eq!(log_in(&app, "ann", PASSWORD).await, 201);
    assert!(app.stored_hash("ann").await.contains(",keyid=YQ$"));

    let app = app.restart("").await;
    assert_eq!(log_in(&app, "ann", PASSWORD).await, 503);
    assert_eq!(log_in(&app, "ann", "another").await, 503);
    let app = app.restart(&settings).await;
    assert_eq!(log_in(&app, "ann", PASSWORD).await, 201);
    assert_eq!(log_in(&app, "ann", "another").await, 401);
}
