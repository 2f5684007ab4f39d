//! Requests by route, method and status, and how long they took.

use std::{sync::atomic::AtomicI64, time::Duration};

use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::Registry,
};

use super::spans;

/// In the place of a route: the path is none of ours.
pub const UNMATCHED: &str = "unmatched";
/// In the place of a method: clients may make up as many as they like.
const OTHER: &str = "other";

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Answer {
    route: String,
    method: &'static str,
    status: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Route {
    route: String,
}

/// The requests of one server.
#[derive(Clone, Debug)]
pub struct Requests {
    answered: Family<Answer, Counter>,
    took: Family<Route, Histogram, fn() -> Histogram>,
    in_flight: Gauge<i64, AtomicI64>,
}

impl Default for Requests {
    fn default() -> Requests {
        Requests {
            answered: Family::default(),
            took: Family::new_with_constructor(spans),
            in_flight: Gauge::default(),
        }
    }
}

impl Requests {
    /// A request came.
    pub fn begin(&self) -> Begun<'_> {
        self.in_flight.inc();
        Begun { requests: self }
    }

    pub(super) fn register(&self, registry: &mut Registry) {
        registry.register("http_requests", "Requests that were answered", self.answered.clone());
        registry.register(
            "http_request_duration_seconds",
            "How long requests took until their answer began",
            self.took.clone(),
        );
        registry.register(
            "http_requests_in_flight",
            "Requests that are being answered",
            self.in_flight.clone(),
        );
    }

    fn count(&self, answer: Answer, took: Duration) {
        self.answered.get_or_create(&answer).inc();
        self.took.get_or_create(&Route { route: answer.route }).observe(took.as_secs_f64());
    }
}

/// A request that is being answered. One that is given up leaves no trace.
pub struct Begun<'a> {
    requests: &'a Requests,
}

impl Begun<'_> {
    /// It was answered. A route is the template a path matched, never the path; a method is one that is known.
    pub fn answered(self, route: Option<String>, method: Option<&'static str>, status: u16, took: Duration) {
        let route = route.unwrap_or_else(|| UNMATCHED.to_owned());
        let answer = Answer { route, method: method.unwrap_or(OTHER), status };
        self.requests.count(answer, took);
    }
}

impl Drop for Begun<'_> {
    fn drop(&mut self) {
        self.requests.in_flight.dec();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::text;

    #[test]
    fn a_request_is_counted_once_under_words_of_ours() {
        let (requests, mut registry) = (Requests::default(), Registry::default());
        requests.register(&mut registry);
        requests.begin().answered(Some("/a/{b}".to_owned()), Some("GET"), 200, Duration::ZERO);
        requests.begin().answered(None, None, 404, Duration::ZERO);
        drop(requests.begin());
        let under_way = requests.begin();
        let text = text(&registry);
        for line in [
            r#"http_requests_total{route="/a/{b}",method="GET",status="200"} 1"#,
            r#"http_requests_total{route="unmatched",method="other",status="404"} 1"#,
            r#"http_request_duration_seconds_count{route="unmatched"} 1"#,
            "http_requests_in_flight 1",
        ] {
            assert!(text.lines().any(|own| own == line), "{line} is not in {text}");
        }
        drop(under_way);
    }
}
