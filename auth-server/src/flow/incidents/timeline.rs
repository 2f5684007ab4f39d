//! What happened when: told by what the sealed values of the request say, by the rows behind them, and by what else was
//! refused. Nothing is kept for it.

use shared::{clock::Timestamp, random::RANDOM_BITS};

use super::{Held, Noted};
use crate::store::incidents::{GrantCourse, Person};

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// When.
    pub at: Timestamp,
    /// What.
    pub what: String,
}

/// What is known around an incident.
pub(super) struct Around<'a> {
    /// The grant behind the code or the refresh token, by its key.
    pub(super) grant: Option<(i64, &'a GrantCourse)>,
    /// Whose attempt it is, by the id.
    pub(super) person: Option<(&'a str, Option<&'a Person>)>,
    /// Since when the client is shut out.
    pub(super) blocked_at: Option<Timestamp>,
    /// What else was refused in the same attempt.
    pub(super) before: &'a [Noted],
}

/// In the order of time. What happened in the same second stands in the order in which things lead to each other.
pub(super) fn timeline(noted: &Noted, around: &Around<'_>) -> Vec<Event> {
    let mut events: Vec<Event> = Vec::new();
    let mut add = |at, what: String| events.push(Event { at, what });
    for held in &noted.document.held {
        of_held(held, noted.at, around, &mut add);
    }
    let is_code = noted.document.held.iter().any(|held| matches!(held, Held::Code { .. }));
    if let Some((id, grant)) = around.grant {
        if !is_code {
            add(approved_at(id), allowed(around, grant.scope.as_str(), &grant.resource));
        }
        add(Timestamp(grant.created_at), "the code was redeemed".to_owned());
        if grant.generation > 0 {
            let often = format!("the grant was refreshed, {} in all", times(grant.generation));
            add(Timestamp(grant.rotated_at), often);
        }
    }
    for earlier in around.before {
        let document = &earlier.document;
        let what = format!("{}, reference {}", refused(earlier), earlier.reference);
        add(earlier.at, format!("{what} ({})", document.endpoint));
    }
    if let Some(at) = around.person.and_then(|(_, person)| person?.disabled_at) {
        add(Timestamp(at), "the account was disabled".to_owned());
    }
    if let Some(at) = around.blocked_at {
        add(at, "the client was shut out".to_owned());
    }
    add(noted.at, format!("{}: this is what the reference stands for", refused(noted)));
    if let Some(at) = around.grant.and_then(|(_, grant)| grant.revoked_at) {
        add(Timestamp(at), "the grant was revoked".to_owned());
    }
    events.sort_by_key(|event| event.at);
    events
}

fn of_held(held: &Held, refused_at: Timestamp, around: &Around<'_>, add: &mut impl FnMut(Timestamp, String)) {
    let mut end = |at: Timestamp, what: &str| {
        if at <= refused_at {
            add(at, format!("the {what} expired"));
        }
    };
    match held {
        Held::Code { asked_at, issued_at, expires_at, resource, scope, .. } => {
            end(*expires_at, "code");
            if let Some(at) = asked_at {
                add(*at, "the authorization request came".to_owned());
            }
            add(*issued_at, format!("{}, and the code was issued", allowed(around, scope, resource)));
        }
        Held::Page { asked_at, expires_at, .. } => {
            end(*expires_at, "page");
            let named = around.person.map(|person| format!(" for {}", who(person)));
            let shown =
                format!("the authorization request came, and a page was shown{}", named.unwrap_or_default());
            add(*asked_at, shown);
        }
        Held::RefreshToken { .. } | Held::Assertion { .. } => {}
    }
}

fn allowed(around: &Around<'_>, scope: &str, resource: &str) -> String {
    let who = around.person.map_or_else(|| "somebody".to_owned(), who);
    let what = if scope.is_empty() { "no scope" } else { scope };
    format!("{who} allowed {what} for {resource}")
}

fn who((id, person): (&str, Option<&Person>)) -> String {
    person.map_or_else(|| format!("an account that is gone ({id})"), |person| person.email.clone())
}

fn refused(noted: &Noted) -> String {
    format!("refused with {}", noted.document.answered())
}

fn times(count: i64) -> String {
    if count == 1 { "once".to_owned() } else { format!("{count} times") }
}

/// The key of a grant is made when somebody allows it, and starts with that instant.
fn approved_at(grant: i64) -> Timestamp {
    Timestamp((grant >> RANDOM_BITS) / 1000)
}
