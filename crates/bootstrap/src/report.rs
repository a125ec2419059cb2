//! What is told at start: what is mounted, where data is, whether the system is set up, what is risky, what to try.

#[cfg(test)]
mod tests;

use std::net::{Ipv4Addr, SocketAddr};

use url::Url;
use vestibule_adapters_http::origin::is_loopback;
use vestibule_adapters_redis::Durability;
use vestibule_domain::secret::OpaqueToken;

use crate::{
    settings::{Dialect, Log, LogFormat, Mount, OpenTo, Profile, Registration, Settings},
    telemetry::tell,
};

const ADMIN_EXPOSED: &str = "operators are answered without encryption, and everybody who reaches that port sees the \
                             metrics: keep it in a private network, or set admin.listen to 127.0.0.1:8081";

/// The report of one start. Carries the one-time setup secret, if there is one, so it has no `Debug`.
pub struct Report {
    facts: Vec<(&'static str, String)>,
    risks: Vec<String>,
    setup: Option<String>,
}

/// Where the service is to be found.
#[derive(Clone, Copy)]
pub(crate) struct Addresses<'a> {
    pub(crate) public_url: &'a Url,
    pub(crate) listen: SocketAddr,
    /// Where operators are answered, if anywhere.
    pub(crate) admin: Option<SocketAddr>,
}

impl Report {
    pub(crate) fn new(
        settings: &Settings,
        at: Addresses<'_>,
        durability: Option<Durability>,
        unconfigured: bool,
        secret: Option<&OpaqueToken>,
    ) -> Self {
        let Addresses { public_url, listen, admin } = at;
        let mounts: Vec<String> = settings.mounts.iter().map(mount).collect();
        let mut facts = vec![
            ("apis", mounts.join(", ")),
            ("profile", settings.profile.as_str().to_owned()),
            ("public_url", public_url.to_string()),
            ("data", data(settings)),
        ];
        if let (Some(url), Some(durability)) = (&settings.storage.sessions_url, durability) {
            facts.push(("sessions", format!("{}; {durability}", url.masked())));
        }
        facts.push(("operators", admin.map_or_else(|| "off".to_owned(), |address| format!("http://{address}"))));
        facts.push(("try", format!("curl -i {}", first_request(settings, public_url, listen))));
        let exposed = !listen.ip().is_loopback() || is_passed_on(settings, public_url);
        let mut risks =
            if exposed || unconfigured { risks(settings, public_url, exposed, unconfigured) } else { Vec::new() };
        risks.extend(admin.filter(|address| !address.ip().is_loopback()).map(|_| ADMIN_EXPOSED.to_owned()));
        let setup = unconfigured.then(|| setup(settings, secret));
        Self { facts, risks, setup }
    }

    /// Tells it: to people as a few lines, to machines as events of the log.
    pub fn tell(&self, log: &Log) {
        match log.format {
            LogFormat::Human => tell(&self.text()),
            LogFormat::Json => self.log(),
        }
    }

    fn text(&self) -> String {
        let mut lines = vec![format!("Vestibule {}", env!("CARGO_PKG_VERSION"))];
        lines.extend(self.facts.iter().map(|(name, fact)| format!("  {name:<11} {fact}")));
        lines.extend(self.setup.iter().map(|setup| format!("  {:<11} {setup}", "setup")));
        if !self.risks.is_empty() {
            lines.push("Documented, on, and risky:".to_owned());
            lines.extend(self.risks.iter().map(|risk| format!("  - {risk}")));
        }
        lines.join("\n")
    }

    fn log(&self) {
        for (name, fact) in &self.facts {
            tracing::info!("{name}: {fact}");
        }
        if let Some(setup) = &self.setup {
            // There is a secret in it, which is for whoever started the service and not for where logs are sent.
            tell(&format!("setup: {setup}"));
            tracing::warn!("setup: the system has no user yet; who may set it up was told beside the log");
        }
        for risk in &self.risks {
            tracing::warn!("risk: {risk}");
        }
    }
}

/// Whether callers elsewhere reach it through something on this machine.
fn is_passed_on(settings: &Settings, public_url: &Url) -> bool {
    !is_loopback(public_url) || !settings.server.trusted_proxies.is_empty()
}

fn mount(mount: &Mount) -> String {
    let at = if mount.prefix.as_str().is_empty() { "/" } else { mount.prefix.as_str() };
    let hosts: Vec<&str> = mount.hosts.iter().map(crate::settings::HostName::as_str).collect();
    let hosts = if hosts.is_empty() { String::new() } else { format!(" on {}", hosts.join("|")) };
    format!("{} {} at {at}{hosts}", mount.dialect.as_str(), mount.edition.as_str())
}

fn data(settings: &Settings) -> String {
    let url = &settings.storage.url;
    match &settings.keys.file {
        Some(key) => format!("{}, key in {}", url.masked(), key.display()),
        None => "in memory: gone when this service stops".to_owned(),
    }
}

/// The shortest request that some mounted API answers.
fn first_request(settings: &Settings, public_url: &Url, listen: SocketAddr) -> String {
    let ip = if listen.ip().is_unspecified() { Ipv4Addr::LOCALHOST.into() } else { listen.ip() };
    // A certificate is for a name, which is in the public URL at best.
    let reachable = if settings.server.tls.is_some() {
        public_url.as_str().trim_end_matches('/').to_owned()
    } else {
        format!("http://{}", SocketAddr::new(ip, listen.port()))
    };
    let request = |mount: &Mount| {
        let rest = match mount.dialect {
            Dialect::Easydb => "/api/session",
            Dialect::Dood => "/session/start/",
            Dialect::Vprotect => "/session",
            Dialect::Platformos => "/api/sessions -X DELETE",
            Dialect::Dialogram => {
                "/api/session -H 'Content-Type: application/json' -d '{\"email\":\"you@example.org\",\"password\":\"...\"}'"
            }
        };
        let host = mount.hosts.first().map_or(String::new(), |host| format!(" -H 'Host: {}'", host.as_str()));
        format!("{reachable}{}{rest}{host}", mount.prefix.as_str())
    };
    let easiest = [Dialect::Easydb, Dialect::Dood, Dialect::Vprotect, Dialect::Platformos, Dialect::Dialogram];
    let documented = easiest.iter().find_map(|dialect| settings.mounts.iter().find(|mount| mount.dialect == *dialect));
    documented.map_or_else(|| format!("{reachable}/"), request)
}

