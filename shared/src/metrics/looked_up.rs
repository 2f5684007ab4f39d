//! Figures that nobody keeps: they are looked up whenever somebody asks.

use std::fmt;

use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeMetric},
    metrics::gauge::ConstGauge,
    registry::Registry,
};

struct LookedUp<F> {
    name: &'static str,
    help: &'static str,
    /// What tells several apart.
    label: Option<&'static str>,
    look: F,
}

/// Shows one figure, or none when there is none.
pub fn look_up(
    registry: &mut Registry,
    (name, help): (&'static str, &'static str),
    look: impl Fn() -> Option<f64> + Send + Sync + 'static,
) {
    let look = move || look().map(|value| ("", value)).into_iter().collect();
    registry.register_collector(Box::new(LookedUp { name, help, label: None, look }));
}

/// Shows several, each with the word its label says.
pub fn look_up_by(
    registry: &mut Registry,
    (name, help, label): (&'static str, &'static str, &'static str),
    look: impl Fn() -> Vec<(&'static str, f64)> + Send + Sync + 'static,
) {
    registry.register_collector(Box::new(LookedUp { name, help, label: Some(label), look }));
}

impl<F> fmt::Debug for LookedUp<F> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("LookedUp").field(&self.name).finish()
    }
}

impl<F: Fn() -> Vec<(&'static str, f64)> + Send + Sync + 'static> Collector for LookedUp<F> {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let found = (self.look)();
        if found.is_empty() {
            return Ok(());
        }
        let kind = ConstGauge::new(0.0).metric_type();
        let mut metric = encoder.encode_descriptor(self.name, self.help, None, kind)?;
        for (word, value) in found {
            let gauge = ConstGauge::new(value);
            match self.label {
                Some(label) => gauge.encode(metric.encode_family(&[(label, word)])?)?,
                None => gauge.encode(metric.encode_family(&[] as &[(&str, &str); 0])?)?,
            }
        }
        Ok(())
    }
}
