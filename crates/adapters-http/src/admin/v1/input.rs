//! What comes with a request, read strictly: this API is the service's own, so that what is unknown is a mistake.

use std::{future::Future, sync::Arc};

use axum::{
    body::Bytes,
    extract::{FromRequest, FromRequestParts, Path as AxumPath, Query as AxumQuery, Request},
};
use http::{StatusCode, header::CONTENT_TYPE, request::Parts};
use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, Error as _},
};

use super::{Problem, V1};
use crate::media_type;

/// The parameters of the query.
pub(super) struct Query<T>(pub(super) T);

impl<T: DeserializeOwned + Send> FromRequestParts<Arc<V1>> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Arc<V1>) -> Result<Self, Problem> {
        let read = AxumQuery::try_from_uri(&parts.uri);
        read.map(|AxumQuery(query)| Self(query)).map_err(|rejection| Problem::malformed(rejection.body_text()))
    }
}

/// The variable parts of the path.
pub(super) struct Path<T>(pub(super) T);

impl<T: DeserializeOwned + Send> FromRequestParts<Arc<V1>> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, v1: &Arc<V1>) -> Result<Self, Problem> {
        let read = AxumPath::from_request_parts(parts, v1).await;
        read.map(|AxumPath(path)| Self(path)).map_err(|rejection| Problem::malformed(rejection.body_text()))
    }
}

/// A JSON body, with its bytes.
pub(super) struct Json<T> {
    pub(super) value: T,
    pub(super) bytes: Bytes,
}

impl<T: DeserializeOwned> FromRequest<Arc<V1>> for Json<T> {
    type Rejection = Problem;

    fn from_request(request: Request, v1: &Arc<V1>) -> impl Future<Output = Result<Self, Problem>> + Send {
        let kind = request.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        let essence = kind.and_then(|kind| kind.split(';').next()).map(|kind| kind.trim().to_ascii_lowercase());
        let bytes = Bytes::from_request(request, v1);
        async move {
            if essence.as_deref() != Some(media_type::JSON) {
                let detail = "send the body as Content-Type: application/json";
                return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", detail));
            }
            let bytes = bytes.await.map_err(|rejection| Problem::malformed(rejection.body_text()))?;
            let value = serde_json::from_slice(&bytes).map_err(|error| Problem::malformed(error.to_string()))?;
            Ok(Self { value, bytes })
        }
    }
}

/// Reads a whole number as JSON has it, in which `60.0` is one (JSON Schema 2020-12, section 6.1.1).
pub(super) fn whole<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    f64::deserialize(deserializer)?.to_string().parse().map_err(D::Error::custom)
}

/// The same of one that may be missing.
pub(super) fn maybe_whole<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u32>, D::Error> {
    let number: Option<f64> = Option::deserialize(deserializer)?;
    number.map(|number| number.to_string().parse().map_err(D::Error::custom)).transpose()
}

/// What becomes of something that may be missing: nothing is said, it is to go, or this is to take its place.
#[derive(Default)]
pub(super) enum Given<T> {
    #[default]
    Keep,
    Clear,
    Set(T),
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Given<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Option::deserialize(deserializer)?.map_or(Self::Clear, Self::Set))
    }
}

impl<T> Given<T> {
    /// What is there from now on, where `before` was.
    pub(super) fn over<U>(
        self,
        before: Option<U>,
        read: impl FnOnce(T) -> Result<U, Problem>,
    ) -> Result<Option<U>, Problem> {
        match self {
            Self::Keep => Ok(before),
            Self::Clear => Ok(None),
            Self::Set(given) => read(given).map(Some),
        }
    }
}
