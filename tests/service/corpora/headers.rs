//! What is given never becomes a header or a log line of its own.

use std::{fs, process::Stdio};

use serde_json::json;
use vestibule_tests::{Process, exchange};

use super::{corpus, text};

/// Headers that answers have, whatever they answer.
const KNOWN: [&str; 13] = [
    "allow",
    "cache-control",
    "connection",
    "content-length",
    "content-security-policy",
    "content-type",
    "date",
    "location",
    "referrer-policy",
    "retry-after",
    "set-cookie",
    "x-content-type-options",
    "x-request-id",
];

/// Percent-encodes every byte.
fn percent(text: &str) -> String {
    use std::fmt::Write;
    text.bytes().fold(String::new(), |mut encoded, byte| {
        write!(encoded, "%{byte:02X}").unwrap();
        encoded
    })
}

/// Requests with the value at every place from which it could reach a header or the log, as they are on the wire.
fn requests(value: &str, token: &str) -> Vec<String> {
    let encoded = percent(value);
    let get =
        |target: &str, headers: &str| format!("GET {target} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{headers}\r\n");
    let post = |target: &str, kind: &str, body: &str, headers: &str| {
        let length = body.len();
        format!(
            "POST {target} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: {kind}\r\n\
             content-length: {length}\r\n{headers}\r\n{body}"
        )
    };
    let (form, json_type) = ("application/x-www-form-urlencoded", "application/json");
    // A line break ends a header whoever writes it: in a header only what is left without them can do harm.
    let line = value.replace(['\r', '\n'], "");
    let header = |name: &str| format!("{name}: {line}\r\n");
    let mut all = vec![
        get(&format!("/api/session?token={encoded}"), ""),
        get(&format!("/api/session/{encoded}"), ""),
        get(&format!("/{encoded}"), ""),
        get(&format!("/session/start/?system={encoded}"), ""),
        get(&format!("/session/logout/?session_key={encoded}"), ""),
        post("/session/login/", form, &format!("email={encoded}&password=x"), ""),
        post("/session/register/", form, &format!("email=a@b.cz&password=kot+na+dachu&name={encoded}"), ""),
        post(
            "/api/session",
            json_type,
            &json!({ "email": "a@b.cz", "password": "x", "deviceName": value }).to_string(),
            "",
        ),
        post("/session/login", json_type, &json!({ "login": value, "password": value }).to_string(), ""),
        post("/api/sessions", json_type, &json!({ "form_name": value, "form": { "email": value } }).to_string(), ""),
    ];
    for target in ["error=/out", "success=/in", &*format!("error=/out{encoded}"), &*format!("error={encoded}")] {
        all.push(post(
            "/api/session/authenticate",
            form,
            &format!("token={token}&login={encoded}&password=x&{target}"),
            "",
        ));
    }
    for name in
        ["x-request-id", "user-agent", "origin", "referer", "x-forwarded-for", "x-forwarded-proto", "accept", "via"]
    {
        all.push(get("/api/session", &header(name)));
    }
    for name in [
        "cookie: JSESSIONID",
        "cookie: _pos_session",
        "cookie: vestibule_guard",
        "authorization: Bearer",
        "authorization: Token token",
    ] {
        let joint = if name.starts_with("cookie") || name.ends_with("token") { "=" } else { " " };
        all.push(get("/session/user", &format!("{name}{joint}{line}\r\n")));
        all.push(post("/session/login", json_type, "{}", &format!("{name}{joint}{line}\r\n")));
    }
    all.push(format!("GET /session HTTP/1.1\r\nhost: {line}\r\nconnection: close\r\n\r\n"));
    all.push(format!("{} /session HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n", line.replace(' ', "")));
    all
}

/// Checks an answer, and says whether the service itself gave it.
fn assert_is_whole(answer: &str, request: &str) -> bool {
    let head = answer.split("\r\n\r\n").next().unwrap();
    let mut lines = head.split("\r\n");
    let status = lines.next().unwrap().split(' ').nth(1).unwrap_or_default();
    assert!(status.len() == 3 && !status.starts_with('5'), "{request:?}: {answer:?}");
    for line in lines {
        let (name, value) = line.split_once(": ").unwrap_or_else(|| panic!("{request:?} brought {line:?}"));
        assert!(KNOWN.contains(&name), "{request:?} brought {line:?}");
        assert!(value.bytes().all(|byte| matches!(byte, b' '..=b'~')), "{request:?} brought {line:?}");
        let is_echo = matches!(name, "location" | "x-request-id");
        assert!(is_echo || !value.to_lowercase().contains("kanarek"), "{request:?} brought {line:?}");
        assert!(!value.contains(": 1"), "{request:?} brought {line:?}");
    }
    // Every answer of the service has a name; what HTTP itself forbids is refused before it is one of its requests.
    head.contains("\r\nx-request-id: ")
}

/// T001-5, T000-6: neither splits a header nor forges a line of the log.
async fn nothing_given_becomes_a_header_or_a_line(format: &str) {
    let directory = tempfile::tempdir().unwrap();
    let settings = format!("[log]\nformat = \"{format}\"\nfilter = \"info,vestibule_adapters_http=debug\"\n");
    fs::write(directory.path().join("vestibule.toml"), settings).unwrap();
    let log = directory.path().join("log");
    let process = Process::start_with(directory.path(), Stdio::from(fs::File::create(&log).unwrap())).await;
    let token = process.caller.get("/api/session").await.text("/token");
    let mut answered = 1;
    for input in corpus("header-injection.txt") {
        for request in requests(&text(&input), &token) {
            let answer = exchange(process.address, request.as_bytes()).await;
            // A connection whose request is not HTTP may be closed without a word.
            answered += usize::from(!answer.is_empty() && assert_is_whole(&answer, &request));
        }
    }
    process.kill().await;
    let log = fs::read_to_string(log).unwrap();
    let events: Vec<&str> = log.split('\n').filter(|line| line.contains("answered")).collect();
    assert!(answered > 600 && events.len() == answered, "{answered} requests, {} lines", events.len());
    for line in &events {
        assert!(line.chars().all(|c| !c.is_control()), "{line:?}");
        match format {
            "json" => assert_eq!(serde_json::from_str::<serde_json::Value>(line).unwrap()["message"], "answered"),
            _ => assert!(line.starts_with("20") && line.matches(" DEBUG ").count() == 1, "{line:?}"),
        }
    }
    for line in log.lines().filter(|line| line.contains("anarek")) {
        assert!(line.contains("answered"), "a line of its own: {line:?}");
    }
}

#[tokio::test]
async fn t001_5_nothing_given_becomes_a_header_or_a_line_of_the_log() {
    nothing_given_becomes_a_header_or_a_line("human").await;
}

#[tokio::test]
async fn t001_5_nothing_given_becomes_a_header_or_an_object_of_the_log() {
    nothing_given_becomes_a_header_or_a_line("json").await;
}
