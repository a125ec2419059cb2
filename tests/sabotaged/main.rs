//! `vestibule-sabotaged NAME`: the service with one of its defences taken away, for the tests that must notice.
//!
//! It is the real service on the real adapters, composed by the same code; only what [`overrides`] puts in front of a
//! port, or in the place of the router, is wrong. It reads the same configuration and says where it listens.
#![recursion_limit = "256"] // SeaORM's futures for three databases are nested deeply.

mod anonymous;
mod hang_ups;
mod hashing;
mod reads;
mod writes;

use std::sync::Arc;

use anyhow::{Context, Result, bail};
use vestibule_application::{ports::NoMemory, service::Ports};
use vestibule_bootstrap::{
    compose::{Overrides, build},
    settings::{Settings, Sources},
    telemetry,
};

fn main() -> Result<()> {
    let name = std::env::args().nth(1).context("which defence?")?;
    let settings = Settings::read(Sources::of_process(None)?)?;
    tokio::runtime::Runtime::new()?.block_on(async {
        let _traces = telemetry::init(&settings)?;
        let app = build(&settings, overrides(&name, &settings).await?).await?;
        app.report().tell(&settings.log);
        let handle = app.serve().await?;
        println!("listening on {}", handle.url());
        std::future::pending().await
    })
}

/// What is wrong under this name.
async fn overrides(name: &str, settings: &Settings) -> Result<Overrides> {
    Ok(match name {
        "acknowledges-before-commit" => decorated(writes::acknowledged_early),
        "remembers-sessions" => decorated(reads::remembered),
        "does-not-follow" => decorated(reads::unfollowed),
        "believes-without-a-lease" => overriding(reads::unleased),
        "keeps-anonymous-sessions" => decorated(anonymous::kept),
        "skips-the-dummy-hash" => decorated(hashing::skipped_for_nobody),
        "logs-passwords" => decorated(hashing::logged),
        "writes-in-the-request" => hang_ups::overrides(settings).await?,
        unknown => bail!("there is no defence that {unknown}"),
    })
}

fn decorated(decorate: fn(Ports) -> Ports) -> Overrides {
    // What is at hand would be told without asking whom it is about.
    overriding(move |ports| decorate(Ports { memory: Arc::new(NoMemory), ..ports }))
}

fn overriding(decorate: impl Fn(Ports) -> Ports + Send + Sync + 'static) -> Overrides {
    Overrides { ports: Some(Arc::new(decorate)), ..Overrides::default() }
}
