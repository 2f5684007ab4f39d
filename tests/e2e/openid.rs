//! OpenID Connect, as far as it is offered: who signed in, when, and what a client may demand of that.
//!
//! | module | what it shows |
//! |---|---|
//! | [`documents`] | one document at every place a client looks, with the mandatory members |
//! | [`id_token`] | what it says, when there is one, and that it opens nothing |
//! | [`userinfo`] | who is told what |
//! | [`prompt`], [`age`], [`hint`] | how far the person is to be bothered, and which person |
//! | [`requests`] | what is left alone, and what is said not to be supported |

mod age;
mod documents;
mod hint;
mod id_token;
mod prompt;
mod requests;
mod userinfo;

use conformance::{
    actor::{Actor, Landing, Request, TokenSet, expect},
    exchange::Reply,
    failure::{Failure, Outcome},
    jwt::Jwt,
    world::World,
};
use serde_json::Value;

/// Allows these scopes and redeems the code.
pub(crate) async fn allow(actor: &mut Actor, scope: &str) -> Outcome<TokenSet> {
    let request = actor.authorize_request().with("scope", scope);
    let code = actor.decide(request, "allow").await?.code()?;
    actor.redeem(&code).await
}

/// As a browser sends it when the person typed the address or came from our own page.
fn direct(request: Request) -> Request {
    request.with_header("sec-fetch-site", "none")
}

/// A member of the token response that is a JWT, with the signature of a published key.
async fn proven(world: &World, token: &str) -> Outcome<Jwt> {
    let mut reader = world.stranger()?;
    let keys = Request::get(format!("{}/.well-known/jwks.json", world.issuer()));
    let keys = expect(reader.send(keys).await?, 200)?.json().unwrap_or_default();
    let keys = keys["keys"].as_array().cloned().unwrap_or_default();
    let jwt = Jwt::parse(token).ok_or_else(|| Failure::new("no JWT"))?;
    jwt.verify(&keys).map_err(|fault| Failure::new(fault.to_string()))?;
    Ok(jwt)
}

/// The ID token of a token response.
fn id_token(tokens: &TokenSet) -> Outcome<&str> {
    tokens.document["id_token"].as_str().ok_or_else(|| Failure::new("no id_token"))
}

/// When the person behind a code signed in, as the ID token says.
async fn auth_time(world: &World, actor: &mut Actor, landing: &Landing) -> Outcome<i64> {
    let tokens = actor.redeem(&landing.code()?).await?;
    let jwt = proven(world, id_token(&tokens)?).await?;
    jwt.claims.get("auth_time").and_then(Value::as_i64).ok_or_else(|| Failure::new("no auth_time"))
}

fn asks_for_a_password(reply: &Reply) -> bool {
    reply.text().contains("type=\"password\"")
}

/// A signed-in actor that was allowed `openid`, on which nobody has to look again.
async fn settled(world: &World) -> Outcome<(Actor, Request, TokenSet)> {
    let mut actor = world.actor().await?;
    let tokens = allow(&mut actor, "openid notes:read").await?;
    let happy = direct(actor.authorize_request().with("scope", "openid notes:read"));
    Landing::of(&actor.send(happy.clone()).await?)?.code()?;
    Ok((actor, happy, tokens))
}
