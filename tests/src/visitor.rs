//! Every way to begin, read and end a session over a socket, at any service.

use reqwest::Method;
use serde_json::json;

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
        let (login, email) = (self.login.as_str(), self.email.as_str());
        match way {
            "easydb" => {
                let token = at.get("/api/session").await.text("/token");
                let fields = [("token", token.as_str()), ("login", login), ("password", PASSWORD)];
                assert_eq!(at.post_form("/api/session/authenticate", &fields).await.status, 200);
                token
            }
            "dialogram" => {
                let body = json!({ "email": email, "password": PASSWORD });
                at.post_json("/api/session", body).await.text("/data/0/token")
            }
            "platformos" => {
                let form = json!({ "email": email, "password": PASSWORD });
                let body = json!({ "form_name": "reference_rest_api_create_sessions", "form": form });
                let request = at.request(Method::POST, "/api/sessions").json(&body);
                let answer = at.send(request.header("authorization", self.authorization())).await;
                answer.cookie("_pos_session").unwrap()
            }
            "dood" => {
                let fields = [("email", email), ("password", PASSWORD)];
                at.post_form("/session/login/", &fields).await.text("/session_key")
            }
            "vprotect" => {
                let answer = at.post_json("/session/login", json!({ "login": login, "password": PASSWORD })).await;
                answer.cookie("JSESSIONID").unwrap()
            }
            unknown => panic!("no way to begin: {unknown}"),
        }
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
        let (answer, expected) = match way {
            "easydb signout" => (at.get(&format!("/api/session?token={token}&signout=1")).await, 200),
            "platformos delete" => {
                let path = "/api/sessions?form_name=reference_rest_api_delete_sessions";
                let request = at.request(Method::DELETE, path).header("cookie", format!("_pos_session={token}"));
                (at.send(request.header("authorization", self.authorization())).await, 204)
            }
            "dood logout" => (at.get(&format!("/session/logout/?session_key={token}")).await, 200),
            "vprotect logout" => (at.send(at.request(Method::POST, "/session/logout").bearer_auth(token)).await, 201),
            unknown => panic!("no way to end: {unknown}"),
        };
        assert_eq!(answer.status, expected, "{way}: {}", answer.body);
    }

    fn authorization(&self) -> String {
        format!("Token token={}", self.api_token)
    }
}

fn authenticated(answer: &Answer) -> bool {
    answer.status == 200 && answer.json()["authenticated"] == true
}
