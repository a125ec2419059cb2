//! TM2: an unknown login takes as long to refuse as a wrong password does.
//!
//! No clock's threshold: who shares the machine decides what takes how long. In each round each kind of guess is made
//! once, in random order, and the ranks of their times are compared. Two known accounts are among them: if they differ,
//! the measurement is worth nothing. So it is if a service that skips the comparison for unknown logins looks the same.

use std::{path::Path, process::Stdio, time::Instant};

use serde_json::json;
use tokio::{io::AsyncWriteExt, process::Command};
use vestibule_tests::{Caller, Chance, PASSWORD, Process, program};

use crate::sabotaged::sabotaged;

/// Rounds of one attempt to find out.
const ROUNDS: usize = 400;
/// Attempts, the rounds of which are added up, before it counts as not to be found out.
const ATTEMPTS: usize = 3;
/// How far from one half the chance may be that one kind of guess is answered before another: nobody gains from it.
const BAND: (f64, f64) = (0.44, 0.56);

/// Two who exist, and nobody.
const LOGINS: [&str; 3] = ["ann", "bob", "eve"];

/// The times of one round in seconds, by login.
type Round = [f64; LOGINS.len()];

/// With hashes that are dear enough to be nearly all that a guess takes, in a build that is not optimised otherwise.
fn dear(mut command: Command) -> Command {
    command
        .env("VESTIBULE__PASSWORDS__ARGON2__MEMORY_KIB", "4096")
        .env("VESTIBULE__PASSWORDS__ARGON2__ITERATIONS", "2");
    command
}

/// Starts a service that two users are known to, whose hashes are as dear as new ones.
async fn start(directory: &Path, command: Command) -> Process {
    let limits =
        ["account_failures", "account_failures_in_all", "address_failures", "client_failures", "failures_total"];
    let throttle: String = limits.map(|limit| format!("{limit} = 100000\n")).concat();
    let file = directory.join("vestibule.toml");
    std::fs::write(&file, format!("data_dir = \"{}/data\"\n[throttle]\n{throttle}", directory.display())).unwrap();
    let process = Process::spawn(dear(command)).await;
    for login in &LOGINS[..2] {
        let mut add = dear(Process::command(program(), directory));
        add.args(["user", "add", "--login", login, "--email", &format!("{login}@example.com"), "--password-stdin"]);
        let mut add = add.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
        add.stdin.take().unwrap().write_all(format!("{PASSWORD}\n").as_bytes()).await.unwrap();
        assert!(add.wait().await.unwrap().success());
    }
    process
}

async fn rounds(at: &Caller, chance: &mut Chance, count: usize) -> Vec<Round> {
    let mut rounds = Vec::new();
    for _ in 0..count {
        let (mut round, mut order) = ([0.0; LOGINS.len()], [0, 1, 2]);
        order.swap(0, chance.below(3));
        order.swap(1, 1 + chance.below(2));
        for login in order {
            let body = json!({ "login": LOGINS[login], "password": chance.letters(16) });
            let begun = Instant::now();
            let answer = at.post_json("/session/login", body).await;
            round[login] = begun.elapsed().as_secs_f64();
            assert_eq!(answer.status, 401, "{}", answer.body);
        }
        rounds.push(round);
    }
    rounds
}

/// The chance that a guess at one login is answered before one at the other.
fn sooner(rounds: &[&Round], one: usize, other: usize) -> f64 {
    let mut times: Vec<(f64, bool)> =
        rounds.iter().flat_map(|round| [(round[one], true), (round[other], false)]).collect();
    times.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (mut ones, mut pairs) = (0_u32, 0_u32);
    for (_, is_one) in times {
        if is_one { ones += 1 } else { pairs += ones }
    }
    let count = f64::from(u32::try_from(rounds.len()).unwrap());
    f64::from(pairs) / count / count
}

/// The same, with what it is between with a probability of 95 %: rounds are drawn again and again from those there were.
fn estimated(rounds: &[Round], chance: &mut Chance, one: usize, other: usize) -> (f64, f64, f64) {
    let mut drawn: Vec<f64> = (0..400)
        .map(|_| sooner(&(0..rounds.len()).map(|_| chance.pick(rounds)).collect::<Vec<_>>(), one, other))
        .collect();
    drawn.sort_by(f64::total_cmp);
    let estimate = sooner(&rounds.iter().collect::<Vec<_>>(), one, other);
    eprintln!(
        "{} rounds: {} is answered before {} with a chance of {estimate:.3} [{:.3}, {:.3}]",
        rounds.len(),
        LOGINS[one],
        LOGINS[other],
        drawn[9],
        drawn[389]
    );
    (estimate, drawn[9], drawn[389])
}

#[tokio::test]
async fn tm2_an_unknown_login_takes_as_long_as_a_wrong_password() {
    let mut chance = Chance::of("tm2");
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    let process = start(directory, Process::command(program(), directory)).await;
    rounds(&process.caller, &mut chance, 20).await;
    let (within, beyond) = (
        |(_, from, to): (f64, f64, f64)| from >= BAND.0 && to <= BAND.1,
        |(_, from, to): (f64, f64, f64)| from > BAND.1 || to < BAND.0,
    );
    let mut all = Vec::new();
    for attempt in 1..=ATTEMPTS {
        all.extend(rounds(&process.caller, &mut chance, ROUNDS).await);
        let control = estimated(&all, &mut chance, 0, 1);
        let found = estimated(&all, &mut chance, 0, 2);
        assert!(!beyond(control), "void: two known accounts differ: {control:?}");
        assert!(!beyond(found), "an unknown login takes another time: {found:?}");
        if within(control) && within(found) {
            return;
        }
        eprintln!("inconclusive, attempt {attempt}");
    }
    panic!("inconclusive: it could not be measured well enough");
}

#[tokio::test]
async fn tm2_a_comparison_that_is_skipped_for_nobody_is_noticed() {
    let mut chance = Chance::of("tm2, sabotaged");
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    let process = start(directory, sabotaged("skips-the-dummy-hash", directory)).await;
    let rounds = rounds(&process.caller, &mut chance, 60).await;
    let (.., to) = estimated(&rounds, &mut chance, 0, 2);
    assert!(to < BAND.0, "an unknown login is answered sooner, and that was not noticed");
}
