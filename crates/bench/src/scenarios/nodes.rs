//! Several nodes on one PostgreSQL. Each asks it every time, for everything or for what is new, or others wait until it has heard
//! of that: no session is accepted that another node has ended.

use std::{
    env, process,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, anyhow, ensure};
use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbBackend, Statement};

use super::{reads::easydb_read, writes::logout};
use crate::{
    bench::{Bench, CONNECTIONS, Served, add_somebody, now, requests_of},
    cores::Cores,
    figure::{Figure, Target, Unit},
    load::Question,
    place::{Place, Running},
    rounds::{Rounds, Sample},
    seed,
};

/// Where there is a server, with a user who may make databases.
const SERVER: &str = "VESTIBULE_TEST_POSTGRES_URL";
/// As many as a node has for its reads by default.
const READERS: u32 = 4;

/// A session read on one of two nodes, against reading a row by its primary key.
pub(super) async fn strict(bench: &Bench) -> Result<Vec<Figure>> {
    on_a_database(async |url| {
        let (served, _other) = two_nodes(bench, url, "").await?;
        let read = Question::any_of(served.requests(easydb_read), 200);
        let rounds = Rounds::measure(
            bench.rounds,
            async || bench.round(&served.running, &read).await,
            async || rows_elsewhere(url, served.stored.live(), bench.round),
        )
        .await?;
        Ok(figures(&rounds, "session read on PostgreSQL, two nodes, against a prepared read by primary key"))
    })
    .await
}

/// A session read on one of two nodes that follow the log, against one where the store is the service's own.
pub(super) async fn followed(bench: &Bench) -> Result<Vec<Figure>> {
    on_a_database(async |url| {
        let (served, _other) = two_nodes(bench, url, "follow_log = true\n").await?;
        let rounds = against_alone(bench, &served).await?;
        let figures =
            figures(&rounds, "session read on PostgreSQL, two nodes that follow the log, against the embedded store");
        // What is to be reached beside others is for those that hold leases.
        Ok(figures.into_iter().map(|figure| Figure { target: None, ..figure }).collect())
    })
    .await
}

/// The same on nodes that hold leases; and how long an end of a session takes, for which each waits until the other has heard.
pub(super) async fn leased(bench: &Bench) -> Result<Vec<Figure>> {
    /// Over before the other has given up a lease that nobody asks for.
    const ENDS: u32 = 100;
    on_a_database(async |url| {
        let (served, other) = two_nodes(bench, url, "follow_log = true\nleases = true\n").await?;
        let rounds = against_alone(bench, &served).await?;
        let mut figures =
            figures(&rounds, "session read on PostgreSQL, two nodes with leases, against the embedded store");
        let read = Question::each_of(requests_of(ENDS..2 * ENDS, easydb_read), 200);
        bench.each(&other, &read, CONNECTIONS).await?;
        let ends = bench.each(&served.running, &Question::each_of(requests_of(0..ENDS, logout), 200), 1).await?;
        figures.push(Figure {
            what: "end of a session on PostgreSQL, two nodes with leases".to_owned(),
            unit: Unit::Millis,
            target: None,
            rounds: vec![ends.p50 / 1e3],
            note: format!("one after the other; p99 {:.2} ms", ends.p99 / 1e3),
        });
        Ok(figures)
    })
    .await
}

/// A session read on this node, against one where the store is the service's own. Both have everything in memory.
async fn against_alone(bench: &Bench, node: &Served) -> Result<Rounds> {
    let alone = bench.usual().await?;
    let (read, read_alone) = (node.requests(easydb_read), alone.requests(easydb_read));
    bench.each(&node.running, &Question::each_of(read.clone(), 200), CONNECTIONS).await?;
    bench.each(&alone.running, &Question::each_of(read_alone.clone(), 200), CONNECTIONS).await?;
    let (read, read_alone) = (Question::any_of(read, 200), Question::any_of(read_alone, 200));
    Rounds::measure(
        bench.rounds,
        async || bench.round(&node.running, &read).await,
        async || bench.round(&alone.running, &read_alone).await,
    )
    .await
}

