//! One connection from its first byte to its last.

use std::{convert::Infallible, future::ready, io, pin::pin, sync::Arc, time::Duration};

use axum::{
    body::Body,
    http::{
        HeaderValue, Version,
        header::{CONNECTION, STRICT_TRANSPORT_SECURITY},
    },
    response::Response,
};
use hyper::{Request, body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto::Builder,
};
use tokio::{
    net::TcpStream,
    sync::{Notify, watch},
    time::{sleep, timeout},
};
use tokio_rustls::server::TlsStream;
use tokio_util::either::Either;
use tracing::Instrument;
use vestibule_adapters_http::{
    client::Connection,
    mount::{Front, MAX_FIELDS, MAX_HEAD},
};

use super::{
    ConnectionMeters, Stage,
    caps::PerAddress,
    ending,
    pace::{Pace, Paced},
    proxy_protocol,
    tls::{Certificate, HTTP_2},
};
use crate::{settings::Server, telemetry::traces};

/// Requests at a time on one connection of HTTP/2.
const STREAMS: u32 = 64;

/// How often the other end of a connection of HTTP/2 is asked whether it is there, and how long it may take to say so.
const PING: Duration = Duration::from_secs(20);

/// The most bytes of a request's head in HTTP/2, which counts 32 more for each field (RFC 9113, 6.5.2).
const MAX_HEAD_LIST: u32 = 18 * 1024;

/// Bytes that one stream of HTTP/2 may make us keep, of a body and of an answer each; no body is longer.
const STREAM_BYTES: u32 = 64 * 1024;

/// How long a client that is late may take to hear that the connection ends.
const FAREWELL: Duration = Duration::from_secs(1);

/// A year, in the words of RFC 6797. Not for subdomains, which may be others'.
const HSTS: HeaderValue = HeaderValue::from_static("max-age=31536000");

/// In plain text, or in TLS. One type, because what speaks HTTP is large and would be there once for each.
type Stream = Either<TcpStream, Box<TlsStream<TcpStream>>>;

/// What all connections share.
pub(super) struct Common {
    pub(super) front: Front,
    pub(super) settings: Server,
    pub(super) certificate: Option<Arc<Certificate>>,
    pub(super) per_address: Arc<PerAddress>,
    pub(super) meters: Arc<ConnectionMeters>,
    pub(super) stage: watch::Receiver<Stage>,
}

impl Common {
    /// Speaks with the client until one side has had enough.
    pub(super) async fn converse(self: Arc<Self>, mut stream: TcpStream, mut connection: Connection) {
        let _ = stream.set_nodelay(true);
        let address = connection.peer.ip().to_canonical();
        let is_proxy = self.settings.trusted_proxies.iter().any(|net| net.contains(&address));
        if self.settings.proxy_protocol {
            if !is_proxy {
                self.meters.refused.one_more();
                return tracing::debug!(%address, "closed: not one of server.trusted_proxies");
            }
            match self.in_time(proxy_protocol::read(&mut stream)).await {
                Ok(Some(client)) => (connection.peer, connection.is_forwarded) = (client, true),
                Ok(None) => {}
                Err(error) => {
                    self.meters.refused.one_more();
                    return tracing::debug!(%address, %error, "closed");
                }
            }
        }
        let address = connection.peer.ip();
        let is_exempt = is_proxy && !connection.is_forwarded;
        let place = self.per_address.enter(address);
        if place.is_none() && !is_exempt {
            self.meters.refused.one_more();
            return tracing::debug!(%address, "closed: server.max_connections_per_address");
        }
        let Some(certificate) = &self.certificate else {
            return self.serve(Either::Left(stream), connection, false).await;
        };
        connection.is_encrypted = true;
        match self.in_time(certificate.acceptor().accept(stream)).await {
            Ok(stream) => {
                let is_http2 = stream.get_ref().1.alpn_protocol() == Some(HTTP_2);
                self.serve(Either::Right(Box::new(stream)), connection, is_http2).await;
            }
            Err(error) => tracing::debug!(%address, %error, "no TLS"),
        }
    }

    /// A step before the first request, which nobody waits for at the end.
    async fn in_time<T>(&self, step: impl Future<Output = io::Result<T>>) -> io::Result<T> {
        let mut stage = self.stage.clone();
        tokio::select! {
            done = timeout(self.settings.head_timeout, step) => done?,
            () = ending(&mut stage) => Err(io::ErrorKind::Interrupted.into()),
        }
    }

