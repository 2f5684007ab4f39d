//! What is stored beside a server is for its owner alone.

use std::{fs, os::unix::fs::PermissionsExt};

use conformance::failure::Outcome;

use crate::harness::Deployment;

#[tokio::test]
async fn nobody_else_can_read_the_databases_or_the_secret() -> Outcome {
    let mut deployment = Deployment::prepare()?;
    deployment.auth.keep_in_files();
    deployment.mcp.keep_in_files();
    deployment.auth.start().await?;
    deployment.mcp.start().await?;
    deployment.add_user().await?;
    deployment.actor().await?.sign_in().await?;
    let mut seen = Vec::new();
    for entry in fs::read_dir(deployment.folder())? {
        let entry = entry?;
        let mode = entry.metadata()?.permissions().mode() & 0o777;
        let name = entry.file_name().to_string_lossy().into_owned();
        assert_eq!(mode, 0o600, "{name} has the mode {mode:o}");
        seen.push(name);
    }
    // SQLite's own files too: they hold the newest rows.
    for name in ["auth-server.db", "auth-server.db-wal", "auth-server.secret", "mcp-server.db"] {
        assert!(seen.iter().any(|own| own == name), "{name} is not among {seen:?}");
    }
    Ok(())
}
