//! N1: no way around PKCE (RFC 7636, OAuth 2.1 §4.1.1).

use super::{
    check::{Check, checks},
    deployment::Deployment,
    probe::without,
    refusal::{at_authorize, at_token},
    session::Asking,
    verdict::Seen,
};

pub(super) const CHECKS: &[Check] = checks! {
    "N1.1" "OAuth 2.1 §4.1.1; AS-28" tool(no_challenge)
        "An authorization request without code_challenge is refused";
    "N1.2" "OAuth 2.1 §4.1.1; AS-29" tool(plain)
        "The method plain is refused, named or by leaving the method out";
    "N1.3" "RFC 7636 §4.6; AS-72" tool(redeemed, "wrong verifier")
        "A code with another verifier is invalid_grant";
    "N1.4" "RFC 7636 §4.6; AS-72" tool(redeemed, "no verifier")
        "A code without its verifier is refused";
    "N1.5" "RFC 7636 §4.1; AS-30" tool(lengths)
        "A verifier of 42 or of 129 characters is refused";
    "N1.6" "RFC 7636 §4.1; AS-30" tool(redeemed, "strange verifier")
        "A verifier outside the grammar is refused";
    "N1.7" "OAuth 2.1 §4.1.3; AS-72" tests("tests/e2e/negative/pkce.rs::no_way_around_pkce")
        "A verifier for a code without a challenge redeems nothing, because there is no such code";
    "N1.8" "OAuth 2.1 §4.1.1; AS-30" tool(bad_challenge)
        "A challenge outside the grammar is refused";
};

const ERRORS: [&str; 1] = ["invalid_request"];

async fn usual(deployment: &Deployment) -> Seen<Asking> {
    Ok(deployment.asking(&deployment.main().await?.asking.client))
}

async fn no_challenge(deployment: &Deployment) -> Seen {
    let mut asking = usual(deployment).await?;
    asking.pairs = without(without(asking.pairs, "code_challenge"), "code_challenge_method");
    Ok(at_authorize(&deployment.open(&asking).await?, &asking, &ERRORS)?)
}

async fn plain(deployment: &Deployment) -> Seen {
    let asking = usual(deployment).await?;
    let named = asking.clone().with("code_challenge_method", "plain");
    at_authorize(&deployment.open(&named).await?, &named, &ERRORS)?;
    // RFC 7636 §4.3: a method that is left out is plain.
    let unnamed = Asking { pairs: without(asking.pairs.clone(), "code_challenge_method"), ..asking };
    Ok(at_authorize(&deployment.open(&unnamed).await?, &unnamed, &ERRORS)?)
}

async fn bad_challenge(deployment: &Deployment) -> Seen {
    let mut seen = String::new();
    for challenge in ["", "short", &"a".repeat(129), "ä".repeat(43).as_str(), &"=".repeat(43)] {
        let asking = usual(deployment).await?.with("code_challenge", challenge);
        seen = at_authorize(&deployment.open(&asking).await?, &asking, &ERRORS)?;
    }
    Ok(seen)
}

async fn redeemed(deployment: &Deployment, what: &'static str) -> Seen {
    let reply = deployment.code_trial().await?.answer(what)?;
    Ok(at_token(&format!("a code with {what}"), reply, &["invalid_grant", "invalid_request"])?)
}

async fn lengths(deployment: &Deployment) -> Seen {
    redeemed(deployment, "short verifier").await?;
    redeemed(deployment, "long verifier").await
}
