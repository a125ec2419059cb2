//! `health`: what a container's health check runs, where there is no other client.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::Args;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};
use url::Url;

use super::{BadArgument, print};
use crate::{compose::from_here, settings::Settings};

/// How long the whole answer may take: longer than the service asks its parts.
const PATIENCE: Duration = Duration::from_secs(5);

/// The most bytes of an answer that are read.
const MOST: u64 = 64 * 1024;

#[derive(Args)]
pub(super) struct HealthArgs {
    /// What to ask instead of `/health/ready` at `admin.listen`. Must begin with `http://`.
    #[arg(long, value_name = "URL")]
    url: Option<Url>,
}

pub(super) async fn run(args: HealthArgs, settings: &Settings, json: bool) -> Result<()> {
    let url = match args.url {
        Some(url) => url,
        None => ready(settings)?,
    };
    if url.scheme() != "http" {
        return Err(BadArgument("--url must begin with http://".to_owned()).into());
    }
    let answer = timeout(PATIENCE, ask(&url)).await;
    let answer = answer.with_context(|| format!("{url} does not answer within {} s", PATIENCE.as_secs()))?;
    let answer = answer.with_context(|| format!("cannot ask {url}"))?;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    let status = head.split(' ').nth(1).unwrap_or("no status");
    if status != "200" {
        bail!("{url} answers {status}: {body}");
    }
    Ok(print(if json { body } else { "OK" })?)
}

fn ready(settings: &Settings) -> Result<Url> {
    let needs_url = |why: &str| BadArgument(format!("admin.listen {why}: say what to ask with --url"));
    let address = settings.admin.listen.ok_or_else(|| needs_url("is off"))?;
    if address.port() == 0 {
        return Err(needs_url("is any free port").into());
    }
    Url::parse(&format!("http://{}/health/ready", from_here(address))).context("admin.listen is no host")
}

/// The whole answer, which ends with the connection: that was asked for.
async fn ask(url: &Url) -> Result<String> {
    let host = url.host_str().context("the URL has no host")?;
    let port = url.port_or_known_default().context("the URL has no port")?;
    let mut stream = TcpStream::connect((host.trim_matches(['[', ']']), port)).await?;
    let target = &url[url::Position::BeforePath..url::Position::AfterQuery];
    let request = format!("GET {target} HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    stream.take(MOST).read_to_end(&mut answer).await?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}
