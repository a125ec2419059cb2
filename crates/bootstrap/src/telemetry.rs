//! The log: events on standard error. And traces, where they are wanted.

pub(crate) mod traces;

use std::io::{IsTerminal, Write, stderr};

use anyhow::Result;
use tracing::{Level, Metadata, Subscriber};
use tracing_subscriber::{
    EnvFilter, Layer,
    filter::{FilterExt, FilterFn, filter_fn},
    fmt::MakeWriter,
    layer::SubscriberExt,
    util::SubscriberInitExt,
};

pub use self::traces::Traces;
use crate::settings::{Log, LogFormat, Settings};

/// Sends the events of this process to standard error, and its traces where the settings say. The first call decides;
/// tests make many.
pub fn init(settings: &Settings) -> Result<Traces> {
    let traces = Traces::start(settings.telemetry.otlp_endpoint.as_ref())?;
    let _ = subscriber(&settings.log, &traces, stderr, stderr().is_terminal()).try_init();
    Ok(traces)
}

fn subscriber<W>(log: &Log, traces: &Traces, writer: W, colours: bool) -> impl Subscriber + Send + Sync + use<W>
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let layer = tracing_subscriber::fmt::layer().with_writer(writer);
    let layer = match log.format {
        LogFormat::Human => layer.with_ansi(colours).with_target(false).boxed(),
        LogFormat::Json => layer.json().flatten_event(true).boxed(),
    };
    let filter = EnvFilter::new(log.filter.as_str()).and(without_details());
    // A list, and not one layer upon the other: with an absent layer below it, the filter of the layer above would be asked
    // about every span of every request, and spans that nobody wants would be made all the same.
    let layers = [traces.layer().map(Layer::boxed), Some(layer.with_filter(filter).boxed())];
    tracing_subscriber::registry().with(layers.into_iter().flatten().collect::<Vec<_>>())
}

/// Nothing that must not be in the log, whatever the settings say.
fn without_details() -> FilterFn<fn(&Metadata<'_>) -> bool> {
    let filter: FilterFn<fn(&Metadata<'_>) -> bool> = filter_fn(is_for_the_log);
    // Else a filter of which this is a part would not know how much of the log is never wanted.
    filter.with_max_level_hint(Level::TRACE)
}

/// What is only for traces is not. And below `info`, database drivers tell statements and, of a connection, its URL with
/// the password in it.
fn is_for_the_log(metadata: &Metadata<'_>) -> bool {
    let target = metadata.target();
    if target == "vestibule::trace" {
        return false;
    }
    let is_driver = ["sqlx", "sea_orm", "sea_query", "sea_schema"].iter().any(|name| target.starts_with(name));
    !is_driver || *metadata.level() <= Level::INFO
}

/// Says something to whoever started the process, past the log's filter.
pub(crate) fn tell(text: &str) {
    // Nobody is left to be told that standard error is closed.
    let _ = writeln!(stderr(), "{text}");
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex, PoisonError};

    use tracing::level_filters::LevelFilter;

    use super::*;
    use crate::settings::Sources;

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).extend(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    fn logged(settings: &str, events: impl FnOnce()) -> String {
        let settings = Settings::read(Sources::of_text(settings)).ok().unwrap();
        let lines = Lines::default();
        let writer = lines.clone();
        tracing::subscriber::with_default(
            subscriber(&settings.log, &Traces::off(), move || writer.clone(), false),
            events,
        );
        let bytes = lines.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap()
    }

    /// TX-12.
    #[test]
    fn a_connection_s_url_is_not_logged_however_much_is_asked_for() {
        let log = logged("[log]\nfilter = \"trace,sqlx=trace,sea_orm=trace\"", || {
            tracing::trace!(target: "sea_orm::driver", "hunter2");
            tracing::debug!(target: "sqlx::query", "hunter2");
            tracing::trace_span!(target: "sea_orm::database", "connect", url = "hunter2").in_scope(|| {
                tracing::trace!(target: "vestibule", "seen");
            });
            tracing::warn!(target: "sqlx::query", "slow");
        });
        assert!(!log.contains("hunter2"), "{log}");
        assert!(log.contains("seen") && log.contains("slow"), "{log}");
    }

    /// Each request has some.
    #[test]
    fn spans_that_nobody_wants_are_not_made() {
        logged("", || {
            assert_eq!(LevelFilter::current(), LevelFilter::INFO);
            let request = axum::http::Request::new(());
            assert!(traces::of_request(&request).is_disabled());
            assert!(tracing::debug_span!("request").is_disabled());
            assert!(!tracing::info_span!("task").is_disabled());
        });
    }

    #[test]
    fn json_lines_are_objects_with_the_fields_of_the_event() {
        let log = logged("[log]\nformat = \"json\"", || tracing::info!(answer = 42, "done"));
        let line: serde_json::Value = serde_json::from_str(&log).unwrap();
        assert_eq!((&line["answer"], &line["message"]), (&42.into(), &"done".into()));
    }
}
