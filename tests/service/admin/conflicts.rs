//! Nobody's change is lost, and nothing is created twice.

use tokio::task::JoinSet;

use super::*;

const USER: &str = "/users";

async fn ann(app: &TestApp, token: &str) -> (String, String) {
    let id = app.user("ann", &[]).await.id.to_string();
    let path = format!("{USER}/{id}");
    let shown = ask(app, token, Method::GET, &path, Value::Null).await;
    (path, shown.header("etag").to_owned())
}

#[tokio::test]
async fn a_user_is_changed_by_whoever_has_seen_them_as_they_are() {
    let app = TestApp::start().await;
    let token = operator(&app, "ops", &[Scope::All]).await;
    let (path, tag) = ann(&app, &token).await;
    let change = |body: Value, tag: Option<String>| {
        let (app, path, token) = (&app, &path, &token);
        async move {
            let tag: Vec<(&'static str, &str)> = tag.iter().map(|tag| ("if-match", tag.as_str())).collect();
            with(app, token, Method::PATCH, path, body, &tag).await
        }
    };
    let blind = change(json!({ "name": "Ann" }), None).await;
    assert_eq!((blind.status, code(&blind).as_str()), (428, "if_match_required"));
    let changed = change(json!({ "name": "Ann", "sex": "F", "time_zone": "Europe/Prague" }), Some(tag.clone())).await;
    assert_eq!((changed.status, changed.json()["name"].as_str()), (200, Some("Ann")));
    let again = change(json!({ "name": "Eve" }), Some(tag)).await;
    assert_eq!((again.status, code(&again).as_str()), (412, "outdated"));
    let shown = ask(&app, &token, Method::GET, &path, Value::Null).await;
    assert_eq!(shown.header("etag"), changed.header("etag"));
    assert_eq!(shown.json()["time_zone"], "Europe/Prague");

    let cleared = change(json!({ "name": null }), Some(shown.header("etag").to_owned())).await.json();
    assert_eq!((&cleared["name"], &cleared["sex"]), (&Value::Null, &json!("F")));
    for (body, status) in [
        (json!({ "birthdate": "01012990" }), 422),
        (json!({ "time_zone": "Mars/Base" }), 422),
        (json!({ "roles": ["admin"] }), 400),
        (json!([]), 400),
    ] {
        let refused = change(body.clone(), Some("*".to_owned())).await;
        assert_eq!(refused.status, status, "{body}: {refused:?}");
    }
}

/// What one of many sends.
type Body = fn(usize) -> Value;

#[tokio::test]
async fn of_many_who_saw_the_same_one_changes_it() {
    let app = TestApp::start().await;
    let token = operator(&app, "ops", &[Scope::All]).await;
    let (path, tag) = ann(&app, &token).await;
    let role = ask(&app, &token, Method::PUT, "/roles/editor", json!({ "rights": [] })).await;
    assert_eq!(role.status, 201);
    let cases: [(Method, &str, &str, Body); 2] = [
        (Method::PATCH, path.as_str(), tag.as_str(), |n: usize| json!({ "nickname": format!("n{n}") })),
        (Method::PUT, "/roles/editor", role.header("etag"), |n: usize| json!({ "rights": [format!("edit.{n}")] })),
    ];
    for (method, path, tag, body) in cases {
        let headers = [("if-match", tag)];
        let mut asked = JoinSet::new();
        for n in 0..8 {
            let (caller, request) =
                (app.admin.clone(), request(&app, &token, method.clone(), path, &body(n), &headers));
            asked.spawn(async move { caller.send(request).await.status });
        }
        let answers = asked.join_all().await;
        assert_eq!(answers.iter().filter(|status| **status == 200).count(), 1, "{path}: {answers:?}");
        assert_eq!(answers.iter().filter(|status| **status == 412).count(), 7, "{path}: {answers:?}");
    }
}

#[tokio::test]
async fn forms_and_roles_are_replaced_by_whoever_has_seen_them() {
    let app = TestApp::start().await;
    let token = operator(&app, "ops", &[Scope::All]).await;
    let form = json!({ "name": "entry", "action": "create", "fields": { "email": { "required": true } } });
    for (path, body) in [("/forms/entry", form), ("/roles/a%2Fb", json!({ "rights": ["x.y"] }))] {
        let put = |headers: &'static [(&'static str, &'static str)]| {
            with(&app, &token, Method::PUT, path, body.clone(), headers)
        };
        assert_eq!(put(&[("if-match", "\"none\"")]).await.status, 412, "{path}: there is none");
        let made = put(&[]).await;
        assert_eq!(made.status, 201, "{made:?}");
        assert_eq!(put(&[]).await.status, 428);
        assert_eq!(put(&[("if-match", "\"other\"")]).await.status, 412);
        assert_eq!(put(&[("if-match", "*")]).await.status, 200);
        assert_eq!(ask(&app, &token, Method::GET, path, Value::Null).await.header("etag"), made.header("etag"));
    }
    let other = json!({ "name": "other", "action": "create" });
    assert_eq!(ask(&app, &token, Method::PUT, "/forms/entry", other).await.status, 422);
    assert_eq!(ask(&app, &token, Method::DELETE, "/forms/entry", Value::Null).await.status, 204);
    assert_eq!(ask(&app, &token, Method::GET, "/forms/entry", Value::Null).await.status, 404);
}

