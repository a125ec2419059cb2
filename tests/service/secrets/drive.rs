//! Every door, with every kind of secret, right and wrong, well-formed and not, while the store works and while it does
//! not.

use std::{collections::BTreeMap, path::Path};

use reqwest::{Method, RequestBuilder};
use sea_orm::{ConnectionTrait, Database};
use serde_json::{Value, json};
use vestibule_tests::{Answer, Caller, Chance, command};

use super::needles::{Needles, Secret};

/// A service that is driven, with every secret it was ever given or gave.
pub(super) struct Drive<'a> {
    pub(super) directory: &'a Path,
    pub(super) chance: Chance,
    /// Secrets that no answer may show.
    pub(super) given: Vec<Secret>,
    /// Secrets that the answers hand out: session tokens.
    pub(super) issued: Vec<Secret>,
    pub(super) answers: Vec<(String, Answer)>,
}

const EMAIL: &str = "ann@example.com";

impl<'a> Drive<'a> {
    pub(super) fn of(directory: &'a Path, chance: Chance) -> Self {
        Self { directory, chance, given: Vec::new(), issued: Vec::new(), answers: Vec::new() }
    }

    /// A new password, with characters that each encoding writes in its own way.
    pub(super) fn password(&mut self, name: &str) -> String {
        let text =
            format!("{}\"é% {}\\&+{}", self.chance.letters(12), self.chance.letters(12), self.chance.letters(12));
        self.given(name, text)
    }

    /// Remembers a secret.
    pub(super) fn given(&mut self, name: &str, text: impl Into<String>) -> String {
        let text = text.into();
        self.given.push(Secret { name: name.to_owned(), text: text.clone() });
        text
    }

    fn issued(&mut self, name: &str, text: impl Into<String>) -> String {
        let text = text.into();
        // What comes before the signature is the same for everybody, or may be known.
        let secret = text.rsplit('.').next().unwrap_or_default().to_owned();
        self.issued.push(Secret { name: name.to_owned(), text: secret });
        text
    }

    /// Runs a command of the operator's.
    pub(super) async fn operate(&mut self, arguments: &[&str], stdin: &str) -> Value {
        let arguments: Vec<_> = arguments.iter().copied().chain(["--json"]).collect();
        let output = command(&self.directory.join("vestibule.toml"), &arguments, stdin).await;
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap_or_default()
    }

    async fn send(&mut self, name: &str, at: &Caller, request: RequestBuilder) -> Answer {
        let answer = at.send(request).await;
        let (status, headers, body) = (answer.status, answer.headers.clone(), answer.body.clone());
        self.answers.push((name.to_owned(), Answer { status, headers, body }));
        answer
    }

    /// What only the operator hands out, while the service does not run: one store serves a single process.
    pub(super) async fn operate_before(&mut self) -> Given {
        let password = self.password("the user's password");
        let user = ["user", "add", "--login", "ann", "--email", EMAIL, "--password-stdin"];
        self.operate(&user, &format!("{password}\n")).await;
        let old = self.password("a password that was changed");
        let bob = ["user", "add", "--login", "bob", "--email", "bob@example.com", "--password-stdin"];
        self.operate(&bob, &format!("{old}\n")).await;
        let new = self.password("the changed password");
        self.operate(&["user", "password", "bob", "--password-stdin"], &format!("{new}\n")).await;
        let text = |json: Value, name: &str| json[name].as_str().unwrap().to_owned();
        let client = text(self.operate(&["client", "add", "shop"], "").await, "token");
        let node = text(self.operate(&["node", "add", "backup"], "").await, "secret");
        let rotated = text(self.operate(&["node", "rotate", "backup"], "").await, "secret");
        let mut login = Vec::new();
        for _ in 0..2 {
            login.push(text(self.operate(&["login-token", "issue", "ann"], "").await, "token"));
        }
        for (name, secret) in
            [("an API token", &client), ("a node's former secret", &node), ("a node's secret", &rotated)]
        {
            self.given(name, secret);
        }
        for token in &login {
            self.given("a login token", token);
        }
        Given { password, client, nodes: [node, rotated], login_tokens: login }
    }

