use axum::{
    Router,
    routing::{get, post},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{Instant, sleep, timeout},
};

use vestibule_adapters_crypto::RandomIds;
use vestibule_adapters_http::mount::Shared;
use vestibule_application::api::MockAtHandApi;

use super::*;
use crate::settings::{Settings, Sources};

fn settings(text: &str) -> Server {
    Settings::read(Sources::of_text(format!("[server]\nlisten = \"127.0.0.1:0\"\n{text}"))).unwrap().server
}

async fn started(text: &str) -> Handle {
    let slow = get(|| async {
        sleep(Duration::from_millis(300)).await;
        "finished"
    });
    let router = Router::new().route("/slow", slow).route("/", post(|body: String| async { body }));
    let settings = settings(text);
    let front = front(router);
    let (listener, _) = bind(settings.listen, Place::SERVER, &Sockets::default()).await.unwrap();
    serve(listener, front, settings, None, Arc::default(), Arc::new(crate::clock::SystemClock::default())).unwrap()
}

fn front(router: Router) -> Front {
    let mut at_hand = MockAtHandApi::new();
    at_hand.expect_tells_at_once().return_const(true);
    let shared = Shared {
        ids: Arc::new(RandomIds),
        trusted_proxies: Arc::new([]),
        request_timeout: Duration::from_secs(5),
        answer_timeout: Duration::from_secs(5),
        cors_origins: Arc::new([]),
        at_hand: Arc::new(at_hand),
        jwks: Arc::new(|| serde_json::Value::Null),
    };
    Front::of(router, shared)
}

async fn answer(address: SocketAddr, request: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    let _ = stream.read_to_string(&mut answer).await;
    answer
}

#[test]
fn one_address_has_half_of_the_operators_connections_at_most() {
    let caps = |text: &str| {
        let server = of_operators(([127, 0, 0, 1], 0).into(), settings(text));
        (server.max_connections, server.max_connections_per_address)
    };
    assert_eq!(caps(""), (64, 32));
    assert_eq!(caps("max_connections_per_address = 5"), (64, 5));
    assert_eq!(caps("max_connections = 1"), (1, 1));
}

/// TX-5.
#[tokio::test]
async fn a_connection_that_says_nothing_or_too_little_is_closed() {
    let handle = started("head_timeout = '200ms'").await;
    for said in ["", "POST / HTTP/1.1\r\nHost: x\r\n"] {
        let begun = Instant::now();
        assert!(!answer(handle.address(), said).await.contains(" 200 "));
        assert!(begun.elapsed() < Duration::from_secs(3), "{said:?} kept the connection open");
    }
    handle.shutdown().await.unwrap();
}

#[tokio::test]
async fn a_request_under_way_is_finished_and_a_new_connection_refused() {
    let handle = started("").await;
    let address = handle.address();
    let under_way = tokio::spawn(async move { answer(address, "GET /slow HTTP/1.1\r\nHost: x\r\n\r\n").await });
    sleep(Duration::from_millis(100)).await;
    handle.shutdown().await.unwrap();
    assert!(under_way.await.unwrap().ends_with("finished"));
    assert!(TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn who_is_about_to_leave_still_answers_and_says_that_the_connection_ends() {
    let handle = started("").await;
    let address = handle.address();
    let mut kept = TcpStream::connect(address).await.unwrap();
    kept.write_all(b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    let mut first = [0; 1024];
    let length = kept.read(&mut first).await.unwrap();
    assert!(!String::from_utf8_lossy(&first[..length]).contains("connection: close"));

    handle.leave(Duration::from_millis(1)).await;
    kept.write_all(b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    let mut last = String::new();
    kept.read_to_string(&mut last).await.unwrap();
    for answer in [last, answer(address, "GET /slow HTTP/1.1\r\nHost: x\r\n\r\n").await] {
        assert!(answer.contains("\r\nconnection: close\r\n") && answer.ends_with("finished"), "{answer}");
    }
    handle.shutdown().await.unwrap();
}

#[tokio::test]
async fn an_address_in_use_is_told_with_what_to_do() {
    let handle = started("").await;
    let error = bind(handle.address(), Place::ADMIN, &Sockets::default()).await.unwrap_err();
    assert!(format!("{error:#}").contains("set admin.listen (VESTIBULE__ADMIN__LISTEN)"), "{error:#}");
    handle.shutdown().await.unwrap();
}

#[tokio::test]
async fn the_end_of_either_part_is_noticed() {
    let mut handle = started("").await;
    assert!(timeout(Duration::from_millis(50), handle.broken()).await.is_err());
    handle.accepting.abort_all();
    assert!(handle.broken().await.to_string().starts_with("accepting connections broke down"));

    let settings = Settings::read(Sources::of_text(
        "server.listen = '127.0.0.1:0'\nadmin.listen = '127.0.0.1:0'\nstorage.url = 'memory:'",
    ))
    .unwrap();
    let app = crate::compose::build(&settings, crate::compose::Overrides::default()).await.unwrap();
    let mut handle = app.serve().await.unwrap();
    handle.after.as_ref().unwrap().background.abort();
    assert!(handle.broken().await.to_string().starts_with("the background tasks broke down"));
}
