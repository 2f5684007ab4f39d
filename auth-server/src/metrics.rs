//! What this server counts, beside what every service does (`shared::metrics`). Every label is one of few words of ours.

use shared::metrics::{ByWords, Registry, Requests, count, gauge, registry, text};

use crate::{app::App, audit::Way};

/// The counts of one server.
pub struct Metrics {
    /// Requests by route.
    pub requests: Requests,
    grants: ByWords<1>,
    sign_ins: ByWords<2>,
    refusals: ByWords<1>,
}

/// What becomes of what people allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Course {
    /// A code was redeemed.
    Made,
    /// A refresh token was redeemed.
    Refreshed,
    /// A code came again, and its grant was revoked.
    Replayed,
    /// A refresh token came again after its grace, and its grant was revoked.
    Reused,
    /// Its client gave it back.
    Revoked,
    /// Its owner ended it, or all of them.
    Ended,
    /// No grant: a client got a token of its own.
    ForClient,
}

impl Default for Metrics {
    fn default() -> Metrics {
        Metrics {
            requests: Requests::default(),
            grants: ByWords::new(["event"]),
            sign_ins: ByWords::new(["way", "outcome"]),
            refusals: ByWords::new(["reason"]),
        }
    }
}

impl Metrics {
    /// Counts a grant.
    pub fn grant(&self, course: Course) {
        let event = match course {
            Course::Made => "made",
            Course::Refreshed => "refreshed",
            Course::Replayed => "code_replayed",
            Course::Reused => "refresh_reused",
            Course::Revoked => "revoked",
            Course::Ended => "ended",
            Course::ForClient => "for_client",
        };
        self.grants.count([event]);
    }

    /// Counts a sign-in, or why there was none.
    pub fn sign_in<T>(&self, way: Way, outcome: Result<T, &'static str>) {
        let way = match way {
            Way::Password => "password",
            Way::Passkey => "passkey",
            Way::Provider => "provider",
            Way::Link => "link",
        };
        let outcome = outcome.err().unwrap_or("signed_in");
        self.sign_ins.count([way, outcome]);
    }

    /// Counts something that was refused, or denied by a person.
    pub fn refusal(&self, label: &'static str) {
        self.refusals.count([label]);
    }
}

/// All there is to know of a server, as Prometheus reads it.
pub fn shown(app: &App) -> String {
    let Metrics { requests, grants, sign_ins, refusals } = &app.metrics;
    let mut all = registry(requests, app.store.database());
    all.register("gatehouse_auth_grants", "What became of what people allowed", grants.family());
    all.register("gatehouse_auth_sign_ins", "Sign-ins and attempts at one", sign_ins.family());
    all.register("gatehouse_auth_refusals", "What was refused or denied", refusals.family());
    let help = "Looks for documents that clients publish: a hit needs no fetch";
    if let Some(looks) = app.clients.document_looks() {
        all.register("gatehouse_auth_client_documents", help, looks.family());
    }
    keys(app, &mut all);
    let waiting = count(app.passwords.at_work());
    gauge(&mut all, "gatehouse_auth_password_hashes", "Hashes that are made or wait", waiting);
    text(&all)
}

fn keys(app: &App, all: &mut Registry) {
    let ring = app.rotation.rings().current();
    if let Some(since) = ring.signs_since() {
        let age = app.clock.now().since(since).as_secs_f64();
        gauge(all, "gatehouse_auth_signing_key_age_seconds", "How long the key has signed that does", age);
    }
    gauge(all, "gatehouse_auth_signing_keys", "Keys that are published", count(ring.keys().count()));
}
