//! How each section is read.

use std::{collections::BTreeMap, num::NonZeroUsize, path::PathBuf, time::Duration};

use serde_json::{Map, Value as Json};
use vestibule_adapters_http::form_document::FormDocument;
use vestibule_application::policies::backoffice::Backoffice;
use vestibule_domain::{form::FormConfiguration, session::Lifetimes};

use super::{
    Account, Admin, Argon2, Dialect, Dood, Easydb, Edition, Keys, Log, Mount, OpenTo, Passwords, Platformos, Prefix,
    Problem, Profile, Server, Sessions, Settings, Setup, Storage, StoreUrl, Telemetry, Throttle, Tls, Verify, Vprotect,
    WebOrigin, Window, reader::Reader,
};

/// Fails only if `default.toml` lacks a default.
pub(super) fn settings(reader: &mut Reader) -> Result<Settings, Problem> {
    let profile = reader.take("profile")?;
    let hardened = profile == Profile::Hardened;
    let data_dir: PathBuf = reader.take("data_dir")?;
    let storage = storage(reader, StoreUrl::sqlite(&data_dir.join("vestibule.db")))?;
    Ok(Settings {
        profile,
        core_dumps: reader.take("core_dumps")?,
        server: server(reader)?,
        keys: Keys {
            file: if storage.url.is_memory() {
                reader.optional("keys.file")
            } else {
                Some(reader.take_or("keys.file", data_dir.join("master.key")))
            },
        },
        storage,
        setup: Setup {
            open_to: reader.take_or("setup.open_to", if hardened { OpenTo::Secret } else { OpenTo::Loopback }),
        },
        passwords: passwords(reader, hardened)?,
        sessions: sessions(reader)?,
        throttle: throttle(reader)?,
        mounts: mounts(reader, profile),
        forms: reader.tables("forms", form),
        easydb: Easydb {
            anonymous: reader.take("easydb.anonymous")?,
            login_origins: reader.take("easydb.login_origins")?,
            redirect_origins: reader.take("easydb.redirect_origins")?,
        },
        dood: Dood {
            registration: reader.take("dood.registration")?,
            require_https: reader.take("dood.require_https")?,
            photo_server: reader.take("dood.photo_server")?,
            category_version: reader.take_where("dood.category_version", |at| *at >= 0, "0 or more")?,
        },
        platformos: Platformos { cookie_name: reader.take("platformos.cookie_name")? },
        vprotect: Vprotect {
            cookie_name: reader.take("vprotect.cookie_name")?,
            allowed_origins: reader.take("vprotect.allowed_origins")?,
        },
        account: Account { enabled: reader.take("account.enabled")? },
        verify: verify(reader, hardened)?,
        admin: Admin { listen: reader.take("admin.listen")?, hosts: reader.take("admin.hosts")? },
        telemetry: telemetry(reader),
        log: Log { format: reader.take("log.format")?, filter: reader.take("log.filter")? },
        data_dir,
        effective: Map::new(),
    })
}

fn storage(reader: &mut Reader, default_url: StoreUrl) -> Result<Storage, Problem> {
    Ok(Storage {
        url: reader.secret_or("storage.url", default_url),
        sessions_url: reader.secret("storage.sessions_url"),
        readers: number(reader, "storage.readers", 1, 1000)?,
        writers: number(reader, "storage.writers", 1, 1000)?,
        patience: wait(reader, "storage.patience")?,
        statement_timeout: wait(reader, "storage.statement_timeout")?,
        lock_timeout: wait(reader, "storage.lock_timeout")?,
        follow_log: reader.take("storage.follow_log")?,
        leases: reader.take("storage.leases")?,
    })
}

/// Servers take a wait of less than a millisecond for no limit, and refuse one of weeks.
fn wait(reader: &mut Reader, key: &str) -> Result<Duration, Problem> {
    let (least, most) = (Duration::from_millis(10), Duration::from_hours(1));
    reader.take_where(key, |wait| (least..=most).contains(wait), "a duration from 10ms to 1h")
}

