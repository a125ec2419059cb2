//! Passwords and tokens reach no log, whatever its filter, and no file.

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
    time::Duration,
};

use serde_json::{Value, json};
use vestibule_tests::program;

const CANARY: &str = "kanarek7Qz na dachu";

/// Every spelling in which a secret might be found.
fn spellings(secret: &str) -> Vec<Vec<u8>> {
    let percent: String = secret.replace(' ', "%20");
    let plus = secret.replace(' ', "+");
    let raw = secret.replace('-', "");
    let bits =
        (0..raw.len() / 2).map(|at| u8::from_str_radix(&raw[2 * at..2 * at + 2], 16)).collect::<Result<Vec<_>, _>>();
    let texts = [secret.to_owned(), percent, plus].map(String::into_bytes);
    // A token's own sixteen bytes must not be in a file either.
    texts.into_iter().chain(bits.ok().filter(|bits| bits.len() == 16)).collect()
}

fn holds(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|window| window == needle)
}

fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.filter(|path| path.is_file()).map(|path| (path.display().to_string(), fs::read(&path).unwrap())).collect()
}

/// T000-2, T003-2, TX-12.
#[tokio::test]
async fn no_secret_reaches_a_log_or_a_file() {
    let directory = tempfile::tempdir().unwrap();
    let log = fs::File::create(directory.path().join("log")).unwrap();
    let out = fs::File::create(directory.path().join("out")).unwrap();
    let mut child = Command::new(program())
        .current_dir(directory.path())
        .envs([
            ("VESTIBULE__SERVER__LISTEN", "127.0.0.1:0"),
            ("VESTIBULE__LOG__FILTER", "trace"),
            ("VESTIBULE__PASSWORDS__ARGON2__MEMORY_KIB", "64"),
        ])
        .stdout(Stdio::from(out))
        .stderr(Stdio::from(log))
        .spawn()
        .unwrap();
    let secrets = drive(&listening(directory.path()).await).await;
    child.kill().unwrap();
    child.wait().unwrap();

    assert!(secrets.len() > 6, "enough was tried");
    let written = files(directory.path()).into_iter().chain(files(&directory.path().join("vestibule-data")));
    let written: Vec<(String, Vec<u8>)> = written.collect();
    assert!(
        written.iter().any(|(name, text)| name.ends_with("/log") && holds(text, b"/session/register/")),
        "the log was read"
    );
    assert!(written.iter().any(|(name, _)| name.ends_with("/vestibule.db")), "the database was read");
    let told = written.iter().filter(|(_, text)| holds(text, b"a password came in plain text")).count();
    assert_eq!(told, 1, "T003-2: in the log, and nowhere else");
    for secret in &secrets {
        for (name, text) in &written {
            for spelling in spellings(secret) {
                assert!(!holds(text, &spelling), "{secret} is in {name}");
            }
        }
    }
}

/// Waits for the line that says where it listens.
async fn listening(directory: &Path) -> String {
    for _ in 0..600 {
        let out = fs::read_to_string(directory.join("out")).unwrap();
        if let Some(url) = out.lines().find_map(|line| line.strip_prefix("listening on ")) {
            return url.to_owned();
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("it does not listen");
}

/// Opens every door with a marked password, right and wrong, and gives back every secret there was.
async fn drive(url: &str) -> Vec<String> {
    let http = reqwest::Client::new();
    let email = "ann@example.com";
    let text = |json: &Value, pointer: &str| json.pointer(pointer).and_then(Value::as_str).unwrap().to_owned();
    let mut secrets = vec![CANARY.to_owned(), format!("{CANARY}!")];
    let register = [("email", email), ("password", CANARY)];
    let registered = http.post(format!("{url}/session/register/")).form(&register).send().await.unwrap();
    secrets.push(text(&registered.json().await.unwrap(), "/session_key"));
    let got = http.get(format!("{url}/session/login/")).query(&register).send().await.unwrap();
    secrets.push(text(&got.json().await.unwrap(), "/session_key"));
    let token = text(&http.get(format!("{url}/api/session")).send().await.unwrap().json().await.unwrap(), "/token");
    secrets.push(token.clone());
    for password in [CANARY, &secrets[1].clone()] {
        let fields = [("token", token.as_str()), ("login", email), ("password", password)];
        http.post(format!("{url}/api/session/authenticate")).query(&fields).send().await.unwrap();
        let body = json!({ "email": email, "password": password });
        let answer = http.post(format!("{url}/api/session")).json(&body).send().await.unwrap();
        if let Some(token) = answer.json::<Value>().await.unwrap().pointer("/data/0/token").and_then(Value::as_str) {
            secrets.push(token.to_owned());
            // The part that makes it worth something.
            secrets.push(token.rsplit('.').next().unwrap().to_owned());
        }
        let body = json!({ "login": email, "password": password });
        let answer = http.post(format!("{url}/session/login")).json(&body).send().await.unwrap();
        if let Some(cookie) = answer.headers().get("set-cookie") {
            let value = cookie.to_str().unwrap().split(['=', ';']).nth(1).unwrap();
            secrets.push(value.to_owned());
            http.get(format!("{url}/session/user"))
                .header("cookie", format!("JSESSIONID={value}"))
                .send()
                .await
                .unwrap();
        }
    }
    // From elsewhere in plain text.
    let plain = http.get(format!("{url}/session/login/")).query(&register).header("x-forwarded-for", "192.0.2.1");
    assert_eq!(plain.send().await.unwrap().status(), 403);
    for (password, new_password) in [(CANARY, format!("{CANARY}?")), ("wrong", format!("{CANARY}!"))] {
        let body = json!({ "login": email, "password": password, "new_password": new_password });
        http.post(format!("{url}/account/password")).json(&body).send().await.unwrap();
        http.post(format!("{url}/account/reset"))
            .json(&json!({ "token": token, "new_password": new_password }))
            .send()
            .await
            .unwrap();
        secrets.push(new_password);
    }
    http.get(format!("{url}/api/session?token={token}&signout=1")).send().await.unwrap();
    http.get(format!("{url}/session/logout/?session_key={}", secrets[2])).send().await.unwrap();
    secrets
}
