//! `serve`.

use anyhow::{Context, Result};
use sd_notify::NotifyState;
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::print;
use crate::{
    compose::{self, Overrides},
    serve::Sockets,
    settings::Settings,
};

/// Serves at these sockets, if there are any, until the process is told to end. Tells a service manager when it is ready.
pub(super) async fn run(settings: &Settings, sockets: Sockets) -> Result<()> {
    let (mut terminate, mut interrupt) = (listen_for(SignalKind::terminate())?, listen_for(SignalKind::interrupt())?);
    let app = compose::build(settings, Overrides { sockets, ..Overrides::default() }).await?;
    app.report().tell(&settings.log);
    // Without TLS it means what it always means: the end.
    let mut renewals = settings.server.tls.as_ref().map(|_| listen_for(SignalKind::hangup())).transpose()?;
    let mut handle = app.serve().await?;
    if let Some(address) = handle.admin_address() {
        print(&format!("operators: http://{address}")).context("cannot write to standard output")?;
    }
    print(&format!("listening on {}", handle.url())).context("cannot write to standard output")?;
    notify(NotifyState::Ready);
    loop {
        tokio::select! {
            _ = terminate.recv() => {
                notify(NotifyState::Stopping);
                tracing::info!("SIGTERM: letting balancers know, then finishing what is under way");
                handle.leave(settings.server.shutdown_delay).await;
                break;
            }
            // A person at a terminal does not wait.
            _ = interrupt.recv() => {
                notify(NotifyState::Stopping);
                tracing::info!("SIGINT: finishing what is under way");
                break;
            }
            () = hangup(renewals.as_mut()) => {
                tracing::info!("SIGHUP: looking for a new certificate");
                handle.renew_certificate();
            }
            error = handle.broken() => {
                tracing::error!("{error:#}; ending, rather than going on by halves");
                return Err(error);
            }
        }
    }
    handle.shutdown().await
}

/// Tells the service manager, if there is one that wants to know (`sd_notify(3)`).
fn notify(state: NotifyState<'_>) {
    if let Err(error) = sd_notify::notify(&[state]) {
        tracing::warn!("cannot tell the service manager: {error}");
    }
}

async fn hangup(signal: Option<&mut Signal>) {
    match signal {
        Some(signal) => drop(signal.recv().await),
        None => std::future::pending().await,
    }
}

fn listen_for(kind: SignalKind) -> Result<Signal> {
    signal(kind).context("cannot listen for signals")
}