fn server(reader: &mut Reader) -> Result<Server, Problem> {
    let server = Server {
        listen: reader.take("server.listen")?,
        public_url: reader.optional("server.public_url"),
        trusted_proxies: reader.take("server.trusted_proxies")?,
        cors_origins: reader.take("server.cors_origins")?,
        proxy_protocol: reader.take("server.proxy_protocol")?,
        head_timeout: reader.take("server.head_timeout")?,
        request_timeout: reader.take("server.request_timeout")?,
        answer_timeout: reader.take("server.answer_timeout")?,
        idle_timeout: reader.take("server.idle_timeout")?,
        max_connections: number(reader, "server.max_connections", 1, 1_000_000)?,
        max_connections_per_address: number(reader, "server.max_connections_per_address", 1, 1_000_000)?,
        tls: tls(reader)?,
        shutdown_delay: reader.take("server.shutdown_delay")?,
        shutdown_grace: reader.take("server.shutdown_grace")?,
    };
    if server.tls.is_some() && server.public_url.as_ref().is_some_and(|url| !url.as_str().starts_with("https:")) {
        reader.object("server.public_url", "must begin with https:// when server.tls is set");
    }
    if server.proxy_protocol && server.trusted_proxies.is_empty() {
        reader.object("server.proxy_protocol", "needs server.trusted_proxies: nobody else's word is taken");
    }
    Ok(server)
}

/// Both files, or no TLS.
fn tls(reader: &mut Reader) -> Result<Option<Tls>, Problem> {
    let (cert_file, key_file) = (reader.optional("server.tls.cert_file"), reader.optional("server.tls.key_file"));
    let check_interval = reader.take("server.tls.check_interval")?;
    let hsts = reader.take("server.tls.hsts")?;
    match (cert_file, key_file) {
        (Some(cert_file), Some(key_file)) => Ok(Some(Tls { cert_file, key_file, check_interval, hsts })),
        (None, None) => Ok(None),
        (one, _) => {
            let missing = if one.is_some() { "server.tls.key_file" } else { "server.tls.cert_file" };
            reader.object(missing, "must be set too: TLS takes a certificate and its key");
            Ok(None)
        }
    }
}

fn passwords(reader: &mut Reader, hardened: bool) -> Result<Passwords, Problem> {
    let parallelism = number(reader, "passwords.argon2.parallelism", 1, 64)?;
    let argon2 = Argon2 {
        memory_kib: number(reader, "passwords.argon2.memory_kib", 8 * parallelism, 4 << 20)?,
        iterations: number(reader, "passwords.argon2.iterations", 1, 1000)?,
        parallelism,
    };
    let threads = NonZeroUsize::new(number(reader, "passwords.hash_threads", 0, 1024)? as usize);
    let queue = NonZeroUsize::new(number(reader, "passwords.hash_queue", 1, 100_000)? as usize);
    let cores = || std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    let (length, score) = if hardened { (15, 3) } else { (6, 1) };
    let lengths = |length: &u32| (1..=1024).contains(length);
    let min_length = reader.take_or_where("passwords.min_length", length, lengths, "a whole number from 1 to 1024");
    let min_score =
        reader.take_or_where("passwords.min_score", score, |score| *score <= 4, "a whole number from 0 to 4");
    Ok(Passwords {
        argon2,
        hash_threads: threads.unwrap_or_else(cores),
        hash_queue: queue.unwrap_or(NonZeroUsize::MIN),
        pepper_file: reader.optional("passwords.pepper_file"),
        min_length: min_length as usize,
        min_score,
    })
}

fn sessions(reader: &mut Reader) -> Result<Sessions, Problem> {
    let lifetimes = Lifetimes {
        anonymous: reader.take("sessions.anonymous_ttl")?,
        idle: reader.take("sessions.idle_ttl")?,
        absolute: reader.take("sessions.absolute_ttl")?,
    };
    let mut per_dialect = BTreeMap::new();
    for dialect in Dialect::ALL {
        let key = |name: &str| format!("sessions.per_dialect.{}.{name}", dialect.as_str());
        let own = Lifetimes {
            anonymous: reader.optional(&key("anonymous_ttl")).unwrap_or(lifetimes.anonymous),
            idle: reader.optional(&key("idle_ttl")).unwrap_or(lifetimes.idle),
            absolute: reader.optional(&key("absolute_ttl")).unwrap_or(lifetimes.absolute),
        };
        if own != lifetimes {
            per_dialect.insert(dialect.as_str(), own);
        }
    }
    Ok(Sessions {
        lifetimes,
        per_dialect,
        shared: reader.take("sessions.shared")?,
        backoffice: Backoffice {
            idle: reader.optional("sessions.backoffice.idle_ttl"),
            absolute: reader.optional("sessions.backoffice.absolute_ttl"),
            networks: reader.take("sessions.backoffice.networks")?,
        },
        keep_ended: reader.take("sessions.keep_ended")?,
        touch_interval: reader.take("sessions.touch_interval")?,
        sweep_interval: reader.take("sessions.sweep_interval")?,
        in_memory: reader.take("sessions.in_memory")?,
    })
}

