//! Serving what was composed: connections, deadlines, and an end in good order.

#[cfg(test)]
mod tests;

use std::{
    io,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use anyhow::{Context, Result};
use axum::{
    Router,
    http::{HeaderValue, header::CONNECTION},
    middleware::map_response,
    response::Response,
};
use axum_server::{Server, accept::NoDelayAcceptor};
use hyper_util::rt::TokioTimer;
use tokio::{net::TcpListener, sync::watch, task::JoinHandle};

use crate::compose::{App, OpenStores};

/// How connections are dealt with.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadlines {
    /// How long a request's head may take, counted from the connection's beginning or the answer before.
    pub(crate) head: Duration,
    /// How long requests may take to finish at the end.
    pub(crate) grace: Duration,
}

/// How long the head of a request may take: slower clients are holding connections, not asking.
pub(crate) const HEAD_DEADLINE: Duration = Duration::from_secs(10);

/// The most bytes of a request's head, and of what is read ahead.
const HEAD_BYTES: usize = 32 * 1024;

/// A service that accepts connections.
pub struct Handle {
    address: SocketAddr,
    grace: Duration,
    leaving: Arc<AtomicBool>,
    connections: axum_server::Handle<SocketAddr>,
    server: JoinHandle<io::Result<()>>,
    after: Option<After>,
}

/// What goes on beside the connections, and is to be ended after them.
struct After {
    stop: watch::Sender<bool>,
    background: JoinHandle<()>,
    key_watch: Option<JoinHandle<()>>,
    store: OpenStores,
}

/// Listens where the settings say.
pub(crate) async fn bind(address: SocketAddr) -> Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| {
        format!(
            "cannot listen on {address}: if another program does, stop it or set server.listen \
             (VESTIBULE__SERVER__LISTEN) to another port; port 0 picks a free one"
        )
    })
}

impl App {
    /// Accepts connections from now on.
    pub async fn serve(self) -> Result<Handle> {
        let (stop, stopped) = watch::channel(false);
        let mut handle = serve(self.listener, self.router, self.deadlines).await?;
        let key_watch = self.key_watch.map(|watch| watch.start(stopped.clone())).transpose()?;
        let background = tokio::spawn(self.background.run(stopped));
        handle.after = Some(After { stop, background, key_watch, store: self.store });
        Ok(handle)
    }
}

/// Serves this router alone.
pub(crate) async fn serve(listener: TcpListener, router: Router, deadlines: Deadlines) -> Result<Handle> {
    let address = listener.local_addr().context("the listener has no address")?;
    let leaving = Arc::<AtomicBool>::default();
    let router = router.layer(map_response({
        let leaving = leaving.clone();
        move |response| std::future::ready(told(response, leaving.load(Ordering::Relaxed)))
    }));
    let connections = axum_server::Handle::new();
    // HTTP/2 is not offered: without TLS nobody asks for it, and telling the two apart by the first bytes has no
    // deadline.
    let mut server =
        Server::from_listener(listener).acceptor(NoDelayAcceptor::new()).http1_only().handle(connections.clone());
    let mut builder = server.http_builder().http1();
    builder.timer(TokioTimer::new()).header_read_timeout(deadlines.head).max_buf_size(HEAD_BYTES);
    let server = tokio::spawn(server.serve(router.into_make_service_with_connect_info::<SocketAddr>()));
    connections.listening().await.context("the server did not start")?;
    Ok(Handle { address, grace: deadlines.grace, leaving, connections, server, after: None })
}

/// Tells whoever keeps the connection to ask on another one next time: a request sent on a connection that is being
/// closed has no answer, and nobody but its sender knows whether it may be sent again (RFC 9112, 9.3.1).
fn told(mut response: Response, leaving: bool) -> Response {
    if leaving {
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

impl Handle {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Goes on for this long, but ends each connection after its next answer: time for a balancer to send its requests
    /// elsewhere.
    pub async fn leave(&self, delay: Duration) {
        self.leaving.store(true, Ordering::Relaxed);
        tokio::time::sleep(delay).await;
    }

    /// Accepts nothing more, lets requests under way finish within the grace period, and writes what is still noted.
    pub async fn shutdown(self) -> Result<()> {
        self.connections.graceful_shutdown(Some(self.grace));
        self.server.await.context("the server broke down")?.context("the server failed")?;
        if let Some(After { stop, background, key_watch, store }) = self.after {
            let _ = stop.send(true);
            background.await.context("the background tasks broke down")?;
            if let Some(watch) = key_watch {
                watch.await.context("the watch on the key file broke down")?;
            }
            store.close().await?;
        }
        Ok(())
    }
}
