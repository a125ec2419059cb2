//! What a page elsewhere can make a browser do here: nothing.

use http::{Method, Uri};
use rstest::rstest;
use uuid::Uuid;

use super::{
    super::request::{self, Rejection},
    *,
};
use crate::{client::Client, inbound::Inbound, request_id::RequestId, testing::begun};

const FOREIGN: &str = "pages of this origin may not log in or out here";

fn willing() -> MockSessionApi {
    let mut api = MockSessionApi::new();
    api.expect_log_in().returning(|_| Ok(begun("vprotect", user())));
    api.expect_log_in_with_token().returning(|_| Ok(begun("vprotect", user())));
    api.expect_end_session().returning(|_| Ok(()));
    api
}

fn changes() -> [(&'static str, Ask); 4] {
    [
        ("/session/login", LOGIN),
        ("/session/node/login", r#"{"name":"node-1","secret":"s"}"#),
        ("/session/login-with-token", r#"{"token":"x"}"#),
        ("/session/logout", ""),
    ]
    .map(|(path, body)| (path, Ask::post(path).json(body).header("cookie", &format!("JSESSIONID={TOKEN}"))))
}

#[rstest]
#[case(&[])]
#[case(&[("origin", "https://id.test")])]
#[case(&[("origin", "https://app.test")])]
#[case(&[("origin", "https://localhost:8443"), ("host", "localhost:8443")])]
#[case(&[("sec-fetch-site", "same-origin")])]
#[case(&[("sec-fetch-site", "none")])]
#[case(&[("origin", "https://app.test"), ("sec-fetch-site", "cross-site")])]
#[tokio::test]
async fn pages_of_this_origin_and_of_listed_ones_may_change_things(#[case] headers: &[(&'static str, &str)]) {
    for (path, ask) in changes() {
        let ask = headers.iter().fold(ask, |ask, (name, value)| ask.header(name, value));
        assert_eq!(ask.of(documented(willing())).await.status, 201, "{path}");
    }
}

#[rstest]
#[case(&[("origin", "https://evil.test")])]
#[case(&[("origin", "null")])]
#[case(&[("origin", "http://id.test")])]
#[case(&[("origin", "https://app.test.evil.test")])]
#[case(&[("origin", "https://evil.test"), ("sec-fetch-site", "same-origin")])]
#[case(&[("sec-fetch-site", "cross-site")])]
#[case(&[("sec-fetch-site", "same-site")])]
#[tokio::test]
async fn pages_from_elsewhere_change_nothing(#[case] headers: &[(&'static str, &str)]) {
    for speaks in [documented as fn(_) -> _, deployed, strict] {
        for (path, ask) in changes() {
            let ask = headers.iter().fold(ask, |ask, (name, value)| ask.header(name, value));
            let answer = ask.of(speaks(MockSessionApi::new())).await;
            assert_eq!(answer.text(), told(403, "foreign_origin", FOREIGN), "{path}");
        }
    }
}

#[tokio::test]
async fn where_it_comes_from_is_asked_before_anything_else() {
    let ask = Ask::post("/session/login").body("text/plain", "{").remote().header("origin", "https://evil.test");
    assert_eq!(ask.of(documented(MockSessionApi::new())).await.text(), told(403, "foreign_origin", FOREIGN));
}

/// T004-3.
#[rstest]
#[case("text/plain")]
#[case("application/x-www-form-urlencoded")]
#[case("multipart/form-data; boundary=x")]
#[case("nonsense")]
#[tokio::test]
async fn only_json_logs_in(#[case] content_type: &str) {
    let refused = told(415, "unsupported_media_type", "the body must be application/json");
    for path in ["/session/login", "/session/node/login", "/session/login-with-token"] {
        let answer = Ask::post(path).body(content_type, LOGIN).of(documented(MockSessionApi::new())).await;
        assert_eq!(answer.text(), refused, "{path}");
    }
}

#[test]
fn a_body_without_a_type_is_taken_from_programs_only() {
    let dialect = documented(MockSessionApi::new());
    let log_in = |signal: Option<(&'static str, &str)>| {
        let inbound = Inbound {
            method: Method::POST,
            uri: Uri::from_static("/session/login"),
            headers: signal.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect(),
            body: LOGIN.into(),
            client: Client { address: [127, 0, 0, 1].into(), is_local: true, is_secure: false },
            request_id: RequestId::made(Uuid::nil()),
        };
        request::log_in(&dialect, &inbound).map(|_| ())
    };
    assert_eq!(log_in(None), Ok(()));
    for signal in [("cookie", "a=b"), ("origin", "https://app.test"), ("sec-fetch-site", "none")] {
        assert_eq!(log_in(Some(signal)), Err(Rejection::UnsupportedMediaType), "{signal:?}");
    }
}
