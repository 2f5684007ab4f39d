//! The checks A to L and N1 to N14: one rule each, against any deployment, with what to change where one is broken.
//!
//! [`TABLE`] is the whole list. A check that this client can make has a function; what needs a restart, a clock or a
//! log names the tests that prove it. Where judging takes more than a glance it stands apart from sending, and can be
//! shown answers that were never sent.
//!
//! | module | lines of the list |
//! |---|---|
//! | `a_challenge`, `a_credentials`, `b_resource_metadata`, `c_server_metadata`, `c_documents` | A, B, C |
//! | `d_registration`, `e_authorize`, `e_page`, `g_token` | D, E and F, G |
//! | `h_mcp`, `j_step_up`, `i_refresh`, `k_openid` | H and J, I and N6, K and L |
//! | `n1_pkce`, `n2_redirect`, `n3_code`, `n5_token` | N1, N2, N3 and N4, N5 |
//! | `n7_client`, `n7_assertion`, `n8_documents`, `n10_requests`, `p_properties` | N7, N8 and N9, N10 to N14, properties |
//! | `deployment`, `client`, `session`, `trials`, `pages` | what is checked, and what is done once for many |
//! | `probe`, `refusal`, `verdict`, `check`, `report` | sending, refusals, outcomes, the table, what is told |

mod a_challenge;
mod a_credentials;
mod b_resource_metadata;
mod c_documents;
mod c_server_metadata;
mod check;
mod client;
mod d_registration;
mod deployment;
mod e_authorize;
mod e_page;
mod g_token;
mod h_mcp;
mod i_refresh;
mod j_step_up;
mod k_openid;
mod n10_requests;
mod n1_pkce;
mod n2_redirect;
mod n3_code;
mod n5_token;
mod n7_assertion;
mod n7_client;
mod n8_documents;
mod p_properties;
mod pages;
mod probe;
mod refusal;
mod report;
mod session;
#[cfg(test)]
mod tests;
mod trials;
mod verdict;

use std::time::Instant;

use url::Url;

use self::deployment::Deployment;
pub use self::{
    check::{Check, Proof},
    report::{CheckReport, Checked},
    verdict::Verdict,
};
use crate::agent::Agent;

/// Every check, in the order in which they are made and printed.
pub const TABLE: &[&[Check]] = &[
    a_challenge::CHECKS,
    b_resource_metadata::CHECKS,
    c_server_metadata::CHECKS,
    d_registration::CHECKS,
    e_authorize::CHECKS,
    g_token::CHECKS,
    h_mcp::CHECKS,
    i_refresh::CHECKS,
    k_openid::CHECKS,
    n1_pkce::CHECKS,
    n2_redirect::CHECKS,
    n3_code::CHECKS,
    n5_token::CHECKS,
    i_refresh::MISUSES,
    n7_client::CHECKS,
    n8_documents::DOCUMENTS,
    n8_documents::REGISTRATIONS,
    n10_requests::CHECKS,
    p_properties::CHECKS,
];

/// Every check of the table.
pub fn all() -> impl Iterator<Item = &'static Check> {
    TABLE.iter().copied().flatten()
}

/// The table as the README prints it.
pub fn markdown() -> String {
    let head = ["| id | what is true | section | proven by |".to_owned(), "|---|---|---|---|".to_owned()];
    head.into_iter().chain(all().map(Check::row)).collect::<Vec<_>>().join("\n")
}

/// Is told of every check.
pub trait Watch: Send {
    /// A check has begun.
    fn begun(&mut self, check: &Check);
    /// A check is over. Nothing in the report is secret.
    fn ended(&mut self, report: &CheckReport);
}

/// Watches nothing.
impl Watch for () {
    fn begun(&mut self, _: &Check) {}
    fn ended(&mut self, _: &CheckReport) {}
}

/// Why no check could be made.
#[derive(Debug, thiserror::Error)]
pub enum Unusable {
    /// The target is no URL that can be tried.
    #[error("`{0}` is not an http or https URL; for example https://mcp.example.com/mcp")]
    Target(String),
    /// TLS could not be set up.
    #[error("requests cannot be sent: {0}")]
    Wire(#[from] reqwest::Error),
}

/// Makes every check of this client against an MCP endpoint and what protects it.
///
/// It registers clients, and signs in as the agent's human: up to seven times when that is played, once at a browser.
///
/// # Errors
/// The target is no URL, or nothing can be sent at all.
pub async fn run(target: &str, agent: &Agent, watch: &mut dyn Watch) -> Result<Checked, Unusable> {
    run_some(target, agent, |_| true, watch).await
}

/// Makes those checks that are wanted.
///
/// # Errors
/// The same as [`run`].
pub async fn run_some(
    target: &str,
    agent: &Agent,
    is_wanted: impl Fn(&Check) -> bool,
    watch: &mut dyn Watch,
) -> Result<Checked, Unusable> {
    let url = Url::parse(target).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
    let url = url.filter(Url::has_host).ok_or_else(|| Unusable::Target(target.to_owned()))?;
    let deployment = Deployment::discover(target, url, agent).await?;
    let mut checks = Vec::new();
    for check in all().filter(|check| is_wanted(check)) {
        let Proof::Tool(runner) = check.proof else { continue };
        watch.begun(check);
        let start = Instant::now();
        let mut verdict = Verdict::from(runner(&deployment).await);
        if let Verdict::Broken(violation) = &mut verdict {
            violation.id = check.id.to_owned();
            violation.section = check.section;
        }
        let report = CheckReport {
            id: check.id,
            sentence: check.sentence,
            section: check.section,
            verdict: verdict.scrubbed(agent.wire.secrets()),
            milliseconds: u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX),
        };
        watch.ended(&report);
        checks.push(report);
    }
    Ok(Checked { target: target.to_owned(), checks })
}
