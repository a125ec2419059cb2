//! Asks so many times a second, whatever the answers do: a service that stops for a second keeps everybody waiting who came
//! in it, which a closed loop would not see.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, anyhow, ensure};
use fastrand::Rng;

use super::{ANSWER, Answered, Question};
use crate::{answer::Answer, cores::go_first};

/// Asks so often for so long, over at most so many connections. Latency counts from when a request was due, also if all
/// connections were busy then.
///
/// Each connection has a thread: those wake within a twentieth of a millisecond, the runtime's timers within a whole one.
pub(crate) fn open(
    address: SocketAddr,
    question: &Question,
    per_second: u32,
    connections: usize,
    time: Duration,
) -> Result<Answered> {
    let begun = Instant::now();
    let next = Arc::new(AtomicU32::new(0));
    let clients: Vec<_> = (0..connections)
        .map(|_| {
            let (question, next) = (question.clone(), Arc::clone(&next));
            let due = move || {
                let after = Duration::from_secs(1) * next.fetch_add(1, Ordering::Relaxed) / per_second;
                (after < time).then(|| begun + after)
            };
            thread::spawn(move || client(address, &question, due))
        })
        .collect();
    let mut all = Answered::nothing()?;
    for client in clients {
        all.add(&client.join().map_err(|_| anyhow!("a client broke down"))??)?;
    }
    all.time = begun.elapsed();
    Ok(all)
}

fn client(address: SocketAddr, question: &Question, due: impl Fn() -> Option<Instant>) -> Result<Answered> {
    go_first();
    let mut stream = None;
    let (mut random, mut out, mut buffer) = (Rng::new(), Vec::new(), vec![0; 8 * 1024]);
    let mut answered = Answered::nothing()?;
    while let Some(due) = due() {
        thread::sleep(due.saturating_duration_since(Instant::now()));
        out.clear();
        if !(question.request)(&mut random, &mut out) {
            break;
        }
        let connection = match &mut stream {
            Some(stream) => stream,
            none => none.insert(connect(address)?),
        };
        connection.write_all(&out)?;
        let answer = answer(connection, &mut buffer)?;
        answered.note(answer.status == question.status, due.elapsed())?;
        if answer.closes {
            stream = None;
        }
    }
    Ok(answered)
}

fn connect(address: SocketAddr) -> Result<TcpStream> {
    let stream = TcpStream::connect(address).context("it does not listen")?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

fn answer(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Result<Answer> {
    let mut filled = 0;
    loop {
        if filled == buffer.len() {
            ensure!(filled < ANSWER, "the answer does not end");
            buffer.resize(2 * filled, 0);
        }
        let read = stream.read(&mut buffer[filled..])?;
        ensure!(read > 0, "the connection was closed before the answer was there");
        filled += read;
        if let Some(answer) = Answer::read(&buffer[..filled])? {
            return Ok(answer);
        }
    }
}