    async fn serve(self: &Arc<Self>, stream: Stream, connection: Connection, is_http2: bool) {
        let pace = Pace::new(self.settings.head_timeout, self.settings.idle_timeout);
        let last = Arc::new(Notify::new());
        let service = {
            let (common, pace, last) = (Arc::clone(self), Arc::clone(&pace), Arc::clone(&last));
            service_fn(move |request| {
                if let Some(response) = common.at_hand(&request, connection, &last) {
                    pace.answered();
                    return Either::Left(ready(Ok::<_, Infallible>(response)));
                }
                let working = pace.work();
                let (common, last) = (Arc::clone(&common), Arc::clone(&last));
                // Boxed, because what is answered at hand has room for it too.
                Either::Right(Box::pin(async move {
                    let response = common.ask(request, connection, &last).await;
                    drop(working);
                    Ok(response)
                }))
            })
        };
        let stream = Paced::new(stream, (!is_http2).then(|| Arc::clone(&pace)));
        let builder = if is_http2 { http2() } else { http1() };
        let mut conversation = pin!(builder.serve_connection(TokioIo::new(stream), service));
        let mut stage = self.stage.clone();
        let mut ended = tokio::select! {
            // The connection first, which may put its own end off.
            biased;
            ended = conversation.as_mut() => Some(ended),
            () = pace.overdue() => None,
            () = last.notified(), if is_http2 => None,
            () = ending(&mut stage) => None,
        };
        if ended.is_none() {
            // Ends at once between requests, and after the answers to those under way.
            conversation.as_mut().graceful_shutdown();
            let overdue = async {
                pace.overdue().await;
                sleep(FAREWELL).await;
            };
            ended = tokio::select! {
                biased;
                ended = conversation => Some(ended),
                () = overdue => None,
            };
        }
        if let Some(Err(error)) = ended {
            tracing::debug!(peer = %connection.peer, error, "a connection broke");
        }
    }

    /// Answers before anybody waits, if that is possible and nobody wants to have it traced.
    fn at_hand(&self, request: &Request<Incoming>, connection: Connection, last: &Notify) -> Option<Response> {
        if traces::are_wanted() {
            return None;
        }
        let mut response = self.front.at_hand(request, connection)?;
        self.conclude(&mut response, request.version(), connection, last);
        Some(response)
    }

    async fn ask(&self, request: Request<Incoming>, connection: Connection, last: &Notify) -> Response {
        let version = request.version();
        let span = traces::of_request(&request);
        let request = request.map(Body::new);
        let mut response = if span.is_disabled() {
            self.front.ask(request, connection).await
        } else {
            let response = self.front.ask(request, connection).instrument(span.clone()).await;
            traces::answered(&span, &response);
            response
        };
        self.conclude(&mut response, version, connection, last);
        response
    }

    /// Adds what the connection has to say.
    fn conclude(&self, response: &mut Response, version: Version, connection: Connection, last: &Notify) {
        let is_http2 = version == Version::HTTP_2;
        let headers = response.headers_mut();
        if connection.is_encrypted && self.settings.tls.as_ref().is_some_and(|tls| tls.hsts) {
            headers.insert(STRICT_TRANSPORT_SECURITY, HSTS);
        }
        // Tells whoever keeps the connection to ask on another one next time: a request sent on a connection that is
        // being closed has no answer, and nobody but its sender knows whether it may be sent again (RFC 9112, 9.3.1).
        match *self.stage.borrow() {
            Stage::Serving => {}
            Stage::Leaving | Stage::Ending if is_http2 => last.notify_one(),
            Stage::Leaving | Stage::Ending => {
                headers.insert(CONNECTION, HeaderValue::from_static("close"));
            }
        }
    }
}

fn http1() -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new()).http1_only();
    // The deadline of heads is [`Pace`]'s: hyper's also ends connections that idle.
    builder.http1().header_read_timeout(None).max_buf_size(MAX_HEAD).max_headers(MAX_FIELDS);
    // Answers are small: to copy one behind its head costs less than to have the system gather both.
    builder.http1().writev(false);
    builder
}

fn http2() -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new()).http2_only();
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS)
        .max_header_list_size(MAX_HEAD_LIST)
        .initial_stream_window_size(STREAM_BYTES)
        .initial_connection_window_size(4 * STREAM_BYTES)
        .max_send_buf_size(STREAM_BYTES as usize)
        // Against floods of streams that are opened and reset (CVE-2023-44487), or made to be reset by us
        // (CVE-2025-8671): beyond these the connection ends.
        .max_pending_accept_reset_streams(20)
        .max_local_error_reset_streams(128)
        .keep_alive_interval(PING)
        .keep_alive_timeout(PING);
    builder
}
