//! Shows how far copying has come: a bar on a terminal, a line for each kind elsewhere.

use std::io::{IsTerminal, stderr};

use indicatif::{ProgressBar, ProgressStyle};
use vestibule_application::ports::archive::Kind;

use super::name;
use crate::telemetry::tell;

/// Where to show it.
pub(crate) enum Progress {
    /// A bar on standard error, which is a terminal.
    Bar,
    /// Lines on standard error.
    Lines,
}

impl Progress {
    /// As this process's standard error can show it.
    pub(crate) fn of_process() -> Self {
        if stderr().is_terminal() { Self::Bar } else { Self::Lines }
    }

    /// Something is begun with all records of a kind; how many they are, if that is known.
    pub(super) fn of(&self, doing: &'static str, kind: Kind, total: Option<u64>) -> Step {
        match self {
            Self::Bar => Step(bar(doing, kind, total)),
            Self::Lines => {
                if let Some(total) = total {
                    tell(&format!("{doing} {}: {total}", name(kind)));
                }
                Step(ProgressBar::hidden())
            }
        }
    }
}

fn bar(doing: &'static str, kind: Kind, total: Option<u64>) -> ProgressBar {
    let (bar, template) = match total {
        Some(total) => (ProgressBar::new(total), "{prefix:<9} {msg:<13} {wide_bar} {human_pos}/{human_len} {eta:>4}"),
        None => (ProgressBar::no_length(), "{prefix:<9} {msg:<13} {human_pos}"),
    };
    let bar = bar.with_prefix(doing).with_message(name(kind));
    // The templates are good: they are part of the program.
    match ProgressStyle::with_template(template) {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

/// One pass over the records of a kind; over when it is dropped.
pub(super) struct Step(ProgressBar);

impl Step {
    /// So many more are done.
    pub(super) fn by(&self, records: usize) {
        self.0.inc(records as u64);
    }

    /// It has to begin again.
    pub(super) fn restart(&self) {
        self.0.set_position(0);
    }
}

impl Drop for Step {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
