//! What other services are told of sessions: by `/verify`, by `/introspect`, and by signed tokens.

mod nginx;
mod offline;

use std::time::Duration;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use reqwest::{Method, header::HeaderValue};
use serde_json::{Value, json};
use vestibule_domain::{client::ClientName, node::NodeName};
use vestibule_tests::{Answer, Caller, Doors, TestApp, Visitor};

const IDENTITY: [&str; 9] = [
    "x-session-id",
    "x-session-rights",
    "x-session-assertion",
    "x-user-id",
    "x-user-login",
    "x-user-email",
    "x-user-roles",
    "x-node-id",
    "x-node-name",
];

/// What a proxy hears that passes on a request with this token.
async fn verify(at: &Caller, token: &str) -> Answer {
    at.send(at.request(Method::GET, "/verify").bearer_auth(token)).await
}

async fn introspect(app: &TestApp, authorization: &str, token: &str) -> Answer {
    let request = app.request(Method::POST, "/introspect").header("authorization", authorization);
    app.send(request.form(&[("token", token), ("token_type_hint", "refresh_token")])).await
}

/// What stands in the part of a JWT.
fn part(token: &str, number: usize) -> Value {
    let part = token.split('.').nth(number).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

fn assert_nobody(answer: &Answer) {
    assert_eq!((answer.status, answer.header("www-authenticate")), (401, "Bearer"), "{answer:?}");
    assert!(IDENTITY.iter().all(|name| !answer.headers.contains_key(*name)), "{answer:?}");
}

#[tokio::test]
async fn a_session_of_any_api_is_verified_wherever_its_token_stands() {
    let doors = Doors::open("").await;
    let (app, ann) = (&doors.app, doors.app.operator.users().await.unwrap().remove(0));
    for begin in Visitor::BEGIN {
        let token = doors.begin(begin).await;
        let get = |path: &str| app.request(Method::GET, path);
        for request in [
            get("/verify").bearer_auth(&token),
            get("/verify").header("x-session-token", &token),
            get("/verify").header("x-easydb-token", &token),
            get("/verify").header("cookie", format!("JSESSIONID={token}")),
            get("/verify").header("cookie", format!("_pos_session={token}")),
            get("/verify").header("cookie", format!("vestibule_session={token}")),
            get("/verify").header("cookie", format!("a=b; __Host-vestibule_session={token}")),
            get("/verify")
                .header("x-forwarded-uri", format!("/a?token={token}"))
                .header("x-forwarded-for", "127.0.0.1"),
            get(&format!("/verify?token={token}")),
            // As Envoy asks.
            get(&format!("/verify/some/page?session_key={token}")),
            app.request(Method::HEAD, "/verify").bearer_auth(&token),
            app.request(Method::POST, "/verify").bearer_auth(&token).body("an order"),
            app.request(Method::PUT, "/verify").bearer_auth(&token),
            app.request(Method::PATCH, "/verify").bearer_auth(&token),
            app.request(Method::DELETE, "/verify/").bearer_auth(&token),
            app.request(Method::OPTIONS, "/verify").bearer_auth(&token),
        ] {
            let asked = format!("{request:?}");
            let answer = app.send(request).await;
            // A header that says that the request was forwarded makes the caller one from elsewhere, over plain HTTP.
            if asked.contains("x-forwarded-for") {
                assert_nobody(&answer);
                continue;
            }
            assert_eq!((answer.status, answer.body.as_str()), (200, ""), "{begin}: {asked}");
            assert_eq!(answer.header("x-user-id"), ann.id.to_string());
            assert_eq!((answer.header("x-user-login"), answer.header("x-user-email")), ("ann", "ann@example.com"));
            assert!(IDENTITY.iter().all(|name| answer.headers.get_all(*name).iter().count() == 1), "{answer:?}");
            assert_eq!(answer.header("cache-control"), "no-store");
        }
        let listed = app.command(&["session", "show", verify(app, &token).await.header("x-session-id")], "").await;
        assert!(listed.status.success(), "the id is one that the operator's commands take");
    }
}

/// The other one can be set for a whole domain by any host of it.
#[tokio::test]
async fn of_easydbs_two_cookies_the_one_counts_that_no_other_host_can_set() {
    let doors = Doors::open("").await;
    let (own, planted) = (doors.begin("easydb").await, doors.begin("easydb").await);
    let id = verify(&doors.app, &own).await.header("x-session-id").to_owned();
    for cookies in [
        format!("vestibule_session={planted}; __Host-vestibule_session={own}"),
        format!("__Host-vestibule_session={own}; vestibule_session={planted}"),
    ] {
        let answer = doors.app.send(doors.app.request(Method::GET, "/verify").header("cookie", &cookies)).await;
        assert_eq!((answer.status, answer.header("x-session-id")), (200, id.as_str()), "{cookies}");
    }
}

#[tokio::test]
async fn a_method_that_no_proxy_passes_on_gives_no_leave() {
    let doors = Doors::open("").await;
    let token = doors.begin("dood").await;
    for path in ["/verify", "/verify/", "/verify/orders/7"] {
        let odd = Method::from_bytes(b"PROPFIND").unwrap();
        let answer = doors.app.send(doors.app.request(odd, path).bearer_auth(&token)).await;
        assert_eq!((answer.status, answer.header("allow").contains("GET")), (405, true), "{path}");
    }
}

#[tokio::test]
async fn an_ended_session_is_refused_at_once_however_it_ended() {
    for end in Doors::END {
        let doors = Doors::open("").await;
        let tokens = [doors.begin("dialogram").await, doors.begin("vprotect").await];
        for token in tokens {
            assert_eq!(verify(&doors.app, &token).await.status, 200);
            doors.end(end, &token).await;
            assert_nobody(&verify(&doors.app, &token).await);
            if end == "operator" {
                break;
            }
        }
    }
}

#[tokio::test]
async fn nobody_comes_in_without_a_session_of_somebody() {
    let doors = Doors::open("").await;
    let (app, token) = (&doors.app, doors.begin("dood").await);
    assert_nobody(&app.get("/verify").await);
    for token in ["", "nonsense", "c473472d-c085-4043-9bf0-ee80bff73d40", "a.b.c", &doors.ann.api_token] {
        assert_nobody(&verify(app, token).await);
    }
    let anonymous = app.get("/api/session").await.text("/token");
    assert_nobody(&verify(app, &anonymous).await);
    assert!(app.command(&["user", "disable", "ann"], "").await.status.success());
    assert_nobody(&verify(app, &token).await);
    let unconfigured = TestApp::start().await;
    let setup = unconfigured.get("/api/session").await;
    assert_eq!(setup.json()["authenticated"], true);
    assert_nobody(&verify(&unconfigured, &setup.text("/token")).await);
}

#[tokio::test]
async fn to_be_verified_is_to_be_seen() {
    let doors = Doors::open("[sessions]\nidle_ttl = \"10m\"").await;
    let (asked, forgotten) = (doors.begin("dood").await, doors.begin("dood").await);
    for _ in 0..3 {
        doors.app.clock.advance(Duration::from_mins(6));
        assert_eq!(verify(&doors.app, &asked).await.status, 200);
    }
    assert_nobody(&verify(&doors.app, &forgotten).await);
    doors.app.clock.advance(Duration::from_mins(10));
    assert_nobody(&verify(&doors.app, &asked).await);
}

#[tokio::test]
async fn a_store_that_is_away_lets_nobody_in_and_throws_nobody_out() {
    // With memory, whoever has come in would still be told.
    let doors = Doors::open("[sessions]\nin_memory = 0").await;
    let (app, token) = (&doors.app, doors.begin("dialogram").await);
    app.sql("ALTER TABLE sessions RENAME TO elsewhere").await;
    let authorization = format!("Bearer {}", doors.ann.api_token);
    for answer in [verify(app, &token).await, introspect(app, &authorization, &token).await] {
        assert_eq!((answer.status, answer.header("retry-after").is_empty()), (503, false), "{answer:?}");
        assert!(!answer.headers.contains_key("x-user-id"));
    }
    app.sql("ALTER TABLE elsewhere RENAME TO sessions").await;
    assert_eq!(verify(app, &token).await.status, 200);
}

#[tokio::test]
async fn a_nodes_session_names_the_node_and_no_user() {
    let app = TestApp::start().await;
    app.user("ann", &[]).await;
    let node = app.operator.add_node(NodeName::parse("backup").unwrap()).await.unwrap();
    let login = json!({ "name": "backup", "secret": node.secret.expose() });
    let token = app.post_json("/session/node/login", login).await.cookie("JSESSIONID").unwrap();
    let answer = verify(&app, &token).await;
    assert_eq!((answer.status, answer.header("x-node-name")), (200, "backup"));
    assert_eq!(answer.headers.get("x-user-id").map(HeaderValue::len), Some(0));
}

#[tokio::test]
async fn apis_that_keep_their_sessions_to_themselves_have_them_verified_all_the_same() {
    let doors = Doors::open("[sessions]\nshared = false").await;
    let token = doors.begin("dood").await;
    assert!(!doors.reads("vprotect bearer", &token).await);
    assert_eq!(verify(&doors.app, &token).await.status, 200);
}

/// The issue's own fear: what is handed to services behind the proxy would let them in as the user.
#[tokio::test]
async fn an_assertion_is_good_for_a_minute_and_never_a_sessions_token() {
    let doors = Doors::open("verify.assertions = true").await;
    let (app, token) = (&doors.app, doors.begin("dialogram").await);
    let assertion = verify(app, &token).await.header("x-session-assertion").to_owned();
    let (said, session) = (part(&assertion, 1), part(&token, 1));
    assert_eq!(said["exp"].as_i64().unwrap() - said["iat"].as_i64().unwrap(), 60);
    assert_eq!((&said["sub"], &said["sid"], &said["iss"]), (&session["sub"], &session["sid"], &session["iss"]));
    assert_eq!(said["username"], "ann");
    assert_ne!((&part(&assertion, 0)["typ"], &said["aud"]), (&part(&token, 0)["typ"], &session["aud"]));
    for read in Visitor::READ {
        assert!(doors.reads(read, &token).await && !doors.reads(read, &assertion).await, "{read}");
    }
    assert_nobody(&verify(app, &assertion).await);
    let told = introspect(app, &format!("Bearer {}", doors.ann.api_token), &assertion).await;
    assert_eq!(told.body, r#"{"active":false}"#);

    let without = Doors::open("").await;
    let answer = verify(&without.app, &without.begin("dood").await).await;
    assert_eq!(
        answer.headers.get("x-session-assertion").map(HeaderValue::len),
        Some(0),
        "unless it is set, there is none"
    );
}

#[tokio::test]
async fn a_program_with_an_api_token_is_told_what_a_token_is_worth() {
    let doors = Doors::open("").await;
    let (app, ann) = (&doors.app, doors.app.operator.users().await.unwrap().remove(0));
    let shop = app.api_token("shop").await;
    for begin in ["dialogram", "easydb"] {
        let token = doors.begin(begin).await;
        let id = verify(app, &token).await.header("x-session-id").to_owned();
        for shown in [format!("Bearer {shop}"), format!("Token token={shop}")] {
            let told = introspect(app, &shown, &token).await;
            assert_eq!((told.status, told.header("cache-control")), (200, "no-store"));
            let told = told.json();
            assert_eq!(
                (&told["active"], &told["username"], &told["sid"]),
                (&true.into(), &"ann".into(), &id.as_str().into())
            );
            assert_eq!(told["sub"], ann.id.to_string());
            if begin == "dialogram" {
                let said = part(&token, 1);
                for claim in ["sub", "sid", "jti", "exp"] {
                    assert_eq!(told[claim], said[claim], "{claim} is what the signed token says");
                }
            }
        }
        let by_name =
            app.request(Method::POST, "/introspect").basic_auth("shop", Some(&shop)).form(&[("token", &token)]);
        assert_eq!(app.send(by_name).await.json()["active"], true);
        let by_another =
            app.request(Method::POST, "/introspect").basic_auth("tests", Some(&shop)).form(&[("token", &token)]);
        assert_eq!(app.send(by_another).await.status, 401);

        doors.end("dood logout", &token).await;
        assert_eq!(introspect(app, &format!("Bearer {shop}"), &token).await.body, r#"{"active":false}"#);
    }
    let anonymous = app.get("/api/session").await.text("/token");
    for token in [anonymous.as_str(), "nonsense", shop.as_str()] {
        assert_eq!(introspect(app, &format!("Bearer {shop}"), token).await.body, r#"{"active":false}"#);
    }
}

#[tokio::test]
async fn a_program_without_a_good_api_token_is_401_and_told_nothing() {
    let doors = Doors::open("").await;
    let (app, token) = (&doors.app, doors.begin("dood").await);
    let revoked = app.api_token("gone").await;
    app.operator.revoke_client(ClientName::parse("gone").unwrap()).await.unwrap();
    for shown in ["", "Bearer nonsense", &format!("Bearer {token}"), &format!("Bearer {revoked}"), "Basic bm9uZQ=="] {
        let answer = introspect(app, shown, &token).await;
        assert_eq!((answer.status, answer.text("/error").as_str()), (401, "invalid_client"), "{shown}");
        assert!(answer.header("www-authenticate").starts_with("Basic realm="));
        assert!(answer.json().get("active").is_none());
    }
}

#[tokio::test]
async fn whoever_verifies_tokens_themselves_finds_all_they_need_in_the_published_keys() {
    let doors = Doors::open("").await;
    let token = doors.begin("dialogram").await;
    let published = doors.app.get("/.well-known/jwks.json").await;
    assert_eq!(published.header("content-type"), "application/jwk-set+json");
    let keys = published.json()["keys"].as_array().unwrap().clone();
    let key = keys.iter().find(|key| key["kid"] == part(&token, 0)["kid"]).unwrap();
    for (member, value) in [("kty", "OKP"), ("crv", "Ed25519"), ("alg", "EdDSA"), ("use", "sig")] {
        assert_eq!(key[member], value, "{key}");
    }
    let public = URL_SAFE_NO_PAD.decode(key["x"].as_str().unwrap()).unwrap();
    assert_eq!((public.len(), key.as_object().unwrap().len()), (32, 6), "and nothing that is private: {key}");
}

#[tokio::test]
async fn nothing_is_mounted_where_a_proxy_would_take_its_answers_for_leave() {
    let app = TestApp::start().await;
    for (prefix, is_refused) in [("/verify", true), ("/verify/x", true), ("/verified", false)] {
        let mounts = format!("[[mounts]]\ndialect = \"vprotect\"\nprefix = \"{prefix}\"\n");
        let config = app.write("other.toml", &mounts);
        let check = app.command_with(&config, &["config", "check"], "").await;
        assert_eq!(check.status.code(), Some(if is_refused { 2 } else { 0 }), "{prefix}: {check:?}");
    }
}

#[tokio::test]
async fn the_operator_can_take_it_away_or_have_no_tokens_in_urls() {
    let off = Doors::open("verify.enabled = false").await;
    let token = off.begin("dood").await;
    assert_eq!(verify(&off.app, &token).await.status, 404);
    for settings in ["verify.query_tokens = false", "profile = \"hardened\""] {
        let doors = Doors::open(settings).await;
        let token = doors.begin("vprotect").await;
        assert_eq!(verify(&doors.app, &token).await.status, 200);
        assert_nobody(&doors.app.get(&format!("/verify?token={token}")).await);
    }
}
