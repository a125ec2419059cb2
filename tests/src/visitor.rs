//! Every way to begin, read and end a session over a socket, at any service.

use reqwest::Method;
use serde_json::{Value, json};

use crate::{Answer, Caller, PASSWORD};

/// A user whose password is [`PASSWORD`], with the API token of a program that calls by form.
#[derive(Clone)]
pub struct Visitor {
    /// The login name.
    pub login: String,
    /// The address.
    pub email: String,
    /// An API token.
    pub api_token: String,
}

impl Visitor {
    /// The APIs that begin sessions of users.
    pub const BEGIN: [&str; 5] = ["easydb", "dialogram", "platformos", "dood", "vprotect"];
    /// The places where a session is read. Two documents have operations that only read, and these take tokens from
    /// several places each.
    pub const READ: [&str; 5] =
        ["easydb query", "easydb header", "vprotect cookie", "vprotect bearer", "vprotect details"];
    /// The ways to end one: four documents have an operation for it.
    pub const END: [&str; 4] = ["easydb signout", "platformos delete", "dood logout", "vprotect logout"];

    /// Begins a session there and gives back its token.
    pub async fn begin(&self, way: &str, at: &Caller) -> String {
        self.try_begin(way, at).await.unwrap_or_else(|error| panic!("{way}: {error}"))
    }

    /// The same, unless it is not acknowledged: then what came instead.
    pub async fn try_begin(&self, way: &str, at: &Caller) -> Result<String, String> {
        let (login, email) = (self.login.as_str(), self.email.as_str());
        let post = |path: &str| at.request(Method::POST, path);
        let (request, told) = match way {
            "easydb" => {
                let begun = at.try_send(at.request(Method::GET, "/api/session")).await?;
                let token = begun.text("/token");
                let fields = [("token", token.as_str()), ("login", login), ("password", PASSWORD)];
                (post("/api/session/authenticate").form(&fields), "/token")
            }
            "dialogram" => {
                (post("/api/session").json(&json!({ "email": email, "password": PASSWORD })), "/data/0/token")
            }
            "platformos" => {
                let form = json!({ "email": email, "password": PASSWORD });
                let body = json!({ "form_name": "reference_rest_api_create_sessions", "form": form });
                (post("/api/sessions").json(&body).header("authorization", self.authorization()), "_pos_session")
            }
            "dood" => (post("/session/login/").form(&[("email", email), ("password", PASSWORD)]), "/session_key"),
            "vprotect" => (post("/session/login").json(&json!({ "login": login, "password": PASSWORD })), "JSESSIONID"),
            unknown => panic!("no way to begin: {unknown}"),
        };
        let answer = at.try_send(request).await?;
        let token = if told.starts_with('/') {
            let json: Value = serde_json::from_str(&answer.body).unwrap_or_default();
            json.pointer(told).and_then(Value::as_str).map(str::to_owned)
        } else {
            answer.cookie(told)
        };
        token.filter(|_| answer.status < 300).ok_or_else(|| format!("{answer:?}"))
    }

    /// Whether a session is this user's, as this place tells there.
    pub async fn reads(&self, way: &str, at: &Caller, token: &str) -> bool {
        let get = |path: &str| at.request(Method::GET, path);
        match way {
            "easydb query" => authenticated(&at.get(&format!("/api/session?token={token}")).await),
            "easydb header" => {
                // Without a token in the query the call begins a session, unless a header names one.
                authenticated(&at.send(get("/api/session").header("x-easydb-token", token)).await)
            }
            "vprotect cookie" => {
                let cookie = format!("JSESSIONID={token}");
                at.send(get("/session/user").header("cookie", cookie)).await.status == 200
            }
            "vprotect bearer" => at.send(get("/session/user").bearer_auth(token)).await.status == 200,
            "vprotect details" => {
                let answer = at.send(get("/session/user/details").bearer_auth(token)).await;
                answer.status == 200 && answer.text("/login") == self.login
            }
            unknown => panic!("no way to read: {unknown}"),
        }
    }

    /// Ends a session there, and checks that this was acknowledged.
    pub async fn end(&self, way: &str, at: &Caller, token: &str) {
        self.try_end(way, at, token).await.unwrap_or_else(|error| panic!("{way}: {error}"));
    }

    /// The same, unless it is not acknowledged: then what came instead.
    pub async fn try_end(&self, way: &str, at: &Caller, token: &str) -> Result<(), String> {
        let get = |path: String| at.request(Method::GET, &path);
        let (request, expected) = match way {
            "easydb signout" => (get(format!("/api/session?token={token}&signout=1")), 200),
            "platformos delete" => {
                let path = "/api/sessions?form_name=reference_rest_api_delete_sessions";
                let request = at.request(Method::DELETE, path).header("cookie", format!("_pos_session={token}"));
                (request.header("authorization", self.authorization()), 204)
            }
            "dood logout" => (get(format!("/session/logout/?session_key={token}")), 200),
            "vprotect logout" => (at.request(Method::POST, "/session/logout").bearer_auth(token), 201),
            unknown => panic!("no way to end: {unknown}"),
        };
        let answer = at.try_send(request).await?;
        if answer.status == expected { Ok(()) } else { Err(format!("{answer:?}")) }
    }

    fn authorization(&self) -> String {
        format!("Token token={}", self.api_token)
    }
}

fn authenticated(answer: &Answer) -> bool {
    answer.status == 200 && answer.json()["authenticated"] == true
}
