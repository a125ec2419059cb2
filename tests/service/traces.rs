//! Traces: what a collector is sent, and that without one nobody is.

use std::{sync::mpsc, time::Duration};

use tempfile::tempdir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};
use vestibule_tests::{Process, program};

/// A collector that takes everything, and what it was sent: each head with its body.
async fn collector() -> (String, mpsc::Receiver<(String, Vec<u8>)>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (sender, sent) = mpsc::channel();
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let sender = sender.clone();
            tokio::spawn(async move {
                let mut bytes = Vec::new();
                while stream.read_buf(&mut bytes).await.unwrap_or(0) > 0 {
                    let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else { continue };
                    let head = String::from_utf8_lossy(&bytes[..end]).to_lowercase();
                    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
                    if bytes.len() >= end + 4 + length.parse::<usize>().unwrap() {
                        let _ = sender.send((head, bytes.split_off(end + 4)));
                        bytes.clear();
                        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await.unwrap();
                    }
                }
            });
        }
    });
    (url, sent)
}

fn has(body: &[u8], part: &[u8]) -> bool {
    body.windows(part.len()).any(|window| window == part)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collector_is_sent_spans_below_the_callers_with_paths_and_without_queries() {
    let (url, sent) = collector().await;
    let directory = tempdir().unwrap();
    let mut command = Process::command(program(), directory.path());
    command.env("VESTIBULE__TELEMETRY__OTLP_ENDPOINT", &url).env("VESTIBULE__SERVER__SHUTDOWN_DELAY", "10ms");
    let process = Process::spawn(command).await;
    let caller = &process.caller;
    let trace = "0af7651916cd43dd8448eb211c80319c";
    let request = caller.request(reqwest::Method::GET, "/api/session?token=needle-in-a-query");
    let request = request.header("traceparent", format!("00-{trace}-b7ad6b7169203331-01"));
    caller.send(request.header("x-request-id", "called-so")).await;
    let unwanted = caller.request(reqwest::Method::GET, "/session/user");
    caller.send(unwanted.header("traceparent", format!("00-{trace}-b7ad6b7169203331-00"))).await;
    caller.post_form("/session/register/", &[("email", "ann@example.com"), ("password", "a long walk at dusk")]).await;
    process.terminate().await;
    assert_eq!(process.ended().await, Some(0));

    let mut bodies = Vec::new();
    while let Ok((head, body)) = sent.recv_timeout(Duration::from_millis(200)) {
        assert!(head.starts_with("post /v1/traces http/1.1"), "{head}");
        bodies.extend(body);
    }
    let id: Vec<u8> =
        (0..trace.len()).step_by(2).map(|at| u8::from_str_radix(&trace[at..at + 2], 16).unwrap()).collect();
    assert!(has(&bodies, &id), "the caller's trace is not among what was sent");
    for part in ["vestibule", "/api/session", "/session/register/", "called-so", "commit"] {
        assert!(has(&bodies, part.as_bytes()), "{part} was not sent");
    }
    for secret in ["needle", "ann@example.com", "a long walk", "/session/user", "INSERT", "insert"] {
        assert!(!has(&bodies, secret.as_bytes()), "{secret} was sent");
    }
}

#[tokio::test]
async fn a_collector_that_is_away_is_nobodys_business() {
    let directory = tempdir().unwrap();
    let mut command = Process::command(program(), directory.path());
    command.env("VESTIBULE__TELEMETRY__OTLP_ENDPOINT", "http://127.0.0.1:1");
    let process = Process::spawn(command).await;
    assert_eq!(process.caller.get("/session").await.status, 204);
    process.kill().await;
}
