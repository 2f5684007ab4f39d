//! N10 to N14: forged decisions, repeated parameters, what is not supported, restarts, and what is never told.

use serde_json::json;

use super::{
    check::{Check, checks},
    deployment::{CHATGPT, Deployment},
    e_page::allows_framing,
    pages::Opened,
    probe::{Pairs, Probe, with, with_another, without},
    refusal::{at_authorize, at_redirect_uri, at_token},
    session::Asking,
    verdict::{Seen, skip, wrong},
};
use crate::{exchange::Reply, violation::Violation};

pub(super) const CHECKS: &[Check] = checks! {
    "N10.1" "AS-50; RFC 9700 §4.7" tool(forged)
        "A decision without one of the hidden fields of its page approves nothing";
    "N10.2" "AS-50; RFC 9700 §4.7" tool(from_elsewhere)
        "A decision that another site's page sends approves nothing";
    "N10.3" "AS-50" tests("tests/e2e/negative/decision.rs::a_replayed_form_does_no_harm")
        "A decision that is sent again approves nothing more";
    "N10.4" "AS-50" tests("tests/e2e/negative/decision.rs::a_page_belongs_to_the_person_it_named")
        "A page of one user approves nothing for another";
    "N10.5" "RFC 9700 §4.16; AS-45" tool(allows_framing)
        "The decision cannot be framed";
    "N10.6" "AS-49; clients.md §3 row 23" tests(
        "tests/e2e/sessions.rs::a_client_that_was_not_approved_is_always_shown",
        "tests/e2e/sessions.rs::a_program_on_this_computer_is_always_shown"
    )
        "Nobody is approved silently who was not approved by this user before";
    "N11.1" "RFC 9207 §2.4" tests("tests/src/steps/s4_authorization/tests.rs::one_fault_at_a_time_in_the_callback")
        "An answer in the name of another issuer ends the sign-in";
    "N11.2" "OAuth 2.1 §3.1" tool(repeated_at_authorize)
        "A repeated parameter of an authorization request is refused";
    "N11.3" "OAuth 2.1 §3.2" tool(repeated_at_token)
        "A repeated parameter of a token request is refused";
    "N12.1" "OpenID Connect Core §3.1.2.6" tool(silent)
        "prompt=none without a session is login_required or interaction_required";
    "N12.2" "OAuth 2.1 §3.2.4; AS-77" tool(grant_types)
        "Unknown grants are unsupported_grant_type";
    "N12.3" "OAuth 2.1 §4.1.2.1; AS-27" tool(response_types)
        "Unknown response types are unsupported_response_type";
    "N12.4" "OAuth 2.1 §3.2; AS-69" tool(not_a_form)
        "A token request that is no form in a body is refused with a JSON error";
    "N13" "clients.md §4.3" tests(
        "tests/process/crash_auth.rs::every_step_of_a_sign_in_stays_done",
        "tests/process/crash_auth.rs::a_redeemed_code_stays_redeemed",
        "tests/process/storm.rs::nobody_is_signed_out"
    )
        "Whenever a server dies between consent and token, nothing is issued twice and nobody is stuck";
    "N14.1" "RS-30; clients.md §4.3" tests("tests/e2e/logs.rs::no_secret_is_logged")
        "No code, token, secret or verifier is logged";
    "N14.2" "RS-30; clients.md §4.3" tool(errors_tell_nothing)
        "Errors do not repeat the token, code or secret they refuse";
    "N14.3" "RFC 9700 §4.2.4" tool(referrer)
        "The page keeps its address to itself";
};

/// Whether a form that must not count led to the client all the same.
pub(super) fn judge_forged(what: &str, reply: &Reply, asking: &Asking) -> Result<(), Violation> {
    let location = reply.header("location").unwrap_or_default();
    let landing = at_redirect_uri(location, asking).unwrap_or_default();
    if !landing.iter().any(|(name, _)| name == "code") && reply.status < 500 {
        return Ok(());
    }
    Err(wrong(format!("{what} approves the client"))
        .expected("a page or an error, and no code")
        .seen(format!("{} with {}", reply.status, if landing.is_empty() { "no redirect" } else { "a code" }))
        .change("bind the form to the session and to the request it was made for, and check both before approving"))
}

