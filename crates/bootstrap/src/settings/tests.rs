use std::{path::Path, time::Duration};

use vestibule_application::policies::backoffice::Backoffice;

use super::{layers, *};

fn valid(text: &str) -> Settings {
    Settings::read(Sources::of_text(text)).unwrap_or_else(|invalid| panic!("{invalid}"))
}

fn wrong(sources: Sources) -> Vec<String> {
    let invalid = Settings::read(sources).err().expect("the configuration is accepted");
    invalid.0.iter().map(ToString::to_string).collect()
}

#[test]
fn the_defaults_are_valid_and_those_of_the_contract() {
    let settings = valid("");
    assert_eq!(settings.server.listen.to_string(), "127.0.0.1:8080");
    assert_eq!(settings.admin.listen, "127.0.0.1:8081".parse().ok());
    assert_eq!(valid("admin.listen = \"off\"").admin.listen, None);
    assert!(settings.storage.url.expose().starts_with("sqlite:///"));
    assert!(settings.storage.url.expose().ends_with("/vestibule-data/vestibule.db"));
    assert_eq!(settings.keys.file.as_deref(), Some(Path::new("vestibule-data/master.key")));
    assert_eq!((settings.profile, settings.setup.open_to), (Profile::Faithful, OpenTo::Loopback));
    assert_eq!(settings.passwords.argon2, Argon2 { memory_kib: 19_456, iterations: 2, parallelism: 1 });
    assert_eq!((settings.passwords.min_length, settings.passwords.min_score), (6, 1));
    assert_eq!(settings.sessions.lifetimes, vestibule_domain::session::Lifetimes::default());
    let mounts: Vec<_> = settings.mounts.iter().map(|mount| (mount.dialect, mount.edition)).collect();
    assert_eq!(mounts.len(), 6);
    assert!(Dialect::ALL.iter().all(|dialect| mounts.contains(&(*dialect, Edition::Documented))));
    assert!(mounts.contains(&(Dialect::Easydb, Edition::Deployed)));
}

/// T003-4.
#[test]
fn the_hardened_profile_moves_the_defaults_that_depend_on_it_and_no_setting() {
    let hardened = valid("profile = \"hardened\"");
    assert_eq!(hardened.setup.open_to, OpenTo::Secret);
    assert_eq!((hardened.passwords.min_length, hardened.passwords.min_score), (15, 3));
    assert!(hardened.mounts.iter().all(|mount| mount.profile == Profile::Hardened));

    let set =
        valid("profile = \"hardened\"\n[setup]\nopen_to = \"nobody\"\n[passwords]\nmin_length = 8\nmin_score = 0");
    assert_eq!(set.setup.open_to, OpenTo::Nobody);
    assert_eq!((set.passwords.min_length, set.passwords.min_score), (8, 0));
}

#[test]
fn the_environment_wins_over_the_file_and_the_file_over_the_defaults() {
    let file = "[sessions]\nidle_ttl = \"1h\"\nanonymous_ttl = \"2h\"\n";
    let sources = Sources::of_text(file).with_variable("VESTIBULE__SESSIONS__IDLE_TTL", "90s");
    let settings = Settings::read(sources).ok().unwrap();
    assert_eq!(settings.sessions.lifetimes.idle, Duration::from_secs(90));
    assert_eq!(settings.sessions.lifetimes.anonymous, Duration::from_hours(2));
    assert_eq!(settings.sessions.lifetimes.absolute, Duration::from_hours(30 * 24));
}

#[test]
fn every_kind_of_setting_can_be_given_in_the_environment() {
    let sources = Sources::default()
        .with_variable("VESTIBULE__SERVER__TRUSTED_PROXIES", "10.0.0.0/8, 192.0.2.1")
        .with_variable("VESTIBULE__SESSIONS__SHARED", "false")
        .with_variable("VESTIBULE__PASSWORDS__ARGON2__ITERATIONS", "3")
        .with_variable("VESTIBULE__EASYDB__LOGIN_ORIGINS", "")
        .with_variable("VESTIBULE__SESSIONS__PER_DIALECT__DOOD__IDLE_TTL", "1h")
        .with_variable("VESTIBULE__MOUNTS", "[{dialect = \"dood\", prefix = \"/m\"}]");
    let settings = Settings::read(sources).unwrap_or_else(|invalid| panic!("{invalid}"));
    let proxies: Vec<_> = settings.server.trusted_proxies.iter().map(ToString::to_string).collect();
    assert_eq!(proxies, ["10.0.0.0/8", "192.0.2.1/32"]);
    assert!(!settings.sessions.shared);
    assert_eq!(settings.passwords.argon2.iterations, 3);
    assert_eq!(settings.easydb.login_origins, []);
    assert_eq!(settings.sessions.per_dialect["dood"].idle, Duration::from_hours(1));
    assert_eq!(settings.sessions.per_dialect.len(), 1);
    assert_eq!((settings.mounts.len(), settings.mounts[0].prefix.as_str()), (1, "/m"));
}