    /// Everything that every dialect can be asked with a secret in it.
    pub(super) async fn knock(&mut self, at: &Caller, given: &Given) {
        for _ in 0..2 {
            self.log_in_everywhere(at, &given.password, given, "right").await;
        }
        let wrong = self.password("a wrong password");
        self.log_in_everywhere(at, &wrong, given, "wrong").await;
        for (which, secret) in given.nodes.iter().enumerate() {
            let body = json!({ "name": "backup", "secret": secret });
            self.node(at, &format!("node {which}"), &body).await;
        }
        let secret = self.password("a wrong secret of a node");
        self.node(at, "node, wrong", &json!({ "name": "backup", "secret": secret })).await;
        for token in &given.login_tokens {
            let spend = at.request(Method::POST, "/session/login-with-token").json(&json!({ "token": token }));
            let answer = self.send("login token", at, spend.try_clone().unwrap()).await;
            let session = answer.cookie("JSESSIONID").unwrap_or_default();
            self.issued("a session of a login token", session);
            self.send("spent login token", at, spend).await;
        }
        self.register(at).await;
        self.malformed(at).await;
        let new = self.password("a password that was chosen");
        for old in [&wrong, &given.password] {
            let body = json!({ "login": "ann", "password": old, "new_password": new });
            self.send("account", at, at.request(Method::POST, "/account/password").json(&body)).await;
        }
        for token in [&given.login_tokens[0], &given.client] {
            let body = json!({ "token": token, "new_password": new });
            self.send("account", at, at.request(Method::POST, "/account/reset").json(&body)).await;
        }
    }

    async fn node(&mut self, at: &Caller, name: &str, body: &Value) {
        let request = at.request(Method::POST, "/session/node/login").json(body);
        if let Some(session) = self.send(name, at, request).await.cookie("JSESSIONID") {
            self.issued("a node's session", session);
        }
    }

    async fn register(&mut self, at: &Caller) {
        for weak in [false, true] {
            let password = self.password("a registered password");
            let password = if weak { &password[..5] } else { &password };
            let email = format!("{}@example.com", self.chance.letters(8));
            let fields = [("email", email.as_str()), ("password", password)];
            let answer = self.send("register", at, at.request(Method::POST, "/session/register/").form(&fields)).await;
            if let Some(key) = answer.json()["session_key"].as_str() {
                self.issued("a new user's session", key);
            }
            self.send("register again", at, at.request(Method::GET, "/session/register/").query(&fields)).await;
        }
    }

    /// The doors of users with this password, and the ways on with the sessions that they open.
    async fn log_in_everywhere(&mut self, at: &Caller, password: &str, given: &Given, which: &str) {
        let begun = self.send("begin", at, at.request(Method::GET, "/api/session")).await;
        let anonymous = self.issued("an anonymous session", begun.text("/token"));
        let post = |path: &str| at.request(Method::POST, path);
        let fields = [("token", anonymous.as_str()), ("login", "ann"), ("password", password)];
        let form: BTreeMap<_, _> = fields.into_iter().collect();
        let credentials = [("email", EMAIL), ("password", password)];
        let authenticate = post("/api/session/authenticate");
        let boundary = fields
            .iter()
            .map(|(name, value)| format!("--XX\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"));
        let parts = boundary.collect::<String>() + "--XX--\r\n";
        let multipart = || authenticate.try_clone().unwrap().header("content-type", "multipart/form-data; boundary=XX");
        let body = json!({ "form_name": "reference_rest_api_create_sessions", "form": { "email": EMAIL, "password": password } });
        let program = |token: &str| format!("Token token={token}");
        let deny = format!("{}-0000", given.client.rsplit_once('-').unwrap().0);
        let doors = [
            ("easydb query", authenticate.try_clone().unwrap().query(&fields)),
            ("easydb form", authenticate.try_clone().unwrap().form(&fields)),
            ("easydb JSON", authenticate.try_clone().unwrap().json(&form)),
            ("easydb multipart", multipart().body(parts)),
            (
                "easydb redirect",
                authenticate
                    .try_clone()
                    .unwrap()
                    .form(&[&fields[..], &[("failure", "/no"), ("success", "/yes")]].concat()),
            ),
            ("dialogram", post("/api/session").json(&json!({ "email": EMAIL, "password": password }))),
            (
                "dialogram back office",
                post("/api/session").json(&json!({ "email": EMAIL, "password": password, "backoffice": true })),
            ),
            ("platformos", post("/api/sessions").header("authorization", program(&given.client)).json(&body)),
            ("platformos, wrong program", post("/api/sessions").header("authorization", program(&deny)).json(&body)),
            ("dood post", post("/session/login/").form(&credentials)),
            ("dood get", at.request(Method::GET, "/session/login/").query(&credentials)),
            (
                "dood get in plain text from elsewhere",
                at.request(Method::GET, "/session/login/").query(&credentials).header("x-forwarded-for", "192.0.2.1"),
            ),
            ("vprotect", post("/session/login").json(&json!({ "login": "ann", "password": password }))),
            ("nobody", post("/session/login").json(&json!({ "login": "nobody", "password": password }))),
            ("vprotect, basic", post("/session/login").basic_auth("ann", Some(password)).json(&json!({}))),
        ];
        for (name, request) in doors {
            let answer = self.send(&format!("{name}, {which}"), at, request).await;
            if answer.status >= 300 {
                continue;
            }
            let found = [answer.cookie("JSESSIONID"), answer.cookie("_pos_session")].into_iter().flatten().next();
            let json: Value = serde_json::from_str(&answer.body).unwrap_or_default();
            let told = ["/session_key", "/token", "/data/0/token"].iter().find_map(|at| json.pointer(at)?.as_str());
            let Some(session) = found.or(told.map(str::to_owned)) else { continue };
            let session = self.issued(&format!("a session of {name}"), session);
            self.go_on(at, &session, given).await;
        }
    }

