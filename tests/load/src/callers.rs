//! Who asks for what.

use conformance::{actor::Actor, failure::Outcome};

use crate::{request, round::Caller, wire::Connection};

/// The same request each time.
#[derive(Clone)]
pub struct Same {
    /// What is sent.
    pub request: Vec<u8>,
    /// What must be answered.
    pub status: u16,
}

impl Caller for Same {
    async fn turn(&mut self, connection: &mut Connection) -> Outcome<bool> {
        connection.ask(&self.request, self.status).await?;
        Ok(true)
    }
}

/// Somebody who stops after so many.
#[derive(Clone)]
pub struct Counted<C> {
    /// Who.
    pub caller: C,
    /// So many are left.
    pub left: u64,
}

impl<C: Caller> Caller for Counted<C> {
    async fn turn(&mut self, connection: &mut Connection) -> Outcome<bool> {
        let Some(left) = self.left.checked_sub(1) else { return Ok(false) };
        self.left = left;
        self.caller.turn(connection).await
    }
}

/// Another request each time, until there are no more.
pub struct Each {
    /// What is sent, the last one first.
    pub requests: Vec<Vec<u8>>,
}

impl Caller for Each {
    async fn turn(&mut self, connection: &mut Connection) -> Outcome<bool> {
        let Some(request) = self.requests.pop() else { return Ok(false) };
        connection.ask(&request, 200).await?;
        Ok(true)
    }
}

/// A client that refreshes one grant after another, each with the token it got last.
#[derive(Clone)]
pub struct Refreshing {
    /// Its own.
    pub client_id: String,
    /// What it refreshes for.
    pub resource: String,
    /// The token of each grant.
    pub tokens: Vec<String>,
    /// The one that is next.
    pub next: usize,
}

impl Caller for Refreshing {
    async fn turn(&mut self, connection: &mut Connection) -> Outcome<bool> {
        // A prime far from any round number: neighbours in the table are not neighbours in time.
        self.next = (self.next + 7919) % self.tokens.len();
        let Some(token) = self.tokens.get_mut(self.next) else { return Ok(false) };
        let parameters = [
            ("grant_type", "refresh_token"),
            ("refresh_token", token),
            ("client_id", &self.client_id),
            ("resource", &self.resource),
        ];
        connection.ask(&request::form("/oauth/token", &parameters), 200).await?;
        *token = connection.between("\"refresh_token\":\"", b'"')?.to_owned();
        Ok(true)
    }
}

/// A browser with a session whose client was allowed before, and that client: authorize, and redeem the code.
#[derive(Clone)]
pub struct Signing {
    /// The authorization request.
    pub authorize: Vec<u8>,
    /// The client.
    pub actor: Actor,
}

impl Caller for Signing {
    async fn turn(&mut self, connection: &mut Connection) -> Outcome<bool> {
        connection.ask(&self.authorize, 303).await?;
        let code = connection.between("code=", b'&')?.to_owned();
        let parameters = [
            ("grant_type", "authorization_code"),
            ("code", &code),
            ("redirect_uri", self.actor.redirect_uri()),
            ("client_id", &self.actor.client.id),
            ("code_verifier", &self.actor.pkce.verifier),
            ("resource", &self.actor.mcp_url),
        ];
        connection.ask(&request::form("/oauth/token", &parameters), 200).await?;
        Ok(true)
    }
}
