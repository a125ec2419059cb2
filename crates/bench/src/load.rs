//! Clients that ask again as soon as they are answered, over connections that they keep.

use std::{
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use fastrand::Rng;
use hdrhistogram::Histogram;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// Writes a whole HTTP request.
pub(crate) type Request = Arc<dyn Fn(&mut Rng, &mut Vec<u8>) + Send + Sync>;

/// What came of it.
pub(crate) struct Answered {
    /// How many answers were as they should be.
    pub(crate) good: u64,
    /// How many were not.
    pub(crate) others: u64,
    /// How long it went on.
    pub(crate) time: Duration,
    /// How long the good ones took, in microseconds.
    pub(crate) latency: Histogram<u64>,
}

impl Answered {
    /// Good answers in a second.
    pub(crate) fn rate(&self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "counts of a few seconds")]
        let good = self.good as f64;
        good / self.time.as_secs_f64()
    }
}

/// Asks over so many connections for so long. Good is an answer of this status.
pub(crate) async fn closed_loop(
    address: SocketAddr,
    request: Request,
    status: u16,
    connections: usize,
    time: Duration,
) -> Result<Answered> {
    let begun = Instant::now();
    let until = begun + time;
    let clients: Vec<_> = (0..connections)
        .map(|_| tokio::spawn(client(address, Arc::clone(&request), status, until)))
        .collect();
    let mut all = Answered { good: 0, others: 0, time, latency: Histogram::new(3)? };
    for client in clients {
        let (good, others, latency) = client.await??;
        all.good += good;
        all.others += others;
        all.latency.add(latency)?;
    }
    all.time = begun.elapsed();
    Ok(all)
}

async fn client(
    address: SocketAddr,
    request: Request,
    status: u16,
    until: Instant,
) -> Result<(u64, u64, Histogram<u64>)> {
    let mut stream = TcpStream::connect(address).await.context("the service does not listen")?;
    stream.set_nodelay(true)?;
    let (mut random, mut out, mut buffer) = (Rng::new(), Vec::new(), vec![0; 16 * 1024]);
    let (mut good, mut others, mut latency) = (0, 0, Histogram::new(3)?);
    while Instant::now() < until {
        out.clear();
        request(&mut random, &mut out);
        let asked = Instant::now();
        stream.write_all(&out).await?;
        if answer(&mut stream, &mut buffer).await? == status {
            good += 1;
            latency.record(u64::try_from(asked.elapsed().as_micros())?)?;
        } else {
            others += 1;
        }
    }
    Ok((good, others, latency))
}

/// Reads one whole answer, and says its status.
async fn answer(stream: &mut TcpStream, buffer: &mut [u8]) -> Result<u16> {
    let mut filled = 0;
    loop {
        let read = stream.read(&mut buffer[filled..]).await?;
        ensure!(read > 0, "the connection was closed before the answer was there");
        filled += read;
        let mut headers = [httparse::EMPTY_HEADER; 32];
        let mut response = httparse::Response::new(&mut headers);
        let httparse::Status::Complete(head) = response.parse(&buffer[..filled])? else { continue };
        let length = response.headers.iter().find(|header| header.name.eq_ignore_ascii_case("content-length"));
        let length: usize = match length {
            Some(header) => std::str::from_utf8(header.value)?.parse()?,
            None => 0,
        };
        let status = response.code.context("an answer without a status")?;
        if filled >= head + length {
            return Ok(status);
        }
    }
}

/// A request without a body.
pub(crate) fn get(target: &str, headers: &str) -> Vec<u8> {
    format!("GET {target} HTTP/1.1\r\nhost: localhost\r\n{headers}\r\n").into_bytes()
}

/// A request with JSON.
pub(crate) fn post(target: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!(
        "POST {target} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
    )
    .into_bytes()
}
