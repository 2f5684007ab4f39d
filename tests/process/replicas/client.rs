//! A person with clients: signs in, redeems, refreshes, writes and revokes, and remembers everything that was acknowledged.

mod codes;
mod notes;

use std::{collections::BTreeSet, sync::Arc};

use conformance::{
    actor::{Actor, Registered, TokenSet, expect},
    cookies::Jar,
    exchange::Reply,
    failure::{Failure, Outcome},
};

use super::journal::Journal;

/// An access that was given to a client, with its newest tokens.
pub(super) struct Grant {
    pub(super) actor: Actor,
    pub(super) tokens: TokenSet,
}

/// A person at a browser with one client at a time, and what both were told.
pub(super) struct Client {
    pub(super) actor: Actor,
    journal: Arc<Journal>,
    /// The token endpoint of each replica.
    token_at: [String; 2],
    is_signed_in: bool,
    /// Those that live. The last one is used.
    pub(super) live: Vec<Grant>,
    /// Those that are over: revoked, or their code was presented twice.
    pub(super) ended: Vec<Grant>,
    /// Notes that were acknowledged, by their ids.
    pub(super) notes: BTreeSet<String>,
    /// How many more may be there: no answer came.
    pub(super) uncertain: usize,
    /// Codes that were redeemed, whether or not the answer arrived.
    pub(super) codes: i64,
    /// Refreshes that were answered.
    pub(super) refreshes: i64,
}

impl Client {
    pub(super) fn new(actor: Actor, journal: &Arc<Journal>, token_at: [String; 2]) -> Client {
        Client {
            actor,
            journal: Arc::clone(journal),
            token_at,
            is_signed_in: false,
            live: Vec::new(),
            ended: Vec::new(),
            notes: BTreeSet::new(),
            uncertain: 0,
            codes: 0,
            refreshes: 0,
        }
    }

    /// Uses the services until the journal is over.
    pub(super) async fn work(&mut self) -> Outcome {
        self.join().await?;
        for round in 0.. {
            if self.journal.is_over() {
                break;
            }
            self.refresh(self.live.len() - 1).await?;
            self.write().await?;
            match round % 10 {
                1 | 6 => self.enter().await?,
                3 => self.present_to_both().await?,
                5 => self.revoke().await?,
                8 => self.join().await?,
                _ => self.read().await?,
            }
        }
        Ok(())
    }

    /// A new client is registered, and the person signs in at another browser to let it in.
    async fn join(&mut self) -> Outcome {
        let request = self.actor.register_request();
        let reply = expect(self.journal.insist(&mut self.actor, request).await?, 201)?;
        let document = reply.json().unwrap_or_default();
        let text = |name: &str| document[name].as_str().map(str::to_owned);
        let id = text("client_id").ok_or_else(|| Failure::new("no client_id"))?;
        let secret = text("client_secret");
        self.actor.client = Registered { id, secret, document };
        self.actor.jar = Jar::default();
        self.is_signed_in = false;
        let before = self.live.len();
        while self.live.len() == before {
            self.enter().await?;
        }
        Ok(())
    }

    /// The client follows its rotation. Where no answer came it asks again with the same token.
    pub(super) async fn refresh(&mut self, place: usize) -> Outcome {
        let Grant { actor, tokens } = &mut self.live[place];
        let request = actor.refresh_request(&tokens.refresh);
        let reply = self.journal.insist(actor, request).await?;
        if reply.status != 200 {
            return Err(unexpected("a client that was let in is shut out", &reply));
        }
        *tokens = TokenSet::of(&reply)?;
        self.refreshes += 1;
        Ok(())
    }

    /// The oldest access of this client is given back; one is kept, for the person has let it in.
    async fn revoke(&mut self) -> Outcome {
        let id = &self.actor.client.id;
        let own = |grant: &Grant| grant.actor.client.id == *id;
        let Some(place) = self.live.iter().position(own).filter(|place| place + 1 < self.live.len()) else {
            return Ok(());
        };
        let mut grant = self.live.remove(place);
        let request = grant.actor.revoke_request(&grant.tokens.refresh);
        let reply = self.journal.insist(&mut grant.actor, request).await?;
        self.ended.push(grant);
        expect(reply, 200)?;
        self.is_refused(self.ended.len() - 1).await
    }

    /// What is over stays over.
    pub(super) async fn is_refused(&mut self, place: usize) -> Outcome {
        let Grant { actor, tokens } = &mut self.ended[place];
        let request = actor.refresh_request(&tokens.refresh);
        let reply = self.journal.insist(actor, request).await?;
        match is_over(&reply) {
            true => Ok(()),
            false => Err(unexpected("what was over", &reply)),
        }
    }
}

fn is_over(reply: &Reply) -> bool {
    reply.status == 400 && reply.error().as_deref() == Some("invalid_grant")
}

fn unexpected(what: &str, reply: &Reply) -> Failure {
    Failure::new(format!("{what}: {} {}", reply.line(), reply.text()))
}
