//! R6: a client that hangs up harms nobody. On PostgreSQL, whose driver leaves transactions open when what began them is
//! dropped. Statements by others then run inside them: lost, unless they begin a transaction of their own as each unit
//! of work here does, and holding back the server's clean-up for as long as they stay open in any case.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use sea_orm::{ConnectionTrait, Database, DatabaseBackend, DatabaseConnection, Statement};
use tokio::{io::AsyncWriteExt, net::TcpStream, process::Command, task::JoinSet};
use vestibule_tests::{
    Chance, PASSWORD, Process, Visitor,
    places::{POSTGRES, fresh_database},
    program,
};

use crate::sabotaged::sabotaged;

/// Each of them: clients who hang up, fewer than there are connections, so that one that is left in a transaction stays
/// so; then writes that are acknowledged.
const ROUNDS: usize = 120;
const HANG_UPS: usize = 3;
const WRITES: usize = 1;

/// What became of others.
#[derive(Debug)]
struct Harm {
    /// How often a connection was found that was left in a transaction.
    left_open: i64,
    acknowledged: usize,
    lost: usize,
}

/// The bytes of a request that writes.
fn request(path: &str, kind: &str, body: &str, more: &str) -> String {
    let length = body.len();
    format!("POST {path} HTTP/1.1\r\nhost: x\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\n{more}\r\n{body}")
}

/// Some request to some operation that writes.
fn any(chance: &mut Chance, visitor: &Visitor, token: &str) -> String {
    let Visitor { login, email, .. } = visitor;
    let password = [PASSWORD, "wrong"][chance.below(2)];
    let form = "application/x-www-form-urlencoded";
    let plus = password.replace(' ', "+");
    match chance.below(8) {
        0 => request("/session/login/", form, &format!("email={email}&password={plus}"), ""),
        1 => request(
            "/session/login",
            "application/json",
            &format!(r#"{{"login":"{login}","password":"{password}"}}"#),
            "",
        ),
        2 => request(
            "/api/session",
            "application/json",
            &format!(r#"{{"email":"{email}","password":"{password}"}}"#),
            "",
        ),
        3 => request("/api/session/authenticate", form, &format!("token={token}&login={login}&password={plus}"), ""),
        4 => {
            let body = format!("email={}%40example.com&password={plus}", chance.letters(10));
            request("/session/register/", form, &body, "")
        }
        5 => request("/session/logout", "application/json", "", &format!("authorization: Bearer {token}\r\n")),
        6 => format!("GET /session/logout/?session_key={token} HTTP/1.1\r\nhost: x\r\n\r\n"),
        _ => format!("GET /api/session?token={token}&signout=1 HTTP/1.1\r\nhost: x\r\n\r\n"),
    }
}

async fn hang_up(authority: String, request: String, after: Duration) {
    let mut stream = TcpStream::connect(authority).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    tokio::time::sleep(after).await;
}

/// So many times hangs up and lets others write, until somebody is harmed; kills the service, and looks for what they wrote.
async fn harm(url: &str, directory: &Path, command: Command, rounds: usize) -> Harm {
    let mut chance = Chance::of("r6");
    let process = Process::spawn(command).await;
    let fields = [("email", "ann@example.com"), ("password", PASSWORD)];
    process.caller.post_form("/session/register/", &fields).await.text("/session_key");
    let email = "ann@example.com".to_owned();
    let visitor = Visitor { login: email.clone(), email, api_token: String::new() };
    let server = Database::connect(url).await.unwrap();
    let (mut left_open, mut tokens) = (0, Vec::new());
    for _ in 0..rounds {
        let asked = Instant::now();
        let live = visitor.begin("dood", &process.caller).await;
        // On a busy machine everything takes longer, and so does whoever hangs up.
        let usual = usize::try_from(asked.elapsed().as_micros()).unwrap();
        let mut hanging = JoinSet::new();
        for _ in 0..HANG_UPS {
            let within = [5_000, usual.max(1)][chance.below(2)];
            let after = Duration::from_micros(chance.below(within) as u64);
            let (authority, request) = (process.caller.authority().to_owned(), any(&mut chance, &visitor, &live));
            hanging.spawn(hang_up(authority, request, after));
        }
        hanging.join_all().await;
        left_open += still_open(&server).await;
        if left_open > 0 {
            break;
        }
        for number in 0..WRITES {
            let token = visitor.begin(["dood", "vprotect", "dialogram", "easydb"][number % 4], &process.caller).await;
            tokens.push(token);
        }
    }
    process.kill().await;
    let process = Process::start(directory).await;
    let mut lost = 0;
    for token in &tokens {
        lost += usize::from(!visitor.reads("vprotect bearer", &process.caller, token).await);
    }
    server.close().await.unwrap();
    let harm = Harm { left_open, acknowledged: tokens.len(), lost };
    eprintln!("{} clients hung up at most: {harm:?}", rounds * HANG_UPS);
    harm
}

/// How many connections are in a transaction, though whatever was under way had half a second to end.
async fn still_open(server: &DatabaseConnection) -> i64 {
    let query = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() \
                 AND state LIKE 'idle in transaction%'";
    let mut open = 0;
    for _ in 0..25 {
        let count = server.query_one_raw(Statement::from_string(DatabaseBackend::Postgres, query)).await.unwrap();
        open = count.unwrap().try_get_by_index(0).unwrap();
        if open == 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    open
}

/// A directory whose configuration is for this database, with a pool of four.
fn directory(url: &str) -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    let settings = format!(
        "throttle.account_failures = 100000\nthrottle.account_failures_in_all = 100000\nthrottle.address_failures = 100000\n[storage]\nurl = \"{url}\"\nwriters = 4\n"
    );
    std::fs::write(directory.path().join("vestibule.toml"), settings).unwrap();
    directory
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r6_clients_who_hang_up_leave_no_transaction_open_and_lose_nobodys_writes() {
    let Some(url) = fresh_database(POSTGRES).await else { return };
    let directory = directory(&url);
    let harm = harm(&url, directory.path(), Process::command(program(), directory.path()), ROUNDS).await;
    assert_eq!((harm.left_open, harm.lost, harm.acknowledged), (0, 0, ROUNDS * WRITES));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r6_writes_in_a_requests_own_future_are_noticed() {
    let Some(url) = fresh_database(POSTGRES).await else { return };
    let directory = directory(&url);
    // The tables are the real service's.
    Process::start(directory.path()).await.kill().await;
    // Usually within the first few: on a busy machine a transaction is seldom just about to begin.
    let sabotaged = sabotaged("writes-in-the-request", directory.path());
    let harm = harm(&url, directory.path(), sabotaged, 10 * ROUNDS).await;
    assert!(harm.left_open > 0 || harm.lost > 0, "{harm:?}");
}
