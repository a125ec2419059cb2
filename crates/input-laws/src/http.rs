//! Requests, through the mount, to each API on a service of which nothing fails.

use std::{
    cell::OnceCell,
    collections::BTreeSet,
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use axum::body::{Body, Bytes};
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, StatusCode, Uri};
use http_body_util::BodyExt;
use tokio::runtime::Runtime;
use url::Url;
use vestibule_adapters_crypto::RandomIds;
use vestibule_adapters_http::{
    client::Connection,
    dialect::{Context, Dialect, Edition, Profile, Site},
    dialects::{
        dialogram::Dialogram,
        dood::{self, Dood},
        easydb::{self, Easydb, SetupOpenTo},
        platformos::{self, Platformos},
        vprotect::{self, Vprotect},
    },
    mount::{Front, Mount, Shared, mount},
};

use crate::api::Agreeable;

const SITE: &str = "https://id.test/";
const LISTED: &str = "http://listed.test:8080";

/// One thread waits for the service.
pub(crate) fn runtime() -> &'static Runtime {
    static RUNTIME: std::sync::OnceLock<Runtime> = std::sync::OnceLock::new();
    RUNTIME.get_or_init(|| tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime"))
}

/// easydb answers any request, and redirects nowhere but where it may.
pub fn easydb(bytes: &[u8]) {
    let settings = easydb::Settings {
        anonymous: true,
        login_origins: vec![LISTED.to_owned()],
        redirect_origins: vec![LISTED.to_owned()],
        setup: SetupOpenTo::Loopback,
    };
    thread_local!(static FRONT: OnceCell<Front> = const { OnceCell::new() });
    FRONT.with(|front| answer(front.get_or_init(|| of(|context| Arc::new(Easydb::new(context, settings)))), bytes));
}

/// dialogram answers any request.
pub fn dialogram(bytes: &[u8]) {
    thread_local!(static FRONT: OnceCell<Front> = const { OnceCell::new() });
    FRONT.with(|front| answer(front.get_or_init(|| of(|context| Arc::new(Dialogram::new(context)))), bytes));
}

/// platformOS answers any request.
pub fn platformos(bytes: &[u8]) {
    let settings =
        platformos::Settings { cookie_name: "_pos_session".to_owned(), cookie_max_age: Duration::from_hours(1) };
    thread_local!(static FRONT: OnceCell<Front> = const { OnceCell::new() });
    FRONT.with(|front| {
        answer(front.get_or_init(|| of(|context| Arc::new(Platformos::new(context, settings)))), bytes);
    });
}

/// dood answers any request.
pub fn dood(bytes: &[u8]) {
    let settings = dood::Settings::default();
    thread_local!(static FRONT: OnceCell<Front> = const { OnceCell::new() });
    FRONT.with(|front| answer(front.get_or_init(|| of(|context| Arc::new(Dood::new(context, settings)))), bytes));
}

/// vProtect answers any request.
pub fn vprotect(bytes: &[u8]) {
    let settings = vprotect::Settings {
        cookie_name: "JSESSIONID".to_owned(),
        allowed_origins: vec![LISTED.to_owned()],
        cookie_max_age: Duration::from_hours(1),
    };
    thread_local!(static FRONT: OnceCell<Front> = const { OnceCell::new() });
    FRONT.with(|front| answer(front.get_or_init(|| of(|context| Arc::new(Vprotect::new(context, settings)))), bytes));
}

fn of(dialect: impl FnOnce(Context) -> Arc<dyn Dialect>) -> Front {
    let context = Context {
        api: Arc::new(Agreeable),
        at_hand: Arc::new(Agreeable),
        edition: Edition::Documented,
        profile: Profile::Faithful,
        prefix: String::new(),
        site: Arc::new(Site { public_url: SITE.parse().expect("a URL"), is_fixed: true }),
    };
    let mount_point = Mount {
        dialect: dialect(context),
        edition: Edition::Documented,
        prefix: String::new(),
        hosts: BTreeSet::new(),
    };
    let shared = Shared {
        ids: Arc::new(RandomIds),
        trusted_proxies: Arc::new([]),
        request_timeout: Duration::from_mins(1),
        answer_timeout: Duration::from_mins(1),
        cors_origins: Arc::new([]),
        at_hand: Arc::new(Agreeable),
        jwks: Arc::new(|| serde_json::Value::Null),
    };
    mount(&[mount_point], &shared).unwrap_or_else(|_| panic!("one mount is in nobody's way"))
}

