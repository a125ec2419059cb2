//! What the service is shipped with: what runs it, what watches over it, what explains it.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    net::TcpListener,
    os::{fd::OwnedFd, unix::net::UnixDatagram},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

use tempfile::tempdir;
use vestibule_tests::{Process, TestApp, program};

fn deploy() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy")
}

/// Every word that begins like a series of the service.
fn series(text: &str) -> BTreeSet<&str> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    words.filter(|word| word.starts_with("vestibule_")).collect()
}

#[tokio::test]
async fn dashboard_alerts_and_how_to_know_no_series_that_the_service_does_not_have() {
    let app = TestApp::start().await;
    let mut page = app.admin.get("/metrics").await.body;
    while !page.contains("vestibule_sessions_live") {
        page = app.admin.get("/metrics").await.body;
    }
    let exported = series(&page);
    let mut used = BTreeSet::new();
    for file in ["grafana/vestibule.json", "prometheus/alerts.yaml", "../docs/howto/observe.md"] {
        let text = fs::read_to_string(deploy().join(file)).unwrap();
        let of_file = series(&text);
        assert!(of_file.len() > 5, "{file}");
        for name in &of_file {
            assert!(exported.contains(name), "{file} has {name}, which the service does not export");
        }
        used.extend(of_file.into_iter().map(str::to_owned));
    }
    let counted = page.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split_once(' '));
    for (family, _) in counted {
        assert!(used.iter().any(|name| name.starts_with(family)), "nobody is shown {family}");
    }
}

#[test]
fn the_dashboard_is_json_and_its_panels_have_targets() {
    let text = fs::read_to_string(deploy().join("grafana/vestibule.json")).unwrap();
    let dashboard: serde_json::Value = serde_json::from_str(&text).unwrap();
    let panels = dashboard["panels"].as_array().unwrap();
    assert!(panels.iter().all(|panel| panel["targets"].as_array().is_some_and(|targets| !targets.is_empty())));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_manager_is_told_when_the_service_is_ready_and_when_it_ends() {
    let directory = tempdir().unwrap();
    let socket = directory.path().join("notify");
    let manager = UnixDatagram::bind(&socket).unwrap();
    manager.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let told = || {
        let mut bytes = [0; 256];
        let length = manager.recv(&mut bytes).unwrap();
        String::from_utf8_lossy(&bytes[..length]).trim().to_owned()
    };
    let mut command = Process::command(program(), directory.path());
    command.env("NOTIFY_SOCKET", &socket).env("VESTIBULE__SERVER__SHUTDOWN_DELAY", "10ms");
    let process = Process::spawn(command).await;
    assert_eq!(told(), "READY=1");
    assert_eq!(process.caller.get("/session").await.status, 204);
    process.terminate().await;
    assert_eq!(told(), "STOPPING=1");
    assert_eq!(process.ended().await, Some(0));
}

/// As systemd does it: sockets from the third on, and the environment says how many and for whom.
#[tokio::test(flavor = "multi_thread")]
async fn sockets_that_a_service_manager_has_opened_are_listened_at() {
    let directory = tempdir().unwrap();
    let (server, admin) = (TcpListener::bind("127.0.0.1:0").unwrap(), TcpListener::bind("127.0.0.1:0").unwrap());
    let addresses = (server.local_addr().unwrap(), admin.local_addr().unwrap());
    let script = "LISTEN_FDS=2; LISTEN_PID=$$; export LISTEN_FDS LISTEN_PID; \
                  exec \"$0\" serve 3<&0 4<&2 2>/dev/null </dev/null";
    let mut command = Process::command(Path::new("/bin/sh"), directory.path());
    command.args(["-c", script]).arg(program());
    command.stdin(Stdio::from(OwnedFd::from(server))).stderr(Stdio::from(OwnedFd::from(admin)));
    // What the settings say does not count then.
    command.env("VESTIBULE__SERVER__LISTEN", "192.0.2.1:1").env("VESTIBULE__ADMIN__LISTEN", "192.0.2.1:1");
    let process = Process::spawn(command).await;
    assert_eq!(process.address, addresses.0);
    assert_eq!(process.admin.as_ref().unwrap().authority(), addresses.1.to_string());
    assert_eq!(process.caller.get("/session").await.status, 204);
    assert_eq!(process.admin.as_ref().unwrap().get("/health/live").await.status, 200);
    process.kill().await;
}

#[test]
fn the_units_are_understood_by_systemd() {
    let tool = Path::new("/usr/bin/systemd-analyze");
    if !tool.exists() {
        return eprintln!("skipped: there is no systemd-analyze");
    }
    let directory = tempdir().unwrap();
    let unit = fs::read_to_string(deploy().join("systemd/vestibule.service")).unwrap();
    let unit = unit.replace("/usr/local/bin/vestibule", &program().display().to_string());
    fs::write(directory.path().join("vestibule.service"), unit).unwrap();
    fs::copy(deploy().join("systemd/vestibule.socket"), directory.path().join("vestibule.socket")).unwrap();
    let units = ["vestibule.service", "vestibule.socket"].map(|name| directory.path().join(name));
    let output = Command::new(tool).args(["verify", "--man=no"]).args(units).output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    let about_us: Vec<&str> = told.lines().filter(|line| line.contains("vestibule")).collect();
    assert!(output.status.success() && about_us.is_empty(), "{told}");
}

#[test]
fn completions_and_manual_pages_need_no_configuration() {
    let directory = tempdir().unwrap();
    fs::write(directory.path().join("vestibule.toml"), "nonsense = 1").unwrap();
    let run = |arguments: &[&str]| {
        let output = Command::new(program()).current_dir(directory.path()).args(arguments).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    for shell in ["bash", "zsh", "fish"] {
        let script = run(&["completions", shell]);
        assert!(script.contains("login-token") && script.contains("vestibule"), "{shell}");
    }
    assert!(run(&["man"]).contains(".TH vestibule 1"));
    run(&["man", "--out", "pages"]);
    let page = fs::read_to_string(directory.path().join("pages/vestibule-keys-rotate.1")).unwrap();
    assert!(page.contains("rotate"), "{page}");
}

/// The service's variables that a file sets: `NAME=value` or `NAME: value`, comments aside.
fn variables(file: &str) -> BTreeMap<String, String> {
    let text = fs::read_to_string(deploy().join(file)).unwrap();
    let lines = text.lines().filter(|line| !line.trim_start().starts_with('#'));
    let set = lines.filter_map(|line| {
        let (name, value) = line[line.find("VESTIBULE__")?..].split_once(['=', ':']).expect("a name and its value");
        Some((name.to_owned(), value.trim_end_matches('\\').trim().to_owned()))
    });
    let set: BTreeMap<_, _> = set.collect();
    assert!(!set.is_empty(), "{file} sets nothing");
    set
}

/// What `config check` says to these variables and no others. The secrets of containers are in `secrets`.
fn check(variables: &BTreeMap<String, String>, secrets: &Path) -> Result<(), String> {
    let mut command = Command::new(program());
    command.args(["config", "check"]).env_clear().current_dir(secrets);
    for (name, value) in variables {
        command.env(name, value.replace("/run/secrets", &secrets.display().to_string()));
    }
    let output = command.output().unwrap();
    if output.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&output.stderr).into_owned()) }
}

