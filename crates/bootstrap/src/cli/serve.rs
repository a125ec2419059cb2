//! `serve`.

use anyhow::{Context, Result};
use tokio::signal::unix::{SignalKind, signal};

use super::print;
use crate::{
    compose::{self, Overrides},
    settings::Settings,
    telemetry,
};

pub(super) async fn run(settings: &Settings) -> Result<()> {
    telemetry::init(&settings.log);
    let (mut terminate, mut interrupt) = (listen_for(SignalKind::terminate())?, listen_for(SignalKind::interrupt())?);
    let app = compose::build(settings, Overrides::default()).await?;
    app.report().tell(&settings.log);
    let handle = app.serve().await?;
    print(&format!("listening on http://{}", handle.address())).context("cannot write to standard output")?;
    tokio::select! {
        _ = terminate.recv() => {
            tracing::info!("SIGTERM: letting balancers know, then finishing what is under way");
            handle.leave(settings.server.shutdown_delay).await;
        }
        // A person at a terminal does not wait.
        _ = interrupt.recv() => tracing::info!("SIGINT: finishing what is under way"),
    }
    handle.shutdown().await
}

fn listen_for(kind: SignalKind) -> Result<tokio::signal::unix::Signal> {
    signal(kind).context("cannot listen for signals")
}
