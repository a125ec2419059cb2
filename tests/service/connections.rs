//! Connections that are slow, many, broken, or idle: they end, and nobody else notices.

mod over_tls;
mod proxied;

use std::time::Duration;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{Instant, sleep, timeout},
};
use vestibule_tests::{Process, TestApp};

/// Longer than anything here takes, on a busy machine too.
const CEILING: Duration = Duration::from_secs(30);

const REQUEST: &[u8] = b"GET /api/session HTTP/1.1\r\nhost: localhost\r\n\r\n";

/// Asks on a connection that is kept.
async fn ask(stream: &mut TcpStream) -> String {
    stream.write_all(REQUEST).await.unwrap();
    part(stream).await
}

/// What comes next.
async fn part(stream: &mut TcpStream) -> String {
    let mut bytes = vec![0; 4096];
    let length = timeout(CEILING, stream.read(&mut bytes)).await.expect("nothing comes").unwrap_or(0);
    String::from_utf8_lossy(&bytes[..length]).into_owned()
}

async fn connect(app: &TestApp) -> TcpStream {
    TcpStream::connect(app.address).await.unwrap()
}

/// Sends one byte after the other until the other side has had enough, and gives back what it said.
async fn dribble(mut stream: TcpStream, bytes: &[u8]) -> String {
    let dribbled = async {
        for byte in bytes.iter().cycle() {
            let mut answer = Vec::new();
            tokio::select! {
                _ = stream.read_to_end(&mut answer) => return String::from_utf8_lossy(&answer).into_owned(),
                () = sleep(Duration::from_millis(100)) => {}
            }
            if stream.write_all(&[*byte]).await.is_err() {
                break;
            }
        }
        String::new()
    };
    timeout(CEILING, dribbled).await.expect("a slow connection is kept")
}

/// TX-5.
#[tokio::test]
async fn two_hundred_slow_clients_are_cut_off_and_a_quick_one_does_not_notice() {
    let app = TestApp::with("[server]\nhead_timeout = '1s'\nidle_timeout = '60s'\n").await;
    let mut slow = Vec::new();
    for nth in 0..200 {
        let stream = connect(&app).await;
        let said = [&b"GET /api/session HTTP/1.1\r\nx: aaaaaaaa"[..], b"", b"\r\n"][nth % 3];
        slow.push(tokio::spawn(async move {
            if said.is_empty() { part(&mut { stream }).await } else { dribble(stream, said).await }
        }));
    }
    while slow.iter().any(|one| !one.is_finished()) {
        let answer = timeout(CEILING, app.get("/api/session")).await.expect("the quick client waits");
        assert_eq!(answer.status, 200);
        sleep(Duration::from_millis(50)).await;
    }
    for one in slow {
        assert!(!one.await.unwrap().contains(" 200 "));
    }
}

#[tokio::test]
async fn a_later_head_has_no_longer_than_the_first() {
    let app = TestApp::with("[server]\nhead_timeout = '300ms'\nidle_timeout = '1h'\n").await;
    let mut stream = connect(&app).await;
    assert!(ask(&mut stream).await.starts_with("HTTP/1.1 200"));
    assert_eq!(dribble(stream, b"GET ").await, "");
}

#[tokio::test]
async fn a_slow_body_is_cut_off() {
    let app = TestApp::with("[server]\nrequest_timeout = '500ms'\n").await;
    let mut stream = connect(&app).await;
    let head = b"POST /session/login HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\n";
    stream.write_all(head).await.unwrap();
    let answer = dribble(stream, b" ").await;
    assert!(answer.starts_with("HTTP/1.1 408"), "{answer:?}");
}

#[tokio::test]
async fn a_connection_may_idle_longer_than_a_head_may_take_but_not_for_ever() {
    let app = TestApp::with("[server]\nhead_timeout = '500ms'\nidle_timeout = '3s'\n").await;
    let mut stream = connect(&app).await;
    for _ in 0..2 {
        assert!(ask(&mut stream).await.starts_with("HTTP/1.1 200"));
        sleep(Duration::from_millis(1200)).await;
    }
    let idle = Instant::now();
    assert_eq!(part(&mut stream).await, "");
    assert!(idle.elapsed() > Duration::from_secs(1), "closed too early");
}

