//! Codes: fetched by a browser, redeemed by a client, and presented twice.

use conformance::{
    actor::{Landing, TokenSet, expect},
    exchange::Reply,
    failure::{Failure, Outcome},
};
use futures_util::future::join;

use super::{Client, Grant, is_over, unexpected};

impl Client {
    /// One more access for the client, unless the answer with its tokens was lost.
    pub(super) async fn enter(&mut self) -> Outcome {
        let code = self.code().await?;
        let request = self.actor.token_request(&code);
        let mut was_lost = false;
        loop {
            let Some(reply) = self.journal.ask(&mut self.actor, request.clone()).await? else {
                was_lost = true;
                continue;
            };
            self.codes += 1;
            return match reply.status {
                200 => {
                    let grant = Grant { actor: self.actor.clone(), tokens: TokenSet::of(&reply)? };
                    self.live.push(grant);
                    Ok(())
                }
                // It had been redeemed, and nobody got the tokens.
                400 if was_lost && is_over(&reply) => Ok(()),
                _ => Err(unexpected("a code", &reply)),
            };
        }
    }

    /// Whoever is signed in and has let this client in before gets a code at once; a password is asked for once a browser.
    async fn code(&mut self) -> Outcome<String> {
        loop {
            let request = self.actor.fresh().authorize_request().with_header("sec-fetch-site", "none");
            let reply = self.journal.insist(&mut self.actor, request).await?;
            if matches!(reply.status, 302 | 303) {
                return Landing::of(&reply)?.code();
            }
            let page = expect(reply, 200)?;
            if self.live.iter().any(|grant| grant.actor.client.id == self.actor.client.id) {
                return Err(unexpected("somebody who has let this client in is asked again", &page));
            }
            let decision = self.actor.decision_request(&page, "allow")?;
            if self.is_signed_in && decision.parameter("password").is_some() {
                return Err(unexpected("somebody was signed out", &page));
            }
            // Without an answer the browser may lack the cookie: it begins once more.
            if let Some(reply) = self.journal.ask(&mut self.actor, decision).await? {
                self.is_signed_in = true;
                return Landing::of(&reply)?.code();
            }
        }
    }

    /// One code at both replicas at once, and again until two answers have come: one redemption at most, and what it gave
    /// is over with the second.
    pub(super) async fn present_to_both(&mut self) -> Outcome {
        let code = self.code().await?;
        let [first, second] = [0, 1].map(|place| self.actor.token_request(&code).to(&self.token_at[place]));
        let mut others = [self.actor.clone(), self.actor.clone()];
        let [one, other] = &mut others;
        let (first, second) = join(self.journal.ask(one, first), self.journal.ask(other, second)).await;
        let mut replies: Vec<Reply> = [first?, second?].into_iter().flatten().collect();
        let was_lost = replies.len() < 2;
        while replies.len() < 2 {
            let request = self.actor.token_request(&code);
            replies.push(self.journal.insist(&mut self.actor, request).await?);
        }
        self.codes += 1;
        let (won, lost): (Vec<&Reply>, Vec<&Reply>) = replies.iter().partition(|reply| reply.status == 200);
        if let Some(reply) = lost.iter().find(|reply| !is_over(reply)) {
            return Err(unexpected("a code that came twice", reply));
        }
        match won[..] {
            [] if was_lost => Ok(()),
            [reply] => {
                let grant = Grant { actor: self.actor.clone(), tokens: TokenSet::of(reply)? };
                self.ended.push(grant);
                self.is_refused(self.ended.len() - 1).await
            }
            _ => Err(Failure::new(format!("a code was redeemed {} times", won.len()))),
        }
    }
}
