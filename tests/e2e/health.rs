//! Probes: what they say, and that a flood of them is no load.

use conformance::{exchange::Reply, failure::Outcome, raw, world::World};

use crate::negative::check::seconds;

async fn ready(origin: &str) -> Outcome<Reply> {
    raw::send("GET", &format!("{origin}/readyz"), &[], "").await
}

#[tokio::test]
async fn a_flood_of_probes_asks_the_database_once_a_second() -> Outcome {
    let world = World::start().await?;
    let jobs = r#"gatehouse_database_job_duration_seconds_count{queue="reader"}"#;
    let before = (world.auth_figures().await?.get(jobs), world.mcp_figures().await?.get(jobs));
    for _ in 0..2 {
        world.advance(seconds(1));
        for _ in 0..50 {
            assert_eq!(ready(world.issuer()).await?.status, 200);
            assert_eq!(ready(world.mcp_origin()).await?.status, 200);
        }
    }
    let after = (world.auth_figures().await?.get(jobs), world.mcp_figures().await?.get(jobs));
    // The auth-server looks for its keys as well; the mcp-server fetches those of the issuer, which reads them once.
    assert!(after.0 - before.0 <= 8.0, "{}", after.0 - before.0);
    assert_eq!(after.1 - before.1, 2.0);
    Ok(())
}

#[tokio::test]
async fn without_the_issuers_keys_the_mcp_server_is_not_ready_and_asks_once_a_second() -> Outcome {
    let mut world = World::start().await?;
    world.stop_auth().await?;
    for _ in 0..2 {
        world.advance(seconds(1));
        for _ in 0..20 {
            let reply = ready(world.mcp_origin()).await?;
            assert_eq!(reply.status, 503);
            assert_eq!(reply.json().unwrap_or_default()["missing"], serde_json::json!(["issuer_keys"]));
        }
    }
    let alive = raw::send("GET", &format!("{}/healthz", world.mcp_origin()), &[], "").await?;
    assert_eq!(alive.status, 200);
    let failed = r#"gatehouse_mcp_issuer_fetches_total{outcome="failed"}"#;
    assert_eq!(world.mcp_figures().await?.get(failed), 2.0);
    Ok(())
}
