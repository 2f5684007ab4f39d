//! Requests by route, method and status, and how long they took.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock, atomic::AtomicI64},
    time::Duration,
};

use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::Registry,
};

use super::{spans, words::Met};

/// In the place of a route: the path is none of ours.
const UNMATCHED: &str = "unmatched";
/// In the place of a method: clients may make up as many as they like.
const OTHER: &str = "other";

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Answer {
    route: String,
    method: &'static str,
    status: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfRoute {
    route: String,
}

/// The requests of one server. Clones count together.
#[derive(Clone, Debug)]
pub struct Requests {
    answered: Family<Answer, Counter>,
    took: Family<OfRoute, Histogram, fn() -> Histogram>,
    in_flight: Gauge<i64, AtomicI64>,
    /// By their templates.
    routes: Arc<RwLock<HashMap<String, Arc<Route>>>>,
}

/// What is counted of the requests of one route.
#[derive(Debug)]
pub struct Route {
    template: Option<String>,
    took: Histogram,
    answered: Met<(&'static str, u16)>,
}

impl Default for Requests {
    fn default() -> Requests {
        Requests {
            answered: Family::default(),
            took: Family::new_with_constructor(spans),
            in_flight: Gauge::default(),
            routes: Arc::default(),
        }
    }
}

impl Requests {
    /// A request came.
    pub fn begin(&self) -> Begun<'_> {
        self.in_flight.inc();
        Begun { requests: self }
    }

    /// The route of a path. Where a path is its own template, which most are, it is known after the first request; of others
    /// the template is asked for.
    pub fn route(&self, path: &str, template: impl FnOnce() -> Option<String>) -> Arc<Route> {
        if let Some(route) = self.known(path) {
            return route;
        }
        let template = template();
        let name = template.as_deref().unwrap_or(UNMATCHED);
        if let Some(route) = self.known(name) {
            return route;
        }
        let name = name.to_owned();
        let took = self.took.get_or_create_owned(&OfRoute { route: name.clone() });
        let route = Arc::new(Route { template, took, answered: Met::default() });
        let mut routes = self.routes.write().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(routes.entry(name).or_insert(route))
    }

    fn known(&self, template: &str) -> Option<Arc<Route>> {
        self.routes.read().unwrap_or_else(PoisonError::into_inner).get(template).cloned()
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
}

impl Route {
    /// The template its paths match; none where the path is none of ours.
    pub fn template(&self) -> Option<&str> {
        self.template.as_deref()
    }
}

/// A request that is being answered. One that is given up leaves no trace.
pub struct Begun<'a> {
    requests: &'a Requests,
}

impl Begun<'_> {
    /// It was answered. A method is one that is known.
    pub fn answered(self, route: &Route, method: Option<&'static str>, status: u16, took: Duration) {
        let method = method.unwrap_or(OTHER);
        route.answered.count((method, status), || {
            let route = route.template().unwrap_or(UNMATCHED).to_owned();
            self.requests.answered.get_or_create_owned(&Answer { route, method, status })
        });
        route.took.observe(took.as_secs_f64());
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
        let answered = |path: &str, template: Option<&str>, method, status| {
            let route = requests.route(path, || template.map(str::to_owned));
            assert_eq!(route.template(), template);
            requests.begin().answered(&route, method, status, Duration::ZERO);
        };
        answered("/a/b", Some("/a/{b}"), Some("GET"), 200);
        answered("/a", Some("/a"), Some("GET"), 200);
        answered("/a", Some("/a"), Some("GET"), 404);
        answered("/a", Some("/a"), Some("GET"), 200);
        answered("/of/nobody", None, None, 404);
        drop(requests.begin());
        let under_way = requests.begin();
        let text = text(&registry);
        for line in [
            r#"http_requests_total{route="/a/{b}",method="GET",status="200"} 1"#,
            r#"http_requests_total{route="/a",method="GET",status="200"} 2"#,
            r#"http_requests_total{route="/a",method="GET",status="404"} 1"#,
            r#"http_requests_total{route="unmatched",method="other",status="404"} 1"#,
            r#"http_request_duration_seconds_count{route="/a"} 3"#,
            r#"http_request_duration_seconds_count{route="unmatched"} 1"#,
            "http_requests_in_flight 1",
        ] {
            assert!(text.lines().any(|own| own == line), "{line} is not in {text}");
        }
        drop(under_way);
    }
}
