use std::{sync::Arc, time::Duration};

use rstest::rstest;
use vestibule_application::{
    api::Binding,
    use_cases::{
        authenticate_session::{Command, Credentials, Error, Outcome},
        describe_session,
    },
    view::Principal,
};
use vestibule_domain::user::{Login, LoginKey};

use super::*;
use crate::{
    dialect::{Context, Site},
    testing::{OTHER, REQUEST_ID, TOKEN, alice, away, corrupt, hardened, opaque, view},
};

fn authenticating(answer: impl Fn(Command) -> Result<Outcome, Error> + Send + 'static) -> MockSessionApi {
    let mut api = MockSessionApi::new();
    api.expect_authenticate_session().times(1).returning(answer);
    api
}

fn alices(rotated: Option<&str>) -> Outcome {
    Outcome { view: view("easydb", Principal::User(Arc::new(alice()))), rotated: rotated.map(opaque) }
}

fn form(more: &str) -> String {
    format!("token={TOKEN}&login=alice&password=s3cr%20t{more}")
}

fn login(command: &Command) -> Option<(Login, &str)> {
    match &command.credentials {
        Credentials::Password { login, password } => Some((login.clone(), password.expose())),
        Credentials::Nobody => None,
    }
}

fn any(login: &str) -> Login {
    Login::Any(LoginKey::parse(login).unwrap())
}

