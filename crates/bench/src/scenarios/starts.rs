//! Beginnings: of sessions that are nobody's, and of the service.

use std::time::Instant;

use anyhow::{Result, ensure};

use super::reads::easydb_read;
use crate::{
    answer::get,
    bench::Bench,
    cores::Cores,
    figure::{Figure, Target, Unit},
    load::{Question, once},
    place::reference,
    rounds::{Rounds, whole},
    seed::{self, Stored},
};

/// `GET /api/session` without a token, and what is left of it.
pub(super) async fn anonymous(bench: &Bench) -> Result<Vec<Figure>> {
    let served = bench.serve(Stored { sessions: 1_000, cheap: false }, "", Cores::First).await?;
    let reference = reference(Cores::First)?;
    let (begin, hello) = (Question::always(get("/api/session", ""), 200), Question::always(get("/hello", ""), 200));
    let before = served.place.size()?;
    let beginnings = std::cell::Cell::new(0.0);
    let rounds = Rounds::measure(
        bench.rounds,
        async || {
            let round = bench.round(&served.running, &begin).await?;
            beginnings.set(beginnings.get() + round.rate * bench.round.as_secs_f64());
            Ok(round)
        },
        async || bench.round(&reference, &hello).await,
    )
    .await?;
    let what = "anonymous start";
    #[expect(clippy::cast_precision_loss, reason = "bytes of a small store")]
    let grown = served.place.size()? as f64 - before as f64;
    let note = format!("after {} beginnings", whole(beginnings.get()));
    Ok(vec![
        rounds.throughput(what, Target::AtLeast(0.7)),
        rounds.processor(what, Target::AtLeast(0.7)),
        Figure::single("anonymous start: growth of the store", Unit::Bytes, Target::AtMost(0.0), grown, note),
    ])
}

/// From the start of the program to an answer that needs the store.
pub(super) async fn start(bench: &Bench) -> Result<Vec<Figure>> {
    let place = bench.place(bench.usually(), "").await?;
    let request = easydb_read(seed::token(0).expose());
    let mut rounds = Vec::new();
    for _ in 0..bench.rounds {
        let started = Instant::now();
        let running = place.serve(Cores::All)?;
        let status = once(running.address, &request).await?.status;
        rounds.push(started.elapsed().as_secs_f64() * 1e3);
        ensure!(status == 200, "the first answer was {status}");
        running.stop()?;
    }
    Ok(vec![Figure {
        what: format!("start to first answer, {} sessions stored", whole(bench.stored.into())),
        unit: Unit::Millis,
        target: Some(Target::AtMost(250.0)),
        rounds,
        note: String::new(),
    }])
}
