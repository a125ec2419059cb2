use std::{os::unix::fs::PermissionsExt, time::Duration};

use tempfile::TempDir;
use vestibule_adapters_db::ConnectOptions;
use vestibule_application::operator::users::NewUser;
use vestibule_domain::{
    message::{Agent, Event, EventKind},
    secret::Password,
    user::{EmailAddress, LoginName, TimeZoneName},
};

use super::*;
use crate::settings::Sources;

fn settings(text: &str) -> Settings {
    let text =
        format!("server.listen = \"127.0.0.1:0\"\nadmin.listen = \"off\"\npasswords.argon2.memory_kib = 8\n{text}");
    Settings::read(Sources::of_text(text)).unwrap_or_else(|invalid| panic!("{invalid}"))
}

fn in_folder(folder: &TempDir) -> Settings {
    settings(&format!("data_dir = {:?}\n", folder.path().join("data")))
}

#[tokio::test]
async fn a_first_start_makes_the_data_directory_the_store_and_the_key() {
    let folder = TempDir::new().unwrap();
    let settings = in_folder(&folder);
    let handle = build(&settings, Overrides::default()).await.unwrap().serve().await.unwrap();
    assert_ne!(handle.address().port(), 0);
    handle.shutdown().await.unwrap();
    assert!(folder.path().join("data/vestibule.db").is_file());
    assert!(folder.path().join("data/master.key").is_file());
}

#[tokio::test]
async fn a_store_that_was_in_use_is_not_given_new_keys() {
    let folder = TempDir::new().unwrap();
    let settings = in_folder(&folder);
    let (key, away) = (folder.path().join("data/master.key"), folder.path().join("away"));
    let start = async || match build(&settings, Overrides::default()).await {
        Ok(app) => app.serve().await.unwrap().shutdown().await.map_err(|error| error.to_string()),
        Err(error) => Err(error.to_string()),
    };
    start().await.unwrap();
    std::fs::remove_file(&key).unwrap();
    assert_eq!(start().await, Ok(()), "nobody was ever there");

    let operations = operate(&settings).await.unwrap();
    let ann = NewUser {
        login: LoginName::parse("ann").unwrap(),
        email: EmailAddress::parse("ann@example.com").unwrap(),
        password: Password::parse("a long walk at dusk").unwrap(),
        roles: std::collections::BTreeSet::new(),
        time_zone: TimeZoneName::default(),
    };
    operations.operator.add_user(ann).await.unwrap();
    operations.store.close().await.unwrap();
    std::fs::rename(&key, &away).unwrap();
    for told in [start().await.unwrap_err(), operate(&settings).await.err().unwrap().to_string()] {
        assert!(told.contains("backup") && told.contains("vestibule keys create"), "{told}");
    }
    assert!(!key.exists());
    std::fs::rename(&away, &key).unwrap();
    assert_eq!(start().await, Ok(()));
}

#[tokio::test]
async fn a_key_file_that_is_no_good_ends_the_start_before_there_is_a_store() {
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("data");
    std::fs::create_dir(&data).unwrap();
    let key = data.join("master.key");
    let good = "f1d2a97c0b6e83455ac91e7740dd28b39e06bf5218c4736da0ef915b3c82e74d";
    for (content, mode, told_of) in [
        ("", 0o600, "is empty"),
        (&good[..62], 0o600, "exactly 64 hexadecimal digits"),
        ("changeme", 0o600, "exactly 64 hexadecimal digits"),
        (&"00".repeat(32), 0o600, "anybody could guess"),
        (&"0123456789abcdef".repeat(4), 0o600, "anybody could guess"),
        (good, 0o644, "chmod 600"),
    ] {
        std::fs::write(&key, content).unwrap();
        std::fs::set_permissions(&key, PermissionsExt::from_mode(mode)).unwrap();
        let told = format!("{:#}", build(&in_folder(&folder), Overrides::default()).await.err().unwrap());
        assert!(told.contains(told_of) && told.contains("master.key") && !told.contains(good), "{told}");
        assert!(!data.join("vestibule.db").exists());
    }
    std::fs::set_permissions(&key, PermissionsExt::from_mode(0o600)).unwrap();
    assert!(build(&in_folder(&folder), Overrides::default()).await.is_ok());
}

#[tokio::test]
async fn tables_are_migrated_once() {
    let folder = TempDir::new().unwrap();
    let settings = in_folder(&folder);
    assert!(!migrate(&settings).await.unwrap().is_empty());
    assert!(migrate(&settings).await.unwrap().is_empty());
}

#[test]
fn a_database_is_used_as_the_settings_say_and_by_default_as_its_adapter_is_tested() {
    let default = ConnectOptions::default();
    assert_eq!(stores::options(&settings("").storage), default);
    let other = stores::options(&settings("storage.writers = 9\nstorage.statement_timeout = \"1s\"\n").storage);
    assert_eq!(other, ConnectOptions { writers: 9, statement_timeout: Duration::from_secs(1), ..default });
}

#[tokio::test]
async fn declared_forms_are_there_after_the_start() {
    let folder = TempDir::new().unwrap();
    let mut settings = in_folder(&folder);
    settings.forms = vestibule_domain::form::shipped_forms();
    settings.forms.truncate(1);
    settings.forms[0].fields.clear();
    let app = build(&settings, Overrides::default()).await.unwrap();
    assert_eq!(app.operator().form(settings.forms[0].name.clone()).await.unwrap(), settings.forms[0]);
}

