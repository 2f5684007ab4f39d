//! G3.4 and N7.5: a client that signs who it is (RFC 7523 §2.2, §3).

use serde_json::{Value, json};

use super::{
    client::Client,
    deployment::Deployment,
    probe::{Pairs, with},
    refusal::at_token,
    verdict::{Seen, skip, wrong},
};
use crate::{
    assertion::{Algorithm, Claims, Signer, TYPE},
    exchange::Reply,
    failure::Outcome,
    violation::Violation,
};

const METHOD: &str = "private_key_jwt";

/// A client that was registered with keys of its own.
struct Signing {
    client: Client,
    signer: Signer,
    issuer: String,
}

fn made<T>(outcome: Outcome<T>) -> Seen<T> {
    outcome.or_else(|fault| skip(format!("nothing can be signed here: {fault}")))
}

async fn signing(deployment: &Deployment) -> Seen<Signing> {
    if !deployment.auth_methods().iter().any(|method| method == METHOD) {
        return skip(format!("{METHOD} is not advertised"));
    }
    let algorithms = deployment.listed("token_endpoint_auth_signing_alg_values_supported");
    let usable = Algorithm::ALL.into_iter().find(|one| algorithms.iter().any(|own| own == one.as_str()));
    let Some(algorithm) = usable else { return skip("no algorithm this client knows is advertised") };
    let signer = made(Signer::fresh(algorithm))?;
    let mut body = deployment.registration();
    body["token_endpoint_auth_method"] = json!(METHOD);
    body["jwks"] = signer.jwks();
    let reply = deployment.register(&body).await?;
    match Client::of(&reply.json().unwrap_or_default()).filter(|client| client.method == METHOD) {
        Some(client) => Ok(Signing { client, signer, issuer: deployment.issuer()?.to_owned() }),
        None => {
            skip(format!("keys are not taken at registration ({}); --persona tries a document", reply.line()))
        }
    }
}

impl Signing {
    /// A good assertion before it is signed.
    fn claims(&self, deployment: &Deployment) -> Claims {
        self.signer.claims(&self.client.id, &self.issuer, deployment.agent.clock.now())
    }

    /// A refresh with a token nobody was given: the client is looked at first, and `invalid_grant` means it is believed.
    async fn shows(&self, deployment: &Deployment, assertion: &str) -> Seen<Reply> {
        let pairs: Pairs = [("grant_type", "refresh_token"), ("refresh_token", "no-such-token")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into();
        let pairs = with(with(pairs, "client_assertion_type", TYPE), "client_assertion", assertion);
        deployment.token(&self.client, pairs).await
    }
}

/// Whether an assertion is believed, for the issuer and for the token endpoint as its audience.
pub(super) async fn works(deployment: &Deployment) -> Seen {
    let signing = signing(deployment).await?;
    for audience in [signing.issuer.as_str(), deployment.endpoint("token_endpoint")?] {
        let claims = signing.claims(deployment).with("aud", audience);
        let reply = signing.shows(deployment, &made(signing.signer.sign(&claims))?).await?;
        judge_believed(audience, &reply)?;
    }
    Ok("believed for the issuer and for the token endpoint".to_owned())
}

pub(super) fn judge_believed(audience: &str, reply: &Reply) -> Result<(), Violation> {
    if reply.status == 400 && reply.error().as_deref() == Some("invalid_grant") {
        return Ok(());
    }
    Err(wrong(format!("a good assertion for {audience} is not believed"))
        .expected("400 invalid_grant, as the refresh token is made up and the client is not")
        .seen(reply.line())
        .change("accept the issuer and the token endpoint as audience: clients do not agree on one"))
}

/// Assertions that each break one rule.
pub(super) async fn refused(deployment: &Deployment) -> Seen {
    let signing = signing(deployment).await?;
    let now = deployment.agent.clock.now().seconds();
    let mut tried = 0;
    for (what, name, value) in [
        ("another issuer", "iss", json!("somebody-else")),
        ("another subject", "sub", json!("somebody-else")),
        ("another audience", "aud", json!("https://attacker.example/token")),
        ("no audience", "aud", Value::Null),
        ("an end in the past", "exp", json!(now - 300)),
        ("no end", "exp", Value::Null),
        ("a beginning to come", "nbf", json!(now + 3600)),
    ] {
        let claims = signing.claims(deployment).with(name, value);
        let reply = signing.shows(deployment, &made(signing.signer.sign(&claims))?).await?;
        at_token(&format!("an assertion with {what}"), &reply, &["invalid_client"])?;
        tried += 1;
    }
    let unsigned = format!("{}.", signing.claims(deployment).with_header("alg", "none").message());
    let reply = signing.shows(deployment, &unsigned).await?;
    at_token("an assertion nobody signed", &reply, &["invalid_client"])?;
    let stranger = made(Signer::fresh(Algorithm::Es256))?;
    let claims = signing.claims(deployment).with_header("alg", "ES256");
    let reply = signing.shows(deployment, &made(stranger.sign(&claims))?).await?;
    at_token("an assertion signed by another key", &reply, &["invalid_client"])?;
    let good = made(signing.signer.sign(&signing.claims(deployment)))?;
    judge_believed("the first time", &signing.shows(deployment, &good).await?)?;
    let again = signing.shows(deployment, &good).await?;
    judge_again(&again)?;
    Ok(format!("invalid_client, {} of {}", tried + 3, tried + 3))
}

/// RFC 7523 §3: the `jti` is good once.
pub(super) fn judge_again(reply: &Reply) -> Result<(), Violation> {
    if reply.error().as_deref() == Some("invalid_client") {
        return Ok(());
    }
    Err(wrong("an assertion is believed a second time")
        .expected("401 invalid_client")
        .seen(reply.line())
        .change("remember each jti until its assertion has ended, in a place all replicas share"))
}
