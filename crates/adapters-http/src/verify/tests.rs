use std::{sync::Arc, time::Duration};

use base64::{Engine, engine::general_purpose::STANDARD};
use rstest::rstest;
use uuid::Uuid;
use vestibule_application::{
    api::{MockAtHandApi, MockVerificationApi},
    use_cases::{introspect_session, verify_session},
    view::{Principal, SessionView},
};
use vestibule_domain::{
    node::{Node, NodeId, NodeName},
    session::SignedToken,
    user::LoginName,
};

use super::{Settings, Verify};
use crate::testing::{Answer, Ask, OTHER, TOKEN, alice, away, corrupt, nothing_at_hand, now, view};

const JWT: &str = "head.claims.signature";

fn settings() -> Settings {
    let cookies = ["_pos_session", "JSESSIONID"].map(str::to_owned).to_vec();
    Settings { cookies, query_tokens: true, assertion: None }
}

fn verify(api: MockVerificationApi) -> Verify {
    Verify::new(Arc::new(api), nothing_at_hand(), settings())
}

/// Alice's session for whoever presents this token, and none for any other.
fn knowing(token: &'static str) -> Verify {
    let mut api = MockVerificationApi::new();
    api.expect_verify_session().returning(move |command| {
        if command.bearer.expose() != token {
            return Err(verify_session::Error::UnknownSession);
        }
        Ok(verify_session::Outcome { view: view("here", Principal::User(Arc::new(alice()))), assertion: None })
    });
    verify(api)
}

fn telling(view: SessionView) -> Verify {
    let mut api = MockVerificationApi::new();
    api.expect_verify_session()
        .return_once(|_| Ok(verify_session::Outcome { view, assertion: Some(SignedToken::new("a.b.c")) }));
    verify(api)
}

fn failing(error: verify_session::Error) -> Verify {
    let mut api = MockVerificationApi::new();
    api.expect_verify_session().return_once(|_| Err(error));
    verify(api)
}

fn a_node() -> Node {
    Node {
        id: NodeId::from_uuid(Uuid::from_u128(0x0de)),
        name: NodeName::parse("backup").unwrap(),
        created: now(),
        last_successful_login: None,
        last_failed_login: None,
    }
}

#[tokio::test]
async fn a_users_session_is_200_with_who_it_is_in_headers() {
    let user = Principal::User(Arc::new(alice()));
    let answer = Ask::get("/verify").header("x-session-token", TOKEN).of(telling(view("here", user))).await;
    assert_eq!(
        answer.text(),
        "200\n\
         x-node-id: \n\
         x-node-name: \n\
         x-session-assertion: a.b.c\n\
         x-session-id: 00000000-0000-0000-0000-000000005e55\n\
         x-session-rights: system.log,system.users\n\
         x-user-email: alice@example.com\n\
         x-user-id: 00000000-0000-0000-0000-0000000a11ce\n\
         x-user-login: alice\n\
         x-user-roles: admin"
    );
    assert_eq!(answer.header("cache-control"), "no-store");
}

#[tokio::test]
async fn a_nodes_session_has_the_same_headers_and_those_of_users_are_empty() {
    let answer =
        Ask::get("/verify").header("x-session-token", TOKEN).of(telling(view("here", Principal::Node(a_node())))).await;
    assert_eq!(answer.status, 200);
    for name in ["x-user-id", "x-user-login", "x-user-email", "x-user-roles"] {
        assert_eq!(answer.headers.get(name).map(http::HeaderValue::len), Some(0), "{name} is there, and empty");
    }
    assert_eq!((answer.header("x-node-name"), answer.header("x-session-rights")), ("backup", "system.log"));
}

#[rstest]
#[case("alice", "alice")]
#[case("Zoë Łąka", "Zo%C3%AB%20%C5%81%C4%85ka")]
#[case("a,b;c=d\"e", "a%2Cb%3Bc%3Dd%22e")]
#[case("100%41", "100%2541")]
#[case("a+b@x.test", "a%2Bb@x.test")]
#[tokio::test]
async fn whatever_a_name_consists_of_its_header_has_nothing_that_means_anything(
    #[case] name: &str,
    #[case] value: &str,
) {
    let user = vestibule_domain::user::User { login: LoginName::parse(name).unwrap(), ..alice() };
    let answer = Ask::get("/verify")
        .header("x-session-token", TOKEN)
        .of(telling(view("here", Principal::User(Arc::new(user)))))
        .await;
    assert_eq!(answer.header("x-user-login"), value);
    let decoded = percent_encoding::percent_decode_str(value).decode_utf8().unwrap();
    assert_eq!(decoded, name, "and it can be decoded");
}

