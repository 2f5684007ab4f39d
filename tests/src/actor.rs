//! A client and its human, for tests of our own services: every request can be had before it is sent.
//!
//! A negative test is the happy request with one field changed:
//!
//! ```no_run
//! # async fn test(world: conformance::world::World) -> conformance::failure::Outcome {
//! let mut actor = world.actor().await?;
//! let code = actor.approve().await?;
//! let request = actor.token_request(&code).with("code_verifier", "another-verifier-that-is-long-enough-000000");
//! let reply = actor.send(request).await?;
//! assert_eq!((reply.status, reply.error()), (400, Some("invalid_grant".to_owned())));
//! # Ok(())
//! # }
//! ```
//!
//! `…_request` makes a request and sends nothing; the verb of the same name sends it and expects success.

mod answer;
mod human;
mod mcp;
mod request;

use reqwest::redirect::Policy;
use serde_json::Value;

use self::answer::receive;
pub use self::{
    answer::{TokenSet, expect},
    human::Landing,
    request::Request,
};
use crate::{
    cookies::Jar,
    exchange::Reply,
    failure::{Failure, Outcome},
    persona::Persona,
    pkce::{self, Pkce},
};

/// A client and its human. A clone is the same client in another copy of the same browser.
#[derive(Clone)]
pub struct Actor {
    http: reqwest::Client,
    /// The authorization server.
    pub issuer: String,
    /// The MCP endpoint and resource.
    pub mcp_url: String,
    /// What the human types.
    pub email: String,
    /// What the human types.
    pub password: String,
    /// The human's cookies.
    pub jar: Jar,
    /// What the client registers as.
    pub persona: Persona,
    /// What it was registered as.
    pub client: Registered,
    /// Verifier and challenge of the next authorization. [`fresh`](Actor::fresh) makes new ones.
    pub pkce: Pkce,
    /// `state` of the next authorization.
    pub state: String,
}

/// A registration as it was answered.
#[derive(Clone, Debug, Default)]
pub struct Registered {
    /// `client_id`; empty before the registration.
    pub id: String,
    /// `client_secret`, if there is one.
    pub secret: Option<String>,
    /// The whole answer.
    pub document: Value,
}

impl Actor {
    /// A client that has not registered, and a human who is not signed in.
    ///
    /// # Errors
    /// TLS could not be set up.
    pub fn new(issuer: &str, mcp_url: &str, (email, password): (&str, &str)) -> Outcome<Actor> {
        Ok(Actor {
            http: reqwest::Client::builder().redirect(Policy::none()).build()?,
            issuer: issuer.to_owned(),
            mcp_url: mcp_url.to_owned(),
            email: email.to_owned(),
            password: password.to_owned(),
            jar: Jar::default(),
            persona: Persona::chatgpt(),
            client: Registered::default(),
            pkce: Pkce::fresh(),
            state: pkce::state(),
        })
    }

    /// New verifier and state for another authorization.
    pub fn fresh(&mut self) -> &mut Actor {
        self.pkce = Pkce::fresh();
        self.state = pkce::state();
        self
    }

    /// The address of an endpoint: `token` is `{issuer}/oauth/token`.
    pub fn endpoint(&self, name: &str) -> String {
        format!("{}/oauth/{name}", self.issuer)
    }

    /// The redirect URI it uses.
    pub fn redirect_uri(&self) -> &str {
        self.persona.redirect_uri()
    }

    /// Sends a request as it is. Requests of the human carry cookies and take the new ones.
    ///
    /// # Errors
    /// No answer came.
    pub async fn send(&mut self, request: Request) -> Outcome<Reply> {
        let address = request.address()?;
        let is_human = request.is_human;
        let cookies = self.jar.field(&address).filter(|_| is_human);
        let mut builder = request.build(&self.http)?;
        if let Some(cookies) = cookies {
            builder = builder.header("cookie", cookies);
        }
        let reply = receive(builder).await?;
        if is_human {
            self.jar.store(&address, reply.headers_named("set-cookie"));
        }
        Ok(reply)
    }

    /// The registration ChatGPT sends. Its fields are members of the JSON body.
    pub fn register_request(&self) -> Request {
        Request::json(self.endpoint("register"), self.persona.registration())
    }

    /// Registers, and is that client from now on.
    ///
    /// # Errors
    /// It was not answered with 201.
    pub async fn register(&mut self) -> Outcome<Registered> {
        let request = self.register_request();
        self.register_with(request).await
    }

    /// Registers with a changed request, and is that client from now on.
    ///
    /// # Errors
    /// It was not answered with 201.
    pub async fn register_with(&mut self, request: Request) -> Outcome<Registered> {
        let reply = expect(self.send(request).await?, 201)?;
        let document = reply.json().unwrap_or_default();
        let text = |name: &str| document[name].as_str().map(str::to_owned);
        let id = text("client_id").ok_or_else(|| Failure::new("no client_id"))?;
        self.client = Registered { id, secret: text("client_secret"), document };
        if let Some(uris) = self.client.document["redirect_uris"].as_array() {
            self.persona.redirect_uris = uris.iter().filter_map(Value::as_str).map(str::to_owned).collect();
        }
        Ok(self.client.clone())
    }

    /// The token request for a code, with the secret in the form when there is one.
    pub fn token_request(&self, code: &str) -> Request {
        let request = self.authenticated("token").with("grant_type", "authorization_code").with("code", code);
        request
            .with("redirect_uri", self.redirect_uri())
            .with("code_verifier", self.pkce.verifier.as_str())
            .with("resource", self.mcp_url.as_str())
    }

    /// Redeems a code.
    ///
    /// # Errors
    /// It was not answered with 200 and tokens.
    pub async fn redeem(&mut self, code: &str) -> Outcome<TokenSet> {
        let request = self.token_request(code);
        TokenSet::of(&expect(self.send(request).await?, 200)?)
    }

    /// The refresh request.
    pub fn refresh_request(&self, refresh_token: &str) -> Request {
        let request = self.authenticated("token").with("grant_type", "refresh_token");
        request.with("refresh_token", refresh_token).with("resource", self.mcp_url.as_str())
    }

    /// Refreshes.
    ///
    /// # Errors
    /// It was not answered with 200 and tokens.
    pub async fn refresh(&mut self, refresh_token: &str) -> Outcome<TokenSet> {
        let request = self.refresh_request(refresh_token);
        TokenSet::of(&expect(self.send(request).await?, 200)?)
    }

    /// The revocation of a token (RFC 7009).
    pub fn revoke_request(&self, token: &str) -> Request {
        self.authenticated("revoke").with("token", token)
    }

    /// Signs in, allows and redeems: the whole way to tokens.
    ///
    /// # Errors
    /// Something on the way was not answered with success.
    pub async fn sign_in(&mut self) -> Outcome<TokenSet> {
        let code = self.approve().await?;
        self.redeem(&code).await
    }

    /// A form to an endpoint where the client must say who it is.
    fn authenticated(&self, endpoint: &str) -> Request {
        let request = Request::form(self.endpoint(endpoint)).with("client_id", self.client.id.as_str());
        match &self.client.secret {
            Some(secret) => request.with("client_secret", secret.as_str()),
            None => request,
        }
    }
}
