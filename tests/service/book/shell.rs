//! The shell in which a page is pasted.

use std::{
    fmt::Write as _,
    fs,
    net::{Ipv4Addr, TcpListener},
    os::unix::fs::{PermissionsExt, symlink},
    path::Path,
    process::Stdio,
};

use vestibule_tests::{Process, places, program, tool};

use super::page::{Page, Snippet};
use crate::metrics;

/// The database that the pages name.
const POSTGRES: &str = "postgres://vestibule:secret@127.0.0.1/vestibule";

/// What the shell does first: it ends at the first command that fails, says which, and takes along what it started.
const BEGIN: &str = "set -eEu -o pipefail; shopt -s inherit_errexit
trap 'echo \"line $LINENO: $BASH_COMMAND\" >&2' ERR
trap 'kill $(jobs -p) 2>/dev/null || true' EXIT
";

/// Runs the snippets of a page, and tells what is wrong.
pub(super) async fn paste(page: &Page) -> Vec<String> {
    let snippets = page.snippets();
    let Some(curl) = tool("curl", "curl", &["--version"]).filter(|_| !snippets.is_empty()) else { return Vec::new() };
    for (mark, program, check) in [("nginx -p", "nginx", "-v"), ("python3 \"", "python3", "--version")] {
        if page.text.contains(mark) && tool(program, program, &[check]).is_none() {
            return Vec::new();
        }
    }
    let database = if page.text.contains(POSTGRES) {
        let Some(url) = places::fresh_database(places::POSTGRES).await else { return Vec::new() };
        url
    } else {
        String::new()
    };
    let (home, desk) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let service = Process::start(home.path()).await;
    let admin = service.admin.as_ref().unwrap().authority().to_owned();
    let port = |address: &str| format!(":{}", address.rsplit_once(':').unwrap().1);
    let [tls, proxy, application] = free_ports();
    let places = [
        (":8080", port(&service.address.to_string())),
        (":8081", port(&admin)),
        (":8443", tls),
        (":8090", proxy),
        (":3000", application),
        (POSTGRES, database),
        ("cargo run --release -q --", "vestibule".to_owned()),
    ];

    equip(desk.path(), &curl);
    let mut script = BEGIN.to_owned();
    for (number, snippet) in snippets.iter().enumerate() {
        let text = places.iter().fold(snippet.text.clone(), |text, (told, here)| text.replace(told, here));
        let file = desk.path().join(number.to_string());
        // With the lines before it left empty, bash speaks of the lines of the page.
        fs::write(&file, "\n".repeat(snippet.line - 1) + &text).unwrap();
        let file = file.display();
        writeln!(script, "export ANSWERS={file}.answers; exec >{file}.out 2>{file}.err; . {file}").unwrap();
    }
    let main = desk.path().join("main");
    fs::write(&main, script).unwrap();
    let path = format!("{}:{}", desk.path().display(), std::env::var("PATH").unwrap());
    // Whatever a page starts is in the group that `timeout` ends.
    let mut shell = Process::command(Path::new("timeout"), home.path());
    shell
        .args(["300", "bash"])
        .arg(main)
        .env("PATH", path)
        .env("VESTIBULE__SERVER__LISTEN", service.address.to_string())
        .env("VESTIBULE__ADMIN__LISTEN", &admin)
        .stdin(Stdio::null())
        .stdout(Stdio::null());
    let status = shell.status().await.unwrap();
    let failed = (!status.success()).then(|| status.to_string());

    let mut wrong = Vec::new();
    let missing = metrics::missing(service.admin.as_ref().unwrap()).await;
    if !missing.is_empty() {
        wrong.push(format!("{}: after all of it the metrics lack {missing:?}", page.name));
    }
    for (number, snippet) in snippets.iter().enumerate() {
        let kept = |kind: &str| fs::read_to_string(desk.path().join(format!("{number}.{kind}"))).unwrap_or_default();
        let next = desk.path().join(format!("{}.out", number + 1));
        let last = number + 1 == snippets.len() || !next.exists();
        let output = kept("out").replace('\r', "");
        let output = places[..5].iter().fold(output, |text, (told, here)| text.replace(here, told));
        let fault = fault(snippet, &output, &kept("answers"), failed.as_deref().filter(|_| last));
        wrong.extend(fault.map(|fault| {
            let errors = kept("err");
            format!("{}:{}: {fault}\n--- printed:\n{output}\n--- errors:\n{errors}", page.name, snippet.line)
        }));
        if last {
            break;
        }
    }
    wrong
}

/// What is wrong with a snippet; `failed` says how the shell ended in it.
fn fault(snippet: &Snippet, output: &str, answers: &str, failed: Option<&str>) -> Option<String> {
    if let Some(failed) = failed {
        return Some(format!("fails: {failed}\n{answers}"));
    }
    if let Some(printed) = &snippet.printed {
        return (!printed.is(output)).then(|| "prints something else".to_owned());
    }
    let mut statuses = answers.lines().filter_map(|line| line.strip_prefix("answered "));
    statuses.find(|status| *status >= "400").map(|status| format!("is answered {status}"))
}

/// Ports that nobody listens at, each with its colon.
fn free_ports() -> [String; 3] {
    let held = [(); 3].map(|()| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap());
    held.map(|listener| format!(":{}", listener.local_addr().unwrap().port()))
}

/// The programs that pages call: ours, and a curl that notes what was answered.
fn equip(desk: &Path, curl: &Path) {
    symlink(program(), desk.join("vestibule")).unwrap();
    let noting = format!(
        "#!/bin/sh\nexec {} -w '%{{stderr}}answered %{{http_code}}\\n' \"$@\" 2>>\"$ANSWERS\"\n",
        curl.display()
    );
    fs::write(desk.join("curl"), noting).unwrap();
    fs::set_permissions(desk.join("curl"), fs::Permissions::from_mode(0o755)).unwrap();
}
