//! Logins: as many as the processor can hash passwords, without getting in anybody's way.

use std::{
    num::NonZero,
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use anyhow::{Result, anyhow, ensure};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use vestibule_adapters_crypto::{Argon2Cost, give_way};

use super::reads::easydb_read;
use crate::{
    answer::get,
    bench::{Bench, CONNECTIONS},
    cores::Cores,
    figure::{Figure, Target, Unit},
    load::{Question, closed, open::open},
    place::{Running, reference},
    rounds::{Rounds, Sample, whole},
    seed::Stored,
};

/// Reads a second beside the logins.
const READS: u32 = 500;

/// Nobody is turned away for logging in too often: that is not what is measured.
const UNTHROTTLED: &str = "max_connections_per_address = 1000\n[throttle]\naddress_failures = 1000000\n\
                           account_failures = 1000000\nclient_failures = 1000000\nfailures_total = 1000000\n\
                           account_failures_in_all = 1000000\n";

fn few() -> Stored {
    Stored { sessions: 1_000, cheap: false }
}

/// Against nothing but hashes, on as many threads; and how much memory that takes.
pub(super) async fn against_raw(bench: &Bench) -> Result<Vec<Figure>> {
    let served = bench.serve(few(), UNTHROTTLED, Cores::All).await?;
    let login = served.login();
    let rounds = Rounds::measure(
        bench.rounds,
        async || bench.round(&served.running, &login).await,
        async || Ok(Sample::of_rate(raw(bench.round)?)),
    )
    .await?;
    #[expect(clippy::cast_precision_loss, reason = "bytes of a process")]
    let peak = served.running.peak()? as f64;
    Ok(vec![
        rounds.throughput("logins against raw hashes of as many threads", Target::AtLeast(0.95)),
        Figure::single("memory, peak in a flood of logins", Unit::Bytes, Target::AtMost(100e6), peak, String::new()),
    ])
}

/// What a flood of logins does to everybody else.
pub(super) async fn flood(bench: &Bench) -> Result<Vec<Figure>> {
    let served = bench.serve(few(), UNTHROTTLED, Cores::All).await?;
    let (login, read) = (served.login(), Question::any_of(served.requests(easydb_read), 200));
    let reads = || by_the_clock(bench, &served.running, &read);
    let rounds = Rounds::measure(
        bench.rounds,
        async || {
            let logins = closed(&served.running, &login, CONNECTIONS, bench.round);
            let (logins, reads) = tokio::join!(logins, reads());
            logins?.all_good()?;
            reads
        },
        reads,
    )
    .await?;
    Ok(vec![rounds.slowest("session reads while 64 log in without pause, against quiet", Some(Target::AtMost(2.0)))])
}

/// What hashes do to a handler that does nothing: so much is the machine's.
pub(super) async fn beside_hashes(bench: &Bench) -> Result<Vec<Figure>> {
    let reference = reference(Cores::All)?;
    let hello = Question::always(get("/hello", ""), 200);
    let asked = || by_the_clock(bench, &reference, &hello);
    let rounds = Rounds::measure(
        bench.rounds,
        async || {
            let hashing = hash_on_all(Instant::now() + bench.round, true);
            let sample = asked().await?;
            hashes_of(hashing)?;
            Ok(sample)
        },
        asked,
    )
    .await?;
    Ok(vec![rounds.slowest("bare handler while as many threads hash without pause, against quiet", None)])
}

/// One round of [`READS`], every answer of which is good.
async fn by_the_clock(bench: &Bench, running: &Running, question: &Question) -> Result<Sample> {
    let (address, question, round) = (running.address, question.clone(), bench.round);
    let answered = tokio::task::spawn_blocking(move || open(address, &question, READS, 16, round)?.all_good());
    Ok(Sample::of(&answered.await??))
}

/// How soon those are told who come when the queue is full.
pub(super) async fn refusals(bench: &Bench) -> Result<Vec<Figure>> {
    let served = bench.serve(few(), UNTHROTTLED, Cores::All).await?;
    let (mut rounds, mut refused) = (Vec::new(), 0.0);
    for _ in 0..bench.rounds {
        let (address, login, time) = (served.running.address, served.login(), bench.round);
        let answered = tokio::task::spawn_blocking(move || open(address, &login, READS, 192, time)).await??;
        ensure!(!answered.others.is_empty(), "no login was refused: the queue was not full");
        #[expect(clippy::cast_precision_loss, reason = "counts and times of a few seconds")]
        let (count, p99) = (answered.others.len() as f64, answered.others.value_at_quantile(0.99) as f64 / 1e3);
        refused += count;
        rounds.push(p99);
    }
    Ok(vec![Figure {
        what: "refused logins, answered".to_owned(),
        unit: Unit::Millis,
        target: Some(Target::AtMost(50.0)),
        rounds,
        note: format!("p99; {READS} logins a second, of which {} were refused", whole(refused)),
    }])
}

/// Hashes a second, of the service's cost, on a thread for each core.
fn raw(time: Duration) -> Result<f64> {
    let begun = Instant::now();
    let hashes = hashes_of(hash_on_all(begun + time, false))?;
    Ok(f64::from(hashes) / begun.elapsed().as_secs_f64())
}

/// A thread that hashes, and will say how often it has.
type Hashing = JoinHandle<Result<u32>>;

fn hash_on_all(until: Instant, gives_way: bool) -> Vec<Hashing> {
    Cores::All.start(|| {
        let threads = thread::available_parallelism().map_or(1, NonZero::get);
        (0..threads).map(|_| thread::spawn(move || hash(until, gives_way))).collect()
    })
}

fn hashes_of(threads: Vec<Hashing>) -> Result<u32> {
    threads.into_iter().map(|thread| thread.join().map_err(|_| anyhow!("a thread broke down"))?).sum()
}

/// Hashes until then; if it gives way, as far as the service's own threads do.
fn hash(until: Instant, gives_way: bool) -> Result<u32> {
    if gives_way {
        give_way();
    }
    let Argon2Cost { memory_kib, iterations, parallelism } = Argon2Cost::default();
    let params = Params::new(memory_kib, iterations, parallelism, None).map_err(|error| anyhow!("{error}"))?;
    let mut memory = vec![Block::default(); params.block_count()];
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let (mut output, mut hashes) = ([0; 32], 0);
    while Instant::now() < until {
        let salt = u128::from(hashes).to_be_bytes();
        argon2
            .hash_password_into_with_memory(b"a long walk at dusk", &salt, &mut output, &mut memory)
            .map_err(|error| anyhow!("{error}"))?;
        hashes += 1;
    }
    Ok(hashes)
}
