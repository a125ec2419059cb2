//! Keys change under a running service, and nobody gets in by a token that none of them made.

#[path = "../corpus/forged.rs"]
mod forged;

use std::{
    fs,
    path::{Path, PathBuf},
    process::Stdio,
    time::{Duration, Instant},
};

use reqwest::{Method, header::HeaderValue};
use serde_json::{Value, json};
use vestibule_tests::{Caller, PASSWORD, Process, TestApp, command, program};

use self::forged::Forge;

const CREDENTIALS: [(&str, &str); 2] = [("email", "ann@example.com"), ("password", PASSWORD)];

/// Nodes on one store, each with a copy of the key file in a directory of its own.
struct Nodes {
    directory: tempfile::TempDir,
    nodes: Vec<Process>,
}

/// The three kinds of tokens.
struct Tokens {
    signed: String,
    sealed: String,
    /// Of a session in the store.
    stored: String,
}

impl Nodes {
    async fn start(count: usize) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let mut nodes = Self { directory, nodes: Vec::new() };
        for number in 0..count {
            let data = nodes.data(number);
            fs::create_dir_all(&data).unwrap();
            let store = nodes.directory.path().join("vestibule.db");
            let settings =
                format!("data_dir = \"{}\"\nstorage.url = \"sqlite://{}\"\n", data.display(), store.display());
            fs::write(data.join("vestibule.toml"), settings).unwrap();
            if number > 0 {
                nodes.copy_keys(0, number);
            }
            nodes.nodes.push(Process::start(&data).await);
        }
        nodes.at(0).post_form("/session/register/", &CREDENTIALS).await.text("/session_key");
        nodes
    }

    fn data(&self, number: usize) -> PathBuf {
        self.directory.path().join(number.to_string())
    }

    fn at(&self, number: usize) -> &Caller {
        &self.nodes[number].caller
    }

    fn copy_keys(&self, from: usize, to: usize) {
        let draft = self.data(to).join("copied");
        fs::copy(self.data(from).join("master.key"), &draft).unwrap();
        fs::rename(draft, self.data(to).join("master.key")).unwrap();
    }

    async fn keys(&self, number: usize, arguments: &[&str]) -> Value {
        keys(&self.data(number), arguments).await
    }

    async fn published(&self, number: usize) -> Vec<String> {
        let answer = self.at(number).get("/.well-known/jwks.json").await;
        assert_eq!(answer.header("cache-control"), "public, max-age=60");
        let keys = answer.json();
        keys["keys"].as_array().unwrap().iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
    }

    /// Waits until a node publishes so many keys.
    async fn knows(&self, number: usize, count: usize) {
        let begun = Instant::now();
        while self.published(number).await.len() != count {
            assert!(begun.elapsed() < Duration::from_mins(1), "it does not look at its key file");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Waits until a node signs with another key than this.
    async fn signs_with_other_than(&self, number: usize, kid: &str) {
        let begun = Instant::now();
        while kid_of(&self.begin(number).await.signed) == kid {
            assert!(begun.elapsed() < Duration::from_mins(1), "the new key does not sign");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    async fn begin(&self, number: usize) -> Tokens {
        let caller = self.at(number);
        let body = json!({ "email": CREDENTIALS[0].1, "password": PASSWORD });
        Tokens {
            signed: caller.post_json("/api/session", body).await.text("/data/0/token"),
            sealed: caller.get("/session/start/").await.text("/session_key"),
            stored: caller.post_form("/session/login/", &CREDENTIALS).await.text("/session_key"),
        }
    }

    /// Which of them a node accepts: the signed one, the sealed one, the stored one.
    async fn takes(&self, number: usize, tokens: &Tokens) -> [bool; 3] {
        let caller = self.at(number);
        let signed = caller.request(Method::GET, "/session/user").bearer_auth(&tokens.signed);
        let stored = caller.request(Method::GET, "/session/user").bearer_auth(&tokens.stored);
        let sealed = caller.get(&format!("/api/session?token={}", tokens.sealed)).await;
        [caller.send(signed).await.status == 200, sealed.status == 200, caller.send(stored).await.status == 200]
    }
}

async fn keys(data: &Path, arguments: &[&str]) -> Value {
    let arguments: Vec<&str> = ["keys"].iter().chain(arguments).chain(&["--json"]).copied().collect();
    let output = command(&data.join("vestibule.toml"), &arguments, "").await;
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn part(token: &str, number: usize) -> Value {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(token.split('.').nth(number).unwrap()).unwrap()).unwrap()
}

fn kid_of(token: &str) -> String {
    part(token, 0)["kid"].as_str().unwrap().to_owned()
}

/// TX-14.
#[tokio::test]
async fn a_rotation_logs_nobody_out_and_a_revocation_only_those_whose_tokens_the_key_made() {
    let nodes = Nodes::start(1).await;
    let before = nodes.begin(0).await;
    let old = kid_of(&before.signed);
    assert_eq!(nodes.published(0).await, [old.as_str()]);
    let rotated = nodes.keys(0, &["rotate", "--activate-after", "1s"]).await;
    assert_eq!(rotated[1]["id"], old);
    nodes.knows(0, 2).await;
    nodes.signs_with_other_than(0, &old).await;
    let after = nodes.begin(0).await;
    assert_eq!(rotated[0]["id"], kid_of(&after.signed));
    for tokens in [&before, &after] {
        assert_eq!(nodes.takes(0, tokens).await, [true; 3]);
    }

    nodes.keys(0, &["revoke", &old]).await;
    nodes.nodes[0].signal("HUP").await;
    nodes.knows(0, 1).await;
    assert_eq!(nodes.takes(0, &before).await, [false, false, true]);
    assert_eq!(nodes.takes(0, &after).await, [true; 3]);
}

#[tokio::test]
async fn what_an_old_key_made_is_refused_from_the_cut_off_on() {
    let nodes = Nodes::start(1).await;
    let before = nodes.begin(0).await;
    nodes.keys(0, &["rotate", "--activate-after", "3s", "--overlap", "2s"]).await;
    nodes.knows(0, 2).await;
    assert_eq!(nodes.takes(0, &before).await, [true; 3]);
    nodes.knows(0, 1).await;
    assert_eq!(nodes.takes(0, &before).await, [false, false, true]);
    assert_eq!(nodes.keys(0, &["prune"]).await.as_array().unwrap().len(), 1);
    assert_eq!(nodes.takes(0, &nodes.begin(0).await).await, [true; 3]);
}

#[tokio::test]
async fn while_two_nodes_get_a_new_key_one_after_the_other_no_token_is_refused() {
    let nodes = Nodes::start(2).await;
    let old = kid_of(&nodes.begin(0).await.signed);
    let begun = Instant::now();
    let rotated = nodes.keys(0, &["rotate", "--activate-after", "8s"]).await;
    nodes.knows(0, 2).await;
    let (mut copied, mut kept, mut new) = (false, Vec::new(), [0; 2]);
    // Each of them signs with the new key for a while.
    while new.iter().min() < Some(&3) {
        assert!(begun.elapsed() < Duration::from_secs(90), "the key {} does not sign: {new:?}", rotated[0]["id"]);
        for (number, new) in new.iter_mut().enumerate() {
            let tokens = nodes.begin(number).await;
            assert_eq!(nodes.takes(1 - number, &tokens).await, [true; 3], "after {:?}", begun.elapsed());
            *new += usize::from(kid_of(&tokens.signed) != old);
            kept.push(tokens);
        }
        // Once some tokens were made while one of them had the key alone.
        if !copied && kept.len() >= 8 {
            assert_eq!((nodes.published(0).await.len(), nodes.published(1).await.len()), (2, 1), "not one by one");
            nodes.copy_keys(0, 1);
            copied = true;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    for tokens in kept.iter().step_by(5) {
        assert_eq!([nodes.takes(0, tokens).await, nodes.takes(1, tokens).await], [[true; 3]; 2]);
    }
}

#[tokio::test]
async fn a_rotation_that_is_killed_leaves_the_old_file_or_the_new_one() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path();
    fs::write(data.join("vestibule.toml"), format!("data_dir = {data:?}\n")).unwrap();
    let mut known = keys(data, &["create"]).await.as_array().unwrap().len();
    let whole = Instant::now();
    keys(data, &["rotate"]).await;
    let span = whole.elapsed();
    known += 1;
    for round in 0..24 {
        let mut child = std::process::Command::new(program())
            .arg("--config")
            .arg(data.join("vestibule.toml"))
            .args(["keys", "rotate"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        tokio::time::sleep(span * round / 20).await;
        child.kill().unwrap();
        child.wait().unwrap();
        let found = keys(data, &["list"]).await.as_array().unwrap().len();
        assert!(found == known || found == known + 1, "{found} after {known}");
        known = found;
    }
    keys(data, &["rotate"]).await;
    assert_eq!(fs::read_dir(data).unwrap().count(), 2, "a draft was left behind");
}

#[tokio::test]
async fn nobody_is_let_in_by_a_forged_token() {
    let app = TestApp::start().await;
    app.user("ann", &[]).await;
    let body = json!({ "email": CREDENTIALS[0].1, "password": PASSWORD });
    let good = app.post_json("/api/session", body).await.text("/data/0/token");
    let file = fs::read_to_string(app.directory().join("data/master.key")).unwrap();
    let secret = file.lines().find(|line| line.starts_with("key ")).unwrap().split(' ').next_back().unwrap();
    let secret: Vec<u8> =
        (0..32).map(|place| u8::from_str_radix(&secret[2 * place..2 * place + 2], 16).unwrap()).collect();
    let forge = Forge::new(&good, &blake3::derive_key("vestibule 2026-11 token signing seed v1", &secret));

    let status = async |token: &str| {
        let value = HeaderValue::from_bytes(format!("Bearer {token}").as_bytes()).ok()?;
        let request = app.request(Method::GET, "/session/user").header("authorization", value);
        Some(app.send(request).await.status)
    };
    assert_eq!(status(&forge.with_claims(|_| {})).await, Some(200), "the control");
    let keys = app.get("/.well-known/jwks.json").await.body;
    let (mut forged, mut asked) = (forge.forged(), 0);
    for (what, name, value) in [
        ("another epoch", "jti", json!(format!("{}0", part(&good, 1)["jti"].as_str().unwrap()))),
        ("over", "exp", part(&good, 1)["iat"].clone()),
        ("another's", "sub", json!("00000000-0000-0000-0000-000000000001")),
        ("another session", "sid", json!("00000000-0000-0000-0000-000000000001")),
    ] {
        forged.push((what.to_owned(), forge.with_claims(|payload| payload[name] = value)));
    }
    for (what, token) in forged {
        // What no header can hold comes in by no header.
        if let Some(status) = status(&token).await {
            assert!(matches!(status, 400 | 401), "{status} for {what}");
            asked += 1;
        }
    }
    assert!(asked > 150, "{asked}");
    assert_eq!(status(&forge.good).await, Some(200));
    assert_eq!(app.get("/.well-known/jwks.json").await.body, keys);
}