    /// Reads and ends a session wherever that can be done.
    async fn go_on(&mut self, at: &Caller, session: &str, given: &Given) {
        let get = |path: &str| at.request(Method::GET, path);
        let delete = at
            .request(Method::DELETE, "/api/sessions?form_name=reference_rest_api_delete_sessions")
            .header("authorization", format!("Token token={}", given.client))
            .header("cookie", format!("_pos_session={session}"));
        let ways = [
            get("/api/session").query(&[("token", session)]),
            get("/api/session").header("x-easydb-token", session),
            get("/session/user").header("cookie", format!("JSESSIONID={session}")),
            get("/session/user/details").bearer_auth(session),
            get("/nowhere").query(&[("token", session)]).bearer_auth(session),
            get("/session/logout/").query(&[("session_key", session)]),
            at.request(Method::POST, "/session/logout").bearer_auth(session),
            delete,
            get("/api/session").query(&[("token", session), ("signout", "1")]),
        ];
        for request in ways {
            self.send("a session in use", at, request).await;
        }
    }

    /// Requests that are refused before or while they are read, with a password in them.
    async fn malformed(&mut self, at: &Caller) {
        let password = self.password("a password in a request that cannot be read");
        for path in [
            "/api/session/authenticate",
            "/api/session",
            "/api/sessions",
            "/session/login/",
            "/session/register/",
            "/session/login",
            "/session/node/login",
            "/session/login-with-token",
            "/nowhere",
        ] {
            let fields = |password: &str| json!({ "login": "ann", "email": EMAIL, "password": password, "secret": password, "token": password, "name": "backup" });
            let whole = fields(&password).to_string();
            let nested = json!({ "login": [&password], "email": { "is": &password }, "password": [&password], "form": [&password] });
            // Where nothing is read, the connection is closed while such a body is still being sent.
            let padding = if path == "/nowhere" { 0 } else { 66_000 };
            let bodies = [
                whole[..whole.len() - 1].to_owned(),
                nested.to_string(),
                fields(&password.repeat(30)).to_string(),
                whole.clone() + &" ".repeat(padding),
            ];
            for body in bodies {
                let request = at.request(Method::POST, path).header("content-type", "application/json").body(body);
                self.send("malformed", at, request).await;
            }
            let form = [("email", EMAIL), ("login", "ann"), ("password", &password), ("secret", &password)];
            self.send("misplaced", at, at.request(Method::PUT, path).form(&form)).await;
            self.send(
                "misplaced",
                at,
                at.request(Method::POST, path).query(&form).header("content-type", "text/plain"),
            )
            .await;
        }
    }

    /// Every door again while the store has no sessions to offer. Only where the store is an SQLite file.
    pub(super) async fn knock_while_broken(&mut self, at: &Caller, given: &Given) {
        let url = format!("sqlite://{}", self.directory.join("data/vestibule.db").display());
        let database = Database::connect(url).await.unwrap();
        database.execute_unprepared("ALTER TABLE sessions RENAME TO elsewhere").await.unwrap();
        self.log_in_everywhere(at, &given.password, given, "broken").await;
        database.execute_unprepared("ALTER TABLE elsewhere RENAME TO sessions").await.unwrap();
        database.close().await.unwrap();
    }

    /// What answers show that they should not: of what was given nothing at all, of session tokens nothing but in the
    /// documented place.
    pub(super) fn told(&self) -> Vec<String> {
        let (given, issued) = (Needles::of(&self.given), Needles::of(&self.issued));
        let mut told = Vec::new();
        for (name, answer) in &self.answers {
            let (mut open, mut cookies) = (String::new(), String::new());
            for (header, value) in &answer.headers {
                let line = format!("{header}: {}\n", String::from_utf8_lossy(value.as_bytes()));
                if header == "set-cookie" { cookies += &line } else { open += &line }
            }
            let whole = format!("{open}{cookies}{}", answer.body);
            let mut found = given.found_in(whole.as_bytes());
            found.extend(issued.found_in(open.as_bytes()));
            // easydb's document repeats the token that it does not know.
            let repeats = answer.body.contains("error.user.session_not_found");
            if answer.status >= 300 && !repeats {
                found.extend(issued.found_in(whole.as_bytes()));
            }
            told.extend(found.into_iter().map(|(secret, _, around)| format!("{name}: {secret}: {around}")));
        }
        told
    }
}

/// What opens the doors.
pub(super) struct Given {
    password: String,
    client: String,
    nodes: [String; 2],
    login_tokens: Vec<String>,
}
