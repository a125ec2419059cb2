//! `docs/operations.md` against the documents, the route table, the use cases and these tests.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use serde_json::Value;
use vestibule_tests::TestApp;

/// A documented answer: dialect, route, status or code.
type Documented = (&'static str, String, String);

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn read(path: impl AsRef<Path>) -> String {
    fs::read_to_string(root().join(path)).unwrap()
}

/// The cells of a table row, without backquotes, backslashes and asterisks.
fn cells(line: &str) -> Vec<String> {
    let bare = |cell: &str| cell.replace(['`', '\\', '*'], "").trim().to_owned();
    line.trim().split('|').skip(1).map(bare).collect()
}

fn is_status(text: &str) -> bool {
    text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// A line such as `POST /session/login` or `###### GET /api/session[?token=token]`.
fn route(line: &str) -> Option<String> {
    let (method, path) = line.trim().trim_start_matches(['#', ' ']).split_once(' ')?;
    let path = path.split(['[', ' ']).next()?;
    (matches!(method, "GET" | "POST" | "DELETE") && path.starts_with('/')).then(|| format!("{method} {path}"))
}

/// The statuses and codes that each document gives each of its operations. Where an example contradicts its text, the
/// text's status is taken: `docs/errata.md`, P-1 and V-1.
fn documented() -> BTreeSet<Documented> {
    let mut found = BTreeSet::new();
    for dialect in ["easydb", "platformos", "dood", "vprotect"] {
        let (mut current, mut path) = (String::new(), String::new());
        for line in read(format!("docs/documents/{dialect}.txt")).lines() {
            let row = cells(line);
            let cell = |n: usize| row.get(n).map_or("", String::as_str);
            if let Some(route) = route(line) {
                current = route;
            } else if cell(0) == "request URL" {
                path = cell(1).replace("(HTTPS) ", "");
            } else if cell(0) == "method" {
                current = format!("{} {path}", cell(1));
            } else if is_status(cell(0))
                || ["MSG_", "ERR_"].iter().any(|kind| cell(0).starts_with(kind))
                || cell(0) == "any other"
            {
                found.insert((dialect, current.clone(), cell(0).to_owned()));
            } else if let Some(status) = line.strip_prefix("HTTP/1.1 ").filter(|_| dialect == "vprotect") {
                let status = if current == "GET /session" { "204" } else { &status[..3] };
                found.insert((dialect, current.clone(), status.to_owned()));
            }
        }
    }
    found
}

struct Row {
    dialect: String,
    route: String,
    answer: String,
    use_case: String,
    test: String,
}

fn map() -> Vec<Row> {
    let mut dialect = String::new();
    let mut rows = Vec::new();
    for line in read("docs/operations.md").lines() {
        if let Some(heading) = line.strip_prefix("## ") {
            dialect = heading.split(' ').next().unwrap().to_lowercase();
        }
        if let [route, answer, use_case, test, ..] = cells(line).as_slice()
            && route.contains(" /")
        {
            let [route, answer, use_case, test] = [route, answer, use_case, test].map(Clone::clone);
            rows.push(Row { dialect: dialect.clone(), route, answer, use_case, test });
        }
    }
    rows
}

#[test]
fn every_documented_answer_is_on_the_map() {
    let documented = documented();
    assert!(documented.len() > 30, "the documents were read: {documented:?}");
    let rows = map();
    for (dialect, route, answer) in documented {
        let known = rows.iter().any(|row| row.dialect == dialect && row.route == route && row.answer == answer);
        assert!(known, "docs/operations.md does not say where {dialect}'s {route} answers {answer}");
    }
}

#[test]
fn every_use_case_and_test_on_the_map_exists_and_no_use_case_is_left_out() {
    let rows = map();
    for row in &rows {
        let (file, function) = row.test.split_once("::").unwrap();
        let source = read(format!("tests/service/{file}.rs"));
        assert!(source.contains(&format!("fn {function}(")), "there is no test {}", row.test);
    }
    let mapped: BTreeSet<&str> = rows.iter().map(|row| row.use_case.as_str()).collect();
    let declared = read("crates/application/src/use_cases.rs");
    let declared: BTreeSet<&str> =
        declared.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';')).collect();
    assert_eq!(mapped, declared);
}

#[tokio::test]
async fn every_route_on_the_map_is_mounted() {
    let app = TestApp::start().await;
    let table: Vec<Value> = serde_json::from_slice(&app.command(&["routes", "--json"], "").await.stdout).unwrap();
    for row in map() {
        let mounted = table.iter().any(|entry| {
            let route = format!("{} {}", entry["method"].as_str().unwrap(), entry["path"].as_str().unwrap());
            entry["dialect"] == row.dialect.as_str() && route == row.route
        });
        assert!(mounted, "{} {} is not mounted", row.dialect, row.route);
    }
}