#[tokio::test]
async fn success_redirects_to_its_page_without_a_word() {
    let api = authenticating(|command| {
        assert_eq!(login(&command), Some((any("alice"), "s3cr t")));
        assert_eq!((command.bearer.expose(), command.rotate), (TOKEN, false));
        assert!(matches!(command.binding, Binding::Free));
        Ok(alices(None))
    });
    let ask = Ask::post(AUTHENTICATE).form(&form("&success=/in%3Fx&error=/out"));
    insta::assert_snapshot!(ask.of(faithful(api)).await.text(), @r"
    302
    location: /in?x
    ");
}

#[tokio::test]
async fn success_without_a_page_is_the_session_under_its_old_token() {
    let answer =
        Ask::post(AUTHENTICATE).form(&form("&error=/out")).of(faithful(authenticating(|_| Ok(alices(None))))).await;
    insta::assert_snapshot!(answer.text(), @r#"
    200
    content-type: application/json

    {"token":"c473472d-c085-4043-9bf0-ee80bff73d40","authenticated":true,"system_rights":["system.log","system.users"],"max_message_id":1234}
    "#);
}

#[tokio::test]
async fn parameters_are_read_from_every_encoding_and_the_body_wins_over_the_query() {
    let multipart = format!(
        "--X\r\nContent-Disposition: form-data; name=\"token\"\r\n\r\n{TOKEN}\r\n\
         --X\r\nContent-Disposition: form-data; name=\"login\"\r\n\r\nalice\r\n\
         --X\r\nContent-Disposition: form-data; name=\"password\"\r\n\r\ns3cr t\r\n--X--\r\n"
    );
    let json = format!(r#"{{"token":"{TOKEN}","login":"alice","password":"s3cr t","more":null}}"#);
    let query = format!("{AUTHENTICATE}?{}", form(""));
    let asks = [
        Ask::post(&query),
        Ask::post(&query).body("text/plain", ""),
        Ask::post(AUTHENTICATE).json(&json),
        Ask::post(AUTHENTICATE).body("multipart/form-data; boundary=X", multipart),
        Ask::post(&format!("{AUTHENTICATE}?token={OTHER}&login=bob&password=x")).form(&form("&login=carol")),
        Ask::post(AUTHENTICATE).header("x-easydb-token", TOKEN).form("login=alice&password=s3cr+t"),
    ];
    for ask in asks {
        let api = authenticating(|command| {
            assert_eq!(login(&command), Some((any("alice"), "s3cr t")));
            assert_eq!(command.bearer.expose(), TOKEN);
            Ok(alices(None))
        });
        assert_eq!(ask.of(faithful(api)).await.status, 200);
    }
}

const RETRY: Duration = Duration::from_mins(1);

#[rstest]
#[case(|| Error::UnknownLogin, "login_failed")]
#[case(|| Error::WrongPassword, "login_failed")]
#[case(|| Error::OtherBrowser, "login_failed")]
#[case(|| Error::Disabled, "login_disabled")]
#[case(|| Error::Throttled { retry_after: RETRY }, "login_blocked")]
#[tokio::test]
async fn a_failed_login_redirects_with_its_reason_or_is_400(#[case] error: fn() -> Error, #[case] reason: &str) {
    let ask =
        |more: &str| Ask::post(AUTHENTICATE).form(&form(more)).of(faithful(authenticating(move |_| Err(error()))));
    let redirected = ask("&success=/in&error=https://id.test/out%23old").await;
    assert_eq!((redirected.status.as_u16(), redirected.body.as_str()), (302, ""));
    assert_eq!(redirected.header("location"), format!("https://id.test/out#m:{reason}#l:alice"));
    let plain = ask("&success=/in").await;
    assert_eq!(code(&plain), is(400, &format!("error.user.{reason}")));
    assert_eq!(plain.json()["realm"], "user");
    assert!(!plain.body.contains("s3cr"));
    let retry = if reason == "login_blocked" { "60" } else { "" };
    assert_eq!((redirected.header("retry-after"), plain.header("retry-after")), (retry, retry));
}

#[tokio::test]
async fn what_is_no_failed_login_never_redirects() {
    let ask = |error: fn() -> Error| {
        Ask::post(AUTHENTICATE)
            .form(&form("&success=/in&error=/out"))
            .of(faithful(authenticating(move |_| Err(error()))))
    };
    let unknown = ask(|| Error::UnknownSession).await;
    assert_eq!(code(&unknown), is(403, "error.user.session_not_found"));
    assert_eq!(unknown.json()["parameters"]["id"], TOKEN);
    let overloaded = ask(|| Error::Overloaded { retry_after: RETRY }).await;
    assert_eq!((code(&overloaded), overloaded.header("retry-after")), (is(503, "error.server.overloaded"), "60"));
    assert_eq!(code(&ask(|| Error::Store(away())).await), is(503, "error.server.overloaded"));
    let corrupt = ask(|| Error::Store(corrupt())).await;
    assert_eq!((code(&corrupt), corrupt.json()["uuid"].as_str()), (is(500, "error.server.generic"), Some(REQUEST_ID)));
}

#[rstest]
#[case("login=alice", "username_or_password_empty", "alice")]
#[case("password=x", "username_or_password_empty", "")]
#[case("login=%20&password=x", "username_or_password_empty", "%20")]
#[case("login=alice&password=", "username_or_password_empty", "alice")]
#[case("login=a%00b&password=x", "login_failed", "a%00b")]
#[tokio::test]
async fn credentials_that_nobody_can_have_fail_once_the_token_is_accepted(
    #[case] credentials: &str,
    #[case] reason: &str,
    #[case] login: &str,
) {
    let ask = |target: &str| Ask::post(AUTHENTICATE).form(&format!("token={TOKEN}&{credentials}{target}"));
    let knowing = |is_known: bool| {
        let mut api = MockSessionApi::new();
        api.expect_describe_session().times(1).returning(move |_| {
            if is_known {
                Ok(view("easydb", Principal::Anonymous))
            } else {
                Err(describe_session::Error::UnknownSession)
            }
        });
        faithful(api)
    };
    assert_eq!(code(&ask("").of(knowing(true)).await), is(400, &format!("error.user.{reason}")));
    assert_eq!(ask("&error=/e").of(knowing(true)).await.header("location"), format!("/e#m:{reason}#l:{login}"));
    assert_eq!(code(&ask("&error=/e").of(knowing(false)).await), is(403, "error.user.session_not_found"));
}

#[tokio::test]
async fn a_password_has_at_most_1024_bytes() {
    let ask =
        |bytes: usize| Ask::post(AUTHENTICATE).form(&format!("token={TOKEN}&login=a&password={}", "p".repeat(bytes)));
    assert_eq!(ask(1024).of(faithful(authenticating(|_| Ok(alices(None))))).await.status, 200);
    let mut api = MockSessionApi::new();
    api.expect_describe_session().returning(|_| Ok(view("easydb", Principal::Anonymous)));
    assert_eq!(code(&ask(1025).of(faithful(api)).await), is(400, "error.user.login_failed"));
}

/// What is asked for, in turn, when every password fails.
async fn tried(methods: &str) -> (Vec<&'static str>, u16) {
    let (sender, receiver) = std::sync::mpsc::channel();
    let mut api = MockSessionApi::new();
    api.expect_authenticate_session().returning(move |command| {
        let kind = match login(&command) {
            None => "nobody",
            Some((Login::Any(_), _)) => "any",
            Some((Login::Email(_), _)) => "email",
            Some(_) => "other",
        };
        sender.send(kind).unwrap();
        if kind == "nobody" {
            return Ok(Outcome { view: view("easydb", Principal::Anonymous), rotated: None });
        }
        Err(Error::WrongPassword)
    });
    let answer = Ask::post(AUTHENTICATE).form(&form(methods)).of(faithful(api)).await;
    (receiver.iter().collect(), answer.status.as_u16())
}

#[tokio::test]
async fn methods_are_tried_in_order_and_a_wrong_password_counts_once() {
    for (methods, asked, status) in [
        ("", &["any"][..], 400),
        ("&method=", &["any"], 400),
        ("&method=easydb", &["any"], 400),
        ("&method=email", &["email"], 400),
        ("&method=email,easydb&method=email", &["any"], 400),
        ("&method=anonymous", &["nobody"], 200),
        ("&method=anonymous,easydb", &["nobody"], 200),
        ("&method=easydb&method=anonymous", &["any", "nobody"], 200),
        ("&method=email%2C%20anonymous,easydb", &["email", "nobody"], 200),
    ] {
        assert_eq!(tried(methods).await, (asked.to_vec(), status), "{methods}");
    }
}

#[tokio::test]
async fn other_methods_are_refused_and_anonymous_where_it_is_not_offered() {
    const REFUSED: &str = "error.user.authentication_method_not_allowed";
    for methods in ["&method=ldap", "&method=easydb,ldap", "&method=Easydb"] {
        assert_eq!(code(&refused(Ask::post(AUTHENTICATE).form(&form(methods))).await), is(400, REFUSED), "{methods}");
    }
    let easydb = Easydb::new(context(MockSessionApi::new()), Settings::default());
    assert_eq!(code(&Ask::post(AUTHENTICATE).form(&form("&method=anonymous")).of(easydb).await), is(400, REFUSED));
}

#[tokio::test]
async fn a_missing_or_malformed_token_is_400_and_never_redirects() {
    let missing = refused(Ask::post(AUTHENTICATE).form("login=a&password=b&error=/out")).await;
    assert_eq!(code(&missing), is(400, "error.api.missing_parameter"));
    assert_eq!(missing.json()["parameters"]["parameter"], "token");
    let malformed = refused(Ask::post(AUTHENTICATE).form("token=x&login=a&password=b&error=/out")).await;
    assert_eq!(code(&malformed), is(400, "error.user.session_not_found"));
}

#[tokio::test]
async fn a_target_that_is_not_allowed_is_refused_before_anything_is_looked_up() {
    for target in ["success=//evil.test", "error=//evil.test", "success=/in&error=https://evil.test", "success="] {
        let answer = refused(Ask::post(AUTHENTICATE).form(&form(&format!("&{target}")))).await;
        assert_eq!(code(&answer), is(400, "error.user.redirect_not_allowed"), "{target}");
    }
}

#[tokio::test]
async fn targets_may_be_where_the_caller_found_us_and_where_the_operator_says() {
    let sent = async |context: fn(MockSessionApi) -> crate::dialect::Context, target: &str| {
        let redirect_origins = vec!["http://listed.test:8080".to_owned()];
        let mut api = MockSessionApi::new();
        api.expect_authenticate_session().returning(|_| Ok(alices(None)));
        let easydb = Easydb::new(context(api), Settings { redirect_origins, ..settings() });
        let ask = Ask::post(AUTHENTICATE).header("host", "intern.test").form(&form(&format!("&success={target}")));
        ask.of(easydb).await.status == 302
    };
    for target in ["https://id.test/", "https://intern.test/", "http://listed.test:8080/", "/in"] {
        assert!(sent(context, target).await && sent(hardened, target).await, "{target}");
    }
    for target in ["http://id.test/", "http://intern.test/", "https://listed.test:8080/"] {
        assert!(!sent(context, target).await && !sent(hardened, target).await, "{target}");
    }
    assert!(sent(context, "http://localhost:3000/").await);
    assert!(!sent(hardened, "http://localhost:3000/").await);
}

#[tokio::test]
async fn t000_6_where_the_operator_says_who_we_are_no_request_does() {
    let site = Site { public_url: "https://id.test/".parse().unwrap(), is_fixed: true };
    let context = |api| Context { site: Arc::new(site.clone()), ..context(api) };
    for (target, status) in [("https://id.test/", 302), ("/in", 302), ("https://intern.test/", 400)] {
        let mut api = MockSessionApi::new();
        api.expect_authenticate_session().returning(|_| Ok(alices(None)));
        let ask = Ask::post(AUTHENTICATE).header("host", "intern.test").form(&form(&format!("&success={target}")));
        assert_eq!(ask.of(Easydb::new(context(api), settings())).await.status, status, "{target}");
    }
}

#[tokio::test]
async fn a_password_from_elsewhere_is_taken_over_tls_only() {
    for context in [context, hardened] {
        let ask = Ask::post(AUTHENTICATE).form(&form("&error=/out"));
        let plain = ask.remote().of(Easydb::new(context(MockSessionApi::new()), settings())).await;
        assert_eq!(code(&plain), is(400, "error.api.invalid_parameter"));
        assert!(plain.body.contains("TLS") && plain.body.contains("server.trusted_proxies"));
        let easydb = Easydb::new(context(authenticating(|_| Ok(alices(None)))), settings());
        assert_eq!(Ask::post(AUTHENTICATE).over_tls().form(&form("")).of(easydb).await.status, 200);
    }
}

#[tokio::test]
async fn hardened_the_token_changes_and_goes_into_the_object_or_a_cookie() {
    let ask = |more: &str| {
        let api = authenticating(|command| {
            assert!(command.rotate);
            Ok(alices(Some(OTHER)))
        });
        Ask::post(AUTHENTICATE).form(&form(more)).of(Easydb::new(hardened(api), settings()))
    };
    let object = ask("").await;
    assert_eq!((object.json()["token"].as_str(), object.header("set-cookie")), (Some(OTHER), ""));
    insta::assert_snapshot!(ask("&success=/in").await.text(), @r"
    302
    location: /in
    set-cookie: __Host-vestibule_session=0f0e0d0c-0b0a-0908-0706-050403020100; Path=/; Max-Age=43200; HttpOnly; SameSite=Lax; Secure
    ");
}

/// What must be proven: nothing at all, or to be the browser with this guard.
async fn binding(is_hardened: bool, login_origins: &[&str], headers: &[(&'static str, &str)]) -> Option<Option<bool>> {
    let (sender, receiver) = std::sync::mpsc::channel();
    let api = authenticating(move |command| {
        let proof = match command.binding {
            Binding::Free => None,
            Binding::Browser(guard) => Some(guard.map(|guard| guard == opaque(OTHER))),
        };
        sender.send(proof).unwrap();
        Ok(alices(None))
    });
    let login_origins = login_origins.iter().map(|origin| (*origin).to_owned()).collect();
    let context = if is_hardened { hardened(api) } else { context(api) };
    let ask = headers.iter().fold(Ask::post(AUTHENTICATE), |ask, (name, value)| ask.header(name, value));
    ask.form(&form("")).of(Easydb::new(context, Settings { login_origins, ..settings() })).await;
    receiver.recv().unwrap()
}

#[tokio::test]
async fn programs_and_our_own_and_listed_pages_prove_nothing() {
    let listed = &["https://app.test"][..];
    for is_hardened in [false, true] {
        for headers in [
            &[][..],
            &[("origin", "https://id.test")],
            &[("origin", "https://app.test")],
            &[("sec-fetch-site", "same-origin"), ("cookie", "x=y")],
        ] {
            assert_eq!(binding(is_hardened, listed, headers).await, None, "{headers:?}");
        }
    }
}

/// T000-3, T000-4.
#[tokio::test]
async fn other_pages_prove_their_browser_when_origins_are_listed_or_hardened() {
    let guard = format!("a=b; __Host-vestibule_guard={OTHER}");
    let foreign = [
        (&[("origin", "https://evil.test")][..], None),
        (&[("origin", "null")], None),
        (&[("sec-fetch-site", "cross-site")], None),
        (&[("cookie", "x=y")], None),
        (&[("origin", "https://evil.test"), ("cookie", &*guard)], Some(true)),
        (&[("cookie", &*guard)], Some(true)),
        (&[("cookie", "__Host-vestibule_guard=nonsense")], None),
    ];
    for (headers, proof) in foreign {
        assert_eq!(binding(false, &[], headers).await, None, "faithful, none listed: {headers:?}");
        assert_eq!(binding(false, &["https://app.test"], headers).await, Some(proof), "{headers:?}");
        assert_eq!(binding(true, &[], headers).await, Some(proof), "{headers:?}");
    }
}