fn setup(settings: &Settings, secret: Option<&OpaqueToken>) -> String {
    let first = "no user yet; add one with `vestibule user add --login NAME --email ADDRESS --role admin`";
    let by_secret = secret.map(|secret| format!("those begun with the header X-Setup-Secret: {}", secret.expose()));
    let easydb = settings.mounts.iter().filter(|mount| mount.dialect == Dialect::Easydb);
    let open_to = match settings.setup.open_to {
        OpenTo::Nobody => OpenTo::Nobody,
        _ if easydb.clone().count() == 0 => OpenTo::Nobody,
        // A hardened mount knows nothing wider.
        open_to if easydb.clone().any(|mount| mount.profile == Profile::Faithful) => open_to,
        OpenTo::Loopback | OpenTo::Secret | OpenTo::Anyone => OpenTo::Secret,
    };
    let who = match (open_to, by_secret) {
        (OpenTo::Loopback, Some(by_secret)) => {
            format!(
                "until then easydb sessions begun from this machine have every right, and so have {by_secret} (once)"
            )
        }
        (OpenTo::Secret, Some(by_secret)) => {
            format!("until then no easydb sessions have rights but {by_secret} (once)")
        }
        (OpenTo::Anyone, _) => "until then EVERY easydb session has every right".to_owned(),
        (OpenTo::Loopback | OpenTo::Secret | OpenTo::Nobody, _) => "until then no session has any right".to_owned(),
    };
    format!("{first}; {who}")
}

/// Each risky behaviour that is on, with the setting that closes it.
fn risks(settings: &Settings, public_url: &Url, exposed: bool, unconfigured: bool) -> Vec<String> {
    let faithful = |dialect: Dialect| {
        settings.mounts.iter().any(|mount| mount.dialect == dialect && mount.profile == Profile::Faithful)
    };
    let any = |dialects: &[Dialect]| dialects.iter().copied().any(faithful);
    let cookies = [Dialect::Platformos, Dialect::Vprotect];
    let mounted = |dialect: Dialect| settings.mounts.iter().any(|mount| mount.dialect == dialect);
    let candidates = [
        (
            exposed && public_url.scheme() == "http",
            "callers elsewhere reach this port without encryption: set server.tls, or put a TLS proxy in front, name it \
             in server.trusted_proxies and set server.public_url to its https URL",
        ),
        (
            exposed && public_url.scheme() == "http" && cookies.into_iter().any(mounted),
            "session cookies are not marked Secure: set server.public_url to an https URL",
        ),
        (
            unconfigured && faithful(Dialect::Easydb) && settings.setup.open_to == OpenTo::Anyone,
            "whoever comes first can take the system over: set setup.open_to to \"secret\"",
        ),
        (
            unconfigured && faithful(Dialect::Easydb) && settings.setup.open_to == OpenTo::Loopback,
            "any program on this machine can set the system up: set setup.open_to to \"secret\"",
        ),
        (
            faithful(Dialect::Easydb) && settings.easydb.login_origins.is_empty(),
            "easydb: any web page may post a login: list those that may in easydb.login_origins, or set profile to \
             \"hardened\"",
        ),
        (
            faithful(Dialect::Easydb),
            "easydb: a login keeps the session's token, and may redirect to loopback hosts: set profile to \"hardened\"",
        ),
        (
            faithful(Dialect::Dood),
            "dood: passwords may come by GET, where proxies log them, over TLS and from this machine: set profile to \
             \"hardened\"",
        ),
        (
            faithful(Dialect::Dood),
            "dood: answers tell which addresses have accounts, within throttle.disclosures_*: set profile to \
             \"hardened\", or lower those",
        ),
        (
            exposed && faithful(Dialect::Easydb) && public_url.scheme() == "http",
            "easydb: session tokens in URLs are taken over plain HTTP, where others can read them: set server.tls, or set \
             profile to \"hardened\"",
        ),
        (
            exposed && settings.server.public_url.is_none() && mounted(Dialect::Easydb),
            "easydb: a login may redirect to whatever host its request names: set server.public_url",
        ),
        (
            exposed && settings.profile == Profile::Faithful && settings.sessions.backoffice.networks.is_empty(),
            "admins log in from anywhere: set sessions.backoffice.networks to where they are",
        ),
        (
            exposed
                && settings.profile == Profile::Faithful
                && settings.sessions.backoffice.idle.is_none()
                && settings.sessions.backoffice.absolute.is_none(),
            "admins' sessions live as long as others: set sessions.backoffice.idle_ttl and .absolute_ttl",
        ),
        (
            mounted(Dialect::Dood) && settings.dood.registration == Registration::Open,
            "dood: anybody can register as a user, with an address that nobody verifies: set dood.registration to \"off\"",
        ),
        (
            any(&[Dialect::Dood]) && settings.passwords.min_length < 8,
            "dood: registration accepts passwords of fewer than 8 characters: raise passwords.min_length",
        ),
    ];
    candidates.into_iter().filter(|(is_on, _)| *is_on).map(|(_, risk)| risk.to_owned()).collect()
}
