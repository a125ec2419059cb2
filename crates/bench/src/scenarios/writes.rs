//! What has to be on the disk before it is answered.

use anyhow::Result;

use crate::{
    answer::get,
    bench::{Bench, CONNECTIONS, requests_of},
    cores::Cores,
    figure::{Figure, Target},
    load::{Question, closed},
    rounds::{Rounds, Sample},
    seed::Stored,
};

const GROUPED: Target = Target::AtLeast(3.0);

/// Sessions begun by logging in, where hashing a password costs next to nothing: 64 at a time against one after the other,
/// each of which has a commit to itself.
pub(super) async fn creations(bench: &Bench) -> Result<Vec<Figure>> {
    let served = bench.serve(Stored { sessions: 1_000, cheap: true }, "", Cores::First).await?;
    let login = served.login();
    let at_a_time = async |connections| {
        Ok(Sample::of(&closed(&served.running, &login, connections, bench.round).await?.all_good()?))
    };
    let rounds =
        Rounds::measure(bench.rounds, async || at_a_time(CONNECTIONS).await, async || at_a_time(1).await).await?;
    Ok(vec![rounds.throughput("durable creation of sessions, 64 at a time against one commit each", GROUPED)])
}

/// Ends of sessions, likewise.
pub(super) async fn ends(bench: &Bench) -> Result<Vec<Figure>> {
    let served = bench.usual().await?;
    // The rounds, and the one for nothing, share the sessions: for as many at a time as one after the other takes as long.
    let rounds = u32::try_from(bench.rounds)? + 1;
    let (many, few) = (served.stored.live() * 4 / 5 / rounds, served.stored.live() / 5 / rounds);
    let next = std::cell::Cell::new(0);
    let end = async |count, connections| {
        let from = next.replace(next.get() + count);
        let requests = requests_of(from..from + count, logout);
        bench.each(&served.running, &Question::each_of(requests, 200), connections).await
    };
    let rounds = Rounds::measure(
        bench.rounds,
        async || end(many.min(10_000), CONNECTIONS).await,
        async || end(few.min(2_500), 1).await,
    )
    .await?;
    Ok(vec![rounds.throughput("durable ends of sessions, 64 at a time against one commit each", GROUPED)])
}

pub(super) fn logout(token: &str) -> Vec<u8> {
    get(&format!("/session/logout/?session_key={token}"), "")
}
