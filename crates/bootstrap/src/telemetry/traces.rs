//! Traces: what each request took and what of it, sent to a collector by OTLP over HTTP. Off unless a collector is named.
//!
//! Spans have their own target, so that nothing else that is traced in this process is ever sent: no statement of a
//! driver, no line of the log. Of a request they have method and path, never the query, which may carry a token.

use std::time::Duration;

use anyhow::{Context, Result};
use axum::{
    http::{HeaderMap, Request, StatusCode},
    response::Response,
};
use opentelemetry::{
    propagation::{Extractor, TextMapPropagator},
    trace::TracerProvider,
};
use opentelemetry_otlp::{SpanExporter, WithExportConfig};
use opentelemetry_sdk::{Resource, propagation::TraceContextPropagator, trace::SdkTracerProvider};
use tracing::{Level, Span, field::Empty};
use tracing_opentelemetry::OpenTelemetrySpanExt;
use tracing_subscriber::{Layer, Registry, filter::Targets};

use crate::settings::WebOrigin;

/// What all spans of this module have for a target.
macro_rules! traced {
    ($name:literal $(, $($field:tt)*)?) => {
        tracing::trace_span!(target: "vestibule::trace", $name $(, $($field)*)?)
    };
}
pub(crate) use traced;

/// How long one sending may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// Where traces go, if anywhere. They are sent in the background, by a thread of their own.
pub struct Traces(Option<SdkTracerProvider>);

impl Traces {
    /// To the collector at this origin, such as `http://127.0.0.1:4318`.
    pub(super) fn start(collector: Option<&WebOrigin>) -> Result<Self> {
        let Some(collector) = collector else { return Ok(Self(None)) };
        let exporter = SpanExporter::builder()
            .with_http()
            .with_endpoint(format!("{}/v1/traces", collector.as_str()))
            .with_timeout(PATIENCE)
            .build()
            .context("cannot send traces to telemetry.otlp_endpoint")?;
        let resource = Resource::builder_empty().with_service_name("vestibule").build();
        Ok(Self(Some(SdkTracerProvider::builder().with_resource(resource).with_batch_exporter(exporter).build())))
    }

    #[cfg(test)]
    pub(super) fn off() -> Self {
        Self(None)
    }

    pub(super) fn layer(&self) -> Option<impl Layer<Registry> + Send + Sync + use<>> {
        let tracer = self.0.as_ref()?.tracer("vestibule");
        let layer = tracing_opentelemetry::layer().with_tracer(tracer).with_location(false).with_threads(false);
        Some(layer.with_filter(Targets::new().with_target("vestibule::trace", Level::TRACE)))
    }

    /// Sends what was not sent yet. Blocks: not for a thread of the runtime.
    pub fn end(self) {
        if let Some(Err(error)) = self.0.map(|provider| provider.shutdown()) {
            tracing::warn!("the latest traces are lost: {error}");
        }
    }
}

/// Whether anybody wants to know what requests take.
pub(crate) fn are_wanted() -> bool {
    tracing::enabled!(target: "vestibule::trace", Level::TRACE)
}

/// The span of a request, below that of its caller if it names one (W3C Trace Context); nothing where traces are off.
pub(crate) fn of_request<B>(request: &Request<B>) -> Span {
    let span = traced!(
        "request",
        otel.kind = "server",
        otel.name = request.method().as_str(),
        http.request.method = request.method().as_str(),
        url.path = request.uri().path(),
        http.response.status_code = Empty,
        otel.status_code = Empty,
        vestibule.request_id = Empty
    );
    if !span.is_disabled() {
        let caller = TraceContextPropagator::new().extract(&Fields(request.headers()));
        // It has not begun yet, so it can have a parent.
        let _ = span.set_parent(caller);
    }
    span
}

/// Notes in its span how a request was answered.
pub(crate) fn answered(span: &Span, response: &Response) {
    span.record("http.response.status_code", response.status().as_u16());
    let name = response.headers().get("x-request-id").and_then(|name| name.to_str().ok());
    span.record("vestibule.request_id", name);
    if response.status() >= StatusCode::INTERNAL_SERVER_ERROR {
        span.record("otel.status_code", "ERROR");
    }
}

struct Fields<'a>(&'a HeaderMap);

impl Extractor for Fields<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key)?.to_str().ok()
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(axum::http::HeaderName::as_str).collect()
    }
}
