//! The documents of the session APIs and of the service's own (OpenAPI 3.1) say what the service does.

use std::{collections::BTreeSet, time::Duration};

use serde_json::Value;
use vestibule_domain::node::NodeName;
use vestibule_tests::{Doors, PASSWORD, TestApp, generated};

/// Those of the mounts.
const DOCUMENTS: [&str; 7] = ["easydb", "dialogram", "platformos", "dood", "vprotect", "account", "verify"];

/// Whoever tries a lot is not kept from it, and is told why a login failed.
const UNTHROTTLED: &str = "[throttle]\ndisclosures_per_address = 100000\ndisclosures_total = 100000\n\
     account_failures = 100000\naccount_failures_in_all = 100000\naddress_failures = 100000\n\
     client_failures = 100000\nfailures_total = 100000\n";

/// One text, wherever it is wanted, is often one of these.
fn often<T: AsRef<str>>(text: &str, values: &[T]) -> String {
    let values: Vec<&str> = values.iter().map(AsRef::as_ref).collect();
    let often = format!("dictionary = \"{text}\"\nprobability = 0.9\n");
    format!(
        "[dictionaries.{text}]\nvalues = {values:?}\n[parameters.\"query.{text}\"]\n{often}[parameters.\"body.{text}\"]\n{often}"
    )
}

/// The user's login name and password. Other addresses are nobody's.
fn credentials() -> String {
    let emails: Vec<String> = ["ann", "bea", "cid", "dot", "eve"].map(|name| format!("{name}@example.com")).into();
    [often("login", &["ann"]), often("email", &emails), often("password", &[PASSWORD])].concat()
}

/// What fits a document is not told malformed, but values may be refused: besides by one of these, by what the API has
/// for that.
fn refusing(statuses: &str) -> String {
    format!("[checks.positive_data_acceptance]\nexpected-statuses = [\"2xx\", \"3xx\", 401, 403, 422{statuses}]\n")
}

/// A service with these mounts alone, each an API, an edition and a prefix: what a path answers is then the API's own.
async fn only(mounts: &[[&str; 3]]) -> Doors {
    let mount = |[dialect, edition, prefix]: &[&str; 3]| {
        format!("[[mounts]]\ndialect = \"{dialect}\"\nedition = \"{edition}\"\nprefix = \"{prefix}\"\n")
    };
    Doors::open(&format!("{UNTHROTTLED}{}", mounts.iter().map(mount).collect::<String>())).await
}

/// Tries what a document says, and what it does not say.
async fn keeps_to(name: &str, doors: &Doors, configuration: &str, arguments: &[&str]) {
    let document = format!("http://{}/openapi/{name}.json", doors.app.admin.authority());
    let url = format!("http://{}", doors.app.address);
    let arguments = [&["--url", &url, "--checks", "all"], arguments].concat();
    if generated(&document, configuration, &arguments).await.is_none() {
        return;
    }
    // Whatever it can do was done, except that nobody guesses a whole form: the document's is tried in `platformos`.
    let counted = doors.app.admin.get("/metrics").await.body;
    let (idle, done): (Vec<&str>, Vec<&str>) = counted
        .lines()
        .filter(|line| line.starts_with("vestibule_http_requests_total{") && line.contains("class=\"2xx\"}"))
        .filter(|line| line.contains(&format!("dialect=\"{name}\"")) && !line.contains("log_in_by_form"))
        .partition(|line| line.ends_with(" 0"));
    assert_eq!(idle, [""; 0]);
    assert_ne!(done, [""; 0]);
}

#[tokio::test]
async fn easydb_is_as_its_document_says() {
    let doors = only(&[["easydb", "documented", ""], ["easydb", "deployed", ""]]).await;
    let shown = format!("headers = {{ X-Easydb-Token = \"{}\" }}\n", doors.begin("easydb").await);
    // No session has the token.
    keeps_to("easydb", &doors, &[shown, refusing(", 400"), credentials()].concat(), &[]).await;
}

#[tokio::test]
async fn dialogram_is_as_its_document_says() {
    let doors = only(&[["dialogram", "documented", ""]]).await;
    keeps_to("dialogram", &doors, &[refusing(""), credentials()].concat(), &[]).await;
}

#[tokio::test]
async fn platformos_is_as_its_document_says() {
    let doors = only(&[["platformos", "documented", ""]]).await;
    let shown = format!("headers = {{ Authorization = \"Token token={}\" }}\n", doors.ann.api_token);
    let creates = often("form_name", &["reference_rest_api_create_sessions"]);
    let deletes = "[dictionaries.deletes]\nvalues = [\"reference_rest_api_delete_sessions\"]\n\
         [[operations]]\ninclude-method = \"DELETE\"\n[operations.parameters]\n\
         \"query.form_name\" = { dictionary = \"deletes\" }\n\"body.form_name\" = { dictionary = \"deletes\" }\n";
    // No form has the name.
    let configuration = [&shown, &refusing(", 406"), creates.as_str(), deletes].concat();
    // The path with a suffix is like the one without.
    keeps_to("platformos", &doors, &configuration, &["--exclude-path-regex", "json$"]).await;
}

