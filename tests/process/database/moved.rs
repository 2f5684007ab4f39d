//! From SQLite to PostgreSQL with everything anybody holds, and back out of a backup.

use std::{fs, os::unix::fs::PermissionsExt};

use conformance::{
    actor::{Actor, TokenSet},
    failure::Outcome,
};

use super::cluster::Cluster;
use crate::harness::{Deployment, Service, assert_refused, note_ids};

/// Somebody with a grant.
struct Holder {
    actor: Actor,
    first: TokenSet,
    tokens: TokenSet,
    state: usize,
}

/// Grants in four states: as made, refreshed once, refreshed three times, revoked.
async fn holders(deployment: &Deployment, count: usize) -> Outcome<Vec<Holder>> {
    let mut holders = Vec::new();
    for number in 0..count {
        let mut actor = deployment.actor().await?;
        let first = actor.sign_in().await?;
        let (mut tokens, state) = (first.clone(), number % 4);
        for _ in 0..[0, 1, 3, 0][state] {
            tokens = actor.refresh(&tokens.refresh).await?;
        }
        if state == 3 {
            let revocation = actor.revoke_request(&tokens.refresh);
            assert_eq!(actor.send(revocation).await?.status, 200);
        }
        holders.push(Holder { actor, first, tokens, state });
    }
    Ok(holders)
}

impl Holder {
    /// Everything goes on as if nothing had been moved.
    async fn go_on(&mut self) -> Outcome {
        if self.state == 3 {
            return assert_refused(&mut self.actor, &self.tokens).await;
        }
        if self.state == 1 {
            // An answer that was lost before the move comes again after it.
            let again = self.actor.refresh(&self.first.refresh).await?;
            assert_eq!(again.refresh, self.tokens.refresh);
        }
        self.tokens = self.actor.refresh(&self.tokens.refresh).await?;
        if self.state == 1 {
            self.state = 0;
        }
        Ok(())
    }
}

/// Runs the move, and returns whether it succeeded, and what it said.
async fn relocate(service: &Service, to: &str) -> Outcome<(bool, String)> {
    let from = service.setting("DATABASE_URL").to_owned();
    let ended = service.run(&["database", "move", "--from", &from, "--to", to], None).await?;
    assert!(!ended.said.contains("panicked"), "{}", ended.said);
    Ok((ended.status.success(), ended.said))
}

async fn back_up(service: &Service, file: &str) -> Outcome<String> {
    let ended = service.run(&["database", "backup", "--to", file], None).await?;
    assert!(ended.status.success(), "{}", ended.said);
    let again = service.run(&["database", "backup", "--to", file], None).await?;
    assert!(!again.status.success() && again.said.contains("there already"), "{}", again.said);
    Ok(format!("sqlite:{file}"))
}

#[tokio::test]
async fn everybody_goes_on_where_they_were() -> Outcome {
    let Some(cluster) = Cluster::start().await? else { return Ok(()) };
    let mut deployment = Deployment::prepare()?;
    deployment.auth.keep_in_files();
    deployment.mcp.keep_in_files();
    deployment.auth.start().await?;
    deployment.mcp.start().await?;
    deployment.add_user().await?;
    let mut holders = holders(&deployment, 52).await?;
    let Holder { actor, tokens, .. } = &mut holders[0];
    let made = actor.tool_request("create_note", serde_json::json!({"title": "Ärger", "body": "a\n\"b\"\\"}));
    assert_eq!(actor.send(made.bearer(&tokens.access)).await?.status, 200);
    let notes = note_ids(actor, &tokens.access).await?;
    deployment.auth.kill()?;
    deployment.mcp.kill()?;

    let (auth, mcp) = (cluster.create("auth")?, cluster.create("mcp")?);
    for (service, to) in [(&deployment.auth, &auth), (&deployment.mcp, &mcp)] {
        let (moved, said) = relocate(service, to).await?;
        assert!(moved && said.contains("Everything was copied"), "{said}");
        let (moved, said) = relocate(service, to).await?;
        assert!(moved && said.contains("was there already"), "a second run: {said}");
    }
    let secret = fs::read_to_string(deployment.folder().join("auth-server.secret"))?;
    let old = deployment.auth.setting("DATABASE_URL").to_owned();
    deployment.auth.set("DATABASE_URL", &auth).set("SECRET_KEYS", secret.trim());
    deployment.mcp.set("DATABASE_URL", &mcp);
    deployment.auth.start().await?;
    deployment.mcp.start().await?;
    for holder in &mut holders {
        holder.go_on().await?;
    }
    let Holder { actor, tokens, .. } = &mut holders[0];
    assert_eq!(note_ids(actor, &tokens.access).await?, notes);

    // What was written since is not overwritten by what is older.
    let ended = deployment.auth.run(&["database", "move", "--from", &old, "--to", &auth], None).await?;
    assert!(!ended.status.success() && ended.said.contains("other data"), "{}", ended.said);

    // A copy that was made while it served serves in its place: from PostgreSQL, and then from a file.
    for name in ["first.db", "second.db"] {
        let file = deployment.folder().join(name);
        let url = back_up(&deployment.auth, &file.display().to_string()).await?;
        assert_eq!(fs::metadata(&file)?.permissions().mode() & 0o777, 0o600);
        deployment.auth.kill()?;
        deployment.auth.set("DATABASE_URL", &url).start().await?;
        for holder in &mut holders {
            holder.go_on().await?;
        }
    }
    Ok(())
}

#[tokio::test]
async fn what_is_sealed_with_another_secret_is_not_moved() -> Outcome {
    let mut deployment = Deployment::prepare()?;
    deployment.auth.keep_in_files().start().await?;
    deployment.auth.kill()?;
    deployment.auth.set("SECRET_KEYS", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
    let to = format!("sqlite:{}", deployment.folder().join("other.db").display());
    let (moved, said) = relocate(&deployment.auth, &to).await?;
    assert!(!moved && said.contains("signing_keys") && said.contains("SECRET_KEYS"), "{said}");
    deployment.auth.unset("SECRET_KEYS");
    let (moved, said) = relocate(&deployment.auth, &to).await?;
    assert!(moved && said.contains("Everything was copied"), "and nothing was left behind: {said}");
    Ok(())
}
