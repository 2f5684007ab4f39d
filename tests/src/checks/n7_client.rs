//! N7: a client proves itself once, in the way it registered (OAuth 2.1 §2.4).

use super::{
    check::{Check, checks},
    client::{Client, basic},
    deployment::Deployment,
    n7_assertion::refused,
    probe::{Pairs, Probe, with, without},
    refusal::at_token,
    verdict::{Seen, skip, wrong},
};
use crate::{exchange::Reply, violation::Violation};

pub(super) const CHECKS: &[Check] = checks! {
    "N7.1" "OAuth 2.1 §2.4.1; AS-77" tool(wrong_secret)
        "A wrong secret is invalid_client, in the form and in the header";
    "N7.2" "OAuth 2.1 §2.4; AS-77" tool(twice)
        "A secret in the form and in the header at once is refused";
    "N7.3" "OAuth 2.1 §2.4; clients.md §3 row 12" tool(secret_of_a_public_client)
        "A public client that shows a secret is refused";
    "N7.4" "draft-ietf-oauth-client-id-metadata-document; AS-58" tests("tests/properties/client_documents.rs::the_method_is_one_of_both")
        "A method outside what client and server have in common is invalid_client";
    "N7.5" "RFC 7523 §3; AS-71" tool(refused)
        "An assertion with another issuer, subject, audience, algorithm or key, or used twice, is invalid_client";
    "N7.6" "OAuth 2.1 §3.2.4; AS-77" tool(unknown)
        "An unknown client is invalid_client";
    "N7.7" "OAuth 2.1 §3.2.4; AS-77" tool(challenged)
        "A client that used the header is answered 401 with WWW-Authenticate: Basic";
};

/// A refresh that would be looked at if the client were who it says.
fn refresh() -> Pairs {
    [("grant_type", "refresh_token"), ("refresh_token", "no-such-token")]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into()
}

/// A client that was given a secret.
async fn confidential(deployment: &Deployment) -> Seen<(Client, String)> {
    for client in [&deployment.main().await?.asking.client, &deployment.client("client_secret_basic").await?]
    {
        if let Some(secret) = client.secret.clone() {
            return Ok((client.clone(), secret));
        }
    }
    skip("no client is given a secret")
}

async fn wrong_secret(deployment: &Deployment) -> Seen {
    let (client, secret) = confidential(deployment).await?;
    let endpoint = deployment.endpoint("token_endpoint")?;
    for guess in [format!("{secret}x"), "guess".to_owned(), secret.chars().skip(1).collect()] {
        let form = with(with(refresh(), "client_id", &client.id), "client_secret", &guess);
        let reply = deployment.send(&Probe::form(endpoint, &form)).await?;
        at_token("a wrong secret", &reply, &["invalid_client"])?;
        let header = Probe::form(endpoint, &refresh()).header("authorization", basic(&client.id, &guess));
        at_token("a wrong secret", &deployment.send(&header).await?, &["invalid_client"])?;
    }
    Ok("invalid_client".to_owned())
}

async fn twice(deployment: &Deployment) -> Seen {
    let (client, secret) = confidential(deployment).await?;
    let form = with(with(refresh(), "client_id", &client.id), "client_secret", &secret);
    let probe = Probe::form(deployment.endpoint("token_endpoint")?, &form)
        .header("authorization", basic(&client.id, &secret));
    let errors = ["invalid_request", "invalid_client"];
    Ok(at_token("a secret shown twice", &deployment.send(&probe).await?, &errors)?)
}

async fn secret_of_a_public_client(deployment: &Deployment) -> Seen {
    let client = deployment.client("none").await?;
    if client.secret.is_some() {
        return skip("no public client can be registered");
    }
    let form = with(with(refresh(), "client_id", &client.id), "client_secret", "a-secret-nobody-gave-out");
    let reply = deployment.send(&Probe::form(deployment.endpoint("token_endpoint")?, &form)).await?;
    Ok(at_token("a secret of a client that has none", &reply, &["invalid_client", "invalid_request"])?)
}

async fn unknown(deployment: &Deployment) -> Seen {
    let endpoint = deployment.endpoint("token_endpoint")?;
    let named = with(refresh(), "client_id", "no-such-client");
    for form in [named.clone(), with(named, "client_secret", "guess")] {
        let reply = deployment.send(&Probe::form(endpoint, &form)).await?;
        at_token("an unknown client", &reply, &["invalid_client"])?;
    }
    let nobody = deployment.send(&Probe::form(endpoint, &without(refresh(), "client_id"))).await?;
    Ok(at_token("no client at all", &nobody, &["invalid_client", "invalid_request"])?)
}

async fn challenged(deployment: &Deployment) -> Seen {
    if !deployment.auth_methods().iter().any(|method| method == "client_secret_basic") {
        return skip("client_secret_basic is not advertised");
    }
    let probe = Probe::form(deployment.endpoint("token_endpoint")?, &refresh())
        .header("authorization", basic("no-such-client", "guess"));
    Ok(judge_challenged(&deployment.send(&probe).await?)?)
}

pub(super) fn judge_challenged(reply: &Reply) -> Result<String, Violation> {
    let field = reply.header("www-authenticate").unwrap_or_default();
    let is_basic = field.get(..5).is_some_and(|scheme| scheme.eq_ignore_ascii_case("basic"));
    if reply.status == 401 && is_basic && reply.error().as_deref() == Some("invalid_client") {
        return Ok("401 with Basic".to_owned());
    }
    Err(wrong("a client that failed by the header is not told to try it again")
        .expected("401 invalid_client with WWW-Authenticate: Basic")
        .seen(format!("{} with WWW-Authenticate {field:?}", reply.line()))
        .change("answer 401 and name the scheme the client used (RFC 6749 §5.2)"))
}
