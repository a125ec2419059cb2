//! The public keys of signed tokens, for those who verify them themselves.

use axum::response::Response;
use http::{HeaderValue, StatusCode, header::CACHE_CONTROL};
use url::Url;
use utoipa::openapi::{
    OpenApi,
    schema::{ArrayBuilder, ObjectBuilder, Type},
};

use crate::{
    openapi::{self, Description},
    reply,
};

/// Where those who verify signed tokens themselves find the keys.
pub const JWKS_PATH: &str = "/.well-known/jwks.json";

/// How long verifiers may keep them: a new key is published for longer than that before anything is signed with it, and
/// an old one for as long as what it signed lives.
const KEPT: HeaderValue = HeaderValue::from_static("public, max-age=60");

const JWK_SET: &str = "application/jwk-set+json";

/// The answer that has these keys.
pub(super) fn published(keys: &serde_json::Value) -> Response {
    let mut response = reply::json(StatusCode::OK, HeaderValue::from_static(JWK_SET), keys);
    response.headers_mut().insert(CACHE_CONTROL, KEPT);
    response
}

/// The document of that (OpenAPI 3.1), for whoever asks the public URL.
pub fn document(public_url: &Url) -> OpenApi {
    let key = ObjectBuilder::new().schema_type(Type::Object).build();
    let keys = ObjectBuilder::new().property("keys", ArrayBuilder::new().items(key)).required("keys").build();
    let published = Description::new("Tells the public keys that signed tokens are verified with (RFC 7517).")
        .answers_as(StatusCode::OK, JWK_SET, "The keys as they are now.", keys)
        .with_header(StatusCode::OK, "Cache-Control", "How long they may be kept.");
    let about = "For those who verify signed tokens themselves. It is at every host.";
    openapi::document_of("keys", about, openapi::server(public_url), [(JWKS_PATH, published)])
}