/// A request as it would stand on the wire, without the version and with bare line feeds: `POST /session/login`, headers,
/// an empty line, the body. What HTTP itself would not let through is none.
fn request(bytes: &[u8]) -> Option<Request<Body>> {
    let end = bytes.windows(2).position(|pair| pair == b"\n\n").unwrap_or(bytes.len());
    let (head, body) = (&bytes[..end], bytes.get(end + 2..).unwrap_or_default());
    let mut lines = head.split(|byte| *byte == b'\n');
    let first = lines.next()?;
    let space = first.iter().position(|byte| *byte == b' ')?;
    let target = first.get(space + 1..)?;
    let uri = Uri::try_from(target).ok()?;
    let mut request = Request::builder().method(&first[..space]).uri(uri).body(Body::from(body.to_vec())).ok()?;
    for line in lines {
        let colon = line.iter().position(|byte| *byte == b':')?;
        let name = HeaderName::from_bytes(&line[..colon]).ok()?;
        let value = HeaderValue::from_bytes(line[colon + 1..].trim_ascii()).ok()?;
        request.headers_mut().append(name, value);
    }
    Some(request)
}

fn answer(front: &Front, bytes: &[u8]) {
    let Some(request) = request(bytes) else { return };
    let addressed = request.headers().get("host").and_then(|host| host.to_str().ok()).map(str::to_owned);
    let named = request.uri().authority().map(|authority| authority.as_str().to_owned());
    let connection = Connection::plain(SocketAddr::from((Ipv4Addr::LOCALHOST, 4711)));
    let hosts: Vec<String> = addressed.into_iter().chain(named).collect();
    runtime().block_on(async {
        let at_hand = front.at_hand(&request, connection);
        let asked = assert_whole(front.ask(request, connection).await, &hosts).await;
        if let Some(at_hand) = at_hand {
            assert_eq!(assert_whole(at_hand, &hosts).await, asked, "what is at hand is what is told by asking");
        }
    });
}

/// What it says, without its name.
async fn assert_whole(response: Response<Body>, hosts: &[String]) -> (StatusCode, HeaderMap, Bytes) {
    let (mut parts, body) = response.into_parts();
    assert!(parts.status.as_u16() < 500, "it answers {}", parts.status);
    for (name, value) in &parts.headers {
        assert!(value.as_bytes().iter().all(|byte| matches!(byte, b' '..=b'~')), "{name} has an odd byte: {value:?}");
    }
    for (name, value) in [("cache-control", "no-store"), ("x-content-type-options", "nosniff")] {
        assert!(parts.headers.get(name).is_some_and(|given| given == value), "{name} is not {value}");
    }
    if let Some(location) = parts.headers.get("location") {
        let location = location.to_str().unwrap_or_else(|_| panic!("a location is text"));
        assert_allowed(location, hosts);
    }
    let body = body.collect().await.unwrap_or_else(|_| panic!("a body arrives whole")).to_bytes();
    let is_json =
        parts.headers.get("content-type").is_some_and(|kind| kind.as_bytes().windows(4).any(|at| at == b"json"));
    if !body.is_empty() {
        assert!(is_json && serde_json::from_slice::<serde_json::Value>(&body).is_ok(), "a body is JSON");
    }
    parts.headers.remove("x-request-id");
    (parts.status, parts.headers, body)
}

/// Read as a browser does: on this site, on the host it was asked by, on the listed one, or on this machine.
fn assert_allowed(location: &str, hosts: &[String]) {
    let page: Url = SITE.parse().expect("a URL");
    let url = page.join(location).unwrap_or_else(|_| panic!("{location} is no URL"));
    let listed: Url = LISTED.parse().expect("a URL");
    let asked = hosts.iter().filter_map(|host| Url::parse(&format!("https://{host}")).ok());
    let is_here = matches!(url.host_str(), Some("127.0.0.1" | "localhost" | "[::1]"))
        || url.host_str().is_some_and(|host| host.ends_with(".localhost") || host.starts_with("127."));
    let is_allowed = asked.chain([page, listed]).any(|allowed| allowed.origin() == url.origin());
    assert!(matches!(url.scheme(), "http" | "https") && (is_here || is_allowed), "it leads to {location}");
}
