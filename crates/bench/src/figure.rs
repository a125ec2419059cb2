//! What is found out: rows of the table.

use crate::rounds::{median, whole};

/// One row.
#[derive(Clone, Debug)]
pub(crate) struct Figure {
    /// Which, uniquely.
    pub(crate) what: String,
    pub(crate) unit: Unit,
    pub(crate) target: Option<Target>,
    /// What each round came to.
    pub(crate) rounds: Vec<f64>,
    /// What it is made of.
    pub(crate) note: String,
}

/// What a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    Ratio,
    Bytes,
    Millis,
}

/// What is to be reached.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Target {
    AtLeast(f64),
    AtMost(f64),
}

impl Figure {
    /// Of something that is measured once.
    pub(crate) fn single(what: &str, unit: Unit, target: Target, value: f64, note: String) -> Self {
        Self { what: what.to_owned(), unit, target: Some(target), rounds: vec![value], note }
    }

    pub(crate) fn median(&self) -> f64 {
        median(&self.rounds)
    }

    /// The least and the most.
    pub(crate) fn spread(&self) -> (f64, f64) {
        let fold = |of: fn(f64, f64) -> f64| self.rounds.iter().copied().fold(f64::NAN, of);
        (fold(f64::min), fold(f64::max))
    }

    /// Whether the median reaches the target.
    pub(crate) fn is_met(&self) -> bool {
        match self.target {
            None => true,
            Some(Target::AtLeast(least)) => self.median() >= least,
            Some(Target::AtMost(most)) => self.median() <= most,
        }
    }

    /// What was found, with its spread.
    pub(crate) fn found(&self) -> String {
        let (least, most) = self.spread();
        let median = self.unit.write(self.median());
        if self.rounds.len() < 2 {
            return median;
        }
        format!("{median} ({} to {})", self.unit.write(least), self.unit.write(most))
    }

    /// The target, and whether it was reached.
    pub(crate) fn standing(&self) -> String {
        let Some(target) = self.target else { return String::new() };
        let target = match target {
            Target::AtLeast(least) => format!("at least {}", self.unit.write(least)),
            Target::AtMost(most) => format!("at most {}", self.unit.write(most)),
        };
        format!("{target}: {}", if self.is_met() { "met" } else { "**missed**" })
    }

    /// As a row of the table.
    pub(crate) fn row(&self) -> String {
        format!("| {} | {} | {} | {} |", self.what, self.standing(), self.found(), self.note)
    }
}

impl Unit {
    fn write(self, value: f64) -> String {
        match self {
            Self::Ratio if value >= 100.0 => whole(value),
            Self::Ratio if value < 0.1 => format!("{value:.4}"),
            Self::Ratio => format!("{value:.2}"),
            Self::Bytes if value.abs() >= 1e6 => format!("{:.1} MB", value / 1e6),
            Self::Bytes => format!("{} bytes", whole(value)),
            Self::Millis => format!("{value:.1} ms"),
        }
    }
}