fn figures(rounds: &Rounds, what: &str) -> Vec<Figure> {
    vec![rounds.throughput(what, Target::AtLeast(0.8)), rounds.processor(what, Target::AtLeast(0.8))]
}

/// Gives this the URL of an empty database, which is there for as long as it takes.
async fn on_a_database(measure: impl AsyncFnOnce(&str) -> Result<Vec<Figure>>) -> Result<Vec<Figure>> {
    let Ok(server) = env::var(SERVER) else {
        eprintln!("    skipped: {SERVER} is not set; `cargo xtask servers` tells it");
        return Ok(Vec::new());
    };
    let name = format!("vestibule_bench_{}", process::id());
    let database = Database::connect(quiet(&server)).await?;
    database.execute_unprepared(&format!("CREATE DATABASE {name}")).await?;
    let (address, _) = server.rsplit_once('/').context("the URL names a database")?;
    let measured = measure(&format!("{address}/{name}")).await;
    database.execute_unprepared(&format!("DROP DATABASE {name} WITH (FORCE)")).await?;
    measured
}

/// Two nodes on a database, with sessions and with these settings of `[storage]`: one on the first core, and another.
async fn two_nodes(bench: &Bench, url: &str, settings: &str) -> Result<(Served, Running)> {
    let place = Place::new(&bench.service, &format!("[storage]\nurl = \"{url}\"\n{settings}"))?;
    add_somebody(&place)?;
    eprintln!("    filling a database with {} sessions", bench.stored);
    let stored = seed::Stored { sessions: bench.stored.min(seed::LIVE), cheap: false };
    seed::fill(url, stored, now()?).await?;
    let (running, other) = (place.serve(Cores::First)?, place.serve(Cores::Others)?);
    Ok((Served { place, running, stored }, other))
}

/// Reads rows in a program that has the first core to itself, as the service has.
fn rows_elsewhere(url: &str, sessions: u32, time: Duration) -> Result<Sample> {
    let mut command = Command::new(env::current_exe()?);
    command.args(["rows", url, &sessions.to_string(), &time.as_millis().to_string()]).stdout(Stdio::piped());
    let output = Cores::First.start(|| command.spawn())?.wait_with_output()?;
    let told = String::from_utf8(output.stdout)?;
    let (rate, processor) = told.trim().split_once(' ').context("no rows were read")?;
    let processor: f64 = processor.parse()?;
    let sample = Sample::of_rate(rate.parse()?);
    Ok(Sample { processor, busy: sample.rate * processor / 1e6, ..sample })
}

/// The program of [`rows_elsewhere`]: prints rows a second, and microseconds on a core for each.
pub(crate) async fn rows(url: &str, sessions: u32, time: Duration) -> Result<()> {
    let mut options = quiet(url);
    options.max_connections(READERS).min_connections(READERS);
    let database = Database::connect(options).await?;
    row(&database, 0).await?;
    let (begun, before) = (Instant::now(), crate::cores::time_of(process::id()).unwrap_or_default());
    let tasks: Vec<_> = (0..CONNECTIONS)
        .map(|_| {
            let database = database.clone();
            tokio::spawn(async move {
                let mut read = 0_u32;
                while begun.elapsed() < time {
                    row(&database, fastrand::u32(0..sessions)).await?;
                    read += 1;
                }
                anyhow::Ok(read)
            })
        })
        .collect();
    let mut read = 0;
    for task in tasks {
        read += task.await.map_err(|error| anyhow!(error))??;
    }
    let took = crate::cores::time_of(process::id()).unwrap_or_default().saturating_sub(before);
    println!("{} {}", f64::from(read) / begun.elapsed().as_secs_f64(), took.as_secs_f64() * 1e6 / f64::from(read));
    Ok(())
}

async fn row(database: &DatabaseConnection, number: u32) -> Result<()> {
    let query = "SELECT id, subject_id, expires FROM sessions WHERE id = $1";
    let statement = Statement::from_sql_and_values(DbBackend::Postgres, query, [seed::id(number).into()]);
    ensure!(database.query_one_raw(statement).await?.is_some(), "there is no such session");
    Ok(())
}

fn quiet(url: &str) -> ConnectOptions {
    let mut options = ConnectOptions::new(url);
    options.sqlx_logging(false);
    options
}
