//! Asks the composed service the same thing so many times, in this process and without a socket, for whoever counts the
//! instructions: `hot_path easydb 1000`.
#![recursion_limit = "256"] // SeaORM's futures are nested deeply.

use std::{env, net::SocketAddr, time::Duration};

use anyhow::{Context, Result, bail, ensure};
use axum::{
    body::{Body, to_bytes},
    http::{Request, StatusCode, header::SET_COOKIE},
    response::Response,
};
use vestibule_adapters_http::{client::Connection, mount::Front};
use vestibule_application::operator::users::NewUser;
use vestibule_bootstrap::{
    compose::{Overrides, build},
    settings::{Settings, Sources},
    telemetry,
};
use vestibule_domain::{
    secret::Password,
    user::{EmailAddress, LoginName, TimeZoneName},
};

/// As the program has it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Requests before those that count: caches are filled.
const BEFORE: u32 = 200;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [path, count] = arguments.as_slice() else { bail!("say which path, and how often") };
    let directory = tempfile::tempdir()?;
    let sources = Sources::of_text(format!("data_dir = \"{}\"", directory.path().join("data").display()))
        .with_variable("VESTIBULE__SERVER__LISTEN", "127.0.0.1:0")
        .with_variable("VESTIBULE__ADMIN__LISTEN", "off")
        .with_variable("VESTIBULE__PASSWORDS__ARGON2__MEMORY_KIB", "64")
        .with_variable("VESTIBULE__PASSWORDS__ARGON2__ITERATIONS", "1");
    let settings = Settings::read(sources).map_err(|invalid| anyhow::anyhow!("{invalid}"))?;
    // Spans and events cost what they cost in the program.
    let _traces = telemetry::init(&settings)?;
    let app = build(&settings, Overrides::default()).await?;
    let new = NewUser {
        login: LoginName::parse("ann")?,
        email: EmailAddress::parse("ann@example.com")?,
        password: Password::parse("a long walk at dusk")?,
        roles: std::collections::BTreeSet::new(),
        time_zone: TimeZoneName::default(),
    };
    app.operator().add_user(new).await?;
    let front = app.front();
    let service = app.serve().await?;
    // Until memory is used, which is once nobody else is found to have the store open.
    tokio::time::sleep(Duration::from_millis(200)).await;
    let token = log_in(&front).await?;
    let (target, bearer) = match path.as_str() {
        "easydb" => (format!("/api/session?token={token}"), None),
        "anonymous" => ("/api/session".to_owned(), None),
        "vprotect" => ("/session/user".to_owned(), Some(format!("Bearer {token}"))),
        other => bail!("there is no path {other}"),
    };
    for _ in 0..BEFORE + count.parse::<u32>()? {
        let request = Request::get(&target);
        let request = bearer.iter().fold(request, |request, bearer| request.header("authorization", bearer));
        let response = ask(&front, request.body(Body::empty())?).await;
        ensure!(response.status() == StatusCode::OK, "answered {}", response.status());
        to_bytes(response.into_body(), usize::MAX).await?;
    }
    service.shutdown().await
}

async fn log_in(front: &Front) -> Result<String> {
    let body = Body::from(r#"{"login":"ann","password":"a long walk at dusk"}"#);
    let request = Request::post("/session/login").header("content-type", "application/json").body(body)?;
    let response = ask(front, request).await;
    let cookie = response.headers().get(SET_COOKIE).context("a login sets a cookie")?.to_str()?;
    let token = cookie.split(['=', ';']).nth(1).context("a cookie has a value")?;
    Ok(token.to_owned())
}

async fn ask(front: &Front, request: Request<Body>) -> Response {
    front.answer(request, Connection::plain(SocketAddr::from(([127, 0, 0, 1], 1)))).await
}
