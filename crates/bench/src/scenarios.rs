//! What is measured, and what it should come to.

use std::{
    future::Future,
    pin::Pin,
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use anyhow::{Result, ensure};
use vestibule_domain::time::Timestamp;

use crate::{
    Effort,
    load::{self, Request, closed_loop},
    place::{self, Place, Running},
    rounds::Rounds,
    seed,
};

/// One line of the table.
pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    /// What it is compared with, and the target.
    pub(crate) against: &'static str,
    pub(crate) target: &'static str,
    pub(crate) run: fn(Effort) -> Later<Measured>,
}

type Later<T> = Pin<Box<dyn Future<Output = Result<T>>>>;

/// What came of it.
pub(crate) enum Measured {
    /// A ratio in rounds.
    Ratio(Rounds),
    /// A size in bytes.
    Bytes(u64),
    /// A time.
    Time(Duration),
}

/// Connections at a time.
const CONNECTIONS: usize = 64;

/// All, in the order of the table.
pub(crate) const ALL: &[Scenario] = &[
    Scenario {
        name: "session read, easydb",
        against: "bare axum handler",
        target: ">= 0.85",
        run: |effort| Box::pin(session_read(effort, easydb_read)),
    },
    Scenario {
        name: "session read, vprotect",
        against: "bare axum handler",
        target: ">= 0.85",
        run: |effort| Box::pin(session_read(effort, vprotect_read)),
    },
    Scenario {
        name: "anonymous start",
        against: "bare axum handler",
        target: ">= 0.7",
        run: |effort| Box::pin(anonymous_start(effort)),
    },
    Scenario { name: "memory, idle", against: "", target: "<= 25 MB", run: |_| Box::pin(idle_memory()) },
    Scenario {
        name: "memory of each session held",
        against: "",
        target: "<= 400 bytes",
        run: |effort| Box::pin(memory_of_a_session(effort)),
    },
    Scenario { name: "start, to listening", against: "", target: "<= 250 ms", run: |effort| Box::pin(start(effort)) },
];

/// The service with so many live sessions.
async fn service(sessions: u32) -> Result<(Place, Running)> {
    let place = Place::new("")?;
    // Makes the tables, and closes the door on whoever would set it up.
    let user = ["user", "add", "--login", "ann", "--email", "ann@example.com", "--password-stdin"];
    place.command(&user, "a long walk at dusk\n").await?;
    let millis = SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis();
    seed::sessions(&place.database(), sessions, Timestamp::from_millis(i64::try_from(millis)?)).await?;
    let running = place.serve().await?;
    Ok((place, running))
}

fn easydb_read(token: &str) -> Vec<u8> {
    load::get(&format!("/api/session?token={token}"), "")
}

fn vprotect_read(token: &str) -> Vec<u8> {
    load::get("/session/user", &format!("authorization: Bearer {token}\r\n"))
}

fn of_random_session(sessions: u32, request: fn(&str) -> Vec<u8>) -> Request {
    Arc::new(move |random, out| out.extend(request(seed::token(random.u32(0..sessions)).expose())))
}

fn always(request: Vec<u8>) -> Request {
    Arc::new(move |_, out| out.extend(&request))
}

async fn rate(running: &Running, request: &Request, effort: Effort) -> Result<f64> {
    let answered = closed_loop(running.address, Arc::clone(request), 200, CONNECTIONS, effort.round).await?;
    ensure!(answered.others == 0, "{} answers were not 200", answered.others);
    Ok(answered.rate())
}

async fn session_read(effort: Effort, request: fn(&str) -> Vec<u8>) -> Result<Measured> {
    let (_place, service) = service(effort.sessions).await?;
    let reference = place::reference().await?;
    let read = of_random_session(effort.sessions, request);
    let hello = always(load::get("/hello", ""));
    let rounds =
        Rounds::measure(effort.rounds, async || rate(&service, &read, effort).await, async || {
            rate(&reference, &hello, effort).await
        });
    Ok(Measured::Ratio(rounds.await?))
}

async fn anonymous_start(effort: Effort) -> Result<Measured> {
    let (_place, service) = service(1).await?;
    let reference = place::reference().await?;
    let (begin, hello) = (always(load::get("/api/session", "")), always(load::get("/hello", "")));
    let rounds =
        Rounds::measure(effort.rounds, async || rate(&service, &begin, effort).await, async || {
            rate(&reference, &hello, effort).await
        });
    Ok(Measured::Ratio(rounds.await?))
}

async fn idle_memory() -> Result<Measured> {
    let (_place, service) = service(1).await?;
    tokio::time::sleep(Duration::from_secs(1)).await;
    Ok(Measured::Bytes(service.resident().unwrap_or_default()))
}

async fn memory_of_a_session(effort: Effort) -> Result<Measured> {
    let (_place, service) = service(effort.sessions).await?;
    let before = service.resident().unwrap_or_default();
    let sessions = effort.sessions;
    let next = std::sync::atomic::AtomicU32::new(0);
    // Each once, so that each is held.
    let every: Request = Arc::new(move |_, out| {
        let number = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed) % sessions;
        out.extend(easydb_read(seed::token(number).expose()));
    });
    let mut read = 0;
    while read < u64::from(sessions) {
        read += closed_loop(service.address, Arc::clone(&every), 200, CONNECTIONS, effort.round).await?.good;
    }
    let after = service.resident().unwrap_or_default();
    Ok(Measured::Bytes(after.saturating_sub(before) / u64::from(sessions)))
}

async fn start(effort: Effort) -> Result<Measured> {
    let (place, service) = service(effort.sessions).await?;
    drop(service);
    tokio::time::sleep(Duration::from_millis(500)).await;
    Ok(Measured::Time(place.serve().await?.started_in))
}
