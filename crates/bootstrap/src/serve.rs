//! Serving what was composed: connections, deadlines, and an end in good order.

mod accept;
mod caps;
mod connection;
mod pace;
mod proxy_protocol;
mod sockets;
mod tls;

#[cfg(test)]
mod tests;

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

use anyhow::{Context, Error, Result, anyhow};
use tokio::{
    net::TcpListener,
    sync::watch,
    task::{JoinError, JoinHandle, JoinSet},
};

use vestibule_adapters_http::mount::Front;
use vestibule_application::{
    meters::{Count, Level},
    ports::Clock,
};

pub use self::sockets::Sockets;
pub(crate) use self::tls::Certificate;
use self::{caps::PerAddress, connection::Common};
use crate::{
    compose::{App, OpenStores},
    settings::Server,
    upkeep::UnderWay,
};

/// How far a service is on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// Accepting and answering.
    Serving,
    /// The same, but each connection ends after its next answer.
    Leaving,
    /// Accepting nothing more, and finishing what is under way.
    Ending,
}

async fn ending(stage: &mut watch::Receiver<Stage>) {
    // Without its sender the service is not held by anybody any more.
    drop(stage.wait_for(|stage| *stage == Stage::Ending).await);
}

/// A service that accepts connections.
pub struct Handle {
    address: SocketAddr,
    admin_address: Option<SocketAddr>,
    certificate: Option<Arc<Certificate>>,
    stage: watch::Sender<Stage>,
    /// Tells probes that the service is about to end.
    leaving: Arc<AtomicBool>,
    accepting: JoinSet<()>,
    after: Option<After>,
}

/// What goes on beside the connections, and is to be ended after them.
struct After {
    stop: watch::Sender<bool>,
    background: JoinHandle<()>,
    key_watch: Option<JoinHandle<()>>,
    upkeep: UnderWay,
    store: OpenStores,
}

/// What became of connections of clients.
#[derive(Debug, Default)]
pub(crate) struct ConnectionMeters {
    /// Those that are there now.
    pub(crate) open: Arc<Level>,
    /// Those that were accepted so far.
    pub(crate) accepted: Count,
    /// Those of them that were closed at once: too many from there, or not let in by the PROXY protocol.
    pub(crate) refused: Count,
}

/// What answers operators, and where.
pub(crate) struct Admin {
    pub(crate) listener: TcpListener,
    pub(crate) address: SocketAddr,
    pub(crate) front: Front,
}

/// Connections at a time for operators: a flood of them would be their own.
const ADMIN_CONNECTIONS: u32 = 64;

/// What the operators' listener keeps to: as the session APIs', but for fewer connections, of which one address has half at
/// most, so that whatever is there leaves room for probes from elsewhere.
fn of_operators(listen: SocketAddr, settings: Server) -> Server {
    let max_connections = ADMIN_CONNECTIONS.min(settings.max_connections);
    let max_connections_per_address = (max_connections / 2).max(1).min(settings.max_connections_per_address);
    Server { listen, tls: None, proxy_protocol: false, max_connections, max_connections_per_address, ..settings }
}

/// A place to listen at: where it is set, and which of the sockets of a service manager is for it.
#[derive(Clone, Copy)]
pub(crate) struct Place {
    key: &'static str,
    socket: usize,
}

impl Place {
    /// For the session APIs.
    pub(crate) const SERVER: Self = Self { key: "server.listen", socket: 0 };
    /// For operators.
    pub(crate) const ADMIN: Self = Self { key: "admin.listen", socket: 1 };
}

/// Listens at the socket that is there for this place, else where the settings say, and says where that is.
pub(crate) async fn bind(address: SocketAddr, place: Place, sockets: &Sockets) -> Result<(TcpListener, SocketAddr)> {
    let given = sockets.get(place.socket).and_then(|socket| socket.map(TcpListener::from_std).transpose());
    let given = given.with_context(|| format!("cannot listen at the socket that was given for {}", place.key))?;
    let listener = match given {
        Some(listener) => listener,
        None => listen(address, place.key).await?,
    };
    let address = listener.local_addr().context("the listener has no address")?;
    Ok((listener, address))
}

async fn listen(address: SocketAddr, key: &str) -> Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| {
        let variable = key.to_uppercase().replace('.', "__");
        format!(
            "cannot listen on {address}: if another program does, stop it or set {key} (VESTIBULE__{variable}) to \
             another port; port 0 picks a free one"
        )
    })
}