/// The form that allows, with the password filled in.
fn allowing(deployment: &Deployment, opened: &Opened) -> Seen<(crate::page::Form, Pairs)> {
    let found = opened.allowing(&deployment.agent.human);
    let found = found.map(|(form, pairs)| (form.clone(), pairs));
    found.map_or_else(|| skip("the first page has no form with which a played user allows"), Ok)
}

async fn forged(deployment: &Deployment) -> Seen {
    let opened = deployment.page().await?;
    let (form, pairs) = allowing(deployment, opened)?;
    let hidden: Vec<&str> =
        form.fields.iter().filter(|field| field.kind == "hidden").map(|field| field.name.as_str()).collect();
    if hidden.is_empty() {
        return Err(wrong("the form of the decision holds nothing that another site could not know")
            .expected("a hidden field bound to the session")
            .seen("no hidden field")
            .change("add one, and refuse forms without it")
            .into());
    }
    let without_all = hidden.iter().fold(pairs.clone(), |pairs, name| without(pairs, name));
    let reply = deployment.send(&opened.submit(&form, &without_all)).await?;
    judge_forged("a form without its hidden fields", &reply, &opened.asking)?;
    for name in &hidden {
        for forged in
            [without(pairs.clone(), name), with(pairs.clone(), name, "a-value-that-this-page-never-had")]
        {
            let reply = deployment.send(&opened.submit(&form, &forged)).await?;
            judge_forged(&format!("a form without its own `{name}`"), &reply, &opened.asking)?;
        }
    }
    Ok(format!("without {}", hidden.join(", ")))
}

async fn from_elsewhere(deployment: &Deployment) -> Seen {
    let opened = deployment.page().await?;
    let (form, pairs) = allowing(deployment, opened)?;
    let reply = deployment.send(&Opened::submit_from_elsewhere(&form, &pairs)).await?;
    judge_forged("a form from another site", &reply, &opened.asking)?;
    Ok(format!("refused with {}", reply.status))
}

async fn usual(deployment: &Deployment) -> Seen<Asking> {
    Ok(deployment.asking(&deployment.main().await?.asking.client))
}

async fn repeated_at_authorize(deployment: &Deployment) -> Seen {
    let asking = usual(deployment).await?;
    for name in ["response_type", "client_id", "state", "code_challenge", "scope"] {
        let Some(value) = super::probe::value(&asking.pairs, name) else { continue };
        let pairs = with_another(asking.pairs.clone(), name, value);
        let twice = Asking { pairs, ..asking.clone() };
        at_authorize(&deployment.open(&twice).await?, &twice, &["invalid_request"])?;
    }
    Ok("refused each time".to_owned())
}

async fn repeated_at_token(deployment: &Deployment) -> Seen {
    let trial = deployment.code_trial().await?;
    let mut seen = String::new();
    for name in ["two codes", "two verifiers"] {
        seen = at_token(&format!("a request with {name}"), trial.answer(name)?, &["invalid_request"])?;
    }
    Ok(seen)
}

async fn silent(deployment: &Deployment) -> Seen {
    let asking = usual(deployment).await?.with("prompt", "none");
    let errors = ["login_required", "interaction_required", "consent_required", "account_selection_required"];
    Ok(at_authorize(&deployment.open(&asking).await?, &asking, &errors)?)
}

async fn grant_types(deployment: &Deployment) -> Seen {
    let client = &deployment.main().await?.asking.client;
    for grant in ["password", "urn:example:no-such-grant", "implicit"] {
        let form = vec![("grant_type".to_owned(), grant.to_owned())];
        let reply = deployment.token(client, form).await?;
        at_token(&format!("the grant {grant}"), &reply, &["unsupported_grant_type"])?;
    }
    let reply = deployment.token(client, Vec::new()).await?;
    Ok(at_token("no grant at all", &reply, &["invalid_request", "unsupported_grant_type"])?)
}

