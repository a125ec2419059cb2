//! A service with a user, and every way to begin, read and end their sessions, the operator's included.

use crate::{TestApp, Visitor};

/// A service with a user.
pub struct Doors {
    /// The service.
    pub app: TestApp,
    /// The user `ann`.
    pub ann: Visitor,
}

impl Doors {
    /// The ways to end a session: those of users, and the operator's.
    pub const END: [&str; 5] = {
        let [signout, delete, dood, vprotect] = Visitor::END;
        [signout, delete, dood, vprotect, "operator"]
    };

    /// Starts a service with the user `ann`.
    pub async fn open(settings: &str) -> Self {
        let app = TestApp::with(settings).await;
        app.user("ann", &[]).await;
        let api_token = app.api_token("tests").await;
        Self { app, ann: Visitor { login: "ann".to_owned(), email: "ann@example.com".to_owned(), api_token } }
    }

    /// Begins a session of `ann` and gives back its token.
    pub async fn begin(&self, way: &str) -> String {
        self.ann.begin(way, &self.app).await
    }

    /// Whether a session is `ann`'s, as this place tells.
    pub async fn reads(&self, way: &str, token: &str) -> bool {
        self.ann.reads(way, &self.app, token).await
    }

    /// Ends a session, and checks that this was acknowledged.
    pub async fn end(&self, way: &str, token: &str) {
        if way == "operator" {
            self.app.operator.revoke_sessions_of("ann").await.unwrap();
        } else {
            self.ann.end(way, &self.app, token).await;
        }
    }
}
