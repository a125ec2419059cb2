use axum::routing::{get, post};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{Instant, sleep},
};

use super::*;

async fn started(head: u64) -> Handle {
    let slow = get(|| async {
        sleep(Duration::from_millis(300)).await;
        "finished"
    });
    let router = Router::new().route("/slow", slow).route("/", post(|body: String| async { body }));
    let listener = bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
    let deadlines = Deadlines { head: Duration::from_millis(head), grace: Duration::from_secs(5) };
    serve(listener, router, deadlines).await.unwrap()
}

async fn answer(address: SocketAddr, request: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    let _ = stream.read_to_string(&mut answer).await;
    answer
}

/// TX-5.
#[tokio::test]
async fn a_connection_that_says_nothing_or_too_little_is_closed() {
    let handle = started(200).await;
    for said in ["", "POST / HTTP/1.1\r\nHost: x\r\n"] {
        let begun = Instant::now();
        assert!(!answer(handle.address(), said).await.contains(" 200 "));
        assert!(begun.elapsed() < Duration::from_secs(3), "{said:?} kept the connection open");
    }
    handle.shutdown().await.unwrap();
}

#[tokio::test]
async fn a_head_that_is_too_long_is_refused() {
    let handle = started(5000).await;
    let request = format!("POST / HTTP/1.1\r\nHost: x\r\nA: {}\r\n\r\n", "a".repeat(2 * HEAD_BYTES));
    assert!(answer(handle.address(), &request).await.starts_with("HTTP/1.1 431"));
    handle.shutdown().await.unwrap();
}

#[tokio::test]
async fn a_request_under_way_is_finished_and_a_new_connection_refused() {
    let handle = started(5000).await;
    let address = handle.address();
    let under_way = tokio::spawn(async move { answer(address, "GET /slow HTTP/1.1\r\nHost: x\r\n\r\n").await });
    sleep(Duration::from_millis(100)).await;
    handle.shutdown().await.unwrap();
    assert!(under_way.await.unwrap().ends_with("finished"));
    assert!(TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn who_is_about_to_leave_still_answers_and_says_that_the_connection_ends() {
    let handle = started(5000).await;
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
    let handle = started(5000).await;
    let error = bind(handle.address()).await.unwrap_err();
    assert!(format!("{error:#}").contains("server.listen"), "{error:#}");
    handle.shutdown().await.unwrap();
}
