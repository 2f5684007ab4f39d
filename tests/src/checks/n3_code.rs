//! N3 and N4: a code and a token are good once, for one client, one redirect URI and one resource.

use serde_json::Value;

use super::{
    check::{Check, checks},
    deployment::Deployment,
    probe::with_another,
    refusal::{at_authorize, at_token, of_token},
    session::Asking,
    verdict::{Seen, skip},
};

pub(super) const CHECKS: &[Check] = checks! {
    "N3.1" "OAuth 2.1 §4.1.3; AS-74" tool(second_use)
        "A code that was used is invalid_grant";
    "N3.2" "OAuth 2.1 §4.1.3; AS-74" tool(ends_the_grant)
        "The second use of a code ends what the first one gave";
    "N3.3" "OAuth 2.1 §4.1.2; AS-51" tests("tests/e2e/negative/code.rs::a_code_expires")
        "A code expires";
    "N3.4" "OAuth 2.1 §4.1.3; AS-72" tool(misused, "other client")
        "A code is good for its own client only";
    "N3.5" "RFC 6749 §4.1.3; AS-73" tool(misused, "other redirect")
        "A code is good for its own redirect URI only";
    "N3.6" "RFC 8707 §2.2; AS-75" tool(misused, "other resource")
        "A code is good for its own resource only";
    "N3.7" "OAuth 2.1 §4.1.3" tests(
        "tests/e2e/negative/code.rs::nothing_wrong_redeems_a_code_and_nothing_wrong_spends_it"
    )
        "Whoever misuses a code does not spend it";
    "N4.1" "RFC 8707 §2; AS-32" tool(resource, "https://attacker.example/mcp")
        "An unknown resource is invalid_target";
    "N4.2" "RFC 8707 §2; AS-36" tool(two_resources)
        "Two different resources are refused";
    "N4.3" "RFC 8707 §2; AS-32" tool(resource, "#fragment")
        "A resource with a fragment is refused";
    "N4.4" "RFC 8707 §2; AS-32" tool(resource, "/mcp")
        "A relative resource is refused";
    "N4.5" "RFC 8707 §2.2; RS-23" tool(other_audience)
        "A token for another resource of the same authorization server opens nothing here";
};

async fn second_use(deployment: &Deployment) -> Seen {
    match deployment.replay_trial_itself().await {
        Ok(trial) => Ok(at_token("a code that was used", &trial.second, &["invalid_grant"])?),
        Err(stop) => Err(stop.clone()),
    }
}

async fn ends_the_grant(deployment: &Deployment) -> Seen {
    let trial = deployment.replay_trial().await?;
    let Some(reply) = &trial.afterwards else { return skip("no refresh token was issued") };
    Ok(at_token("a refresh token of a code that was used twice", reply, &["invalid_grant"])?)
}

async fn misused(deployment: &Deployment, what: &'static str) -> Seen {
    let reply = deployment.code_trial().await?.answer(what)?;
    let errors = ["invalid_grant", "invalid_target", "invalid_client", "invalid_request"];
    Ok(at_token(&format!("a code with {what}"), reply, &errors)?)
}

async fn usual(deployment: &Deployment) -> Seen<Asking> {
    Ok(deployment.asking(&deployment.main().await?.asking.client))
}

async fn resource(deployment: &Deployment, value: &'static str) -> Seen {
    let resource = match value {
        "#fragment" => format!("{}{value}", deployment.target),
        _ => value.to_owned(),
    };
    let asking = usual(deployment).await?.with("resource", &resource);
    let errors = ["invalid_target", "invalid_request"];
    Ok(at_authorize(&deployment.open(&asking).await?, &asking, &errors)?)
}

async fn two_resources(deployment: &Deployment) -> Seen {
    let mut asking = usual(deployment).await?;
    asking.pairs = with_another(asking.pairs, "resource", "https://attacker.example/mcp");
    let errors = ["invalid_target", "invalid_request"];
    Ok(at_authorize(&deployment.open(&asking).await?, &asking, &errors)?)
}

/// Another resource that the authorization server says it protects (RFC 9728 §4).
async fn other_audience(deployment: &Deployment) -> Seen {
    let others = deployment.listed("protected_resources");
    let Some(other) = others.iter().find(|other| **other != deployment.target) else {
        return skip("the authorization server names no other resource in protected_resources");
    };
    let asking = usual(deployment).await?.with("resource", other);
    let landing = deployment.visit_again(&asking).await?;
    let form = super::probe::with(deployment.redemption(&asking, &landing)?, "resource", other);
    let reply = deployment.token(&asking.client, form).await?;
    let document = reply.json().unwrap_or(Value::Null);
    let Some(token) = document["access_token"].as_str() else {
        return skip(format!("no token for {other}: {}", reply.line()));
    };
    let params = serde_json::json!({});
    let reply = deployment.call(super::deployment::CHATGPT, Some(token), "tools/list", params).await?;
    of_token("a token for another resource", &reply)?;
    Ok(format!("a token for {other} opens nothing"))
}