impl App {
    /// Accepts connections from now on.
    #[expect(clippy::unused_async, reason = "it spawns tasks on the runtime that waits for it")]
    pub async fn serve(self) -> Result<Handle> {
        let (stop, stopped) = watch::channel(false);
        let clock = Arc::clone(&self.background.clock);
        let mut handle =
            serve(self.listener, self.front, self.server.clone(), self.certificate, self.connections, clock)?;
        if let Some(admin) = self.admin {
            handle.serve_admin(admin, self.server);
        }
        let key_watch = self.key_watch.map(|watch| watch.start(stopped.clone())).transpose()?;
        let background = tokio::spawn(self.background.run(stopped.clone()));
        let upkeep = self.upkeep.start(stopped);
        handle.leaving = self.leaving;
        handle.after = Some(After { stop, background, key_watch, upkeep, store: self.store });
        Ok(handle)
    }
}

/// Serves this alone.
fn serve(
    listener: TcpListener,
    front: Front,
    settings: Server,
    certificate: Option<Certificate>,
    meters: Arc<ConnectionMeters>,
    clock: Arc<dyn Clock>,
) -> Result<Handle> {
    let address = listener.local_addr().context("the listener has no address")?;
    let (stage, seen) = watch::channel(Stage::Serving);
    let certificate = certificate.map(Arc::new);
    let per_address = PerAddress::new(settings.max_connections_per_address);
    let common = Common { front, settings, certificate: certificate.clone(), per_address, meters, stage: seen };
    let renewed = certificate.clone();
    let mut accepting = JoinSet::new();
    accepting.spawn(async move {
        tokio::select! {
            () = accept::run(listener, Arc::new(common)) => {}
            () = follow(renewed, clock) => {}
        }
    });
    Ok(Handle { address, admin_address: None, certificate, stage, leaving: Arc::default(), accepting, after: None })
}

async fn follow(certificate: Option<Arc<Certificate>>, clock: Arc<dyn Clock>) {
    match certificate {
        Some(certificate) => certificate.follow(clock).await,
        None => std::future::pending().await,
    }
}

impl Handle {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Listens for operators too, until the same end.
    fn serve_admin(&mut self, admin: Admin, settings: Server) {
        let Admin { listener, address: listen, front } = admin;
        let settings = of_operators(listen, settings);
        let per_address = PerAddress::new(settings.max_connections_per_address);
        let (meters, stage) = (Arc::default(), self.stage.subscribe());
        let common = Common { front, settings, certificate: None, per_address, meters, stage };
        self.accepting.spawn(accept::run(listener, Arc::new(common)));
        self.admin_address = Some(listen);
    }

    /// The same as a URL without a path.
    pub fn url(&self) -> String {
        let scheme = if self.certificate.is_some() { "https" } else { "http" };
        format!("{scheme}://{}", self.address)
    }

    /// Where it listens for operators, if anywhere.
    pub fn admin_address(&self) -> Option<SocketAddr> {
        self.admin_address
    }

    /// Looks for a new certificate now. If it cannot be used, the one before stays, and the log says why.
    pub fn renew_certificate(&self) {
        if let Some(certificate) = &self.certificate {
            certificate.renew();
        }
    }

    /// Waits until a part of the service ends that should not, and says which: what is left of it is no service.
    pub async fn broken(&mut self) -> Error {
        let background = async {
            match &mut self.after {
                Some(after) => (&mut after.background).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            Some(ended) = self.accepting.join_next() => why("accepting connections", ended),
            ended = background => why("the background tasks", ended),
        }
    }

    /// Goes on for this long, but ends each connection after its next answer: time for a balancer to send its requests
    /// elsewhere.
    pub async fn leave(&self, delay: Duration) {
        self.leaving.store(true, Relaxed);
        self.stage.send_replace(Stage::Leaving);
        tokio::time::sleep(delay).await;
    }

    /// Accepts nothing more, lets requests under way finish within the grace period, and writes what is still noted.
    pub async fn shutdown(mut self) -> Result<()> {
        self.leaving.store(true, Relaxed);
        self.stage.send_replace(Stage::Ending);
        while let Some(ended) = self.accepting.join_next().await {
            ended.context("accepting connections broke down")?;
        }
        if let Some(After { stop, background, key_watch, upkeep, store }) = self.after {
            let _ = stop.send(true);
            let ended = background.await.context("the background tasks broke down");
            let watched = match key_watch {
                Some(watch) => watch.await.context("the watch on the key file broke down"),
                None => Ok(()),
            };
            // Whatever broke down, others need not wait for this process, and the store is closed.
            upkeep.over_before(store.close()).await?;
            ended.and(watched)?;
        }
        Ok(())
    }
}

fn why(part: &str, ended: Result<(), JoinError>) -> Error {
    let how = ended.map_or_else(|error| error.to_string(), |()| "it came to an end".to_owned());
    anyhow!("{part} broke down: {how}")
}
