//! Nobody does what their token is not for.

use super::*;

const ID: &str = "00000000-0000-4000-8000-000000000000";

/// Every operation, with the scope that it takes.
fn operations() -> Vec<(Method, String, Scope)> {
    let (get, post, put, patch, delete) = (Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE);
    let table = [
        (&get, "/users", Scope::UsersRead),
        (&post, "/users", Scope::UsersWrite),
        (&get, "/users/{user}", Scope::UsersRead),
        (&patch, "/users/{user}", Scope::UsersWrite),
        (&delete, "/users/{user}", Scope::UsersWrite),
        (&put, "/users/{user}/password", Scope::UsersWrite),
        (&put, "/users/{user}/roles/{role}", Scope::UsersWrite),
        (&delete, "/users/{user}/roles/{role}", Scope::UsersWrite),
        (&delete, "/users/{user}/sessions", Scope::SessionsWrite),
        (&get, "/roles", Scope::RolesRead),
        (&get, "/roles/{role}", Scope::RolesRead),
        (&put, "/roles/{role}", Scope::RolesWrite),
        (&get, "/rights", Scope::RolesRead),
        (&get, "/nodes", Scope::NodesRead),
        (&post, "/nodes", Scope::NodesWrite),
        (&get, "/nodes/{node}", Scope::NodesRead),
        (&delete, "/nodes/{node}", Scope::NodesWrite),
        (&post, "/nodes/{node}/secret", Scope::NodesWrite),
        (&get, "/clients", Scope::ClientsRead),
        (&post, "/clients", Scope::ClientsWrite),
        (&get, "/clients/{client}", Scope::ClientsRead),
        (&delete, "/clients/{client}", Scope::ClientsWrite),
        (&get, "/forms", Scope::FormsRead),
        (&get, "/forms/{form}", Scope::FormsRead),
        (&put, "/forms/{form}", Scope::FormsWrite),
        (&delete, "/forms/{form}", Scope::FormsWrite),
        (&post, "/login-tokens", Scope::TokensWrite),
        (&get, "/sessions", Scope::SessionsRead),
        (&get, "/sessions/{session}", Scope::SessionsRead),
        (&delete, "/sessions/{session}", Scope::SessionsWrite),
        (&get, "/sessions/{session}/explanation", Scope::SessionsRead),
        (&post, "/sessions/revocations", Scope::SessionsWrite),
        (&get, "/messages", Scope::MessagesRead),
        (&get, "/messages/stream", Scope::MessagesRead),
        (&get, "/messages/{message}", Scope::MessagesRead),
        (&get, "/settings", Scope::SettingsRead),
    ];
    table.into_iter().map(|(method, path, scope)| (method.clone(), path.to_owned(), scope)).collect()
}

/// The path with something in its variable parts.
fn filled(path: &str) -> String {
    let part = |part: &str| if part.starts_with('{') { ID.to_owned() } else { part.to_owned() };
    path.split('/').map(part).collect::<Vec<_>>().join("/")
}

#[tokio::test]
async fn the_table_has_every_operation_of_the_document() {
    let app = TestApp::start().await;
    let document = app.admin.get("/openapi/admin.json").await.json();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"), "{}", document["openapi"]);
    let mut told: Vec<String> = Vec::new();
    for (path, operations) in document["paths"].as_object().unwrap() {
        let methods = operations.as_object().unwrap().keys().filter(|key| *key != "parameters");
        told.extend(methods.map(|method| format!("{} {path}", method.to_uppercase())));
    }
    let mut tried: Vec<String> =
        operations().into_iter().map(|(method, path, _)| format!("{method} /admin/v1{path}")).collect();
    told.sort();
    tried.sort();
    assert_eq!(told, tried);
}

#[tokio::test]
async fn every_operation_takes_its_scope_and_no_other_will_do() {
    let app = TestApp::start().await;
    for (method, path, scope) in operations() {
        let others: Vec<Scope> = Scope::all().filter(|other| ![scope, Scope::All].contains(other)).collect();
        let name = format!("no-{}-{}", method.as_str().to_lowercase(), path.replace(['{', '}'], ""));
        let token = operator(&app, &name, &others).await;
        let refused = ask(&app, &token, method.clone(), &filled(&path), Value::Null).await;
        assert_eq!((refused.status, code(&refused).as_str()), (403, "insufficient_scope"), "{method} {path}");
        let wanted = format!("error=\"insufficient_scope\", scope=\"{}\"", scope.as_str());
        assert!(refused.header("www-authenticate").ends_with(&wanted), "{refused:?}");
    }
}

#[tokio::test]
async fn a_token_with_the_scope_gets_further() {
    let app = TestApp::start().await;
    let all = operator(&app, "all", &[Scope::All]).await;
    // The stream would go on.
    for (method, path, scope) in operations().into_iter().filter(|(_, path, _)| !path.ends_with("/stream")) {
        let one = operator(&app, &format!("only-{method}-{}", path.replace(['{', '}'], "")), &[scope]).await;
        for token in [&all, &one] {
            let answer = ask(&app, token, method.clone(), &filled(&path), Value::Null).await;
            assert!(![401, 403, 500].contains(&answer.status), "{method} {path}: {answer:?}");
        }
    }
}

#[tokio::test]
async fn no_other_token_is_an_operators_and_an_operators_is_no_other() {
    let app = TestApp::start().await;
    app.user("ann", &[]).await;
    let session = app.post_json("/api/session", json!({ "email": "ann@example.com", "password": PASSWORD })).await;
    let session = session.text("/data/0/token");
    let client = app.api_token("shop").await;
    let ops = operator(&app, "ops", &[Scope::All]).await;
    let revoked = operator(&app, "revoked", &[Scope::All]).await;
    app.operator.revoke_operator(ClientName::parse("revoked").unwrap()).await.unwrap();
    let unknown = format!("vestibule_operator_{}", "0".repeat(64));
    for token in [&session, &client, &revoked, &unknown, &ops.to_uppercase(), &format!("{ops}0")] {
        let refused = ask(&app, token, Method::GET, "/users", Value::Null).await;
        assert_eq!((refused.status, code(&refused).as_str()), (401, "unauthorized"));
        assert!(refused.header("www-authenticate").ends_with("error=\"invalid_token\""), "{refused:?}");
    }
    let nobody = app.admin.get("/admin/v1/users").await;
    assert_eq!((nobody.status, nobody.header("www-authenticate")), (401, "Bearer realm=\"vestibule admin\""));
    assert_eq!(ask(&app, &ops, Method::GET, "/users", Value::Null).await.status, 200);

    // Nor is it good for anything where the session APIs are.
    assert_eq!(app.get("/admin/v1/users").await.status, 404);
    let verify = app.request(Method::GET, "/verify").bearer_auth(&ops);
    assert_eq!(app.send(verify).await.status, 401);
    let introspect = app.request(Method::POST, "/introspect").bearer_auth(&ops).form(&[("token", &session)]);
    assert_eq!(app.send(introspect).await.status, 401);
}
