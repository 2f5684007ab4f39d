//! How often somebody may ask: the whole table. What holds for passwords stands in [`crate::login::attempts`].
//!
//! All users of one hosted client come from a few addresses, so nobody who shows a grant or a client's proof is counted by
//! address, and what such a client asks for all its users has room for them. Metadata, keys and probes are counted nowhere.

use std::{net::IpAddr, time::Duration};

use shared::{
    clock::Clock,
    limit::{Limiter, Places, Rate},
};

/// `POST /oauth/register`, by the address: the servers of a hosted client register for each of its users.
pub const REGISTRATIONS: Rate = Rate { burst: 1000, per_second: 10 };
/// Pages for people and what these send, by the address of the browser: a whole company may have one. Never by the client
/// that sends people here: all of ChatGPT's are sent by one.
pub const PAGES: Rate = Rate { burst: 1000, per_second: 50 };
/// `POST /oauth/token`, by the grant of the code or refresh token: the processes of one client may race.
pub const GRANTS: Rate = Rate { burst: 60, per_second: 1 };
/// Approvals of somebody who is signed in, by the account: each may become a grant. What somebody ends is not counted, or
/// whoever stole a sign-in could keep its owner from ending it.
pub const APPROVALS: Rate = Rate { burst: 120, per_second: 2 };
/// `POST /oauth/revoke`, by the grant, and not with its refreshes: a thief of the token must not hold off its end.
pub const REVOCATIONS: Rate = Rate { burst: 60, per_second: 1 };
/// `/oauth/userinfo`, by the grant of the access token.
pub const USERINFO: Rate = Rate { burst: 120, per_second: 2 };
/// `POST /oauth/token` for a client that acts for itself, by the client.
pub const CLIENTS: Rate = Rate { burst: 200, per_second: 20 };
/// `POST /oauth/introspect`, by the client: a resource server asks for all its callers.
pub const INTROSPECTIONS: Rate = Rate { burst: 2000, per_second: 500 };

/// Counts everybody.
#[derive(Debug)]
pub struct Limits(Option<Counts>);

#[derive(Debug)]
struct Counts {
    registrations: Places,
    pages: Places,
    grants: Limiter<i64>,
    approvals: Limiter<String>,
    revocations: Limiter<i64>,
    userinfo: Limiter<i64>,
    clients: Limiter<String>,
    introspections: Limiter<String>,
}

/// What somebody asks for, and who that is.
#[derive(Clone, Copy, Debug)]
pub enum Asked<'a> {
    /// To register.
    Registration(IpAddr),
    /// For a page.
    Page(IpAddr),
    /// For tokens, with a grant.
    Grant(i64),
    /// To let a client in, signed in to this account.
    Approval(&'a str),
    /// For the end of a grant.
    Revocation(i64),
    /// Who a person is, with a grant.
    UserInfo(i64),
    /// For a token of its own: a client that has shown who it is.
    Client(&'a str),
    /// About a token: a client that has shown who it is.
    Introspection(&'a str),
}

impl Limits {
    /// Nobody has asked so far. Switched off everybody may, however often.
    pub fn new(are_on: bool, clock: &Clock) -> Limits {
        Limits(are_on.then(|| Counts {
            registrations: Places::new(REGISTRATIONS, clock),
            pages: Places::new(PAGES, clock),
            grants: Limiter::new(GRANTS, clock.clone()),
            approvals: Limiter::new(APPROVALS, clock.clone()),
            revocations: Limiter::new(REVOCATIONS, clock.clone()),
            userinfo: Limiter::new(USERINFO, clock.clone()),
            clients: Limiter::new(CLIENTS, clock.clone()),
            introspections: Limiter::new(INTROSPECTIONS, clock.clone()),
        }))
    }

    /// Counts one more, if there is room.
    ///
    /// # Errors
    /// How long to wait, in whole seconds.
    pub fn check(&self, asked: Asked<'_>) -> Result<(), Duration> {
        let Some(counts) = &self.0 else { return Ok(()) };
        match asked {
            Asked::Registration(address) => counts.registrations.check(address),
            Asked::Page(address) => counts.pages.check(address),
            Asked::Grant(grant) => counts.grants.check(&grant),
            Asked::Approval(account) => counts.approvals.check(&account.to_owned()),
            Asked::Revocation(grant) => counts.revocations.check(&grant),
            Asked::UserInfo(grant) => counts.userinfo.check(&grant),
            Asked::Client(id) => counts.clients.check(&id.to_owned()),
            Asked::Introspection(id) => counts.introspections.check(&id.to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(limits: &Limits, asked: Asked<'_>) -> u32 {
        (1..).take_while(|count| *count < 5000 && limits.check(asked).is_ok()).count().try_into().unwrap()
    }

    #[test]
    fn each_is_counted_by_itself_and_comes_back_with_time() {
        let clock = Clock::manual();
        let limits = Limits::new(true, &clock);
        let here = IpAddr::from([192, 0, 2, 1]);
        let other = IpAddr::from([192, 0, 2, 2]);
        for (asked, by_another, rate) in [
            (Asked::Registration(here), Asked::Registration(other), REGISTRATIONS),
            (Asked::Page(here), Asked::Page(other), PAGES),
            (Asked::Grant(1), Asked::Grant(2), GRANTS),
            (Asked::Approval("a"), Asked::Approval("b"), APPROVALS),
            (Asked::Revocation(1), Asked::Revocation(2), REVOCATIONS),
            (Asked::UserInfo(1), Asked::UserInfo(2), USERINFO),
            (Asked::Client("a"), Asked::Client("b"), CLIENTS),
            (Asked::Introspection("a"), Asked::Introspection("b"), INTROSPECTIONS),
        ] {
            assert_eq!(allowed(&limits, asked), rate.burst, "{asked:?}");
            assert_eq!(limits.check(asked), Err(Duration::from_secs(1)), "{asked:?}");
            clock.advance(Duration::from_secs(1));
            assert_eq!(allowed(&limits, asked), rate.per_second, "{asked:?}");
            assert_eq!(allowed(&limits, by_another), rate.burst, "{by_another:?}");
        }
    }

    #[test]
    fn nobody_waits_where_it_is_switched_off() {
        assert_eq!(allowed(&Limits::new(false, &Clock::manual()), Asked::Grant(1)), 4999);
    }

    #[test]
    fn the_table_is_in_the_documentation() {
        let page = include_str!("../../docs/settings.md");
        for (what, rate) in [
            ("`POST /oauth/register`", REGISTRATIONS),
            ("pages", PAGES),
            ("`POST /oauth/token`, a person's", GRANTS),
            ("approvals", APPROVALS),
            ("`POST /oauth/revoke`", REVOCATIONS),
            ("`/oauth/userinfo`", USERINFO),
            ("`POST /oauth/token`, a client's own", CLIENTS),
            ("`POST /oauth/introspect`", INTROSPECTIONS),
        ] {
            let numbers = format!("| {} | {} |", rate.burst, rate.per_second);
            let row = page.lines().find(|line| line.starts_with(&format!("| {what} |")));
            assert!(row.is_some_and(|row| row.ends_with(&numbers)), "{what}: {row:?}, and not {numbers}");
        }
    }
}
