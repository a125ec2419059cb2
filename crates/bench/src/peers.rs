//! Other systems, each of which has a script that installs it and one that runs it: see `bench/peers`.

use std::{
    fmt::Write,
    fs,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
};

use anyhow::{Context, Result, bail};

use crate::{
    answer::{self, get},
    bench::{Bench, CONNECTIONS},
    cores::Cores,
    figure::Target,
    load::{Question, closed},
    place::{Running, reference},
    rounds::{Rounds, Sample, median, whole},
    seed::Stored,
};

const SCRIPTS: &str = "bench/peers";
const INSTALLED: &str = "target/peers";
/// Each has so many, or what is asked for if that is less.
const SESSIONS: u32 = 10_000;

/// One of them.
struct Peer {
    name: String,
    versions: String,
}

/// A table of those that are installed and whose names have one of these in them, with the service's own row.
pub(crate) async fn table(bench: &Bench, only: &[String]) -> Result<String> {
    let sessions = bench.stored.min(SESSIONS);
    let served = bench.serve(Stored { sessions, cheap: false }, "", Cores::First).await?;
    let reference = reference(Cores::First)?;
    let hello = Question::always(get("/hello", ""), 200);
    let requests = served.requests(|token| get("/session/user", &format!("authorization: Bearer {token}\r\n")));
    bench.each(&served.running, &Question::each_of(requests.clone(), 200), CONNECTIONS).await?;
    let ours = (&served.running, Question::any_of(requests, 200), Some(served.login()));
    let mut table = String::from(
        "| system | checks a second | of the bare handler | p99 | on a core for each | memory | logins a second | versions |\n\
         |---|---|---|---|---|---|---|---|\n",
    );
    eprintln!("==> Vestibule");
    let row = measure(bench, &ours, (&reference, &hello)).await?;
    writeln!(table, "| Vestibule | {row} | {} |", env!("CARGO_PKG_VERSION"))?;
    let peers = installed(only)?;
    if peers.is_empty() {
        bail!("none of them is set up: run {SCRIPTS}/NAME/setup.sh");
    }
    for Peer { name, versions } in peers {
        eprintln!("==> {name}");
        let directory = tempfile::tempdir()?;
        let file = directory.path().join("requests");
        let running = serve(&name, sessions, &file, directory.path())?;
        let reads = requests_of(&file)?;
        let logins = directory.path().join("requests.logins");
        let logins = if logins.is_file() { Some(requests_of(&logins)?) } else { None };
        let row = measure(bench, &(&running, reads, logins), (&reference, &hello)).await?;
        let row = format!("| {name} | {row} | {versions} |");
        println!("{row}");
        writeln!(table, "{row}")?;
    }
    Ok(table)
}

type Measured<'a> = (&'a Running, Question, Option<Question>);

/// The middle of its row.
async fn measure(
    bench: &Bench,
    (running, reads, logins): &Measured<'_>,
    (reference, hello): (&Running, &Question),
) -> Result<String> {
    let rounds = Rounds::measure(
        bench.rounds,
        async || bench.round(running, reads).await,
        async || bench.round(reference, hello).await,
    )
    .await?;
    let ratio = rounds.throughput("", Target::AtLeast(0.0)).found();
    let of = |of: fn(&Sample) -> f64| median(&rounds.ours.iter().map(of).collect::<Vec<_>>());
    let (rate, p99, processor) = (of(|one| one.rate), of(|one| one.p99), of(|one| one.processor));
    #[expect(clippy::cast_precision_loss, reason = "bytes of a few programs")]
    let memory = running.resident()? as f64 / 1e6;
    let logins = match logins {
        Some(logins) => {
            let answered = closed(running, logins, CONNECTIONS / 8, bench.round).await?;
            format!("{:.1}", Sample::of(&answered).rate)
        }
        None => String::new(),
    };
    let (rate, p99) = (whole(rate), p99 / 1e3);
    Ok(format!("{rate} | {ratio} | {p99:.1} ms | {processor:.0} us | {memory:.0} MB | {logins}"))
}

fn installed(only: &[String]) -> Result<Vec<Peer>> {
    let mut peers = Vec::new();
    for folder in fs::read_dir(SCRIPTS).with_context(|| format!("there is no {SCRIPTS}"))? {
        let name = folder?.file_name().to_string_lossy().into_owned();
        let Ok(versions) = fs::read_to_string(Path::new(INSTALLED).join(&name).join("VERSION")) else { continue };
        if only.is_empty() || only.iter().any(|only| name.contains(only)) {
            peers.push(Peer { name, versions: versions.trim().to_owned() });
        }
    }
    peers.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(peers)
}

fn serve(name: &str, sessions: u32, file: &Path, directory: &Path) -> Result<Running> {
    let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
    let script: PathBuf = fs::canonicalize(Path::new(SCRIPTS).join(name).join("serve.sh"))?;
    let mut command = Command::new(script);
    command.arg(port.to_string()).arg(sessions.to_string()).arg(file).current_dir(directory);
    Running::script(&mut command, Cores::First, &directory.join("log"), SocketAddr::from((Ipv4Addr::LOCALHOST, port)))
}

/// What a script wrote: a request on each line, `METHOD PATH`, a header, and maybe JSON, with tabs between.
fn requests_of(file: &Path) -> Result<Question> {
    let request = |line: &str| {
        let mut fields = line.split('\t');
        let (method, path) = fields.next()?.split_once(' ')?;
        let header = fields.next().map(|header| format!("{header}\r\n")).unwrap_or_default();
        match (method, fields.next()) {
            ("GET", None) => Some(get(path, &header)),
            ("POST", Some(body)) => {
                Some(answer::post(path, &header.replace("Content-Type: application/json\r\n", ""), body))
            }
            _ => None,
        }
    };
    let text = fs::read_to_string(file).context("it wrote no requests")?;
    let requests: Option<Vec<_>> = text.lines().filter(|line| !line.is_empty()).map(request).collect();
    Ok(Question::any_of(Arc::new(requests.context("its requests cannot be read")?), 200))
}
