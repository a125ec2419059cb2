//! Clients: a closed loop, which asks again as soon as it is answered, and an [open] one, which asks by the clock.

pub(crate) mod open;

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use fastrand::Rng;
use hdrhistogram::Histogram;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::{answer::Answer, place::Running};

/// Writes a whole HTTP request; or says that there are no more.
pub(crate) type Request = Arc<dyn Fn(&mut Rng, &mut Vec<u8>) -> bool + Send + Sync>;

/// The most bytes of an answer.
pub(crate) const ANSWER: usize = 256 * 1024;

/// What is asked, and how it should be answered.
#[derive(Clone)]
pub(crate) struct Question {
    pub(crate) request: Request,
    pub(crate) status: u16,
}

impl Question {
    /// One of these, at random.
    pub(crate) fn any_of(requests: Arc<Vec<Vec<u8>>>, status: u16) -> Self {
        let request: Request = Arc::new(move |random, out| {
            out.extend(&requests[random.usize(0..requests.len())]);
            true
        });
        Self { request, status }
    }

    /// Always the same.
    pub(crate) fn always(request: Vec<u8>, status: u16) -> Self {
        Self::any_of(Arc::new(vec![request]), status)
    }

    /// Each of these once.
    pub(crate) fn each_of(requests: Arc<Vec<Vec<u8>>>, status: u16) -> Self {
        let next = AtomicUsize::new(0);
        let request: Request = Arc::new(move |_, out| {
            let one = requests.get(next.fetch_add(1, Ordering::Relaxed));
            out.extend(one.into_iter().flatten());
            one.is_some()
        });
        Self { request, status }
    }
}

/// What came of it. Latencies are in microseconds.
pub(crate) struct Answered {
    /// How many answers were as they should be.
    pub(crate) good: u64,
    /// How long those took.
    pub(crate) latency: Histogram<u64>,
    /// How long the others took.
    pub(crate) others: Histogram<u64>,
    /// How long it all went on.
    pub(crate) time: Duration,
    /// How long the program was on a core meanwhile.
    pub(crate) processor: Option<Duration>,
}

impl Answered {
    fn nothing() -> Result<Self> {
        let none = Histogram::new(3)?;
        Ok(Self { good: 0, latency: none.clone(), others: none, time: Duration::ZERO, processor: None })
    }

    fn note(&mut self, is_good: bool, took: Duration) -> Result<()> {
        let micros = u64::try_from(took.as_micros())?.max(1);
        if is_good {
            self.good += 1;
            self.latency.record(micros)?;
        } else {
            self.others.record(micros)?;
        }
        Ok(())
    }

    fn add(&mut self, other: &Self) -> Result<()> {
        self.good += other.good;
        self.latency.add(&other.latency)?;
        self.others.add(&other.others)?;
        Ok(())
    }

    /// The same, if every answer was as it should be.
    pub(crate) fn all_good(self) -> Result<Self> {
        ensure!(self.good > 0, "there was no answer");
        ensure!(self.others.is_empty(), "{} answers of {} were not as they should be", self.others.len(), self.good);
        Ok(self)
    }
}

/// Asks over so many connections for so long.
pub(crate) async fn closed(
    running: &Running,
    question: &Question,
    connections: usize,
    time: Duration,
) -> Result<Answered> {
    let begun = Instant::now();
    let processor = running.time();
    let mut all = at(running.address, question, connections, time).await?;
    all.time = begun.elapsed();
    all.processor = running.time().zip(processor).map(|(after, before)| after.saturating_sub(before));
    Ok(all)
}

async fn at(address: SocketAddr, question: &Question, connections: usize, time: Duration) -> Result<Answered> {
    let until = Instant::now() + time;
    let clients: Vec<_> = (0..connections).map(|_| tokio::spawn(client(address, question.clone(), until))).collect();
    let mut all = Answered::nothing()?;
    for client in clients {
        all.add(&client.await??)?;
    }
    Ok(all)
}

async fn client(address: SocketAddr, question: Question, until: Instant) -> Result<Answered> {
    let mut stream = None;
    let (mut random, mut out, mut buffer) = (Rng::new(), Vec::new(), vec![0; 8 * 1024]);
    let mut answered = Answered::nothing()?;
    while Instant::now() < until {
        out.clear();
        if !(question.request)(&mut random, &mut out) {
            break;
        }
        let asked = Instant::now();
        let connection = match &mut stream {
            Some(stream) => stream,
            none => none.insert(connect(address).await?),
        };
        connection.write_all(&out).await?;
        let answer = answer(connection, &mut buffer).await?;
        answered.note(answer.status == question.status, asked.elapsed())?;
        if answer.closes {
            stream = None;
        }
    }
    Ok(answered)
}

async fn connect(address: SocketAddr) -> Result<TcpStream> {
    let stream = TcpStream::connect(address).await.context("it does not listen")?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// Reads one whole answer.
async fn answer(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Result<Answer> {
    let mut filled = 0;
    loop {
        if filled == buffer.len() {
            ensure!(filled < ANSWER, "the answer does not end");
            buffer.resize(2 * filled, 0);
        }
        let read = stream.read(&mut buffer[filled..]).await?;
        ensure!(read > 0, "the connection was closed before the answer was there");
        filled += read;
        if let Some(answer) = Answer::read(&buffer[..filled])? {
            return Ok(answer);
        }
    }
}

/// The answer to a single request.
pub(crate) async fn once(address: SocketAddr, request: &[u8]) -> Result<Answer> {
    let mut stream = connect(address).await?;
    stream.write_all(request).await?;
    answer(&mut stream, &mut vec![0; 8 * 1024]).await
}