fn throttle(reader: &mut Reader) -> Result<Throttle, Problem> {
    let disclosure_window = reader.take("throttle.disclosure_window")?;
    let anonymous_end_window = reader.take("throttle.anonymous_end_window")?;
    Ok(Throttle {
        account: window(reader, "throttle.account_failures", "throttle.account_window")?,
        account_in_all: window(reader, "throttle.account_failures_in_all", "throttle.account_window_in_all")?,
        client: window(reader, "throttle.client_failures", "throttle.client_window")?,
        total: window(reader, "throttle.failures_total", "throttle.total_window")?,
        address: window(reader, "throttle.address_failures", "throttle.address_window")?,
        disclosures_per_address: Window {
            attempts: number(reader, "throttle.disclosures_per_address", 1, u32::MAX)?,
            within: disclosure_window,
        },
        disclosures_total: Window {
            attempts: number(reader, "throttle.disclosures_total", 1, u32::MAX)?,
            within: disclosure_window,
        },
        registrations: window(reader, "throttle.registrations_per_address", "throttle.registration_window")?,
        beginnings: window(reader, "throttle.beginnings_per_address", "throttle.beginning_window")?,
        anonymous_ends_per_address: Window {
            attempts: number(reader, "throttle.anonymous_ends_per_address", 1, u32::MAX)?,
            within: anonymous_end_window,
        },
        anonymous_ends_total: Window {
            attempts: number(reader, "throttle.anonymous_ends_total", 1, u32::MAX)?,
            within: anonymous_end_window,
        },
    })
}

fn window(reader: &mut Reader, attempts: &str, within: &str) -> Result<Window, Problem> {
    Ok(Window { attempts: number(reader, attempts, 1, u32::MAX)?, within: reader.take(within)? })
}

fn mounts(reader: &mut Reader, profile: Profile) -> Vec<Mount> {
    let mounts = reader.tables("mounts", |reader| {
        let dialect = reader.required("dialect");
        let edition = reader.take_or("edition", Edition::Documented);
        let prefix = reader.take_or("prefix", Prefix::root());
        let hosts = reader.take_or("hosts", Vec::new());
        let profile = reader.optional("profile").unwrap_or(profile);
        Some(Mount { dialect: dialect?, edition, prefix, hosts, profile })
    });
    if mounts.is_empty() {
        reader.object("mounts", "at least one API must be mounted");
    }
    mounts
}

fn form(reader: &mut Reader) -> Option<FormConfiguration> {
    let document = serde_json::from_value::<FormDocument>(Json::Object(reader.rest()));
    let read = document.map_err(|error| vec![error.to_string()]).and_then(FormDocument::into_configuration);
    read.map_err(|wrong| wrong.into_iter().for_each(|sentence| reader.object("", sentence))).ok()
}

fn verify(reader: &mut Reader, hardened: bool) -> Result<Verify, Problem> {
    let (least, most) = (Duration::from_secs(5), Duration::from_mins(10));
    let lifetimes = |lifetime: &Duration| (least..=most).contains(lifetime);
    Ok(Verify {
        enabled: reader.take("verify.enabled")?,
        query_tokens: reader.take_or("verify.query_tokens", !hardened),
        assertions: reader.take("verify.assertions")?,
        assertion_lifetime: reader.take_where("verify.assertion_lifetime", lifetimes, "a duration from 5s to 10m")?,
    })
}

fn telemetry(reader: &mut Reader) -> Telemetry {
    let otlp_endpoint: Option<WebOrigin> = reader.optional("telemetry.otlp_endpoint");
    if otlp_endpoint.as_ref().is_some_and(|origin| !origin.as_str().starts_with("http:")) {
        reader.object("telemetry.otlp_endpoint", "must begin with http://: run a collector on this machine");
    }
    Telemetry { otlp_endpoint }
}

fn number(reader: &mut Reader, key: &str, least: u32, most: u32) -> Result<u32, Problem> {
    let demand = format!("a whole number from {least} to {most}");
    reader.take_where(key, |number| (least..=most).contains(number), &demand)
}
