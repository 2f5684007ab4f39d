//! What this server counts, beside what every service does (`shared::metrics`). Every label is one of few words of ours.

use shared::metrics::{ByWords, Registry, Requests, count, gauge, registry, text};

use crate::{App, caller::Caller, guard::Denial};

/// The counts of one server.
pub(crate) struct Metrics {
    /// Requests by route.
    pub(crate) requests: Requests,
    entries: ByWords<1>,
}

impl Default for Metrics {
    fn default() -> Metrics {
        Metrics { requests: Requests::default(), entries: ByWords::new(["outcome"]) }
    }
}

impl Metrics {
    /// Counts who was let in, or why not.
    pub(crate) fn entry(&self, admitted: &Result<Caller, Denial>) {
        let outcome = match admitted {
            Ok(Caller::Visitor(_)) => "token",
            Ok(Caller::Holder { .. }) => "static_token",
            Ok(Caller::Nobody) => "nobody",
            Err(denial) => denial.label(),
        };
        self.entries.count([outcome]);
    }
}

/// All there is to know of a server, as Prometheus reads it.
pub(crate) fn shown(app: &App) -> String {
    let Metrics { requests, entries } = app.metrics.as_ref();
    let mut all = registry(requests, app.store.database());
    all.register("gatehouse_mcp_entries", "Requests that were let in, or why not", entries.family());
    all.register("gatehouse_mcp_tool_calls", "Calls of tools", app.toolbox.calls().family());
    let help = "Access tokens that were good: seen before, or verified anew";
    all.register("gatehouse_mcp_tokens", help, app.mcp.guard.figures().tokens.family());
    issuer(app, &mut all);
    let streams = count(app.sessions.count());
    gauge(&mut all, "gatehouse_mcp_open_streams", "Open streams of the older transport", streams);
    text(&all)
}

fn issuer(app: &App, all: &mut Registry) {
    let figures = app.mcp.guard.figures();
    let help = "Fetches of the issuer's keys and metadata";
    all.register("gatehouse_mcp_issuer_fetches", help, figures.fetches.family());
    if let Some(at) = figures.fetched_at() {
        let age = app.clock.now().since(at).as_secs_f64();
        gauge(
            all,
            "gatehouse_mcp_issuer_keys_age_seconds",
            "How long ago the issuer's keys were fetched",
            age,
        );
    }
}