#[rstest]
#[case("x-session-token", TOKEN.to_owned())]
#[case("x-easydb-token", TOKEN.to_owned())]
#[case("authorization", format!("Bearer {TOKEN}"))]
#[case("authorization", format!("bearer  {TOKEN}"))]
#[case("cookie", format!("a=b; _pos_session={TOKEN}"))]
#[case("cookie", format!("JSESSIONID=\"{TOKEN}\""))]
#[case("x-forwarded-uri", format!("/some/page?x=1&token={TOKEN}"))]
#[case("x-original-uri", format!("/some/page?session_key={TOKEN}"))]
#[tokio::test]
async fn a_token_is_found_wherever_an_api_reads_one(#[case] header: &'static str, #[case] value: String) {
    assert_eq!(Ask::get("/verify").header(header, &value).of(knowing(TOKEN)).await.status, 200);
    let signed = value.replace(TOKEN, JWT);
    assert_eq!(Ask::get("/verify").header(header, &signed).of(knowing(JWT)).await.status, 200);
    assert_eq!(Ask::get("/verify").header(header, &signed).of(knowing(TOKEN)).await.status, 401, "the control");
}

#[tokio::test]
async fn a_token_in_the_query_is_found_too() {
    for target in ["/verify?token=", "/verify?session_key=", "/verify/some/page?a=b&token="] {
        assert_eq!(Ask::get(&format!("{target}{TOKEN}")).of(knowing(TOKEN)).await.status, 200, "{target}");
    }
}

#[tokio::test]
async fn an_api_tokens_scheme_and_a_body_are_not_looked_at() {
    let api_token = Ask::get("/verify").header("authorization", &format!("Token token={TOKEN}"));
    assert_eq!(api_token.of(verify(MockVerificationApi::new())).await.status, 401);
    let in_body = Ask::post("/verify").form(&format!("token={TOKEN}&session_key={TOKEN}"));
    assert_eq!(in_body.of(verify(MockVerificationApi::new())).await.status, 401);
}

#[tokio::test]
async fn what_is_no_token_is_another_systems_and_the_next_place_counts() {
    let ask = Ask::get("/verify")
        .header("authorization", "Bearer s3cr3t-of-another-system")
        .header("cookie", "_pos_session=0123456789ABCDEF")
        .header("cookie", &format!("JSESSIONID={TOKEN}"));
    assert_eq!(ask.of(knowing(TOKEN)).await.status, 200);
}

#[tokio::test]
async fn the_first_token_decides_and_a_link_brings_nobody_into_anothers_session() {
    let link = format!("/verify?token={OTHER}");
    let with_cookie = || Ask::get(&link).header("cookie", &format!("JSESSIONID={TOKEN}"));
    assert_eq!(with_cookie().of(knowing(TOKEN)).await.status, 200);
    assert_eq!(with_cookie().of(knowing(OTHER)).await.status, 401);
}

#[tokio::test]
async fn a_token_in_a_url_does_not_count_where_others_may_have_read_it_or_the_operator_says_so() {
    let target = format!("/verify?token={TOKEN}");
    assert_eq!(Ask::get(&target).over_tls().of(knowing(TOKEN)).await.status, 200);
    assert_eq!(Ask::get(&target).remote().of(verify(MockVerificationApi::new())).await.status, 401);
    let closed = Verify { settings: Settings { query_tokens: false, ..settings() }, ..knowing(TOKEN) };
    assert_eq!(Ask::get(&target).of(closed).await.status, 401);
}

#[tokio::test]
async fn every_method_and_every_path_below_is_answered_alike_and_the_body_does_not_matter() {
    for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] {
        for target in ["/verify", "/verify/", "/verify/api/session", "/verify/a//b%2F..?x"] {
            let ask = || Ask::new(method, target).json("{ nonsense");
            let good = ask().header("x-session-token", TOKEN).of(knowing(TOKEN)).await;
            assert_eq!((good.status.as_u16(), good.body.as_str()), (200, ""), "{method} {target}");
            assert_eq!(good.header("x-user-login"), "alice", "{method} {target}");
            assert_eq!(
                ask().header("x-session-token", OTHER).of(knowing(TOKEN)).await.status,
                401,
                "{method} {target}"
            );
        }
    }
}

