//! Writing families of numbers.

use std::{borrow::Borrow, fmt};

use prometheus_client::{
    encoding::{DescriptorEncoder, MetricEncoder, NoLabelSet},
    metrics::MetricType,
};
use vestibule_application::meters::Spread;

/// Names and values.
pub(super) type Labels<'a> = Vec<(&'static str, &'a str)>;

/// Writes one family after the other; a name is without the prefix, and a counter's without `_total`.
pub(super) struct Writer<'a, 'e>(pub(super) &'a mut DescriptorEncoder<'e>);

impl Writer<'_, '_> {
    pub(super) fn gauge(&mut self, name: &str, about: &str, value: f64) -> fmt::Result {
        self.0.encode_descriptor(name, about, None, MetricType::Gauge)?.encode_gauge(&value)
    }

    pub(super) fn gauges<'l>(
        &mut self,
        name: &str,
        about: &str,
        values: impl IntoIterator<Item = (Labels<'l>, f64)>,
    ) -> fmt::Result {
        self.family(name, about, MetricType::Gauge, values, |mut one, value| one.encode_gauge(&value))
    }

    pub(super) fn counter(&mut self, name: &str, about: &str, value: u64) -> fmt::Result {
        let mut metric = self.0.encode_descriptor(name, about, None, MetricType::Counter)?;
        metric.encode_counter::<NoLabelSet, _, u64>(&value, None)
    }

    pub(super) fn counters<'l>(
        &mut self,
        name: &str,
        about: &str,
        values: impl IntoIterator<Item = (Labels<'l>, u64)>,
    ) -> fmt::Result {
        self.family(name, about, MetricType::Counter, values, |mut one, value| {
            one.encode_counter::<NoLabelSet, _, u64>(&value, None)
        })
    }

    pub(super) fn histogram(&mut self, name: &str, about: &str, spread: &Spread) -> fmt::Result {
        write_spread(self.0.encode_descriptor(name, about, None, MetricType::Histogram)?, spread)
    }

    pub(super) fn histograms<'l>(
        &mut self,
        name: &str,
        about: &str,
        spreads: impl IntoIterator<Item = (Labels<'l>, impl Borrow<Spread>)>,
    ) -> fmt::Result {
        self.family(name, about, MetricType::Histogram, spreads, |one, spread| write_spread(one, spread.borrow()))
    }

    fn family<'l, T>(
        &mut self,
        name: &str,
        about: &str,
        kind: MetricType,
        values: impl IntoIterator<Item = (Labels<'l>, T)>,
        write: impl Fn(MetricEncoder<'_>, T) -> fmt::Result,
    ) -> fmt::Result {
        let mut metric = self.0.encode_descriptor(name, about, None, kind)?;
        for (labels, value) in values {
            write(metric.encode_family(&labels)?, value)?;
        }
        Ok(())
    }
}

fn write_spread(mut metric: MetricEncoder<'_>, spread: &Spread) -> fmt::Result {
    let bound = |bound: &Option<std::time::Duration>| bound.map_or(f64::MAX, |bound| bound.as_secs_f64());
    let classes: Vec<(f64, u64)> = spread.classes.iter().map(|(most, count)| (bound(most), *count)).collect();
    let count = classes.iter().map(|(_, count)| count).sum();
    metric.encode_histogram::<NoLabelSet>(spread.total.as_secs_f64(), count, &classes, None)
}
