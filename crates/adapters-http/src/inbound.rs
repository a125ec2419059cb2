//! A request that has arrived whole: what handlers get instead of extractors, so that every malformed one is refused in
//! its dialect's own shape.

use std::time::Duration;

use axum::{
    body::{Body, HttpBody},
    extract::Request,
};
use bytes::Bytes;
use http::{
    HeaderMap, Method, Uri,
    header::{AUTHORIZATION, AsHeaderName},
};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use ipnet::IpNet;
use vestibule_application::ports::{CaughtUp, StoreError};

use crate::{
    client::{Client, Connection},
    cookie,
    dialect::Refusal,
    params::{BodyError, Params},
    request_id::RequestId,
};

/// The most bytes a body may have.
pub const MAX_BODY: usize = 64 * 1024;

/// When to try again after a failure of the store.
const STORE_RETRY: Duration = Duration::from_secs(2);

/// What a request says before its body, and who sent it.
#[derive(Clone, Copy)]
pub struct Head<'a> {
    /// Its target.
    pub uri: &'a Uri,
    /// Its headers.
    pub headers: &'a HeaderMap,
    /// Who sent it.
    pub client: Client,
    /// What has been heard since it came, if that was waited for.
    pub caught_up: Option<CaughtUp>,
}

impl<'a> Head<'a> {
    /// The parameters of the query.
    pub fn query(self) -> Result<Params, BodyError> {
        Params::from_urlencoded(self.uri.query().unwrap_or_default().as_bytes())
    }

    /// A header's value, when it is there and readable.
    pub fn header(self, name: impl AsHeaderName) -> Option<&'a str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// What follows `scheme` in `Authorization`, for example `Bearer`.
    pub fn authorization(self, scheme: &str) -> Option<&'a str> {
        let (given, credentials) = self.header(AUTHORIZATION)?.trim().split_once(' ')?;
        given.eq_ignore_ascii_case(scheme).then(|| credentials.trim())
    }

    /// The value of the first cookie of that name.
    pub fn cookie(self, name: &str) -> Option<&'a str> {
        cookie::find(self.headers, name)
    }
}

/// A request.
pub struct Inbound {
    /// Its method.
    pub method: Method,
    /// Its target.
    pub uri: Uri,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Bytes,
    /// Who sent it.
    pub client: Client,
    /// What it is called.
    pub request_id: RequestId,
}

impl Inbound {
    /// Waits for the whole request, which came over this connection and is called so.
    pub async fn receive(
        request: Request,
        request_id: RequestId,
        connection: Connection,
        trusted_proxies: &[IpNet],
    ) -> Result<Self, Refusal> {
        let (parts, body) = request.into_parts();
        let client = Client::identify(connection, &parts.headers, trusted_proxies);
        let body = read(body).await?;
        Ok(Self { method: parts.method, uri: parts.uri, headers: parts.headers, body, client, request_id })
    }

    /// Notes that a password or API token crossed a network in plain text on its way here: it was refused, but whoever
    /// was on the way may have it.
    pub fn note_exposure(&self, of: &'static str) {
        if self.is_exposed() {
            let (request_id, address) = (&self.request_id, self.client.address);
            tracing::warn!(%request_id, %address, "{of} came in plain text and was refused; it is to be changed");
        }
    }

    /// Whether it has brought, in plain text, anything in which there could be a secret: what only knocks has not.
    fn is_exposed(&self) -> bool {
        let brings_anything =
            !self.body.is_empty() || self.uri.query().is_some() || self.headers.contains_key(AUTHORIZATION);
        brings_anything && !self.client.may_send_secrets()
    }

    /// All but its body.
    pub fn head(&self) -> Head<'_> {
        Head { uri: &self.uri, headers: &self.headers, client: self.client, caught_up: None }
    }

    /// The parameters of the query.
    pub fn query(&self) -> Result<Params, BodyError> {
        self.head().query()
    }

    /// The parameters of the body, whatever their encoding, before those of the query. `names` are those that will be
    /// read, and must be plain.
    pub async fn body_and_query(&self, names: &[&str]) -> Result<Params, BodyError> {
        Params::from_body(&self.headers, &self.body).await?.or(self.query()?).plain(names)
    }

    /// A header's value, when it is there and readable.
    pub fn header(&self, name: impl AsHeaderName) -> Option<&str> {
        self.head().header(name)
    }

    /// What follows `scheme` in `Authorization`, for example `Bearer`.
    pub fn authorization(&self, scheme: &str) -> Option<&str> {
        self.head().authorization(scheme)
    }

    /// The value of the first cookie of that name.
    pub fn cookie(&self, name: &str) -> Option<&str> {
        self.head().cookie(name)
    }

    /// How a failure of the store is told; logs it, once.
    pub fn refusal_of(&self, error: &StoreError) -> Refusal {
        match error {
            StoreError::Unavailable(cause) => {
                tracing::error!(request_id = %self.request_id, %cause, "the store is not available");
                Refusal::Unavailable { retry_after: STORE_RETRY }
            }
            StoreError::Malformed(what) => {
                tracing::error!(request_id = %self.request_id, what, "a stored value is malformed");
                Refusal::Internal { request_id: self.request_id.to_string() }
            }
        }
    }
}

pub(crate) async fn read(body: Body) -> Result<Bytes, Refusal> {
    if body.is_end_stream() {
        return Ok(Bytes::new());
    }
    match Limited::new(body, MAX_BODY).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(Refusal::BodyTooLarge),
        Err(_) => Err(Refusal::Malformed("the body did not arrive whole")),
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use uuid::Uuid;

    use super::*;

    /// A POST from another machine.
    fn inbound(uri: &'static str, body: &'static str, authorization: Option<&'static str>, is_secure: bool) -> Inbound {
        let headers = authorization.map(|value| (AUTHORIZATION, HeaderValue::from_static(value)));
        Inbound {
            method: Method::POST,
            uri: Uri::from_static(uri),
            headers: headers.into_iter().collect(),
            body: Bytes::from_static(body.as_bytes()),
            client: Client { address: [192, 0, 2, 7].into(), is_local: false, is_secure },
            request_id: RequestId::made(Uuid::nil()),
        }
    }

    #[test]
    fn what_comes_in_plain_text_is_exposed_and_who_brings_nothing_exposes_nothing() {
        assert!(!inbound("/introspect", "", None, false).is_exposed());
        for (uri, body, authorization) in
            [("/a?password=x", "", None), ("/a", "password=x", None), ("/a", "", Some("Bearer x"))]
        {
            assert!(inbound(uri, body, authorization, false).is_exposed(), "{uri} {body}");
            assert!(!inbound(uri, body, authorization, true).is_exposed(), "{uri} {body}");
        }
    }
}