#[tokio::test]
async fn the_use_case_hears_from_where_and_whether_an_assertion_is_wanted() {
    for assertion in [None, Some(Duration::from_mins(1))] {
        let mut api = MockVerificationApi::new();
        api.expect_verify_session().times(1).returning(move |command| {
            assert_eq!((command.caller.origin.as_str(), command.assertion), ("verify", assertion));
            assert_eq!(command.caller.address.to_string(), "203.0.113.7", "the client's, not the proxy's");
            Err(verify_session::Error::UnknownSession)
        });
        let verify = Verify::new(Arc::new(api), nothing_at_hand(), Settings { assertion, ..settings() });
        assert_eq!(Ask::get("/verify").over_tls().header("x-session-token", TOKEN).of(verify).await.status, 401);
    }
}

const NO_SESSION: &str = "401\ncontent-type: application/problem+json\nwww-authenticate: Bearer\n\n\
    {\"type\":\"about:blank\",\"title\":\"Unauthorized\",\"status\":401,\"detail\":\"the request comes with no session of anybody's\",\"code\":\"no_session\"}";

#[tokio::test]
async fn every_refusal_has_its_answer_and_a_store_that_fails_lets_nobody_in() {
    let ask = || Ask::get("/verify").header("x-session-token", TOKEN);
    assert_eq!(ask().of(failing(verify_session::Error::UnknownSession)).await.text(), NO_SESSION);
    assert_eq!(Ask::get("/verify").of(verify(MockVerificationApi::new())).await.text(), NO_SESSION);
    let unavailable = ask().of(failing(away().into())).await;
    assert_eq!((unavailable.status.as_u16(), unavailable.header("retry-after")), (503, "2"));
    let internal = ask().of(failing(corrupt().into())).await;
    assert_eq!(internal.status, 500);
    for answer in [unavailable, internal] {
        assert!(!answer.headers.contains_key("x-user-id"));
    }
}

// What programs ask.

type Told = Result<introspect_session::Outcome, introspect_session::Error>;

/// What is answered to a program that shows `authorization`, and what the use case heard of it: token and name.
async fn introspected(ask: Ask, told: impl Fn() -> Told + Send + 'static) -> (Answer, Vec<(String, String)>) {
    let heard = Arc::new(std::sync::Mutex::new(Vec::new()));
    let note = Arc::clone(&heard);
    let mut api = MockVerificationApi::new();
    api.expect_introspect_session().returning(move |command| {
        let token = command.api_token.map(|token| token.expose().to_owned()).unwrap_or_default();
        let name = command.client.map(|name| name.to_string()).unwrap_or_default();
        note.lock().unwrap().push((token, name));
        told()
    });
    let answer = ask.of(verify(api)).await;
    let heard = heard.lock().unwrap().clone();
    (answer, heard)
}

fn asking(about: &str) -> Ask {
    Ask::post("/introspect").header("authorization", &format!("Bearer {OTHER}")).form(&format!("token={about}"))
}

fn somebody() -> SessionView {
    view("here", Principal::User(Arc::new(alice())))
}

#[tokio::test]
async fn a_live_session_is_told_as_the_rfc_says() {
    let (answer, _) = introspected(asking(TOKEN), || Ok(Some(somebody()))).await;
    assert_eq!(
        answer.text(),
        "200\ncontent-type: application/json\n\n\
         {\"active\":true,\"token_type\":\"Bearer\",\"scope\":\"system.log system.users\",\
         \"sub\":\"00000000-0000-0000-0000-0000000a11ce\",\"username\":\"alice\",\"roles\":[\"admin\"],\
         \"iat\":1784628000,\"exp\":1784671200,\
         \"jti\":\"00000000-0000-0000-0000-000000005e55.1\",\"sid\":\"00000000-0000-0000-0000-000000005e55\"}"
    );
    assert_eq!(answer.header("cache-control"), "no-store");
}

#[tokio::test]
async fn a_nodes_session_names_no_user() {
    let (answer, _) = introspected(asking(TOKEN), || Ok(Some(view("here", Principal::Node(a_node()))))).await;
    let told = answer.json();
    assert_eq!((&told["node"], &told["sub"]), (&"backup".into(), &a_node().id.to_string().into()));
    assert!(told.get("username").is_none());
}

#[tokio::test]
async fn of_everything_else_only_that_it_is_not_active_is_told() {
    for about in [TOKEN, "nonsense", JWT] {
        let (answer, _) = introspected(asking(about), || Ok(None)).await;
        assert_eq!(answer.text(), "200\ncontent-type: application/json\n\n{\"active\":false}");
    }
}

