//! Signing keys and master secrets by command, while servers run.

use std::{
    collections::BTreeSet,
    fs,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use conformance::{
    actor::{Actor, TokenSet},
    exchange::Reply,
    failure::{Failure, Outcome},
    jwt::Jwt,
};
use serde_json::json;
use tokio::task::JoinSet;

use crate::harness::{Deployment, Service, jwks, until};

const CLIENTS: usize = 6;
const ROTATIONS: usize = 2;

/// What all clients see and do together.
#[derive(Default)]
struct Watch {
    signers: Mutex<BTreeSet<String>>,
    requests: AtomicUsize,
    is_over: AtomicBool,
}

impl Watch {
    fn signers(&self) -> BTreeSet<String> {
        self.signers.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn note(&self, reply: &Reply) -> Outcome {
        self.requests.fetch_add(1, Ordering::SeqCst);
        match reply.status {
            200 => Ok(()),
            _ => Err(Failure::new(format!("a request failed: {} {}", reply.line(), reply.text()))),
        }
    }
}

/// A client that goes from server to server.
struct Client {
    actor: Actor,
    tokens: TokenSet,
    /// The two token endpoints, and the two MCP endpoints.
    token_at: [String; 2],
    mcp_at: [String; 2],
}

impl Client {
    /// Refreshes, and calls a tool with the new access token and the last one, until the watch is over.
    async fn work(mut self, watch: Arc<Watch>) -> Outcome {
        for round in 0.. {
            if watch.is_over.load(Ordering::SeqCst) {
                break;
            }
            let refresh = self.actor.refresh_request(&self.tokens.refresh);
            let reply = self.actor.send(refresh.to(&self.token_at[round % 2])).await?;
            watch.note(&reply)?;
            let last = std::mem::replace(&mut self.tokens, TokenSet::of(&reply)?);
            let kid = Jwt::parse(&self.tokens.access).and_then(|jwt| jwt.header("kid").map(str::to_owned));
            watch.signers.lock().unwrap_or_else(PoisonError::into_inner).extend(kid);
            for (place, token) in [(round / 2, &self.tokens.access), (round / 2 + 1, &last.access)] {
                let call = self.actor.tool_request("list_notes", json!({})).bearer(token);
                watch.note(&self.actor.send(call.to(&self.mcp_at[place % 2])).await?)?;
            }
        }
        Ok(())
    }
}

/// Runs a command that must do what it says: what it said.
async fn done(service: &Service, arguments: &[&str]) -> Outcome<String> {
    let ended = service.run(arguments, None).await?;
    match ended.status.success() {
        true => Ok(ended.said),
        false => Err(Failure::new(format!("{}: {}", arguments.join(" "), ended.said))),
    }
}

async fn kids(actor: &Actor) -> Outcome<Vec<String>> {
    let keys = jwks(actor).await?["keys"].as_array().cloned().unwrap_or_default();
    Ok(keys.iter().filter_map(|key| key["kid"].as_str()).map(str::to_owned).collect())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_request_fails_while_keys_change_under_two_and_two_servers() -> Outcome {
    let mut deployment = Deployment::prepare()?;
    deployment.auth.set("KEY_ROTATION", "off").set("KEY_PUBLISHED_AHEAD", "4");
    deployment.mcp.set("JWKS_MAX_AGE", "1");
    let (mut auth, mut mcp) = (deployment.auth.replica()?, deployment.mcp.replica()?);
    // Each mcp-server has another auth-server to fetch keys from.
    mcp.set("ISSUER_FETCH_URL", &auth.origin());
    for service in [&mut deployment.auth, &mut auth, &mut deployment.mcp, &mut mcp] {
        service.start().await?;
    }
    deployment.add_user().await?;
    let watch = Arc::new(Watch::default());
    let mut working = JoinSet::new();
    for _ in 0..CLIENTS {
        let mut actor = deployment.actor().await?;
        let tokens = actor.sign_in().await?;
        let token_at = [&deployment.auth, &auth].map(|service| format!("{}/oauth/token", service.origin()));
        let mcp_at = [&deployment.mcp, &mcp].map(|service| format!("{}/mcp", service.origin()));
        working.spawn(Client { actor, tokens, token_at, mcp_at }.work(Arc::clone(&watch)));
    }
    for rotation in 1..=ROTATIONS {
        // By a process of its own, at the database of all.
        done(&deployment.auth, &["keys", "rotate"]).await?;
        until("a token of the next key", async || {
            let has_failed = working.try_join_next().is_some_and(|ended| !matches!(ended, Ok(Ok(()))));
            (has_failed || watch.signers().len() > rotation).then_some(())
        })
        .await?;
    }
    let before = watch.requests.load(Ordering::SeqCst);
    until("more requests", async || {
        (working.is_empty() || watch.requests.load(Ordering::SeqCst) > before + 10 * CLIENTS).then_some(())
    })
    .await?;
    watch.is_over.store(true, Ordering::SeqCst);
    assert_eq!(working.len(), CLIENTS, "nobody has given up");
    working.join_all().await.into_iter().collect::<Outcome<Vec<()>>>()?;
    assert_eq!(watch.signers().len(), ROTATIONS + 1);
    Ok(())
}

#[tokio::test]
async fn keys_are_listed_changed_and_taken_back_by_command() -> Outcome {
    let deployment = Deployment::start().await?;
    let actor = deployment.actor().await?;
    let first = kids(&actor).await?.remove(0);
    let listed = done(&deployment.auth, &["keys", "list"]).await?;
    assert!(listed.contains("KID\tCREATED\tSIGNS FROM\tSTATE"), "{listed}");
    assert!(listed.lines().any(|line| line.starts_with(&first) && line.ends_with("\tsigns")), "{listed}");
    let unknown = deployment.auth.run(&["keys", "retire", "unknown"], None).await?;
    assert!(!unknown.status.success() && unknown.said.contains("no key in use"), "{}", unknown.said);
    let rotated = done(&deployment.auth, &["keys", "rotate"]).await?;
    let published =
        until("two keys", async || kids(&actor).await.ok().filter(|kids| kids.len() == 2)).await?;
    assert_eq!(published[0], first);
    assert!(rotated.contains(&published[1]), "{rotated}");
    let retired = done(&deployment.auth, &["keys", "retire", &first, "--now"]).await?;
    assert!(retired.contains("JWKS_MAX_AGE"), "{retired}");
    // A running server sees it within a second.
    let left = until("one key", async || kids(&actor).await.ok().filter(|kids| kids.len() == 1)).await?;
    assert_eq!(left[0], published[1]);
    let listed = done(&deployment.auth, &["keys", "list"]).await?;
    assert!(listed.lines().any(|line| line.starts_with(&first) && line.ends_with("\tretired")), "{listed}");
    Ok(())
}

#[tokio::test]
async fn a_master_secret_is_replaced_by_command() -> Outcome {
    let mut deployment = Deployment::prepare()?;
    let file = deployment.folder().join("secrets");
    let path = file.display().to_string();
    deployment.auth.unset("SECRET_KEYS").set("SECRET_KEYS_FILE", &path);
    // Nothing has to be set or to run for that.
    let old = done(&deployment.auth, &["secrets", "new"]).await?.trim().to_owned();
    let new = done(&deployment.auth, &["secrets", "new"]).await?.trim().to_owned();
    assert!(old.len() == 43 && new.len() == 43 && old != new);
    fs::write(&file, &old)?;
    deployment.auth.start().await?;
    deployment.mcp.start().await?;
    deployment.add_user().await?;
    let mut actor = deployment.actor().await?;
    let tokens = actor.sign_in().await?;

    fs::write(&file, format!("{new}\n{old}\n"))?;
    deployment.auth.crash().await?;
    let listed = done(&deployment.auth, &["secrets", "list"]).await?;
    assert!(listed.contains("\tyes\t0\t0") && listed.contains("\tno\t1\t0"), "{listed}");
    let resealed = done(&deployment.auth, &["secrets", "reseal"]).await?;
    assert!(resealed.contains("sealed anew: 1") && resealed.contains("REFRESH_TOKEN_LIFETIME"), "{resealed}");
    let again = done(&deployment.auth, &["secrets", "reseal"]).await?;
    assert!(again.contains("\tyes\t1\t0") && again.contains("sealed anew: 0"), "{again}");
    for said in [&listed, &resealed, &again] {
        assert!(!said.contains(&old) && !said.contains(&new), "a secret is shown: {said}");
    }
    let tokens = actor.refresh(&tokens.refresh).await?;

    fs::write(&file, &new)?;
    deployment.auth.crash().await?;
    assert_eq!(actor.call_tool(&tokens.access, "list_notes").await?.status, 200);
    actor.register().await?;
    actor.sign_in().await?;
    Ok(())
}
