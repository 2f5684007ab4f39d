//! Figures told apart by few words of ours.

use std::sync::{Arc, PoisonError, RwLock};

use prometheus_client::metrics::{counter::Counter, family::Family};

/// Counters that were asked for before, by a key. They are few: looking through them is cheaper than to hash every label.
#[derive(Debug)]
pub(super) struct Met<K>(RwLock<Vec<(K, Counter)>>);

impl<K> Default for Met<K> {
    fn default() -> Met<K> {
        Met(RwLock::default())
    }
}

impl<K: Copy + PartialEq> Met<K> {
    /// Counts one more; `found` finds a counter that was not asked for before.
    pub(super) fn count(&self, key: K, found: impl FnOnce() -> Counter) {
        let met = self.0.read().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, counter)) = met.iter().find(|(known, _)| *known == key) {
            counter.inc();
            return;
        }
        drop(met);
        let counter = found();
        counter.inc();
        let mut met = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if !met.iter().any(|(known, _)| *known == key) {
            met.push((key, counter));
        }
    }
}

/// A figure told apart by `N` words. Clones count together.
#[derive(Clone, Debug)]
pub struct ByWords<const N: usize> {
    labels: [&'static str; N],
    family: Family<[(&'static str, &'static str); N], Counter>,
    met: Arc<Met<[&'static str; N]>>,
}

impl<const N: usize> ByWords<N> {
    /// Nothing is counted yet; the labels have these names.
    pub fn new(labels: [&'static str; N]) -> ByWords<N> {
        ByWords { labels, family: Family::default(), met: Arc::default() }
    }

    /// Counts one more.
    pub fn count(&self, words: [&'static str; N]) {
        self.met.count(words, || self.of(words));
    }

    /// The counter of these words.
    pub fn of(&self, words: [&'static str; N]) -> Counter {
        let mut labels = self.labels.map(|label| (label, ""));
        for (label, word) in labels.iter_mut().zip(words) {
            label.1 = word;
        }
        self.family.get_or_create_owned(&labels)
    }

    /// All of them, to be shown.
    pub fn family(&self) -> Family<[(&'static str, &'static str); N], Counter> {
        self.family.clone()
    }
}
