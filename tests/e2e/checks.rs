//! The checks of the conformance client: ours pass, and each can fail.

mod table;
mod whole;

use conformance::{
    checks::{Check, Checked, Verdict, run_some},
    failure::Outcome,
    world::World,
};

/// Makes those checks of the usual servers.
async fn checked(world: &World, is_wanted: impl Fn(&Check) -> bool) -> Outcome<Checked> {
    Ok(run_some(world.mcp_url(), &world.agent()?, is_wanted, &mut ()).await?)
}

/// The ids of the checks with such a verdict.
fn ids(checked: &Checked, is_meant: impl Fn(&Verdict) -> bool) -> Vec<&'static str> {
    checked.checks.iter().filter(|check| is_meant(&check.verdict)).map(|check| check.id).collect()
}
