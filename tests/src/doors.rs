//! Every way to begin, read and end a session, so that each can be tried with each.

use reqwest::Method;
use serde_json::json;

use crate::{PASSWORD, TestApp};

/// A service with a user, and what a program needs to call by form.
pub struct Doors {
    /// The service.
    pub app: TestApp,
    /// An API token.
    pub api_token: String,
}

impl Doors {
    /// The APIs that begin sessions of users.
    pub const BEGIN: [&str; 5] = ["easydb", "dialogram", "platformos", "dood", "vprotect"];
    /// The places where a session is read. Two documents have operations that only read, and these take tokens from
    /// several places each.
    pub const READ: [&str; 5] =
        ["easydb query", "easydb header", "vprotect cookie", "vprotect bearer", "vprotect details"];
    /// The ways to end one: four documents have an operation for it, the fifth way is the operator's.
    pub const END: [&str; 5] = ["easydb signout", "platformos delete", "dood logout", "vprotect logout", "operator"];

    /// Starts a service with the user `ann`.
    pub async fn open(settings: &str) -> Self {
        let app = TestApp::with(settings).await;
        app.user("ann", &[]).await;
        let api_token = app.api_token("tests").await;
        Self { app, api_token }
    }

    /// Begins a session of `ann` and gives back its token.
    pub async fn begin(&self, way: &str) -> String {
        let Self { app, api_token } = self;
        let email = "ann@example.com";
        match way {
            "easydb" => {
                let token = app.get("/api/session").await.text("/token");
                let fields = [("token", token.as_str()), ("login", "ann"), ("password", PASSWORD)];
                assert_eq!(app.post_form("/api/session/authenticate", &fields).await.status, 200);
                token
            }
            "dialogram" => {
                let body = json!({ "email": email, "password": PASSWORD });
                app.post_json("/api/session", body).await.text("/data/0/token")
            }
            "platformos" => {
                let form = json!({ "email": email, "password": PASSWORD });
                let body = json!({ "form_name": "reference_rest_api_create_sessions", "form": form });
                let request = app.request(Method::POST, "/api/sessions").json(&body);
                let answer = app.send(request.header("authorization", format!("Token token={api_token}"))).await;
                answer.cookie("_pos_session").unwrap()
            }
            "dood" => {
                let fields = [("email", email), ("password", PASSWORD)];
                app.post_form("/session/login/", &fields).await.text("/session_key")
            }
            "vprotect" => {
                let answer = app.post_json("/session/login", json!({ "login": "ann", "password": PASSWORD })).await;
                answer.cookie("JSESSIONID").unwrap()
            }
            unknown => panic!("no way to begin: {unknown}"),
        }
    }

    /// Whether a session is `ann`'s, as this place tells.
    pub async fn reads(&self, way: &str, token: &str) -> bool {
        let app = &self.app;
        let get = |path: &str| app.request(Method::GET, path);
        match way {
            "easydb query" => authenticated(&app.get(&format!("/api/session?token={token}")).await),
            "easydb header" => {
                // Without a token in the query the call begins a session, unless a header names one.
                authenticated(&app.send(get("/api/session").header("x-easydb-token", token)).await)
            }
            "vprotect cookie" => {
                let cookie = format!("JSESSIONID={token}");
                app.send(get("/session/user").header("cookie", cookie)).await.status == 200
            }
            "vprotect bearer" => app.send(get("/session/user").bearer_auth(token)).await.status == 200,
            "vprotect details" => {
                let answer = app.send(get("/session/user/details").bearer_auth(token)).await;
                answer.status == 200 && answer.text("/login") == "ann"
            }
            unknown => panic!("no way to read: {unknown}"),
        }
    }

    /// Ends a session, and checks that this was acknowledged.
    pub async fn end(&self, way: &str, token: &str) {
        let Self { app, api_token } = self;
        let (status, expected) = match way {
            "easydb signout" => (app.get(&format!("/api/session?token={token}&signout=1")).await.status, 200),
            "platformos delete" => {
                let path = "/api/sessions?form_name=reference_rest_api_delete_sessions";
                let request = app.request(Method::DELETE, path).header("cookie", format!("_pos_session={token}"));
                let request = request.header("authorization", format!("Token token={api_token}"));
                (app.send(request).await.status, 204)
            }
            "dood logout" => (app.get(&format!("/session/logout/?session_key={token}")).await.status, 200),
            "vprotect logout" => {
                let request = app.request(Method::POST, "/session/logout").bearer_auth(token);
                (app.send(request).await.status, 201)
            }
            "operator" => {
                let revoked = app.operator.revoke_sessions_of("ann").await;
                (if revoked.is_ok() { 200 } else { 500 }, 200)
            }
            unknown => panic!("no way to end: {unknown}"),
        };
        assert_eq!(status, expected, "{way}");
    }
}

fn authenticated(answer: &crate::Answer) -> bool {
    answer.status == 200 && answer.json()["authenticated"] == true
}
