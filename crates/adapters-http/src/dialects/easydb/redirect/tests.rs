use proptest::prelude::*;
use rstest::rstest;

use super::*;

/// `https://app.test/login/` and one listed origin, as in the corpus of redirect attacks.
fn allowed(loopback: bool) -> Allowed {
    let base: Url = "https://app.test/login/".parse().unwrap();
    let listed: Url = "http://listed.test:8080".parse().unwrap();
    Allowed { origins: vec![base.origin(), listed.origin()], base, loopback }
}

fn sent(text: &str) -> Option<String> {
    allowed(false).target(text).ok().map(|target| target.location().to_owned())
}

const REFUSED: &[&str] = &[
    "//evil.test",
    "///evil.test",
    "////evil.test",
    "/\\evil.test",
    "\\\\evil.test",
    "\\/evil.test",
    "/\\/evil.test",
    "/\t/evil.test",
    "/\n/evil.test",
    "/..//evil.test",
    "/.//evil.test",
    "/x/..//evil.test",
    "/%2e%2e//evil.test",
    "..//evil.test",
    "https:evil.test",
    "https:/evil.test",
    "https:///evil.test",
    "https:\\\\evil.test",
    "HTTPS://EVIL.TEST",
    "http://app.test/",
    "https://app.test:444/",
    "https://app.test.evil.test/",
    "https://evil.test/app.test",
    "https://app.test@evil.test/",
    "https://app.test%40evil.test/",
    "https://app.test\\@evil.test",
    "https://evil.test#@app.test",
    "https://evil.test?app.test",
    "https://evil.test;app.test",
    "https://app.test:443@evil.test/",
    "https://user:pw@app.test/",
    "https://@app.test/",
    "https://:@app.test/",
    "https://app.test./",
    "https://.app.test/",
    "https://app.test%2eevil.test/",
    "https://app%2etest/",
    "https://app。test.evil.test/",
    "https://evil。test/",
    "https://ａｐｐ.test.evil.test/",
    "https://ａｐｐ.test/",
    "https://app。test/",
    "https://xn--app-.test/",
    "https://арр.test/",
    "https://[::ffff:127.0.0.1]/",
    "https://2130706433/",
    "https://0x7f.1/",
    "https://127.1/",
    "//[::1]/",
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "java\tscript:alert(1)",
    " javascript:alert(1)",
    "data:text/html,x",
    "vbscript:x",
    "blob:https://app.test/x",
    "file:///etc/passwd",
    "view-source:https://app.test",
    "about:blank",
    "mailto:a@b",
    "tel:1",
    "intent://x#Intent;end",
    "/ok\r\nSet-Cookie:a=b",
    "\0https://evil.test",
    "  https://evil.test",
    "",
    "ok",
    "?ok",
    "#ok",
    "./ok",
    "https:app.test",
    "https:/app.test",
    "https://",
    "ftp://app.test/",
    "wss://app.test/",
    "https://app.test :443/",
    "http://listed.test/",
    "https://listed.test:8080/",
    "http://sub.listed.test:8080/",
];

#[test]
fn the_corpus_of_attacks_is_refused_with_and_without_loopback() {
    for text in REFUSED {
        assert_eq!(sent(text), None, "{text}");
        assert!(allowed(true).target(text).is_err(), "{text}");
    }
    assert_eq!(sent(&"a".repeat(10 * 1024)), None);
    assert_eq!(sent(&format!("/{}", "a".repeat(MAX_BYTES))), None);
}

#[rstest]
#[case("/", "/")]
#[case("/ok?a=b#c", "/ok?a=b#c")]
#[case("/a/../b", "/b")]
#[case("/%09/evil.test", "/%09/evil.test")]
#[case("/%2f/evil.test", "/%2f/evil.test")]
#[case("/%5cevil.test", "/%5cevil.test")]
#[case("/ok%0d%0aSet-Cookie:a=b", "/ok%0d%0aSet-Cookie:a=b")]
#[case("/ł", "/%C5%82")]
#[case("https://app.test/?token=SECRET", "https://app.test/?token=SECRET")]
#[case("https://app.test", "https://app.test/")]
#[case("https://app.test?a", "https://app.test/?a")]
#[case("https://app.test//two", "https://app.test//two")]
#[case("HTTPS://APP.TEST:443/x", "https://app.test/x")]
#[case("https://app.test:/@evil.test:x", "https://app.test/@evil.test:x")]
#[case("http://listed.test:8080/x", "http://listed.test:8080/x")]
fn what_is_allowed_is_sent_as_the_parser_reads_it(#[case] text: &str, #[case] location: &str) {
    assert_eq!(sent(text).as_deref(), Some(location));
}

#[test]
fn this_machine_is_allowed_by_its_usual_names_unless_hardened() {
    for text in ["http://localhost:3000/in", "https://127.0.0.1/", "http://[::1]:8080/", "http://app.localhost/"] {
        assert!(allowed(true).target(text).is_ok(), "{text}");
        assert_eq!(sent(text), None, "{text}");
    }
    assert!(allowed(true).target("http://localhost.evil.test/").is_err());
}

#[test]
fn a_failure_takes_the_place_of_the_fragment() {
    let failed = |text: &str, login: &str| {
        allowed(false).target(text).unwrap().failed("login_failed", login).location().to_owned()
    };
    assert_eq!(failed("/in?x#old", "alice"), "/in?x#m:login_failed#l:alice");
    assert_eq!(failed("https://app.test/", ""), "https://app.test/#m:login_failed#l:");
    assert_eq!(failed("/", "a b#\r\n%ł@x.y"), "/#m:login_failed#l:a%20b%23%0D%0A%25%C5%82%40x%2Ey");
    assert!(failed("/", &"x".repeat(60_000)).len() < 400);
}

proptest! {
    /// T000-6: whatever a browser would make of what is sent, it stays where it is allowed to be.
    #[test]
    fn nothing_that_is_sent_leads_elsewhere(
        start in prop::sample::select(vec!["", "/", "//", "https:", "https://", "http://app.test", "https://app.test", "http://localhost"]),
        rest in "[a-z0-9.:/\\\\@?#%\\[\\]\t\r\n \u{0}。ａłt;_-]{0,30}",
    ) {
        let allowed = allowed(true);
        if let Ok(target) = allowed.target(&format!("{start}{rest}")) {
            for target in [target.clone(), target.failed("login_failed", &rest)] {
                let location = target.location();
                prop_assert!(location.bytes().all(|byte| byte.is_ascii_graphic()), "{}", location);
                let page: Url = "https://app.test/api/session/authenticate".parse().unwrap();
                let read = page.join(location).unwrap();
                prop_assert!(
                    allowed.origins.contains(&read.origin()) || is_loopback(&read),
                    "{} leads to {}", location, read
                );
            }
        }
    }
}
