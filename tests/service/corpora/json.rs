//! Bodies on which JSON parsers differ.

use reqwest::{Method, RequestBuilder};
use vestibule_tests::{Answer, PASSWORD, TestApp};

use super::{PATIENT, judged};

const DIALECTS: [&str; 5] = ["easydb", "dialogram", "platformos", "dood", "vprotect"];

struct Logins {
    app: TestApp,
    api_token: String,
}

impl Logins {
    async fn open() -> Self {
        let app = TestApp::with(PATIENT).await;
        app.user("ann", &[]).await;
        let api_token = app.api_token("tests").await;
        Self { app, api_token }
    }

    /// A login whose body is `template` with this dialect's field and user in it.
    async fn request(&self, dialect: &str, template: &[u8]) -> RequestBuilder {
        let easydb =
            async || format!("/api/session/authenticate?token={}", self.app.get("/api/session").await.text("/token"));
        let (path, field, who) = match dialect {
            "easydb" => (easydb().await, "login", "ann"),
            "dialogram" => ("/api/session".to_owned(), "email", "ann@example.com"),
            "platformos" => ("/api/sessions".to_owned(), "email", "ann@example.com"),
            "dood" => ("/session/login/".to_owned(), "email", "ann@example.com"),
            _ => ("/session/login".to_owned(), "login", "ann"),
        };
        let filled = [("LOGIN", field), ("WHO", who), ("PW", PASSWORD)]
            .iter()
            .fold(template.to_vec(), |body, (name, value)| replaced(&body, name.as_bytes(), value.as_bytes()));
        let body = match dialect {
            "platformos" => {
                [&br#"{"form_name":"reference_rest_api_create_sessions","form":"#[..], &filled, b"}"].concat()
            }
            _ => filled,
        };
        let request =
            self.app.request(Method::POST, &path).header("authorization", format!("Token token={}", self.api_token));
        request.body(body)
    }

    /// Whether the body lets in; if it does not, it is refused as the dialect refuses.
    async fn lets_in(&self, dialect: &str, template: &[u8], kind: &str) -> bool {
        let request = self.request(dialect, template).await.header("content-type", kind);
        let answer = self.app.send(request).await;
        let shown = String::from_utf8_lossy(&template[..template.len().min(80)]);
        if answer.status < 300 {
            assert!(holds_a_session(dialect, &answer), "{dialect} {shown}: {answer:?}");
            return true;
        }
        assert!((400..500).contains(&answer.status), "{dialect} {kind} {shown}: {answer:?}");
        assert!(refuses_in_shape(dialect, &answer), "{dialect} {kind} {shown}: {answer:?}");
        assert!(!answer.body.contains(PASSWORD), "{dialect} {kind} {shown} is repeated");
        false
    }
}

fn replaced(text: &[u8], name: &[u8], value: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let found = text[at..].starts_with(name);
        out.extend_from_slice(if found { value } else { &text[at..=at] });
        at += if found { name.len() } else { 1 };
    }
    out
}

fn holds_a_session(dialect: &str, answer: &Answer) -> bool {
    match dialect {
        "easydb" => answer.json()["authenticated"] == true,
        "dialogram" => answer.json().pointer("/data/0/token").is_some(),
        "platformos" => answer.cookie("_pos_session").is_some_and(|cookie| !cookie.is_empty()),
        "dood" => answer.json()["code"] == 0,
        _ => answer.cookie("JSESSIONID").is_some_and(|cookie| !cookie.is_empty()),
    }
}

fn refuses_in_shape(dialect: &str, answer: &Answer) -> bool {
    let member = match dialect {
        "easydb" => "/realm",
        "dialogram" => "/errors/0/status",
        "platformos" => "/errors",
        "dood" => "/code",
        _ => "/message",
    };
    answer.headers.get("set-cookie").is_none() && answer.json().pointer(member).is_some()
}

/// The bytes of a line in which `\xNN` stands for one.
fn bytes(line: &str) -> Vec<u8> {
    let mut parts = line.split("\\x");
    let mut out = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        out.push(u8::from_str_radix(&part[..2], 16).unwrap());
        out.extend_from_slice(&part.as_bytes()[2..]);
    }
    out
}

/// T001-4 and T002-6: what one dialect reads and another does not is written down, and nothing is guessed.
#[tokio::test]
async fn t001_4_every_body_is_read_or_refused_as_the_corpus_says() {
    let logins = Logins::open().await;
    let mut wrong = Vec::new();
    for (verdict, line) in judged("json-differential/bodies.txt") {
        let mut found = String::new();
        for dialect in DIALECTS {
            found.push(if logins.lets_in(dialect, &bytes(&line), "application/json").await { 'y' } else { 'n' });
        }
        if found != verdict {
            wrong.push(format!("{found} {line}"));
        }
    }
    assert!(wrong.is_empty(), "not as written:\n{}", wrong.join("\n"));
}

#[tokio::test]
async fn t001_4_every_content_type_is_taken_or_refused_as_the_corpus_says() {
    let logins = Logins::open().await;
    let mut wrong = Vec::new();
    for (verdict, kind) in judged("json-differential/content-types.txt") {
        let mut found = String::new();
        for dialect in DIALECTS {
            let body = br#"{"LOGIN":"WHO","password":"PW"}"#;
            found.push(if logins.lets_in(dialect, body, &kind).await { 'y' } else { 'n' });
        }
        if found != verdict {
            wrong.push(format!("{found} {kind}"));
        }
    }
    assert!(wrong.is_empty(), "not as written:\n{}", wrong.join("\n"));
}

/// A field that nobody reads may hold anything, but not bring the service down.
#[tokio::test]
async fn i8_a_body_may_be_deep_wide_or_empty_and_is_answered() {
    let logins = Logins::open().await;
    let nested = |depth: usize| {
        let (open, close) = ("[".repeat(depth), "]".repeat(depth));
        format!(r#"{{"LOGIN":"WHO","password":"PW","x":{open}{close}}}"#).into_bytes()
    };
    let objects = |depth: usize| {
        let (open, close) = (r#"{"a":"#.repeat(depth), "}".repeat(depth));
        format!(r#"{{"LOGIN":"WHO","password":"PW","x":{open}1{close}}}"#).into_bytes()
    };
    let fields = (0..5000).map(|n| format!(r#""f{n}":{n}"#)).collect::<Vec<_>>().join(",");
    let wide = format!(r#"{{{fields},"LOGIN":"WHO","password":"PW"}}"#).into_bytes();
    for dialect in DIALECTS {
        // A form's values are plain.
        let plain = dialect == "platformos";
        assert_eq!(logins.lets_in(dialect, &nested(30), "application/json").await, !plain, "{dialect}");
        for body in [nested(200), nested(30_000), objects(200), objects(10_000), Vec::new(), b"{".to_vec()] {
            // vProtect's parser passes over fields that nobody reads, however deep, without going down itself.
            let skips = dialect == "vprotect" && body.len() > 1;
            assert_eq!(logins.lets_in(dialect, &body, "application/json").await, skips, "{dialect}");
        }
        // Whether so many are too many is each dialect's own; see `Params::MAX`.
        let limited = matches!(dialect, "easydb" | "dood");
        assert_eq!(logins.lets_in(dialect, &wide, "application/json").await, !limited, "{dialect}");
    }
}
