//! How a ratio comes about.

use anyhow::Result;

use crate::{
    figure::{Figure, Target, Unit},
    load::Answered,
};

/// What one round of one side came to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sample {
    /// A second.
    pub(crate) rate: f64,
    /// On a core for each, in microseconds; `NAN` where the system does not tell.
    pub(crate) processor: f64,
    /// The share of the round in which it was on a core.
    pub(crate) busy: f64,
    /// In microseconds.
    pub(crate) p50: f64,
    /// In microseconds.
    pub(crate) p99: f64,
}

#[expect(clippy::cast_precision_loss, reason = "counts and times of a few seconds")]
impl Sample {
    pub(crate) fn of(answered: &Answered) -> Self {
        let good = answered.good as f64;
        let processor = answered.processor.map_or(f64::NAN, |time| time.as_secs_f64());
        Self {
            rate: good / answered.time.as_secs_f64(),
            processor: processor * 1e6 / good,
            busy: processor / answered.time.as_secs_f64(),
            p50: answered.latency.value_at_quantile(0.5) as f64,
            p99: answered.latency.value_at_quantile(0.99) as f64,
        }
    }

    /// Of something that is only counted.
    pub(crate) fn of_rate(rate: f64) -> Self {
        Self { rate, processor: f64::NAN, busy: f64::NAN, p50: f64::NAN, p99: f64::NAN }
    }
}

/// Two sides, measured in turn: what is of interest, and what it is compared with.
#[derive(Clone, Debug)]
pub(crate) struct Rounds {
    pub(crate) ours: Vec<Sample>,
    pub(crate) theirs: Vec<Sample>,
}

impl Rounds {
    /// Measures one after the other, so many times.
    pub(crate) async fn measure(
        rounds: usize,
        mut ours: impl AsyncFnMut() -> Result<Sample>,
        mut theirs: impl AsyncFnMut() -> Result<Sample>,
    ) -> Result<Self> {
        // Once for nothing: caches and connections.
        ours().await?;
        theirs().await?;
        let mut measured = Self { ours: Vec::new(), theirs: Vec::new() };
        for round in 1..=rounds {
            let (theirs, ours) = (theirs().await?, ours().await?);
            eprintln!(
                "    round {round} of {rounds}: {:.0}/s against {:.0}/s is {:.2}; on a core for {:.1} us against {:.1} us, \
                 {:.0} % and {:.0} % of the time; p99 {:.2} ms against {:.2} ms",
                ours.rate,
                theirs.rate,
                ours.rate / theirs.rate,
                ours.processor,
                theirs.processor,
                100.0 * ours.busy,
                100.0 * theirs.busy,
                ours.p99 / 1e3,
                theirs.p99 / 1e3,
            );
            measured.theirs.push(theirs);
            measured.ours.push(ours);
        }
        Ok(measured)
    }

    /// What ours does in a second for each that theirs does.
    pub(crate) fn throughput(&self, what: &str, target: impl Into<Option<Target>>) -> Figure {
        let (ours, theirs) = (self.median(|one| one.rate), self.median(|one| one.rate).1);
        Figure {
            what: what.to_owned(),
            unit: Unit::Ratio,
            target: target.into(),
            rounds: self.ratios(|ours, theirs| ours.rate / theirs.rate),
            note: format!("{} against {} a second{}", whole(ours.0), whole(theirs), self.latencies()),
        }
    }

    /// How long theirs is on a core for a request, for each microsecond that ours is: what a machine that is also used by
    /// others says least wrongly.
    pub(crate) fn processor(&self, what: &str, target: impl Into<Option<Target>>) -> Figure {
        let (ours, theirs) = self.median(|one| one.processor);
        let idle = self.ours.iter().chain(&self.theirs).filter(|one| one.busy < 0.9).count();
        let idle = if idle == 0 { String::new() } else { format!("; its core was under 90 % busy in {idle} rounds") };
        Figure {
            what: format!("{what}: time on a core"),
            unit: Unit::Ratio,
            target: target.into(),
            rounds: self.ratios(|ours, theirs| theirs.processor / ours.processor),
            note: format!("{ours:.1} us against {theirs:.1} us for each{idle}"),
        }
    }

    /// How much longer the slowest hundredth of ours waits than that of theirs.
    pub(crate) fn slowest(&self, what: &str, target: Option<Target>) -> Figure {
        let (ours, theirs) = self.median(|one| one.p99);
        Figure {
            what: what.to_owned(),
            unit: Unit::Ratio,
            target,
            rounds: self.ratios(|ours, theirs| ours.p99 / theirs.p99),
            note: format!("p99 of {:.2} ms against {:.2} ms", ours / 1e3, theirs / 1e3),
        }
    }

    fn latencies(&self) -> String {
        let ((p50, _), (p99, _)) = (self.median(|one| one.p50), self.median(|one| one.p99));
        if p99.is_nan() {
            return String::new();
        }
        format!("; p50 {:.2} ms, p99 {:.2} ms", p50 / 1e3, p99 / 1e3)
    }

    fn median(&self, of: fn(&Sample) -> f64) -> (f64, f64) {
        let side = |samples: &[Sample]| median(&samples.iter().map(of).collect::<Vec<_>>());
        (side(&self.ours), side(&self.theirs))
    }

    /// Neighbours are compared: they had the machine in the same mood.
    fn ratios(&self, of: fn(&Sample, &Sample) -> f64) -> Vec<f64> {
        self.ours.iter().zip(&self.theirs).map(|(ours, theirs)| of(ours, theirs)).collect()
    }
}

/// The value in the middle.
pub(crate) fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    match sorted.len() {
        0 => f64::NAN,
        count if count % 2 == 1 => sorted[count / 2],
        count => f64::midpoint(sorted[count / 2 - 1], sorted[count / 2]),
    }
}

/// With a comma between thousands.
pub(crate) fn whole(number: f64) -> String {
    let digits = format!("{number:.0}");
    let mut out = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_in_the_middle() {
        assert!((median(&[3.0, 1.0, 2.0]) - 2.0).abs() < f64::EPSILON);
        assert!((median(&[4.0, 1.0, 2.0, 3.0]) - 2.5).abs() < f64::EPSILON);
        assert!(median(&[]).is_nan());
    }

    #[test]
    fn thousands_are_separated() {
        assert_eq!([1.0, 999.0, 1_000.0, 1_234_567.0].map(whole), ["1", "999", "1,000", "1,234,567"]);
    }

    #[test]
    fn a_ratio_is_of_neighbours() {
        let side = |rates: [f64; 3]| rates.map(Sample::of_rate).to_vec();
        let rounds = Rounds { ours: side([1.0, 20.0, 30.0]), theirs: side([2.0, 20.0, 15.0]) };
        let figure = rounds.throughput("x", Target::AtLeast(0.9));
        assert_eq!(figure.rounds, [0.5, 1.0, 2.0]);
        assert!(figure.is_met());
    }
}
