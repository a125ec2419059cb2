//! Document 002, replayed.

use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use vestibule_tests::{Answer, PASSWORD, TestApp};

const DOCUMENT: &str = include_str!("../../docs/documents/platformos.txt");
const PATH: &str = "/api/sessions";

/// The body of the document's `n`th sample request, as it stands there.
fn sample(n: usize) -> &'static str {
    let start = DOCUMENT.split("\"Content-Type: application/json\"\n").nth(n + 1).unwrap();
    start.split("\n|").next().unwrap()
}

struct Program {
    app: TestApp,
    token: String,
}

impl Program {
    async fn start() -> Self {
        let app = TestApp::start().await;
        app.user_with("example", "example1@example.com", "somepassword", &[]).await;
        let token = app.api_token("shop").await;
        Self { app, token }
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.app.request(method, path).header("authorization", format!("Token token={}", self.token));
        request.header("accept", "application/json").header("content-type", "application/json")
    }

    async fn post(&self, body: impl ToString) -> Answer {
        self.app.send(self.request(Method::POST, PATH).body(body.to_string())).await
    }

    async fn is_live(&self, session: &str) -> bool {
        self.app.send(self.app.request(Method::GET, "/session/user").bearer_auth(session)).await.status == 200
    }
}

fn form(form: &Value) -> Value {
    json!({ "form_name": "reference_rest_api_create_sessions", "form": form })
}

#[tokio::test]
async fn the_documents_login_is_answered_as_it_says() {
    let program = Program::start().await;
    let answer = program.post(sample(0)).await;
    assert_eq!((answer.status, answer.header("content-type")), (201, "application/vnd.api+json"));
    assert_eq!(answer.body, "{}");
    let line = answer.header("set-cookie").to_owned();
    assert!(
        line.starts_with("_pos_session=") && line.contains("; HttpOnly; SameSite=Lax") && line.contains("Path=/;"),
        "{line}"
    );
    assert!(program.is_live(&answer.cookie("_pos_session").unwrap()).await);
}

#[tokio::test]
async fn the_documents_logout_is_answered_as_its_table_says() {
    let program = Program::start().await;
    let session = program.post(sample(0)).await.cookie("_pos_session").unwrap();
    let request = program.request(Method::DELETE, PATH).header("cookie", format!("_pos_session={session}"));
    let answer = program.app.send(request.body(sample(1))).await;
    assert_eq!((answer.status, answer.body.as_str()), (204, ""));
    assert_eq!(answer.cookie("_pos_session").as_deref(), Some(""), "the cookie is cleared");
    assert!(!program.is_live(&session).await);
    let again = program.app.send(program.request(Method::DELETE, PATH).body(sample(1))).await;
    assert_eq!(again.status, 204, "there is nothing left to end");
}

/// T002-2.
#[tokio::test]
async fn no_api_token_or_a_bad_one_is_401_and_the_session_lives() {
    let program = Program::start().await;
    let session = program.post(sample(0)).await.cookie("_pos_session").unwrap();
    let (token, app) = (program.token.as_str(), &program.app);
    let shapes = [format!("Token token=\"{token}\""), format!("Bearer {token}")];
    for good in &shapes {
        let request = app.request(Method::POST, PATH).header("content-type", "application/json").body(sample(0));
        assert_eq!(app.send(request.header("authorization", good)).await.status, 201, "{good}");
    }
    app.operator.revoke_client("shop".parse_name()).await.unwrap();
    for bad in ["", "Token token=nonsense", "Basic YTpi", &shapes[0]] {
        for (method, body) in [(Method::POST, sample(0)), (Method::DELETE, sample(1))] {
            let request = app.request(method, PATH).header("cookie", format!("_pos_session={session}"));
            let request = request.header("authorization", bad).header("content-type", "application/json");
            assert_eq!(app.send(request.body(body)).await.status, 401, "{bad}");
        }
    }
    assert!(program.is_live(&session).await);
}

trait ParseName {
    fn parse_name(&self) -> vestibule_domain::client::ClientName;
}
impl ParseName for str {
    fn parse_name(&self) -> vestibule_domain::client::ClientName {
        vestibule_domain::client::ClientName::parse(self).unwrap()
    }
}

#[tokio::test]
async fn wrong_parameters_are_406() {
    let program = Program::start().await;
    let credentials = json!({ "email": "example1@example.com", "password": "somepassword" });
    for body in [
        json!({ "form": credentials }).to_string(),
        json!({ "form_name": "unheard_of", "form": credentials }).to_string(),
        json!({ "form_name": "reference_rest_api_delete_sessions", "form": credentials }).to_string(),
        json!({ "form_name": "reference_rest_api_create_sessions" }).to_string(),
        form(&json!("text")).to_string(),
        "{".to_owned(),
    ] {
        assert_eq!(program.post(&body).await.status, 406, "{body}");
    }
    let wrong_action = program.request(Method::DELETE, PATH).body(form(&credentials).to_string());
    assert_eq!(program.app.send(wrong_action).await.status, 406);
    let picky = program.request(Method::POST, PATH).body(sample(0));
    let picky = picky.headers([(reqwest::header::ACCEPT, "text/html".parse().unwrap())].into_iter().collect());
    assert_eq!(program.app.send(picky).await.status, 406);
}

/// T002-4.
#[tokio::test]
async fn wrong_values_are_422_and_do_not_tell_who_has_an_account() {
    let program = Program::start().await;
    let invalid = program.post(form(&json!({ "email": "nobody", "password": "x" }))).await;
    assert_eq!((invalid.status, invalid.body.as_str()), (422, r#"{"errors":{"email":["is invalid"]}}"#));
    for email in ["example1@example.com", "stranger@example.com"] {
        let wrong = program.post(form(&json!({ "email": email, "password": "wrong" }))).await;
        let expected = r#"{"errors":{"password":["Invalid email or password"]}}"#;
        assert_eq!((wrong.status, wrong.body.as_str()), (422, expected));
        assert_eq!(wrong.cookie("_pos_session"), None);
    }
}

#[tokio::test]
async fn a_login_drops_the_session_it_came_with() {
    let program = Program::start().await;
    let first = program.post(sample(0)).await.cookie("_pos_session").unwrap();
    let request = program.request(Method::POST, PATH).header("cookie", format!("_pos_session={first}"));
    let second = program.app.send(request.body(sample(0))).await.cookie("_pos_session").unwrap();
    assert!(!program.is_live(&first).await);
    assert!(program.is_live(&second).await);
}

#[tokio::test]
async fn forms_are_read_from_any_encoding_and_path_the_page_allows() {
    let program = Program::start().await;
    program.app.user("ann", &[]).await;
    let fields = [
        ("form_configuration_name", "reference_rest_api_create_session"),
        ("form[email]", "ann@example.com"),
        ("form[password]", PASSWORD),
    ];
    let auth = format!("Token token={}", program.token);
    let request = program.app.request(Method::POST, "/api/sessions.json").header("authorization", &auth).form(&fields);
    assert_eq!(program.app.send(request).await.status, 201);
    let query = "/api/sessions?form_name=reference_rest_api_delete_session";
    let request = program.app.request(Method::DELETE, query).header("authorization", &auth);
    assert_eq!(program.app.send(request).await.status, 204);
}
