//! Who is this? The question that everything else asks all the time.

use anyhow::Result;

use crate::{
    answer::get,
    bench::{Bench, CONNECTIONS, Served, requests_of},
    cores::Cores,
    figure::{Figure, Target},
    load::{Question, once},
    place::{Running, reference},
    rounds::Rounds,
    seed::{self, Stored},
};

const NEAR_THE_METAL: Target = Target::AtLeast(0.85);

pub(super) fn easydb_read(token: &str) -> Vec<u8> {
    get(&format!("/api/session?token={token}"), "")
}

fn vprotect_read(token: &str) -> Vec<u8> {
    get("/session/user", &format!("authorization: Bearer {token}\r\n"))
}

fn forward_auth(token: &str) -> Vec<u8> {
    get("/verify", &format!("authorization: Bearer {token}\r\n"))
}

/// `GET /api/session?token=`.
pub(super) async fn easydb(bench: &Bench) -> Result<Vec<Figure>> {
    against_hello(bench, "session read, easydb", &bench.usual().await?, easydb_read, 200).await
}

/// `GET /session/user`.
pub(super) async fn vprotect(bench: &Bench) -> Result<Vec<Figure>> {
    against_hello(bench, "session read, vprotect", &bench.usual().await?, vprotect_read, 200).await
}

/// What a proxy asks about every request that passes it.
pub(super) async fn verify(bench: &Bench) -> Result<Vec<Figure>> {
    let served = bench.usual().await?;
    let status = once(served.running.address, &forward_auth(seed::token(0).expose())).await?.status;
    if status == 404 {
        eprintln!("    skipped: this service has no /verify");
        return Ok(Vec::new());
    }
    against_hello(bench, "forward-auth check", &served, forward_auth, status).await
}

async fn against_hello(
    bench: &Bench,
    what: &str,
    served: &Served,
    of: fn(&str) -> Vec<u8>,
    status: u16,
) -> Result<Vec<Figure>> {
    let requests = served.requests(of);
    let each_once =
        async |running| bench.each(running, &Question::each_of(requests.clone(), status), CONNECTIONS).await;
    each_once(&served.running).await?;
    let read = Question::any_of(requests.clone(), status);
    if let Some(another) = bench.another().await? {
        each_once(&another.running).await?;
        let rounds = in_turn(bench, (&served.running, &read), (&another.running, &read)).await?;
        let what = format!("{what}, against another build");
        return Ok(vec![rounds.throughput(&what, None), rounds.processor(&what, None)]);
    }
    let (reference, hello) = (reference(Cores::First)?, Question::always(get("/hello", ""), 200));
    let rounds = in_turn(bench, (&served.running, &read), (&reference, &hello)).await?;
    Ok(vec![rounds.throughput(what, NEAR_THE_METAL), rounds.processor(what, NEAR_THE_METAL)])
}

async fn in_turn(bench: &Bench, ours: (&Running, &Question), theirs: (&Running, &Question)) -> Result<Rounds> {
    Rounds::measure(
        bench.rounds,
        async || bench.round(ours.0, ours.1).await,
        async || bench.round(theirs.0, theirs.1).await,
    )
    .await
}

/// The same with as many sessions as were asked for against a thousand.
pub(super) async fn of_many(bench: &Bench) -> Result<Vec<Figure>> {
    let (many, few) =
        (bench.usual().await?, bench.serve(Stored { sessions: 1_000, cheap: false }, "", Cores::First).await?);
    let read = |served: &Served| (requests_of(0..served.stored.live(), easydb_read), 200);
    let ((of_many, status), (of_few, _)) = (read(&many), read(&few));
    bench.each(&many.running, &Question::each_of(of_many.clone(), status), CONNECTIONS).await?;
    bench.each(&few.running, &Question::each_of(of_few.clone(), status), CONNECTIONS).await?;
    let (of_many, of_few) = (Question::any_of(of_many, status), Question::any_of(of_few, status));
    let rounds = in_turn(bench, (&many.running, &of_many), (&few.running, &of_few)).await?;
    let stored = crate::rounds::whole(bench.stored.into());
    let what = format!("session read of {stored} sessions against 1,000");
    Ok(vec![rounds.throughput(&what, Target::AtLeast(0.8)), rounds.processor(&what, Target::AtLeast(0.8))])
}
