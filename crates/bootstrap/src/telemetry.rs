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
    tracing_subscriber::registry().with(traces.layer()).with(layer.with_filter(filter))
}

/// What is only for traces is not for the log. And below `info`, database drivers tell statements and, of a connection, its URL with the password in it. Whatever the
/// settings say, that is not logged.
fn without_details() -> FilterFn<fn(&Metadata<'_>) -> bool> {
    filter_fn(|metadata| {
        let target = metadata.target();
        if target == "vestibule::trace" {
            return false;
        }
        let is_driver = ["sqlx", "sea_orm", "sea_query", "sea_schema"].iter().any(|name| target.starts_with(name));
        !is_driver || *metadata.level() <= Level::INFO
    })
}

/// Says something to whoever started the process, past the log's filter.
pub(crate) fn tell(text: &str) {
    // Nobody is left to be told that standard error is closed.
    let _ = writeln!(stderr(), "{text}");
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex, PoisonError};

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

    #[test]
    fn json_lines_are_objects_with_the_fields_of_the_event() {
        let log = logged("[log]\nformat = \"json\"", || tracing::info!(answer = 42, "done"));
        let line: serde_json::Value = serde_json::from_str(&log).unwrap();
        assert_eq!((&line["answer"], &line["message"]), (&42.into(), &"done".into()));
    }
}