#[test]
fn everything_that_is_wrong_is_told_at_once_with_what_is_allowed() {
    let sources = Sources::of_text(
        r#"
        profile = "lax"
        [server]
        listen = "localhost"
        lisen = "127.0.0.1:1"
        [storage]
        readers = 0
        lock_timeout = "2h"
        [passwords]
        min_score = 5
        [passwords.argon2]
        memory_kib = 7
        [sessions]
        idle_ttl = "forever"
        absolute_ttl = "0s"
        [[mounts]]
        dialect = "soap"
        prefix = "auth/"
        colour = "red"
        [[forms]]
        name = "f"
        action = "update"
        "#,
    )
    .with_variable("VESTIBULE__STORAGE__URL", "oracle:secret")
    .with_variable("VESTIBULE__SERVER__TRUSTED_PROXIES", "10.0.0.0/33");
    let wrong = wrong(sources);
    for (key, part) in [
        ("profile (in vestibule.toml)", "one of faithful, hardened"),
        ("server.listen (in vestibule.toml)", "127.0.0.1:8080"),
        ("server.lisen (in vestibule.toml)", "did you mean server.listen?"),
        ("server.trusted_proxies (in VESTIBULE__SERVER__TRUSTED_PROXIES)", "10.0.0.0/8"),
        ("storage.readers", "from 1 to 1000"),
        ("storage.lock_timeout", "from 10ms to 1h"),
        ("passwords.min_score", "from 0 to 4"),
        ("passwords.argon2.memory_kib", "from 8 to"),
        ("sessions.idle_ttl", "30m"),
        ("sessions.absolute_ttl", "longer than nothing"),
        ("storage.url (in VESTIBULE__STORAGE__URL)", "sqlite:"),
        ("mounts[0].dialect", "easydb, dialogram"),
        ("mounts[0].prefix", "without a slash at the end"),
        ("mounts[0].colour", "no such setting"),
        ("forms[0]", "create or delete"),
    ] {
        let told = wrong.iter().any(|line| line.starts_with(key) && line.contains(part));
        assert!(told, "nothing about {key} with {part:?} in\n{}", wrong.join("\n"));
    }
    assert!(wrong.iter().all(|line| !line.contains("oracle:secret")), "a value is repeated");
    assert_eq!(wrong.len(), 16, "{}", wrong.join("\n"));
}

#[test]
fn tls_takes_both_files_and_an_https_url_and_the_proxy_protocol_somebody_to_trust() {
    let both = "[server.tls]\ncert_file = 'a'\nkey_file = 'b'\n";
    assert!(valid("").server.tls.is_none());
    assert!(valid(both).server.tls.is_some_and(|tls| tls.hsts));
    for (text, key) in [
        ("[server.tls]\ncert_file = 'a'".to_owned(), "server.tls.key_file: must be set too"),
        ("[server.tls]\nkey_file = 'b'".to_owned(), "server.tls.cert_file: must be set too"),
        (format!("[server]\npublic_url = 'http://id.test'\n{both}"), "server.public_url: must begin with https://"),
        ("[server]\nproxy_protocol = true".to_owned(), "server.proxy_protocol: needs server.trusted_proxies"),
    ] {
        let wrong = wrong(Sources::of_text(text));
        assert!(wrong.len() == 1 && wrong[0].starts_with(key), "{wrong:?}");
    }
}

