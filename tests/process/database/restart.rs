//! PostgreSQL is stopped and started again under load: only answers that ask for patience meanwhile, and nobody signed out.

use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use conformance::{
    actor::{Actor, TokenSet},
    failure::{Failure, Outcome},
};
use serde_json::json;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::cluster::Cluster;
use crate::harness::{Deployment, get, note_ids, until};

const CLIENTS: usize = 4;

/// What a client met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Met {
    Done,
    Patience,
}

/// A client with its tokens and the notes it was told are kept.
struct Client {
    actor: Actor,
    tokens: TokenSet,
    notes: BTreeSet<String>,
}

impl Client {
    async fn follow(mut self, tell: UnboundedSender<Met>, enough: Arc<AtomicBool>) -> Outcome<Client> {
        while !enough.load(Ordering::Relaxed) {
            for met in [self.refresh().await?, self.write().await?] {
                if met == Met::Patience {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
                // The test may have ended by failing.
                let _ = tell.send(met);
            }
        }
        Ok(self)
    }

    async fn refresh(&mut self) -> Outcome<Met> {
        let request = self.actor.refresh_request(&self.tokens.refresh);
        let reply = self.actor.send(request).await?;
        match (reply.status, reply.error().as_deref()) {
            (200, _) => {
                self.tokens = TokenSet::of(&reply)?;
                Ok(Met::Done)
            }
            (503, Some("temporarily_unavailable")) if reply.header("retry-after").is_some() => {
                Ok(Met::Patience)
            }
            _ => Err(Failure::new(format!("a refresh: {} {}", reply.line(), reply.text()))),
        }
    }

    async fn write(&mut self) -> Outcome<Met> {
        let request = self.actor.tool_request("create_note", json!({"title": "t", "body": "b"}));
        let reply = self.actor.send(request.bearer(&self.tokens.access)).await?;
        let answer = reply.json().unwrap_or_default();
        if let Some(id) = answer["result"]["structuredContent"]["id"].as_str() {
            self.notes.insert(id.to_owned());
            return Ok(Met::Done);
        }
        let told = answer["error"]["message"].as_str().unwrap_or_default();
        match told.contains("temporarily unavailable") {
            true => Ok(Met::Patience),
            false => Err(Failure::new(format!("a note: {} {}", reply.line(), reply.text()))),
        }
    }
}

/// Waits until this was met so often from now on.
async fn met(told: &mut UnboundedReceiver<Met>, wanted: Met, times: usize) -> Outcome {
    while told.try_recv().is_ok() {}
    let counted = async {
        let mut count = 0;
        while count < times {
            match told.recv().await {
                Some(met) => count += usize::from(met == wanted),
                // Every client has failed: joining them says why.
                None => return,
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(60), counted)
        .await
        .map_err(|_| Failure::new(format!("{wanted:?} was not met {times} times within a minute")))
}

/// What was found out holds for a second, so it may take that long.
async fn all_say(deployment: &Deployment, status: u16) -> Outcome {
    for service in [&deployment.auth, &deployment.mcp] {
        let probe = format!("{}/readyz", service.origin());
        until("what a probe says", async || get(&probe).await.ok().filter(|reply| reply.status == status))
            .await?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_is_signed_out() -> Outcome {
    let Some(cluster) = Cluster::start().await? else { return Ok(()) };
    let deployment = cluster.deployment().await?;
    let (tell, mut told) = unbounded_channel();
    let enough = Arc::new(AtomicBool::new(false));
    let mut following = Vec::new();
    for _ in 0..CLIENTS {
        let mut actor = deployment.actor().await?;
        let tokens = actor.sign_in().await?;
        let client = Client { actor, tokens, notes: BTreeSet::new() };
        following.push(tokio::spawn(client.follow(tell.clone(), Arc::clone(&enough))));
    }
    drop(tell);
    let mut visitor = deployment.actor().await?;
    for mode in ["immediate", "fast"] {
        met(&mut told, Met::Done, 10 * CLIENTS).await?;
        cluster.stop(mode).await?;
        met(&mut told, Met::Patience, 10 * CLIENTS).await?;
        all_say(&deployment, 503).await?;
        let page = visitor.send(visitor.authorize_request()).await?;
        assert_eq!(page.status, 503, "{mode}: {}", page.line());
        assert!(page.header("retry-after").is_some() && page.text().contains("<html"), "{}", page.text());
        cluster.run().await?;
        met(&mut told, Met::Done, 20 * CLIENTS).await?;
        all_say(&deployment, 200).await?;
    }
    enough.store(true, Ordering::Relaxed);
    let (mut kept, mut promised) = (BTreeSet::new(), BTreeSet::new());
    for task in following {
        let mut client = task.await??;
        let tokens = client.actor.refresh(&client.tokens.refresh).await?;
        kept = note_ids(&mut client.actor, &tokens.access).await?;
        promised.extend(client.notes);
    }
    assert!(promised.len() > CLIENTS, "only {promised:?}");
    let lost: Vec<_> = promised.difference(&kept).collect();
    assert!(lost.is_empty(), "acknowledged, and gone: {lost:?}");
    println!("{} notes were promised and kept, over two restarts", promised.len());
    Ok(())
}

/// A deployment starts all at once, and the database may be the last to be ready.
#[tokio::test]
async fn a_start_waits_for_its_database() -> Outcome {
    let Some(cluster) = Cluster::start().await? else { return Ok(()) };
    let mut deployment = cluster.deployment().await?;
    deployment.auth.kill()?;
    deployment.mcp.kill()?;
    cluster.stop("fast").await?;
    for service in [&mut deployment.auth, &mut deployment.mcp] {
        service.launch()?;
        service.process()?.says("waiting for the database").await?;
    }
    cluster.run().await?;
    for service in [&mut deployment.auth, &mut deployment.mcp] {
        service.process()?.says("serving").await?;
    }
    deployment.actor().await?.sign_in().await?;
    Ok(())
}