/// TX-5.
#[tokio::test]
async fn one_address_has_so_many_connections_and_gets_a_place_back_when_one_ends() {
    let app = TestApp::with("[server]\nmax_connections_per_address = 2\n").await;
    let (mut first, mut second) = (connect(&app).await, connect(&app).await);
    assert!(ask(&mut first).await.starts_with("HTTP/1.1 200"));
    assert!(ask(&mut second).await.starts_with("HTTP/1.1 200"));
    assert_eq!(part(&mut connect(&app).await).await, "", "closed before a word is said");
    drop(first);
    let again = async {
        while app.raw(b"GET /api/session HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await.is_empty() {}
    };
    timeout(CEILING, again).await.expect("the place is not given back");
}

#[tokio::test]
async fn trusted_proxies_may_have_any_number_of_connections() {
    let app = TestApp::with("[server]\nmax_connections_per_address = 1\ntrusted_proxies = ['127.0.0.1']\n").await;
    let (mut first, mut second) = (connect(&app).await, connect(&app).await);
    assert!(ask(&mut first).await.starts_with("HTTP/1.1 200"));
    assert!(ask(&mut second).await.starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn beyond_the_most_connections_the_next_one_waits() {
    let app = TestApp::with("[server]\nmax_connections = 2\n").await;
    let (mut first, mut second, mut third) = (connect(&app).await, connect(&app).await, connect(&app).await);
    assert!(ask(&mut first).await.starts_with("HTTP/1.1 200"));
    assert!(ask(&mut second).await.starts_with("HTTP/1.1 200"));
    third.write_all(REQUEST).await.unwrap();
    assert!(timeout(Duration::from_millis(300), third.readable()).await.is_err(), "answered beyond the cap");
    drop(second);
    assert!(part(&mut third).await.starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn heads_have_limits() {
    let app = TestApp::start().await;
    let get = |target: &str, fields: &str| format!("GET {target} HTTP/1.1\r\nconnection: close\r\n{fields}\r\n");
    let many = |count: usize| "a: b\r\n".repeat(count);
    let padded = |length: usize| format!("/api/session?x={}", "a".repeat(length - 15));
    for (request, status) in [
        (get("/api/session", &many(63)), 200),
        (get("/api/session", &many(64)), 431),
        (get("/api/session", &format!("a: {}\r\n", "b".repeat(15 * 1024))), 200),
        (get("/api/session", &format!("a: {}\r\n", "b".repeat(17 * 1024))), 431),
        (get(&padded(8 * 1024), ""), 200),
        (get(&padded(8 * 1024 + 1), ""), 414),
    ] {
        let answer = app.raw(request.as_bytes()).await;
        let head = &request[..request.len().min(100)];
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{head:?} {}: {answer}", request.len());
    }
}

#[tokio::test]
async fn http_1_0_is_answered_and_closed() {
    let app = TestApp::start().await;
    assert!(app.raw(b"GET /api/session HTTP/1.0\r\n\r\n").await.starts_with("HTTP/1.0 200"));
}

/// Bytes that nobody chose, the same each time.
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// Noise, or something that makes sense with some noise in it.
    fn bytes(&mut self) -> Vec<u8> {
        const SENSE: [&[u8]; 4] = [
            b"POST /session/login HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0",
            b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03",
            b"PROXY TCP4 203.0.113.7 10.0.0.1 51234 443\r\nGET / HTTP/1.1\r\n\r\n",
        ];
        let mut bytes: Vec<u8> = match self.next() % 5 {
            4 => (0..self.next() % 4096).map(|_| self.next().to_le_bytes()[0]).collect(),
            sense => SENSE[usize::try_from(sense).unwrap()].repeat(usize::try_from(self.next() % 4).unwrap() + 1),
        };
        for _ in 0..self.next() % 8 {
            let at = usize::try_from(self.next()).unwrap() % (bytes.len() + 1);
            bytes.splice(at..at, [self.next().to_le_bytes()[0]]);
        }
        bytes
    }
}

/// Sends noise over many connections, each of which must end.
async fn shout(address: &str) {
    let mut noise = Noise(0x5eed);
    for _ in 0..300 {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let _ = stream.write_all(&noise.bytes()).await;
        let _ = stream.shutdown().await;
        let ended = timeout(CEILING, stream.read_to_end(&mut Vec::new())).await;
        assert!(ended.is_ok(), "a connection hangs");
    }
}

#[tokio::test]
async fn no_bytes_end_the_process() {
    for settings in ["", "proxy_protocol = true\ntrusted_proxies = ['127.0.0.1']\n", over_tls::FILES] {
        let directory = tempfile::tempdir().unwrap();
        over_tls::Authority::new().issue(directory.path());
        let text = format!("[server]\nhead_timeout = '1s'\n{settings}");
        std::fs::write(directory.path().join("vestibule.toml"), text).unwrap();
        let process = Process::start(directory.path()).await;
        shout(process.caller.authority()).await;
        process.terminate().await;
        assert_eq!(timeout(CEILING, process.ended()).await.expect("it does not end"), Some(0), "{settings}");
    }
}