#[tokio::test]
async fn a_command_on_a_store_in_memory_is_told_why_it_cannot_work() {
    let settings = settings("storage.url = \"memory:\"\n");
    for error in [operate(&settings).await.err(), migrate(&settings).await.err()] {
        assert!(error.unwrap().to_string().contains("only inside the running service"));
    }
}

#[tokio::test]
async fn a_redb_file_serves_one_process_at_a_time() {
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("data");
    let settings = settings(&format!("data_dir = {data:?}\nstorage.url = \"redb://{}/v.redb\"\n", data.display()));
    let handle = build(&settings, Overrides::default()).await.unwrap().serve().await.unwrap();
    for error in [operate(&settings).await.err(), migrate(&settings).await.err()] {
        let told = format!("{:#}", error.unwrap());
        assert!(told.contains("v.redb is in use") && told.contains("stop the service"), "{told}");
    }
    handle.shutdown().await.unwrap();
    assert!(migrate(&settings).await.unwrap().is_empty());
    operate(&settings).await.unwrap().store.close().await.unwrap();
}

#[tokio::test]
async fn a_store_that_cannot_serve_is_a_mistake_of_the_configuration_and_leaves_nothing_behind() {
    for (setting, told_of) in [
        ("storage.url = \"redis://:hunter2@db\"", "storage.url"),
        ("storage.sessions_url = \"mysql://a:hunter2@db/x\"", "redis://"),
        ("storage = { url = \"memory:\", sessions_url = \"redis://:hunter2@db\" }", "set storage.url too"),
        (
            "storage = { url = \"postgres://a:hunter2@db/x\", sessions_url = \"redis://db\", follow_log = true }",
            "remove",
        ),
        ("storage = { url = \"sqlite:///x/hunter2.db\", follow_log = true }", "memory is used without it"),
        ("storage = { url = \"postgres://a:hunter2@db/x\", leases = true }", "storage.follow_log: set that too"),
    ] {
        let folder = TempDir::new().unwrap();
        let settings = settings(&format!("data_dir = {:?}\n{setting}\n", folder.path().join("data")));
        let started = build(&settings, Overrides::default()).await.err();
        for error in [started, operate(&settings).await.err(), migrate(&settings).await.err(), check(&settings).err()] {
            let error = error.unwrap();
            let told = format!("{error:#}");
            assert!(error.is::<Invalid>() && told.contains(told_of), "{told}");
            assert!(!told.contains("hunter2"), "{told}");
        }
        assert!(!folder.path().join("data").exists());
    }
}

#[tokio::test]
async fn mounts_in_each_other_s_way_are_a_mistake_of_the_configuration() {
    let twice = settings("mounts = [{ dialect = \"dialogram\" }, { dialect = \"dialogram\", prefix = \"\" }]\n");
    let error = routes(&twice).err().unwrap();
    assert!(
        error.is::<Invalid>() && error.to_string().contains("mount 1") && error.to_string().contains("mount 2"),
        "{error}"
    );
    assert!(
        routes(&settings("mounts = [{ dialect = \"dialogram\" }, { dialect = \"dialogram\", prefix = \"/b\" }]"))
            .is_ok()
    );
}

#[test]
fn the_default_mounts_answer_every_documented_call() {
    let routes = routes(&settings("")).unwrap_or_else(|error| panic!("{error:#}"));
    for call in [
        "GET /api/session",
        "POST /api/session/authenticate",
        "GET /api/v1/session",
        "POST /api/v1/session/authenticate",
        "POST /api/session",
        "POST /api/sessions",
        "DELETE /api/sessions",
        "GET /session/start/",
        "POST /session/login/",
        "GET /session/logout/",
        "POST /session/register/",
        "GET /session",
        "POST /session/login",
        "POST /session/login-with-token",
        "POST /session/node/login",
        "POST /session/logout",
        "GET /session/user",
        "GET /session/user/details",
    ] {
        let found = routes.iter().any(|route| format!("{} {}", route.method, route.path) == call);
        assert!(found, "nobody answers {call}");
    }
}

#[test]
fn the_public_url_is_as_set_else_that_of_the_listener() {
    let url = |text: &str, listen: &str| public_url(&settings(text), listen.parse().unwrap()).unwrap().to_string();
    assert_eq!(url("", "192.0.2.1:4711"), "http://192.0.2.1:4711/");
    assert_eq!(url("", "0.0.0.0:4711"), "http://127.0.0.1:4711/");
    assert_eq!(url("", "[::]:4711"), "http://[::1]:4711/");
    assert_eq!(url("server.public_url = \"https://id.example\"", "0.0.0.0:1"), "https://id.example/");
}

#[tokio::test]
async fn tx_9_and_tx_10_a_store_that_is_ahead_of_the_clock_is_noticed() {
    let stores = OpenStores::in_memory().ports;
    let now = Timestamp::EPOCH.plus(Duration::from_hours(1));
    assert_eq!(ahead_of(now, &stores).await.unwrap(), None, "there is no message yet");
    for (minutes, ahead) in [(59, None), (61, None), (65, Some(Duration::from_mins(5)))] {
        let at = Timestamp::EPOCH.plus(Duration::from_mins(minutes));
        let kind = EventKind::UserAdded;
        let event = Event { kind, at, session: None, subject: None, origin: None, address: None, by: Agent::default() };
        stores.unit.commit(vec![Change::Record(event)]).await.unwrap();
        assert_eq!(ahead_of(now, &stores).await.unwrap(), ahead, "{minutes}");
    }
}
