//! One history of migrations; what was made on the first start stays as it is.

use std::fs;

use conformance::failure::Outcome;
use diesel::{
    Connection, PgConnection, QueryableByName, RunQueryDsl, SqliteConnection, sql_query, sql_types::Text,
};

use crate::harness::{Deployment, Service, get, jwks};

/// A migration that was applied, and when.
#[derive(Debug, PartialEq, Eq, QueryableByName)]
struct Applied {
    #[diesel(sql_type = Text)]
    version: String,
    #[diesel(sql_type = Text)]
    run_on: String,
}

fn applied(service: &Service) -> Outcome<Vec<Applied>> {
    let query = sql_query(
        "SELECT version, CAST(run_on AS TEXT) AS run_on FROM __diesel_schema_migrations ORDER BY version",
    );
    let url = service.setting("DATABASE_URL");
    Ok(match url.strip_prefix("sqlite:") {
        Some(path) => query.load(&mut SqliteConnection::establish(path)?)?,
        None => query.load(&mut PgConnection::establish(url)?)?,
    })
}

#[tokio::test]
async fn starting_again_changes_nothing() -> Outcome {
    let mut deployment = Deployment::start().await?;
    let actor = deployment.actor().await?;
    let (keys, auth, mcp) = (jwks(&actor).await?, applied(&deployment.auth)?, applied(&deployment.mcp)?);
    assert!(!auth.is_empty() && !mcp.is_empty());
    let secret = fs::read(deployment.folder().join("auth-server.secret")).ok();
    assert_eq!(secret.is_some(), deployment.is_on_sqlite());
    for _ in 0..2 {
        deployment.auth.crash().await?;
        deployment.mcp.crash().await?;
    }
    assert_eq!(jwks(&actor).await?, keys);
    assert_eq!((applied(&deployment.auth)?, applied(&deployment.mcp)?), (auth, mcp));
    assert_eq!(fs::read(deployment.folder().join("auth-server.secret")).ok(), secret);
    Ok(())
}

#[tokio::test]
async fn replicas_share_one_signing_key() -> Outcome {
    let mut deployment = Deployment::start().await?;
    let mut replica = deployment.auth.replica()?;
    replica.start().await?;
    let mut actor = deployment.actor().await?;
    let own = get(&format!("{}/.well-known/jwks.json", replica.origin())).await?;
    assert_eq!(own.json(), Some(jwks(&actor).await?));
    // What one has begun the other can finish.
    let code = actor.approve().await?;
    let issuer = std::mem::replace(&mut actor.issuer, replica.origin());
    let tokens = actor.redeem(&code).await?;
    actor.issuer = issuer;
    actor.refresh(&tokens.refresh).await?;
    assert_eq!(actor.call_tool(&tokens.access, "list_notes").await?.status, 200);
    deployment.auth.kill()
}
