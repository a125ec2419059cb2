//! Whether anything costs more when there is more.

use std::time::Instant;

use anyhow::{Result, ensure};
use vestibule_adapters_db::{ConnectOptions, SeaOrmStore};
use vestibule_application::ports::{SessionFilter, SessionStore};
use vestibule_domain::session::Subject;

use super::{reads::easydb_read, writes::logout};
use crate::{
    bench::{Bench, CONNECTIONS, Served, requests_of},
    cores::Cores,
    figure::{Figure, Target},
    load::Question,
    place::Place,
    rounds::{Rounds, Sample, whole},
    seed::{self, Stored},
};

/// Each operation with all the sessions against a hundredth of them, but no fewer than 10,000.
pub(super) async fn growth(bench: &Bench) -> Result<Vec<Figure>> {
    let many = Stored { sessions: bench.stored, cheap: true };
    let few = Stored { sessions: (bench.stored / 100).max(10_000).min(bench.stored / 2), cheap: true };
    let name = |operation: &str| {
        let (many, few) = (whole(many.sessions.into()), whole(few.sessions.into()));
        format!("{operation}: time with {many} sessions stored against {few}")
    };
    let mut figures = Vec::new();
    {
        let (many, few) = (bench.serve(many, "", Cores::First).await?, bench.serve(few, "", Cores::First).await?);
        let (to_many, to_few) = (many.login(), few.login());
        let rounds = Rounds::measure(
            bench.rounds,
            async || bench.round(&few.running, &to_few).await,
            async || bench.round(&many.running, &to_many).await,
        );
        figures.push(times(&rounds.await?, &name("creating a session")));
        for (operation, of) in
            [("reading a session from the store", easydb_read as fn(&str) -> Vec<u8>), ("ending a session", logout)]
        {
            // Each session once: the first time, it is not in memory yet. Of each user all, or more users would have to be read as
            // well where there are more of them.
            let share = few.stored.live() / (u32::try_from(bench.rounds)? + 1);
            let one_round = async |served: &Served, next: &std::cell::Cell<u32>| {
                let from = next.replace(next.get() + share);
                let sessions = served.stored.user_by_user(from..from + share);
                let question = Question::each_of(requests_of(sessions, of), 200);
                bench.each(&served.running, &question, CONNECTIONS).await
            };
            let (of_many, of_few) = (std::cell::Cell::new(0), std::cell::Cell::new(0));
            let rounds = Rounds::measure(
                bench.rounds,
                async || one_round(&few, &of_few).await,
                async || one_round(&many, &of_many).await,
            );
            figures.push(times(&rounds.await?, &name(operation)));
        }
    }
    let (in_many, in_few) = (bench.place(many, "").await?, bench.place(few, "").await?);
    let rounds = Rounds::measure(
        bench.rounds,
        async || lists(bench, &in_few, few).await,
        async || lists(bench, &in_many, many).await,
    );
    figures.push(times(&rounds.await?, &name("listing a user's sessions")));
    Ok(figures)
}

/// The rounds have few as ours and many as theirs: what few do more of in a second, many take longer for.
fn times(rounds: &Rounds, what: &str) -> Figure {
    rounds.throughput(what, Target::AtMost(1.5))
}

async fn lists(bench: &Bench, place: &Place, stored: Stored) -> Result<Sample> {
    let url = format!("sqlite://{}", place.database().display());
    let store = SeaOrmStore::connect(&url, ConnectOptions::default()).await?;
    let (begun, mut listed) = (Instant::now(), 0);
    while begun.elapsed() < bench.round {
        let user = seed::user_id(fastrand::u32(0..stored.users()));
        let filter = SessionFilter { subject: Some(Subject::User(user)), live_at: None, after: None, limit: 100 };
        ensure!(!store.page(&filter).await?.is_empty(), "a user has no session");
        listed += 1;
    }
    let rate = f64::from(listed) / begun.elapsed().as_secs_f64();
    store.close().await?;
    Ok(Sample::of_rate(rate))
}
