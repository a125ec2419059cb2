//! For tests: a dialect behind its mount, asked over HTTP, its answers as text; and the sessions and users they speak of.

use std::{
    collections::{BTreeMap, BTreeSet},
    io,
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::body::Body;
use http::{HeaderMap, Method, Request, StatusCode};
use uuid::Uuid;
use vestibule_application::{
    api::{MockAtHandApi, MockSessionApi},
    ports::{MockIds, StoreError},
    view::{Begun, Principal, SessionView},
};
use vestibule_domain::{
    rights::{Right, RoleName},
    secret::OpaqueToken,
    session::{DeviceName, Origin, Session, SessionId, SignedToken, Subject},
    time::Timestamp,
    user::{EmailAddress, LoginName, Profile, TimeZoneName, User, UserId},
};

use crate::{
    client::Connection,
    dialect::{Context, Dialect, Edition, Profile as RiskProfile, Site},
    inbound::Inbound,
    mount::{Mount, Shared, mount},
    request_id::RequestId,
};

/// The token of seed 000.
pub(crate) const TOKEN: &str = "c473472d-c085-4043-9bf0-ee80bff73d40";
/// Another one.
pub(crate) const OTHER: &str = "0f0e0d0c-0b0a-0908-0706-050403020100";
/// What requests without a name are called.
pub(crate) const REQUEST_ID: &str = "00000000-0000-0000-0000-000000000007";

/// Headers that `mount` and axum add to every answer; `mount`'s own tests see to them.
const OF_MOUNT: [&str; 6] = [
    "cache-control",
    "content-length",
    "content-security-policy",
    "referrer-policy",
    "x-content-type-options",
    "x-request-id",
];

/// What is logged.
#[derive(Clone, Default)]
pub(crate) struct Lines(Arc<Mutex<Vec<u8>>>);

impl Lines {
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Where everything has to be asked for.
pub(crate) fn nothing_at_hand() -> Arc<MockAtHandApi> {
    let mut at_hand = MockAtHandApi::new();
    at_hand.expect_tells_at_once().return_const(true);
    at_hand.expect_catch_up().returning(|| None);
    at_hand.expect_described().returning(|_, _| None);
    at_hand.expect_started().returning(|_, _| None);
    at_hand.expect_verified().returning(|_, _| None);
    Arc::new(at_hand)
}

/// The documented edition in the faithful profile at the root of `https://id.test/`.
pub(crate) fn context(api: MockSessionApi) -> Context {
    let site = Arc::new(Site { public_url: "https://id.test/".parse().unwrap(), is_fixed: false });
    Context {
        api: Arc::new(api),
        at_hand: nothing_at_hand(),
        edition: Edition::Documented,
        profile: RiskProfile::Faithful,
        prefix: String::new(),
        site,
    }
}

/// The same, hardened.
pub(crate) fn hardened(api: MockSessionApi) -> Context {
    Context { profile: RiskProfile::Hardened, ..context(api) }
}

/// A request, from this machine unless said otherwise.
pub(crate) struct Ask {
    request: Request<Body>,
    connection: Connection,
}

impl Ask {
    pub(crate) fn new(method: &str, target: &str) -> Self {
        let peer: SocketAddr = ([127, 0, 0, 1], 4711).into();
        let request = Request::builder().method(method).uri(target).body(Body::empty()).unwrap();
        Self { request, connection: Connection::plain(peer) }
    }

    pub(crate) fn get(target: &str) -> Self {
        Self::new("GET", target)
    }

    pub(crate) fn post(target: &str) -> Self {
        Self::new("POST", target)
    }

    pub(crate) fn header(mut self, name: &'static str, value: &str) -> Self {
        self.request.headers_mut().append(name, value.parse().unwrap());
        self
    }

    pub(crate) fn body(mut self, content_type: &str, body: impl Into<Body>) -> Self {
        *self.request.body_mut() = body.into();
        self.header("content-type", content_type)
    }

    pub(crate) fn json(self, body: &str) -> Self {
        self.body("application/json", body.to_owned())
    }

    pub(crate) fn form(self, body: &str) -> Self {
        self.body("application/x-www-form-urlencoded", body.to_owned())
    }

    /// From elsewhere in plain text.
    pub(crate) fn remote(self) -> Self {
        self.peer([203, 0, 113, 7])
    }

    /// From elsewhere through a trusted proxy that speaks TLS.
    pub(crate) fn over_tls(self) -> Self {
        self.peer([10, 0, 0, 1]).header("x-forwarded-for", "203.0.113.7").header("x-forwarded-proto", "https")
    }

    fn peer(mut self, address: [u8; 4]) -> Self {
        let peer: SocketAddr = (address, 4711).into();
        self.connection = Connection::plain(peer);
        self
    }

    /// The request as handlers get it.
    pub(crate) async fn inbound(self) -> Inbound {
        Inbound::receive(self.request, RequestId::made(Uuid::from_u128(7)), self.connection, &[]).await.unwrap()
    }

    /// What the dialect answers, mounted at the root.
    pub(crate) async fn of(self, dialect: impl Dialect) -> Answer {
        self.at("", dialect).await
    }

    /// What the dialect answers, mounted under `prefix`.
    pub(crate) async fn at(self, prefix: &str, dialect: impl Dialect) -> Answer {
        let mount_point = Mount {
            dialect: Arc::new(dialect),
            edition: Edition::Documented,
            prefix: prefix.to_owned(),
            hosts: BTreeSet::new(),
        };
        let mut ids = MockIds::new();
        ids.expect_next().returning(|| Uuid::from_u128(7));
        let shared = Shared {
            ids: Arc::new(ids),
            trusted_proxies: Arc::new(["10.0.0.0/8".parse().unwrap()]),
            request_timeout: Duration::from_secs(5),
            answer_timeout: Duration::from_secs(5),
            cors_origins: Arc::new([]),
            at_hand: nothing_at_hand(),
            jwks: Arc::new(|| serde_json::json!({ "keys": [] })),
        };
        let is_head = self.request.method() == Method::HEAD;
        let response = mount(&[mount_point], &shared).unwrap().answer(self.request, self.connection).await;
        let (parts, body) = response.into_parts();
        let body = axum::body::to_bytes(body, 1 << 20).await.unwrap();
        let body = String::from_utf8(body.to_vec()).unwrap();
        assert!(!is_head || body.is_empty(), "HEAD has no body");
        Answer { status: parts.status, headers: parts.headers, body }
    }
}

/// An answer.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    /// The first header of that name, or nothing at all.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap()
    }

    /// The status, the headers that are not `mount`'s in order of their names, and the body.
    pub(crate) fn text(&self) -> String {
        let mut lines: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (name, value) in self.headers.iter().filter(|(name, _)| !OF_MOUNT.contains(&name.as_str())) {
            lines.entry(name.as_str()).or_default().push(value.to_str().unwrap());
        }
        let lines =
            lines.iter().flat_map(|(name, values)| values.iter().map(move |value| format!("{name}: {value}\n")));
        format!("{}\n{}\n{}", self.status.as_u16(), lines.collect::<String>(), self.body).trim_end().to_owned()
    }
}