#[tokio::test]
async fn dood_is_as_its_document_says() {
    let doors = only(&[["dood", "documented", ""], ["dood", "deployed", "/deployed"]]).await;
    let sessions = [doors.begin("dood").await, doors.begin("dood").await];
    let given = [often("session_key", &sessions), often("birthdate", &["29021988"])].concat();
    // A login has a password, in the query if not in the body; some failures are answered with 200; and the paths with and
    // without a slash at the end are alike.
    let arguments =
        ["--exclude-checks", "negative_data_rejection", "--exclude-path-regex", "^/deployed/.*/$|^/session/[a-z]+$"];
    keeps_to("dood", &doors, &[refusing(", 400"), credentials(), given].concat(), &arguments).await;
}

#[tokio::test]
async fn vprotect_is_as_its_document_says() {
    let doors = only(&[["vprotect", "documented", ""], ["vprotect", "deployed", "/deployed"]]).await;
    let node = doors.app.operator.add_node(NodeName::parse("backup").unwrap()).await.unwrap();
    let mut tokens = Vec::new();
    for _ in 0..20 {
        let issued = doors.app.operator.issue_login_token("ann", Duration::from_mins(10)).await.unwrap();
        tokens.push(issued.token.expose().to_owned());
    }
    let given =
        [often("token", &tokens), often("name", &["backup"]), often("secret", &[node.secret.expose()])].concat();
    let mut shown = format!("[auth.openapi]\nbearer = {{ bearer = \"{}\" }}\n", doors.begin("vprotect").await);
    for path in ["/session/logout", "/deployed/session/logout"] {
        let headers = format!("headers = {{ Authorization = \"Bearer {}\" }}", doors.begin("vprotect").await);
        shown += &["[[operations]]\ninclude-path = \"", path, "\"\n", &headers, "\n"].concat();
    }
    // Wrong credentials.
    shown += "[[operations]]\ninclude-path-regex = \"^/deployed/\"\n";
    shown += &refusing(", 400").replace("[checks", "[operations.checks");
    keeps_to("vprotect", &doors, &[refusing(""), credentials(), given, shown].concat(), &[]).await;
}

#[tokio::test]
async fn account_is_as_its_document_says() {
    let doors = Doors::open(UNTHROTTLED).await;
    // Whoever changes a password has no more use for such a token.
    doors.app.user("bea", &[]).await;
    let issued = doors.app.operator.issue_reset_token("bea", Duration::from_mins(10)).await.unwrap();
    let given = [often("token", &[issued.token.expose()]), often("new_password", &[PASSWORD])].concat();
    keeps_to("account", &doors, &[refusing(""), credentials(), given].concat(), &[]).await;
}

#[tokio::test]
async fn verify_is_as_its_document_says() {
    let doors = Doors::open(UNTHROTTLED).await;
    let (session, api_token) = (doors.begin("vprotect").await, &doors.ann.api_token);
    let shown =
        format!("headers = {{ X-Session-Token = \"{session}\", Authorization = \"Token token={api_token}\" }}\n");
    // Every method is answered alike, and so is everything below.
    let arguments = ["--exclude-method-regex", "^(?!GET|POST)", "--exclude-path-regex", "^/verify/$"];
    keeps_to("verify", &doors, &[shown, refusing(""), often("token", &[session])].concat(), &arguments).await;
}

#[tokio::test]
async fn the_documents_have_the_routes_that_are_mounted() {
    let app = TestApp::with("[[mounts]]\ndialect = \"dood\"\nedition = \"deployed\"\nprefix = \"/mobile\"\n").await;
    assert_eq!(listed(&whole(&app).await), ["admin", "monitoring", "dood", "account", "verify", "keys"]);
    let app = TestApp::start().await;
    let mut described = BTreeSet::new();
    for name in DOCUMENTS {
        let document = app.admin.get(&format!("/openapi/{name}.json")).await.json();
        assert!(document["openapi"].as_str().unwrap().starts_with("3.1"), "{name}");
        for (path, item) in document["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                assert!(operation["summary"].as_str().is_some_and(|summary| !summary.is_empty()), "{method} {path}");
                described.insert((name.to_owned(), method.to_uppercase(), path.clone()));
            }
        }
    }
    assert_eq!(described, mounted(&app).await);
}

/// The document of everything.
async fn whole(app: &TestApp) -> Value {
    app.admin.get("/openapi.json").await.json()
}

/// The documents it is made of.
fn listed(whole: &Value) -> Vec<&str> {
    whole["x-documents"].as_array().unwrap().iter().map(|entry| entry["name"].as_str().unwrap()).collect()
}