#[test]
fn a_misspelt_key_is_told_with_the_one_that_was_meant() {
    for (set, meant) in [
        ("[server]\nlistenn = \"\"", "server.listen?"),
        ("public_url = \"https://a.example\"", "server.public_url?"),
        ("[session]\nidle_ttl = \"1h\"", "sessions.idle_ttl?"),
        ("[sessions.per_dialect.esydb]\nidle_ttl = \"1h\"", "sessions.per_dialect.easydb.idle_ttl?"),
        ("[zzz]\nqqq = 1", "no such setting"),
    ] {
        let wrong = wrong(Sources::of_text(set));
        assert!(wrong.len() == 1 && wrong[0].ends_with(meant), "{set}: {wrong:?}");
    }
}

#[test]
fn a_section_that_is_set_to_text_does_not_hide_its_defaults() {
    let wrong = wrong(Sources::default().with_variable("VESTIBULE__SERVER", "x"));
    assert!(
        wrong.len() == 1 && wrong[0].starts_with("server (in VESTIBULE__SERVER): there is no such setting"),
        "{wrong:?}"
    );
}

#[test]
fn a_file_that_is_not_toml_is_told_with_the_place() {
    let wrong = wrong(Sources::of_text("[server\nlisten"));
    assert!(wrong.len() == 1 && wrong[0].starts_with("vestibule.toml: ") && wrong[0].contains("line 1"), "{wrong:?}");
}

#[test]
fn a_secret_can_come_from_a_file_but_not_from_two_places() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "postgres://app:hunter2@db/vestibule\n").unwrap();
    let from_file = format!("[storage]\nurl_file = {:?}\n", file.path());
    assert_eq!(valid(&from_file).storage.url.expose(), "postgres://app:hunter2@db/vestibule");

    let twice = wrong(Sources::of_text(format!("{from_file}url = \"memory:\"\n")));
    assert!(twice.len() == 1 && twice[0].contains("only one of"), "{twice:?}");
    let missing = wrong(Sources::of_text("[storage]\nurl_file = \"/nonexistent\"\n"));
    assert!(missing.len() == 1 && missing[0].starts_with("storage.url_file"), "{missing:?}");
}

#[test]
fn a_store_in_memory_leaves_no_key_behind_unless_it_is_told_to() {
    let memory = "[storage]\nurl = \"memory:\"\n";
    assert_eq!(valid(memory).keys.file, None);
    let told = valid(&format!("{memory}[keys]\nfile = \"k\"\n"));
    assert_eq!(told.keys.file.as_deref(), Some(Path::new("k")));
}

#[test]
fn a_redb_store_is_named_by_an_absolute_path() {
    let named = valid("storage.url = \"redb:///srv/a%20b%3F.redb\"\n");
    assert_eq!(named.storage.url.redb_file().as_deref(), Some(Path::new("/srv/a b?.redb")));
    assert_eq!(valid("").storage.url.redb_file(), None);
    for none in ["redb:", "redb:///", "redb://srv/v.redb", "redb:v.redb", "redb:///v.redb?x", "redb:///v.redb#x"] {
        let wrong = wrong(Sources::of_text(format!("storage.url = {none:?}\n")));
        assert!(wrong[0].contains("redb:///absolute/path/file.redb"), "{none}: {wrong:?}");
    }
}

#[test]
fn what_is_shown_has_no_password_in_it() {
    for (url, shown) in [
        ("postgres://app:hunter2@db/v", "postgres://app:***@db/v"),
        ("postgres://app:hun@ter2@db/v", "postgres://app:***@db/v"),
        ("mysql://db/v?user=a&password=hunter2", "mysql://db/v?***"),
        ("redis://:hunter2@cache", "redis://:***@cache"),
        ("sqlite:///var/lib/v.db", "sqlite:///var/lib/v.db"),
        ("redb:///var/lib/v.redb", "redb:///var/lib/v.redb"),
        ("memory:", "memory:"),
    ] {
        let settings = valid(&format!("[storage]\nurl = \"{url}\"\n"));
        assert_eq!(settings.storage.url.masked(), shown);
        assert!(!settings.to_toml().contains("ter2") && settings.to_toml().contains(&format!("url = \"{shown}\"")));
        assert!(!settings.to_json().to_string().contains("ter2"));
    }
}

