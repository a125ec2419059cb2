//! Pages that nothing slips through.

use std::collections::BTreeSet;

use super::*;

/// The ids of all items, read so many at a time; between two pages `meanwhile` happens.
async fn read<F: Future<Output = ()>>(
    app: &TestApp,
    token: &str,
    path: &str,
    meanwhile: impl Fn() -> F,
) -> Vec<String> {
    let (mut ids, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = ask(app, token, Method::GET, &format!("{path}{cursor}"), Value::Null).await.json();
        let shown = page["items"].as_array().unwrap();
        assert!(shown.len() <= 3);
        ids.extend(shown.iter().map(|item| item["id"].to_string()));
        let Some(next) = page["next_cursor"].as_str() else { return ids };
        cursor = format!("&cursor={next}");
        meanwhile().await;
    }
}

#[tokio::test]
async fn what_is_there_all_the_time_is_seen_once_whatever_comes_meanwhile() {
    let app = TestApp::start().await;
    let token = operator(&app, "ops", &[Scope::All]).await;
    for n in 0..10 {
        app.user(&format!("u{n}"), &[]).await;
    }
    let all = |path| read(&app, &token, path, async || ());
    let before: BTreeSet<String> = all("/users?limit=3").await.into_iter().collect();
    assert_eq!(before.len(), 10);
    let number = std::sync::atomic::AtomicUsize::new(10);
    let add = async || {
        let n = number.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        app.user(&format!("u{n}"), &[]).await;
    };
    let seen = read(&app, &token, "/users?limit=3", add).await;
    assert_eq!(seen.iter().collect::<BTreeSet<_>>().len(), seen.len(), "nothing twice");
    assert!(before.iter().all(|id| seen.contains(id)), "nothing is missed");

    let messages = all("/messages?limit=3").await;
    assert_eq!(messages.len(), usize::try_from(app.operator.latest_message().await.unwrap()).unwrap());
    let added = all("/messages?limit=3&kind=user_added").await;
    assert!(added.len() >= 10 && added.len() < messages.len());
}

#[tokio::test]
async fn sessions_are_found_by_user_dialect_and_state() {
    let app = TestApp::start().await;
    let token = operator(&app, "ops", &[Scope::All]).await;
    let ann = app.user("ann", &[]).await;
    app.user("bob", &[]).await;
    let log_in = |who: &str| json!({ "email": format!("{who}@example.com"), "password": PASSWORD });
    for who in ["ann", "ann", "bob"] {
        assert_eq!(app.post_json("/api/session", log_in(who)).await.status, 200);
    }
    app.post_json("/session/login", json!({ "login": "ann", "password": PASSWORD })).await;
    let found = async |query: &str| {
        let page = ask(&app, &token, Method::GET, &format!("/sessions?{query}"), Value::Null).await;
        page.json()["items"].as_array().unwrap_or_else(|| panic!("{query}: {page:?}")).clone()
    };
    let dialects: BTreeSet<String> =
        found("").await.iter().map(|s| s["dialect"].as_str().unwrap().to_owned()).collect();
    let all = found("").await.len();
    assert!(all >= 3 && !dialects.is_empty());
    let mut by_dialect = 0;
    for dialect in &dialects {
        by_dialect += found(&format!("dialect={dialect}")).await.len();
    }
    assert_eq!(by_dialect, all);
    assert_eq!(found("dialect=nowhere").await.len(), 0);
    let hers = found(&format!("user={}", ann.id)).await;
    assert!(hers.len() >= 2 && hers.iter().all(|session| session["holder"] == "ann"));
    assert_eq!((found("state=live").await.len(), found("state=over").await.len()), (all, 0));
    app.operator.revoke_sessions_of("ann").await.unwrap();
    assert_eq!(found("state=over").await.len(), hers.len());
    for query in ["state=dead", "limit=0", "limit=201", "who=ann", "limit=1&limit=2"] {
        assert_eq!(
            ask(&app, &token, Method::GET, &format!("/sessions?{query}"), Value::Null).await.status,
            400,
            "{query}"
        );
    }
    for query in ["cursor=x", "user=ann"] {
        assert_eq!(
            ask(&app, &token, Method::GET, &format!("/sessions?{query}"), Value::Null).await.status,
            422,
            "{query}"
        );
    }
}