#[tokio::test]
async fn what_is_asked_for_twice_is_made_once() {
    let app = TestApp::start().await;
    let (token, other) = (operator(&app, "ops", &[Scope::All]).await, operator(&app, "other", &[Scope::All]).await);
    let add = |token: &str, name: &str, key: &'static str| {
        let (app, token, body) = (&app, token.to_owned(), json!({ "name": name }));
        async move { with(app, &token, Method::POST, "/clients", body, &[("idempotency-key", key)]).await }
    };
    let first = add(&token, "shop", "one").await;
    assert_eq!((first.status, first.header("location")), (201, "/admin/v1/clients/shop"));
    let again = add(&token, "shop", "one").await;
    assert_eq!((again.status, again.text("/token")), (201, first.text("/token")));
    let shown = ask(&app, &token, Method::GET, "/clients/shop", Value::Null).await;
    assert_eq!(shown.header("etag"), first.header("etag"));
    assert!(shown.json().get("token").is_none());

    let reused = add(&token, "till", "one").await;
    assert_eq!((reused.status, code(&reused).as_str()), (422, "idempotency_key_reused"));
    assert_eq!(code(&add(&token, "shop", "two").await), "name_taken");
    assert_eq!(code(&add(&other, "shop", "one").await), "name_taken", "another operator's key is another key");
    app.clock.advance(std::time::Duration::from_hours(25));
    assert_eq!(code(&add(&token, "shop", "one").await), "name_taken", "kept for a day");
    // What failed may be tried again.
    assert_eq!(add(&token, "not a name", "three").await.status, 422);
    assert_eq!(add(&token, "till", "three").await.status, 201);
}

#[tokio::test]
async fn a_user_is_added_given_roles_a_password_and_removed() {
    let app = TestApp::start().await;
    let token = operator(&app, "ops", &[Scope::All]).await;
    let new = json!({ "login": "bob", "email": "bob@example.com", "password": PASSWORD, "roles": ["editor"] });
    let added = ask(&app, &token, Method::POST, USER, new.clone()).await;
    assert_eq!(
        (added.status, added.header("location")),
        (201, format!("/admin/v1/users/{}", added.text("/id")).as_str())
    );
    let second = ask(&app, &token, Method::POST, USER, new).await;
    assert_eq!((second.status, code(&second).as_str()), (409, "login_taken"));
    let path = format!("{USER}/{}", added.text("/id"));
    let granted = ask(&app, &token, Method::PUT, &format!("{path}/roles/admin"), Value::Null).await.json();
    assert_eq!(granted["roles"], json!(["admin", "editor"]));
    let withdrawn = ask(&app, &token, Method::DELETE, &format!("{path}/roles/editor"), Value::Null).await.json();
    assert_eq!(withdrawn["roles"], json!(["admin"]));
    let weak = ask(&app, &token, Method::PUT, &format!("{path}/password"), json!({ "password": "password" })).await;
    assert_eq!((weak.status, code(&weak).as_str()), (422, "password_too_simple"));
    let strong = json!({ "password": "another s3cret of the day" });
    assert_eq!(ask(&app, &token, Method::PUT, &format!("{path}/password"), strong.clone()).await.status, 204);
    let login = json!({ "email": "bob@example.com", "password": strong["password"] });
    assert_eq!(app.post_json("/api/session", login).await.status, 200);
    for query in ["login=bob", "email=BOB@example.com"] {
        let found = ask(&app, &token, Method::GET, &format!("{USER}?{query}"), Value::Null).await.json();
        assert_eq!(found["items"][0]["login"], "bob", "{query}");
    }
    assert_eq!(ask(&app, &token, Method::DELETE, &path, Value::Null).await.status, 204);
    assert_eq!(code(&ask(&app, &token, Method::GET, &path, Value::Null).await), "unknown");
}

#[tokio::test]
async fn whoever_created_something_has_seen_it() {
    let app = TestApp::start().await;
    let token = operator(&app, "ops", &[Scope::All]).await;
    let bob = json!({ "login": "bob", "email": "bob@example.com", "password": PASSWORD, "roles": ["b", "a"] });
    for (path, body) in
        [(USER, bob), ("/nodes", json!({ "name": "rack/1" })), ("/clients", json!({ "name": "shop/1:a" }))]
    {
        let made = ask(&app, &token, Method::POST, path, body).await;
        let place = made.header("location").strip_prefix("/admin/v1").unwrap().to_owned();
        let shown = ask(&app, &token, Method::GET, &place, Value::Null).await;
        assert_eq!((made.status, shown.status, shown.header("etag")), (201, 200, made.header("etag")), "{place}");
        if path == USER {
            let seen = [("if-match", made.header("etag"))];
            let changed = with(&app, &token, Method::PATCH, &place, json!({ "name": "Bob" }), &seen).await;
            assert_eq!(changed.status, 200, "{changed:?}");
        }
    }
    let ann = app.user("ann", &[]).await.id.to_string();
    let issued = ask(&app, &token, Method::POST, "/login-tokens", json!({ "user": ann })).await;
    assert!(issued.status == 201 && !issued.headers.contains_key("etag"), "what is told once has no tag: {issued:?}");
}