#[test]
fn what_is_shown_reads_as_the_same_settings() {
    let settings = valid(
        r#"
        profile = "hardened"
        [server]
        public_url = "https://id.example"
        trusted_proxies = ["10.0.0.0/8"]
        [dood]
        photo_server = "quote \" backslash \\ bell \u0007 delete \u007f"
        [sessions.per_dialect.easydb]
        idle_ttl = "1h 30m"
        [[mounts]]
        dialect = "dood"
        hosts = ["a.example", "b.example"]
        profile = "faithful"
        [[mounts]]
        dialect = "easydb"
        [[forms]]
        name = "f"
        action = "create"
        roles = ["member"]
        fields.email = { required = true, pattern = "^[a-z]+@" }
        "#,
    );
    let again = valid(&settings.to_toml());
    assert_eq!(again.to_json(), settings.to_json());
    assert_eq!(again.forms, settings.forms);
    assert_eq!(again.mounts.len(), 2);
    assert_eq!(again.mounts[0].profile, Profile::Faithful);
}

#[test]
fn default_toml_mentions_every_setting_there_is() {
    let mut reader = Reader::new(layers::defaults().unwrap(), std::collections::BTreeMap::new());
    drop(read::settings(&mut reader).unwrap_or_else(|problem| panic!("{problem}")));
    for key in reader.known().filter(|key| !key.contains("per_dialect")) {
        let name = key.rsplit('.').next().unwrap();
        let mentioned = layers::DEFAULTS.lines().any(|line| {
            let line = line.trim_start_matches("# ");
            line.starts_with(&format!("{name} = ")) || line == format!("[[{name}]]")
        });
        assert!(mentioned, "{key} is not in default.toml");
    }
    let read: Vec<_> = reader.known().collect();
    for key in layers::defaults().unwrap().keys() {
        assert!(read.contains(&key.as_str()), "{key} of default.toml is read by nobody");
    }
}

#[test]
fn a_line_that_cannot_be_read_is_not_repeated() {
    let told = wrong(Sources::of_text("[storage]\nurl = \"postgres://u:s3cret@host/db\n")).join("\n");
    assert!(told.contains("line 2") && !told.contains("s3cret"), "{told}");
}

#[test]
fn a_directory_may_be_called_anything() {
    let settings = valid("data_dir = \"/srv/100%25?#\"");
    assert_eq!(settings.storage.url.expose(), "sqlite:///srv/100%2525%3F%23/vestibule.db");
}

#[test]
fn t001_1_an_admins_session_can_be_shorter_and_from_few_networks() {
    assert_eq!(valid("").sessions.backoffice, Backoffice::default());
    let text = "[sessions.backoffice]\nidle_ttl = \"15m\"\nabsolute_ttl = \"12h\"\nnetworks = [\"10.0.0.0/8\"]\n";
    let Backoffice { idle, absolute, networks } = valid(text).sessions.backoffice;
    assert_eq!((idle, absolute), (Some(Duration::from_mins(15)), Some(Duration::from_hours(12))));
    assert_eq!(networks, ["10.0.0.0/8".parse().unwrap()]);
}

#[test]
fn operators_reach_their_listener_by_host_names_alone() {
    assert!(valid("").admin.hosts.is_empty());
    let listed = valid("admin.hosts = ['Vestibule', 'admin.example']").admin.hosts;
    assert_eq!(listed.iter().map(HostName::as_str).collect::<Vec<_>>(), ["vestibule", "admin.example"]);
    let sources = Sources::default().with_variable("VESTIBULE__ADMIN__HOSTS", "a.example, b.example");
    assert_eq!(Settings::read(sources).ok().unwrap().admin.hosts.len(), 2);
    for none in ["admin.example:8081", "http://admin.example", "admin.example/", "*.example", "*", ""] {
        let wrong = wrong(Sources::of_text(format!("admin.hosts = ['{none}']")));
        assert!(
            wrong.len() == 1 && wrong[0].contains("admin.hosts") && wrong[0].contains("without scheme"),
            "{wrong:?}"
        );
    }
}

#[test]
fn traces_go_to_a_collector_without_tls_and_nowhere_unless_one_is_named() {
    assert!(valid("").telemetry.otlp_endpoint.is_none());
    let named = valid("telemetry.otlp_endpoint = 'http://127.0.0.1:4318'").telemetry.otlp_endpoint;
    assert_eq!(named.unwrap().as_str(), "http://127.0.0.1:4318");
    let told = wrong(Sources::of_text("telemetry.otlp_endpoint = 'https://collector.example'"));
    assert!(told[0].contains("must begin with http://"), "{told:?}");
}