/// What is mounted: the API, the method and the path of each route.
async fn mounted(app: &TestApp) -> BTreeSet<(String, String, String)> {
    let output = app.command(&["routes", "--json"], "").await;
    let rows: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
    let text = |row: &Value, name: &str| row[name].as_str().unwrap().to_owned();
    let row = |row: &Value| (text(row, "dialect"), text(row, "method"), text(row, "path").replace("{*", "{"));
    rows.iter().map(row).collect()
}

/// Every operation, as often as it is there, with the API that its first tag names.
fn operations(whole: &Value) -> Vec<(String, String, String)> {
    let mut operations = Vec::new();
    for (path, item) in whole["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let api = operation["tags"][0].as_str().unwrap().to_owned();
            operations.push((api, method.to_uppercase(), path.clone()));
        }
    }
    operations
}

/// Whatever is referred to anywhere in it.
fn references<'a>(value: &'a Value, found: &mut BTreeSet<&'a str>) {
    match value {
        Value::Object(members) => {
            found.extend(members.get("$ref").and_then(Value::as_str));
            members.values().for_each(|member| references(member, found));
        }
        Value::Array(items) => items.iter().for_each(|item| references(item, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[tokio::test]
async fn one_document_has_every_route_of_every_api_once() {
    let app = TestApp::start().await;
    let whole = whole(&app).await;
    assert!(whole["openapi"].as_str().unwrap().starts_with("3.1"), "{}", whole["openapi"]);
    let documents = [&["admin", "monitoring"], &DOCUMENTS[..], &["keys"]].concat();
    assert_eq!(listed(&whole), documents);
    let tags: Vec<&str> = whole["tags"].as_array().unwrap().iter().map(|tag| tag["name"].as_str().unwrap()).collect();
    assert_eq!(tags, documents);

    let operations = operations(&whole);
    let mut expected = mounted(&app).await;
    for name in ["admin", "monitoring", "keys"] {
        let document = app.admin.get(&format!("/openapi/{name}.json")).await.json();
        for (path, item) in document["paths"].as_object().unwrap() {
            expected.extend(
                item.as_object().unwrap().keys().map(|method| (name.to_owned(), method.to_uppercase(), path.clone())),
            );
        }
    }
    assert_eq!(operations.iter().cloned().collect::<BTreeSet<_>>(), expected);
    assert_eq!(operations.len(), expected.len());

    let (mut found, mut ids) = (BTreeSet::new(), BTreeSet::new());
    references(&whole, &mut found);
    assert!(found.len() > 40, "{found:?}");
    for target in found {
        let place = target.strip_prefix('#').unwrap();
        assert!(whole.pointer(place).is_some(), "there is no {target}");
    }
    for operation in whole["paths"].as_object().unwrap().values().flat_map(|item| item.as_object().unwrap().values()) {
        for answer in operation["responses"].as_object().unwrap().values() {
            assert!(answer["description"].is_string(), "{}", operation["operationId"]);
        }
        assert!(ids.insert(operation["operationId"].as_str().unwrap()), "{}", operation["operationId"]);
        for requirement in operation["security"].as_array().into_iter().flatten() {
            for scheme in requirement.as_object().unwrap().keys() {
                assert!(whole["components"]["securitySchemes"].get(scheme).is_some(), "there is no {scheme}");
            }
        }
    }
    // Operators are answered where the document comes from, everybody else at the public URL.
    assert_eq!(whole["paths"]["/admin/v1/users"]["get"]["servers"][0]["url"], "/");
    assert!(whole["paths"]["/session/login"]["post"].get("servers").is_none());
}

#[tokio::test]
async fn one_document_says_which_host_has_which_api() {
    let mount = |dialect: &str, host: &str| {
        format!("[[mounts]]\ndialect = \"{dialect}\"\nedition = \"documented\"\nhosts = [\"{host}\"]\n")
    };
    let url = "[server]\npublic_url = \"http://id.example\"\n";
    let app = TestApp::with(&[url, &mount("easydb", "one.example"), &mount("vprotect", "two.example")].concat()).await;
    let whole = whole(&app).await;
    for (path, method, server) in
        [("/api/session", "get", "http://one.example"), ("/session/login", "post", "http://two.example")]
    {
        assert_eq!(whole["paths"][path][method]["servers"], serde_json::json!([{ "url": server }]));
    }
    assert!(whole["paths"]["/.well-known/jwks.json"]["get"].get("servers").is_none());
    assert_eq!(whole["servers"][0]["url"], "http://id.example");
}

/// A program that reads all of it finds in it what it looks for, and that the service keeps to that.
#[tokio::test]
async fn programs_read_the_one_document() {
    let app = TestApp::start().await;
    let document = format!("http://{}/openapi.json", app.admin.authority());
    let (operators, everybody) = (format!("http://{}", app.admin.authority()), format!("http://{}", app.address));
    for (url, paths) in
        [(operators, "^/(health/live|health/ready|metrics)$"), (everybody, r"^/\.well-known/jwks\.json$")]
    {
        generated(&document, "", &["--url", &url, "--include-path-regex", paths, "--checks", "all"]).await;
    }
}
