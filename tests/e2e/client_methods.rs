//! Every way to authenticate, for every kind of client, wherever a client has to say who it is.
//!
//! | module | what it shows |
//! |---|---|
//! | [`kinds`] | each method of clients that registered themselves, of an operator's, and of documents |
//! | [`pairs`] | two methods at once are refused, whichever they are |
//! | [`assertions`] | each rule of an assertion, broken |
//! | [`replays`] | an assertion is good once: over restarts, and when many try at the same time |
//! | [`registrations`] | what can be registered with keys, and what comes back |

mod assertions;
mod kinds;
mod pairs;
mod registrations;
mod replays;

use auth_server::clients::new_client::NewClient;
use conformance::{
    actor::{Actor, Registered, Request},
    assertion::{Algorithm, Claims, Signer, TYPE},
    exchange::Reply,
    failure::Outcome,
    world::World,
};

/// Where every client here is answered.
pub(crate) const REDIRECT: &str = "https://chatgpt.com/connector_platform_oauth_redirect";

/// A client that signs.
pub(crate) struct Signing {
    pub(crate) actor: Actor,
    pub(crate) signer: Signer,
}

impl Signing {
    /// One that registered itself with its public key.
    pub(crate) async fn register(world: &World, algorithm: Algorithm) -> Outcome<Signing> {
        let (mut actor, signer) = (world.stranger()?, Signer::fresh(algorithm)?);
        let request = actor.register_request().with("token_endpoint_auth_method", "private_key_jwt");
        actor.register_with(request.with("jwks", signer.jwks())).await?;
        Ok(Signing { actor, signer })
    }

    /// Header and claims of a good assertion, to be changed.
    pub(crate) fn claims(&self, world: &World) -> Claims {
        self.signer.claims(&self.actor.client.id, world.issuer(), world.clock().now())
    }

    /// A good assertion that was never used.
    pub(crate) fn assertion(&self, world: &World) -> Outcome<String> {
        self.signer.sign(&self.claims(world))
    }

    /// The request with this assertion.
    pub(crate) async fn send(&mut self, request: Request, assertion: &str) -> Outcome<Reply> {
        self.actor.send(signed(request, assertion)).await
    }
}

/// A request with an assertion in the place of a secret.
pub(crate) fn signed(request: Request, assertion: &str) -> Request {
    request.without("client_secret").with("client_assertion_type", TYPE).with("client_assertion", assertion)
}

/// A client an operator made.
pub(crate) async fn made(world: &World, new: NewClient) -> Outcome<Actor> {
    let app = world.auth_app()?;
    let (client, secret) = app.clients.preregister(&new, &app.settings.catalogue, app.clock.now()).await?;
    let mut actor = world.stranger()?;
    actor.client = Registered { id: client.id, secret, ..Registered::default() };
    if !new.redirect_uris.is_empty() {
        actor.persona.redirect_uris = new.redirect_uris;
    }
    Ok(actor)
}

/// What an operator asks for, when people are to sign in with it.
pub(crate) fn new_client() -> NewClient {
    NewClient {
        name: "Made by hand".to_owned(),
        redirect_uris: vec![REDIRECT.to_owned()],
        ..NewClient::default()
    }
}

/// The same for a client that acts for itself.
pub(crate) fn new_machine(scope: &str) -> NewClient {
    NewClient {
        name: "A machine".to_owned(),
        grants: vec![auth_server::oauth::client::GrantType::ClientCredentials],
        scope: Some(scope.to_owned()),
        ..NewClient::default()
    }
}

/// The introspection of a token, with the secret in the form when there is one.
pub(crate) fn introspect_request(actor: &Actor, token: &str) -> Request {
    actor.revoke_request(token).to(actor.endpoint("introspect"))
}
