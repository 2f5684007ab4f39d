//! `kill -9` of the auth-server while many clients follow their rotation.

use conformance::{
    actor::{Actor, TokenSet},
    failure::{Failure, Outcome},
};
use tokio::{sync::mpsc, task::JoinSet};

use crate::harness::{Deployment, assert_refused};

const CLIENTS: usize = 16;
const CRASHES: usize = 3;
/// How many refreshes must have been acknowledged before a crash.
const ENOUGH: usize = 5 * CLIENTS;

/// A client and the tokens it was given first and last.
struct Client {
    actor: Actor,
    first: TokenSet,
    tokens: TokenSet,
}

impl Client {
    /// Refreshes until the server is gone, and notes every answer.
    async fn follow(mut self, tell: mpsc::UnboundedSender<()>) -> Outcome<Client> {
        loop {
            let refresh = self.actor.refresh_request(&self.tokens.refresh);
            // Nothing came back: whether the server did it is not known, as after a lost answer.
            let Ok(reply) = self.actor.send(refresh).await else { return Ok(self) };
            if reply.status != 200 {
                return Err(Failure::new(format!("a refresh before the crash: {}", reply.line())));
            }
            self.tokens = TokenSet::of(&reply)?;
            // The test may have ended by failing.
            let _ = tell.send(());
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_is_signed_out() -> Outcome {
    let mut deployment = Deployment::start().await?;
    let mut clients = Vec::new();
    for _ in 0..CLIENTS {
        let mut actor = deployment.actor().await?;
        let tokens = actor.sign_in().await?;
        clients.push(Client { actor, first: tokens.clone(), tokens });
    }
    for crash in 1..=CRASHES {
        clients = crash_amid_refreshes(&mut deployment, clients).await?;
        for client in &mut clients {
            // Good whether the refresh that broke off was done or not: then this is the predecessor, within its grace.
            let refreshed = client.actor.refresh(&client.tokens.refresh).await;
            client.tokens = refreshed.map_err(|fault| {
                Failure::new(format!("signed out by crash {crash} of {CRASHES}: {fault}"))
            })?;
        }
    }
    // The server still knows how far everybody was: a token from long ago is known as used.
    for Client { actor, first, tokens } in &mut clients {
        assert_refused(actor, first).await?;
        assert_refused(actor, tokens).await?;
    }
    Ok(())
}

async fn crash_amid_refreshes(deployment: &mut Deployment, clients: Vec<Client>) -> Outcome<Vec<Client>> {
    let (tell, mut told) = mpsc::unbounded_channel();
    let mut following = JoinSet::new();
    for client in clients {
        following.spawn(client.follow(tell.clone()));
    }
    drop(tell);
    for _ in 0..ENOUGH {
        if told.recv().await.is_none() {
            break;
        }
    }
    deployment.auth.kill()?;
    let clients = following.join_all().await.into_iter().collect::<Outcome<Vec<_>>>()?;
    deployment.auth.start().await?;
    Ok(clients)
}
