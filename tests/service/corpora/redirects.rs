//! Where easydb's authenticate sends a browser.

use reqwest::{Method, RequestBuilder, multipart::Form};
use serde_json::json;
use url::{Origin, Url};
use vestibule_tests::{Answer, PASSWORD, TestApp};

use super::{PATIENT, judged, text};

const SITE: &str = "https://app.test";
const LISTED: &str = "http://listed.test:8080";
const PATH: &str = "/api/session/authenticate";

async fn service(profile: &str) -> TestApp {
    let settings = format!(
        "profile = \"{profile}\"\n{PATIENT}[server]\npublic_url = \"{SITE}\"\n[easydb]\nredirect_origins = [\"{LISTED}\"]\n"
    );
    let app = TestApp::with(&settings).await;
    app.user("ann", &[]).await;
    app
}

/// Whatever it is, it leads where it may: read as a browser does, from the page that was asked.
fn assert_leads_home(answer: &Answer, input: &str) {
    let Some(location) = answer.headers.get("location") else { return };
    assert_eq!((answer.status, answer.body.as_str()), (302, ""), "{input:?}");
    let location = location.to_str().unwrap();
    assert!(location.bytes().all(|byte| byte.is_ascii_graphic()), "{input:?} is sent as {location:?}");
    let page: Url = format!("{SITE}{PATH}").parse().unwrap();
    let origin = page.join(location).unwrap().origin();
    let allowed: Vec<Origin> = [SITE, LISTED].iter().map(|url| Url::parse(url).unwrap().origin()).collect();
    assert!(allowed.contains(&origin), "{input:?} leads to {location:?}");
}

/// The same parameters in every encoding.
fn encodings(app: &TestApp, fields: &[(&str, &str)]) -> Vec<RequestBuilder> {
    let post = || app.request(Method::POST, PATH);
    let object: serde_json::Value = fields.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
    let parts =
        fields.iter().fold(Form::new(), |form, (name, value)| form.text((*name).to_owned(), (*value).to_owned()));
    vec![post().form(fields), post().query(fields), post().json(&object), post().multipart(parts)]
}

/// T000-6: no redirect leads out of the list, by whatever encoding, before and after a look at the password.
async fn no_target_leads_elsewhere(profile: &str) {
    let app = service(profile).await;
    for (verdict, input) in judged("open-redirects.txt") {
        let target = text(&input);
        for (parameter, password) in [("success", PASSWORD), ("error", "wrong")] {
            let token = app.get("/api/session").await.text("/token");
            let fields =
                [("token", token.as_str()), ("login", "ann"), ("password", password), (parameter, target.as_str())];
            for request in encodings(&app, &fields) {
                let request = request.build().unwrap();
                if request.url().query().is_some_and(|query| query.len() > 8000) {
                    continue; // Too long a line for any target, which is told by a 414 of another layer.
                }
                let answer = app.execute(request).await;
                assert_leads_home(&answer, &input);
                let expected = if verdict == "ok" { 302 } else { 400 };
                assert_eq!(answer.status, expected, "{parameter}={input}: {}", answer.body);
                if verdict == "no" {
                    assert_eq!(answer.text("/code"), "error.user.redirect_not_allowed", "{input}");
                    assert!(!answer.body.contains("evil"), "an error repeats {input}");
                } else if profile == "hardened" {
                    break; // The first success has changed the token.
                }
            }
        }
    }
}

#[tokio::test]
async fn t000_6_no_target_of_the_corpus_leads_elsewhere() {
    no_target_leads_elsewhere("faithful").await;
}

#[tokio::test]
async fn t000_6_no_target_of_the_corpus_leads_elsewhere_hardened() {
    no_target_leads_elsewhere("hardened").await;
}

/// T000-6: what is given twice, in other brackets, or in query and body, is judged as it is used.
#[tokio::test]
async fn t000_6_a_second_target_is_not_a_way_around_the_first() {
    let app = service("faithful").await;
    let evil = "https%3A%2F%2Fevil.test";
    for (query, body, leads) in [
        ("", format!("success=/ok&success={evil}"), true),
        ("", format!("success={evil}&success=/ok"), false),
        (&*format!("?success={evil}"), "success=/ok".to_owned(), true),
        ("?success=/ok", format!("success={evil}"), false),
        ("?success=/ok", "success=".to_owned(), false),
        ("?success=/ok", format!("success[]={evil}&success%5B0%5D={evil}"), true),
        ("?success=/ok", format!("Success={evil}&success%00={evil}&%20success={evil}"), true),
    ] {
        let token = app.get("/api/session").await.text("/token");
        let body = format!("token={token}&login=ann&password={}&{body}", PASSWORD.replace(' ', "+"));
        let request = app.request(Method::POST, &format!("{PATH}{query}"));
        let answer =
            app.send(request.header("content-type", "application/x-www-form-urlencoded").body(body.clone())).await;
        assert_leads_home(&answer, &body);
        let expected = if leads { (302, "/ok") } else { (400, "") };
        assert_eq!((answer.status, answer.header("location")), expected, "{query} {body}");
    }
}