#[rstest]
#[case(format!("Bearer {OTHER}"), OTHER, "")]
#[case(format!("Token token={OTHER}"), OTHER, "")]
#[case(format!("token token=\"{OTHER}\""), OTHER, "")]
#[case(format!("Basic {}", STANDARD.encode(format!("shop:{OTHER}"))), OTHER, "shop")]
#[case(format!("Basic {}", STANDARD.encode(format!("a%3Ab:{OTHER}"))), OTHER, "a:b")]
#[case(format!("Basic {}", STANDARD.encode(OTHER)), "", "")]
#[case(format!("Basic {OTHER}"), "", "")]
#[case("Bearer nonsense".to_owned(), "", "")]
#[case("Digest x".to_owned(), "", "")]
#[tokio::test]
async fn a_program_shows_its_api_token_in_any_of_three_ways(
    #[case] shown: String,
    #[case] token: &str,
    #[case] name: &str,
) {
    let ask = Ask::post("/introspect").header("authorization", &shown).form(&format!("token={TOKEN}"));
    let (_, heard) = introspected(ask, || Ok(None)).await;
    assert_eq!(heard, [(token.to_owned(), name.to_owned())]);
}

#[tokio::test]
async fn wrong_or_no_credentials_are_401_with_what_to_show_whatever_the_body_is() {
    let without = || Ask::post("/introspect");
    for ask in
        [asking(TOKEN), without().form(&format!("token={TOKEN}")), without().form(""), without().json("{}"), without()]
    {
        let (answer, _) = introspected(ask, || Err(introspect_session::Error::UnknownClient)).await;
        assert_eq!(answer.status, 401);
        assert_eq!(answer.header("www-authenticate"), "Basic realm=\"introspection\", Bearer, Token");
        assert_eq!(answer.json()["error"], "invalid_client");
    }
}

#[rstest]
#[case("application/x-www-form-urlencoded", "", "token is missing")]
#[case("application/x-www-form-urlencoded", "token=", "token is missing")]
#[case("application/x-www-form-urlencoded", "token_type_hint=x", "token is missing")]
#[case("application/x-www-form-urlencoded", "token=a&token=b", "token is given twice")]
#[case("application/x-www-form-urlencoded", "token=%zz", "the body cannot be read")]
#[case("application/json", "{\"token\":\"x\"}", "the body must be application/x-www-form-urlencoded")]
#[tokio::test]
async fn a_question_that_is_none_is_400(#[case] kind: &str, #[case] body: &str, #[case] why: &str) {
    let ask = Ask::post("/introspect?token=in-the-url").header("authorization", &format!("Bearer {OTHER}"));
    let (answer, _) = introspected(ask.body(kind, body.to_owned()), || Ok(None)).await;
    assert_eq!(
        answer.text(),
        format!(
            "400\ncontent-type: application/json\n\n{{\"error\":\"invalid_request\",\"error_description\":\"{why}\"}}"
        )
    );
}

#[tokio::test]
async fn an_api_token_over_plain_http_from_elsewhere_is_refused() {
    let answer = asking(TOKEN).remote().of(verify(MockVerificationApi::new())).await;
    assert_eq!((answer.status.as_u16(), answer.json()["code"].as_str()), (403, Some("insecure_transport")));
    let (answer, _) = introspected(asking(TOKEN).over_tls(), || Ok(Some(somebody()))).await;
    assert_eq!(answer.status, 200);
}

#[tokio::test]
async fn a_store_that_fails_says_nothing_about_a_token() {
    let (unavailable, _) = introspected(asking(TOKEN), || Err(away().into())).await;
    assert_eq!((unavailable.status.as_u16(), unavailable.header("retry-after")), (503, "2"));
    let (internal, _) = introspected(asking(TOKEN), || Err(corrupt().into())).await;
    assert_eq!(internal.status, 500);
}

#[tokio::test]
async fn what_is_at_hand_is_told_without_asking() {
    let mut at_hand = MockAtHandApi::new();
    at_hand.expect_verified().returning(|command, _| {
        assert_eq!((command.caller.origin.as_str(), command.bearer.expose()), ("verify", TOKEN));
        Some(verify_session::Outcome { view: somebody(), assertion: None })
    });
    let ask = || Ask::get("/verify").header("x-session-token", TOKEN);
    let told = ask().of(Verify::new(Arc::new(MockVerificationApi::new()), Arc::new(at_hand), settings())).await;
    assert_eq!(told.text(), ask().of(knowing(TOKEN)).await.text());
}
