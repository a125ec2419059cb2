//! The how-to's own programs check tokens of a running service, with nothing but its published keys.

use std::{path::PathBuf, process::Stdio, time::Duration};

use tokio::{io::AsyncWriteExt, process::Command};
use vestibule_tests::{PASSWORD, Process, example, tool};

use super::{nginx::snippet, *};

const ISSUER: &str = "https://app.example.com/";

/// A service whose clock is the real one, with ann.
struct Issuer {
    process: Process,
    _directory: tempfile::TempDir,
}

impl Issuer {
    async fn start(settings: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let always = "server.public_url = \"https://app.example.com\"\nverify.assertions = true\n";
        std::fs::write(directory.path().join("vestibule.toml"), format!("{always}{settings}")).unwrap();
        let process = Process::start(directory.path()).await;
        let ann = [("email", "ann@example.com"), ("password", PASSWORD)];
        process.caller.post_form("/session/register/", &ann).await.text("/session_key");
        Self { process, _directory: directory }
    }

    fn keys_url(&self) -> String {
        format!("http://{}/.well-known/jwks.json", self.process.address)
    }

    async fn token(&self) -> String {
        let login = json!({ "email": "ann@example.com", "password": PASSWORD });
        self.process.caller.post_json("/api/session", login).await.text("/data/0/token")
    }
}

/// A program of the how-to.
struct Program {
    program: PathBuf,
    file: Option<PathBuf>,
}

impl Program {
    /// What it prints of a good token; nothing of one that it refuses.
    async fn claims_of(&self, kind: &str, issuer: &Issuer, token: &str) -> Option<String> {
        let mut command = Command::new(&self.program);
        command.args(&self.file).args([kind, ISSUER, &issuer.keys_url()]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(token.as_bytes()).await.unwrap();
        let output = child.wait_with_output().await.unwrap();
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(i32::from(!told.is_empty())), "{told}");
        assert!(told.is_empty() || told.starts_with("refused: "), "it broke: {told}");
        output.status.success().then(|| String::from_utf8(output.stdout).unwrap())
    }
}

async fn assert_checks(program: Program) {
    let (issuer, hasty) = (Issuer::start("").await, Issuer::start("[sessions]\nabsolute_ttl = \"1s\"\n").await);
    let (token, short) = (issuer.token().await, hasty.token().await);
    let verified = verify(&issuer.process.caller, &token).await;
    let whose = format!("session {} of {}\n", verified.header("x-session-id"), verified.header("x-user-id"));
    let assertion = verified.header("x-session-assertion");
    assert_eq!(program.claims_of("session", &issuer, &token).await.as_ref(), Some(&whose));
    assert_eq!(program.claims_of("assertion", &issuer, assertion).await.as_ref(), Some(&whose));

    let tampered = |number: usize, change: fn(&mut Value)| {
        let mut parts: Vec<String> = token.split('.').map(str::to_owned).collect();
        let mut changed = part(&token, number);
        change(&mut changed);
        parts[number] = URL_SAFE_NO_PAD.encode(changed.to_string());
        parts.join(".")
    };
    let (claims, signature) = token.rsplit_once('.').unwrap();
    for (what, forged) in [
        ("claims that nobody signed", tampered(1, |claims| claims["sub"] = "somebody else".into())),
        ("no algorithm", tampered(0, |header| header["alg"] = "none".into())),
        ("another algorithm", tampered(0, |header| header["alg"] = "HS256".into())),
        ("a key that is not published", tampered(0, |header| header["kid"] = "another".into())),
        ("no signature", format!("{claims}.")),
        ("another signature", format!("{claims}.{}", signature.chars().rev().collect::<String>())),
        ("an assertion in the place of a session's token", assertion.to_owned()),
        ("a token of another service", short.clone()),
    ] {
        assert_eq!(program.claims_of("session", &issuer, &forged).await, None, "accepted: {what}");
    }
    assert_eq!(program.claims_of("assertion", &issuer, &token).await, None, "a session's token for an assertion");

    tokio::time::sleep(Duration::from_millis(2100)).await;
    assert_eq!(program.claims_of("session", &hasty, &short).await, None, "accepted: an expired token");
}

/// Writes the how-to's program there.
fn written(language: &str, name: &str, directory: &tempfile::TempDir) -> PathBuf {
    let file = directory.path().join(name);
    std::fs::write(&file, snippet(language)).unwrap();
    file
}

#[tokio::test]
async fn the_program_in_python_takes_good_tokens_and_no_others() {
    let check = ["-c", "import cryptography, jwt"];
    let Some(program) = tool("python3", "python3-cryptography python3-jwt", &check) else { return };
    let directory = tempfile::tempdir().unwrap();
    assert_checks(Program { program, file: Some(written("python", "verify_jwt.py", &directory)) }).await;
}

#[tokio::test]
async fn the_program_for_node_takes_good_tokens_and_no_others() {
    let Some(program) = tool("node", "nodejs", &["-e", "fetch"]) else { return };
    let directory = tempfile::tempdir().unwrap();
    assert_checks(Program { program, file: Some(written("js", "verify_jwt.mjs", &directory)) }).await;
}

#[tokio::test]
async fn the_program_in_rust_takes_good_tokens_and_no_others() {
    assert_checks(Program { program: example("verify_jwt"), file: None }).await;
}