#[test]
fn whatever_is_shipped_to_run_the_service_sets_nothing_that_it_does_not_take() {
    let secrets = tempdir().unwrap();
    fs::write(secrets.path().join("storage-url"), "postgres://vestibule:secret@postgres/vestibule").unwrap();
    let image = variables("Dockerfile");
    let mut beside_postgres = image.clone();
    beside_postgres.extend(variables("compose.yaml"));
    for set in [image, beside_postgres, variables("systemd/vestibule.service")] {
        assert_eq!(check(&set, secrets.path()), Ok(()), "{set:?}");
        for name in set.keys() {
            let mut misspelt = set.clone();
            let value = misspelt.remove(name).unwrap();
            misspelt.insert(format!("{name}S"), value);
            let told = check(&misspelt, secrets.path()).expect_err("a variable that there is not is an error");
            assert!(told.contains(&format!("{name}S")), "{told}");
        }
    }
}

/// What a YAML file says, if there is something to read it with; else only whether it looks like one.
fn yaml(file: &str) -> Option<serde_json::Value> {
    let path = deploy().join(file);
    let text = fs::read_to_string(&path).unwrap();
    for line in text.lines() {
        let indentation = line.len() - line.trim_start().len();
        assert!(!line.contains('\t') && indentation.is_multiple_of(2), "{file}: {line:?} is indented otherwise");
    }
    let script = "import json, sys, yaml; json.dump(yaml.safe_load(open(sys.argv[1])), sys.stdout)";
    if !Command::new("python3").args(["-c", "import yaml"]).output().is_ok_and(|output| output.status.success()) {
        eprintln!("skipped for the most part: there is no Python with a yaml");
        return None;
    }
    let output = Command::new("python3").args(["-c", script]).arg(path).output().unwrap();
    assert!(output.status.success(), "{file}: {}", String::from_utf8_lossy(&output.stderr));
    Some(serde_json::from_slice(&output.stdout).unwrap())
}

#[test]
fn compose_has_what_its_services_ask_for() {
    let Some(compose) = yaml("compose.yaml") else { return };
    let services = compose["services"].as_object().unwrap();
    assert_eq!(services.keys().collect::<Vec<_>>(), ["vestibule", "postgres"]);
    for (name, service) in services {
        for secret in service["secrets"].as_array().unwrap() {
            assert!(compose["secrets"][secret.as_str().unwrap()]["file"].is_string(), "{name}: {secret}");
        }
        for volume in service["volumes"].as_array().unwrap() {
            let (volume, _) = volume.as_str().unwrap().split_once(':').unwrap();
            assert!(compose["volumes"].as_object().unwrap().contains_key(volume), "{name}: {volume}");
        }
    }
    let build = &services["vestibule"]["build"];
    let context = deploy().join(build["context"].as_str().unwrap());
    assert!(context.join(build["dockerfile"].as_str().unwrap()).is_file(), "{build}");
}

#[test]
fn each_alert_says_what_is_wrong_and_knows_the_service_by_the_name_that_the_how_to_gives_it() {
    let how_to = fs::read_to_string(deploy().join("../docs/howto/observe.md")).unwrap();
    let (_, job) = how_to.split_once("job_name: ").unwrap();
    let job = format!("job=\"{}\"", job.lines().next().unwrap());
    let text = fs::read_to_string(deploy().join("prometheus/alerts.yaml")).unwrap();
    let jobs: Vec<&str> = text.split('{').filter(|rest| rest.starts_with("job=")).collect();
    assert!(jobs.len() > 1 && jobs.iter().all(|rest| rest.starts_with(&job)), "{jobs:?} instead of {job}");
    let Some(alerts) = yaml("prometheus/alerts.yaml") else { return };
    for rule in alerts["groups"][0]["rules"].as_array().unwrap() {
        for part in ["/alert", "/expr", "/labels/severity", "/annotations/summary"] {
            assert!(rule.pointer(part).is_some_and(serde_json::Value::is_string), "{rule} has no {part}");
        }
    }
}
