//! Accepting connections, as many as there may be.

use std::{
    io::{self, ErrorKind},
    net::SocketAddr,
    sync::Arc,
    time::Duration,
};

use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
    task::JoinSet,
    time::{sleep, timeout},
};
use vestibule_adapters_http::client::Connection;

use super::{caps, connection::Common, ending};

/// How long to wait when the machine has nothing left for another connection.
const EXHAUSTED: Duration = Duration::from_secs(1);

/// Accepts until the stage is `Stage::Ending`, then gives connections the grace period to come to their end.
pub(super) async fn run(listener: TcpListener, common: Arc<Common>) {
    let most = caps::connections(common.settings.max_connections) as usize;
    let places = Arc::new(Semaphore::new(most));
    let mut is_full = false;
    let mut stage = common.stage.clone();
    let mut connections = JoinSet::new();
    loop {
        // Told once, until there is room again.
        let free = places.available_permits();
        if free == 0 && !is_full {
            tracing::warn!("there are {most} connections to {}: the next ones wait", common.settings.listen);
        }
        is_full = free == 0 || is_full && free <= most / 10;
        let (place, stream, peer) = tokio::select! {
            biased;
            () = ending(&mut stage) => break,
            // Only to forget them: a panic in one is none of the others' business, and has been told by its hook.
            Some(_) = connections.join_next() => continue,
            next = next(&listener, &places) => match next {
                Ok(next) => next,
                Err(error) => {
                    tracing::error!("cannot accept connections: {error}; trying again");
                    sleep(EXHAUSTED).await;
                    continue;
                }
            }
        };
        let common = Arc::clone(&common);
        common.meters.accepted.one_more();
        let open = common.meters.open.enter();
        connections.spawn(async move {
            common.converse(stream, Connection::plain(peer)).await;
            drop((place, open));
        });
    }
    drop(listener);
    // Whoever is not done by then is cut off.
    let _ = timeout(common.settings.shutdown_grace, async { while connections.join_next().await.is_some() {} }).await;
}

/// The next connection, once there is a place for it. Until then it waits in the system's queue, where it costs us
/// nothing: closing it would only make an honest client try again at once.
async fn next(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> io::Result<(OwnedSemaphorePermit, TcpStream, SocketAddr)> {
    let place = Arc::clone(places).acquire_owned().await.map_err(io::Error::other)?;
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => return Ok((place, stream, peer)),
            // Of that connection, which was gone before we came to it.
            Err(error) if is_the_connections(&error) => {}
            Err(error) => return Err(error),
        }
    }
}

fn is_the_connections(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset | ErrorKind::ConnectionRefused)
}