async fn response_types(deployment: &Deployment) -> Seen {
    let mut seen = String::new();
    for kind in ["token", "code token", "no-such-type"] {
        let asking = usual(deployment).await?.with("response_type", kind);
        let errors = ["unsupported_response_type", "unauthorized_client", "invalid_request"];
        seen = at_authorize(&deployment.open(&asking).await?, &asking, &errors)?;
    }
    Ok(seen)
}

async fn not_a_form(deployment: &Deployment) -> Seen {
    let endpoint = deployment.endpoint("token_endpoint")?;
    let json = Probe::json(endpoint, &json!({"grant_type": "refresh_token"}));
    judge_json_error("a JSON document", &deployment.send(&json).await?)?;
    let get = Probe::get(format!("{endpoint}?grant_type=refresh_token"));
    judge_json_error("a GET", &deployment.send(&get).await?)?;
    Ok("refused".to_owned())
}

pub(super) fn judge_json_error(what: &str, reply: &Reply) -> Result<(), Violation> {
    let is_told = reply.error().is_some() || matches!(reply.status, 404 | 405);
    if (400..500).contains(&reply.status) && is_told {
        return Ok(());
    }
    Err(wrong(format!("{what} at the token endpoint is not refused in a way clients understand"))
        .expected("4xx with a JSON error (405 for a GET)")
        .seen(format!("{} {}", reply.line(), reply.media_type()))
        .change("answer whatever is sent there with a JSON error, never with a page or a redirect"))
}

async fn errors_tell_nothing(deployment: &Deployment) -> Seen {
    let session = deployment.main().await?;
    let token = format!("{}x", session.tokens.access);
    let mut replies = vec![deployment.call(CHATGPT, Some(&token), "tools/list", json!({})).await?];
    let client = &session.asking.client;
    let secret = "a-refresh-token-nobody-was-given-0123456789";
    replies.push(deployment.refresh(client, secret, &[]).await?);
    let form = with(session.redemption.clone(), "code", secret);
    replies.push(deployment.token(client, form).await?);
    for reply in &replies {
        judge_silent(reply, &[&token, secret])?;
    }
    Ok(format!("{} errors", replies.len()))
}

pub(super) fn judge_silent(reply: &Reply, secrets: &[&str]) -> Result<(), Violation> {
    let headers = reply.headers.iter().map(|(_, value)| value.as_str());
    let said: Vec<String> = headers.map(str::to_owned).chain([reply.text().into_owned()]).collect();
    if !secrets.iter().any(|secret| said.iter().any(|text| text.contains(secret))) {
        return Ok(());
    }
    Err(wrong("an error repeats the secret it refuses")
        .expected("an error that says what is wrong without it")
        .seen(reply.status.to_string())
        .change("leave tokens, codes and secrets out of errors and logs: both are kept and copied"))
}

async fn referrer(deployment: &Deployment) -> Seen {
    Ok(judge_referrer(&deployment.page().await?.reply)?)
}

pub(super) fn judge_referrer(reply: &Reply) -> Result<String, Violation> {
    let policy = reply.header("referrer-policy").unwrap_or_default().to_ascii_lowercase();
    let last = policy.rsplit(',').next().unwrap_or_default().trim();
    if matches!(
        last,
        "no-referrer" | "same-origin" | "strict-origin" | "origin" | "strict-origin-when-cross-origin"
    ) {
        return Ok(last.to_owned());
    }
    Err(wrong("the address of the page, with all it carries, is told to other sites")
        .expected("Referrer-Policy: same-origin (no-referrer makes forms say Origin: null)")
        .seen(if policy.is_empty() { "no Referrer-Policy".to_owned() } else { policy })
        .change("send Referrer-Policy with every page"))
}