pub(crate) fn opaque(text: &str) -> OpaqueToken {
    OpaqueToken::parse(text).unwrap()
}

/// 21 July 2026, 10:00:00 UTC.
pub(crate) fn now() -> Timestamp {
    Timestamp::from_millis(1_784_628_000_000)
}

/// The user `alice`, `alice@example.com`, with the role `admin`.
pub(crate) fn alice() -> User {
    User {
        id: UserId::from_uuid(Uuid::from_u128(0xa11ce)),
        login: LoginName::parse("alice").unwrap(),
        email: EmailAddress::parse("alice@example.com").unwrap(),
        roles: BTreeSet::from([RoleName::admin()]),
        disabled: false,
        profile: Profile::default(),
        time_zone: TimeZoneName::default(),
        created: now(),
        last_successful_login: None,
        last_failed_login: None,
    }
}

/// A session that was just begun through `origin`; a user's has two rights, the log 1234 messages.
pub(crate) fn view(origin: &str, principal: Principal) -> SessionView {
    let (subject, rights) = match &principal {
        Principal::Anonymous => (Subject::Anonymous, &[][..]),
        Principal::Setup => (Subject::Setup, &["system.root", "system.users"][..]),
        Principal::User(user) => (Subject::User(user.id), &["system.log", "system.users"][..]),
        Principal::Node(node) => (Subject::Node(node.id), &["system.log"][..]),
    };
    let session = Session {
        id: SessionId::from_uuid(Uuid::from_u128(0x5e55)),
        origin: Origin::new(origin),
        device: DeviceName::default(),
        subject,
        begun: now(),
        authenticated: principal.is_authenticated().then(now),
        last_seen: now(),
        idle_ttl: Some(Duration::from_mins(30)),
        expires: now().plus(Duration::from_hours(12)),
        ended: None,
        epoch: 1,
        guard: None,
        sealed_until: None,
    };
    let rights = rights.iter().map(|right| Right::parse(right).unwrap()).collect();
    SessionView { session, principal, rights, latest_message: 1234 }
}

/// Such a session with [`TOKEN`] and a signed token.
pub(crate) fn begun(origin: &str, principal: Principal) -> Begun {
    Begun {
        view: view(origin, principal),
        token: opaque(TOKEN),
        signed: Some(SignedToken::new("head.claims.signature")),
    }
}

/// A store that is away.
pub(crate) fn away() -> StoreError {
    StoreError::Unavailable("refused to connect".into())
}

/// A store that holds nonsense.
pub(crate) fn corrupt() -> StoreError {
    StoreError::Malformed("session")
}
