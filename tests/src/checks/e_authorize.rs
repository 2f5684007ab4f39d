//! E and F: the way of the user through the authorization endpoint and back.

use super::{
    check::{Check, checks},
    deployment::Deployment,
    e_page::{allows_framing, cookies, form_action, shows_redirect_host},
    probe::{Pairs, value},
    refusal::{at_authorize, at_redirect_uri},
    session::Landing,
    verdict::{Seen, skip, wrong},
};
use crate::{exchange::Reply, human::SUBMIT, violation::Violation};

pub(super) const CHECKS: &[Check] = checks! {
    "E1" "OAuth 2.1 §4.1.1; AS-5" tool(signs_in)
        "The user signs in with all of ChatGPT's parameters, ui_locales, and one that nobody knows";
    "E2" "OAuth 2.1 §4.1.2; AS-52" tool(state)
        "A state of 2,000 characters, reserved ones and others, comes back as it was";
    "E3.1" "RFC 9700 §4.16; AS-45" tool(allows_framing)
        "The page cannot be framed";
    "E3.2" "clients.md §3 row 1" tool(form_action)
        "No form-action policy stops the way to the client";
    "E3.3" "MCP Authorization, Localhost Redirect URI Risks; AS-46" tool(shows_redirect_host)
        "The page shows the host the user is sent to";
    "E3.4" "clients.md §4.2" tests(
        "tests/e2e/browser/decision.rs::signing_in_and_allowing_reaches_the_client_with_a_good_code",
        "tests/e2e/browser/decision.rs::denying_needs_no_sign_in_and_reaches_the_client_too",
        "tests/e2e/browser/form_action.rs::with_form_action_self_it_is_not"
    )
        "In real Chromium both decisions reach the client";
    "E4.1" "AS-93; clients.md §3 row 15" tool(cookies)
        "Cookies of the page are HttpOnly, SameSite=Lax, and Secure on https";
    "E4.2" "clients.md §3 row 15" tool(signs_in)
        "The whole way works from a start at another site";
    "E5.1" "RFC 9700 §4.12; AS-4" tool(redirect_status)
        "The way back after the form is a 302 or 303";
    "E5.2" "OAuth 2.1 §4.1.2; RFC 9207 §2" tool(answer)
        "code, state and iss come back once each, iss being the issuer";
    "E6" "OAuth 2.1 §4.1.2.1; RFC 9207 §2" tool(denied)
        "Deny comes back as access_denied with state and iss";
    "E7" "RFC 9207 §2; AS-53" tool(errors_name_issuer)
        "Errors at the redirect URI carry state and iss";
    "F1" "OAuth 2.1 §4.1.2; RFC 9207 §2.4" tests(
        "tests/src/steps/s4_authorization/tests.rs::one_fault_at_a_time_in_the_callback"
    )
        "This client refuses an answer with another state, another iss, or without the iss that was promised";
};

async fn signs_in(deployment: &Deployment) -> Seen {
    match deployment.main_itself().await {
        Ok(session) => Ok(format!("{} pages and redirects", session.landing.exchange.calls.len())),
        Err(stop) => Err(stop.clone()),
    }
}

async fn state(deployment: &Deployment) -> Seen {
    let trial = deployment.code_trial_itself().await.map_err(Clone::clone)?;
    Ok(judge_state(&trial.state, &trial.landing.pairs)?)
}

pub(super) fn judge_state(sent: &str, landing: &Pairs) -> Result<String, Violation> {
    let came = value(landing, "state").unwrap_or_default();
    if came == sent {
        return Ok(format!("{} bytes", sent.len()));
    }
    let place = sent.chars().zip(came.chars()).take_while(|(one, other)| one == other).count();
    let rest: String = came.chars().skip(place).take(20).collect();
    Err(wrong("`state` does not come back as it was sent")
        .expected(format!("all {} characters, byte for byte", sent.chars().count()))
        .seen(format!("{} characters, different from character {place}: {rest:?}", came.chars().count()))
        .change("return state unchanged: form-encode it once, and do not limit or clean it"))
}

async fn redirect_status(deployment: &Deployment) -> Seen {
    Ok(judge_redirect(&deployment.main().await?.landing)?)
}

pub(super) fn judge_redirect(landing: &Landing) -> Result<String, Violation> {
    let calls = &landing.exchange.calls;
    let from = calls.iter().rposition(|call| call.name == SUBMIT).unwrap_or_default();
    let statuses: Vec<u16> =
        calls[from.min(calls.len())..].iter().filter_map(|call| Some(call.reply()?.status)).collect();
    if !statuses.iter().any(|status| matches!(status, 301 | 307 | 308)) {
        return Ok(statuses.iter().map(u16::to_string).collect::<Vec<_>>().join(", "));
    }
    Err(wrong("the form is answered with a redirect that repeats it, or is kept forever")
        .expected("302 or 303")
        .seen(format!("{statuses:?}"))
        .change("answer with 303: a 307 posts the user's password to the client"))
}

async fn answer(deployment: &Deployment) -> Seen {
    let session = deployment.main().await?;
    let promised = deployment.server()?["authorization_response_iss_parameter_supported"] == true;
    let state = value(&session.asking.pairs, "state").unwrap_or_default();
    let issuer = deployment.issuer()?;
    Ok(judge_answer(&session.landing.pairs, (state, issuer), promised)?)
}

pub(super) fn judge_answer(
    landing: &Pairs,
    (state, issuer): (&str, &str),
    promised: bool,
) -> Result<String, Violation> {
    let count = |name: &str| landing.iter().filter(|(own, _)| own == name).count();
    let is_named = value(landing, "iss") == Some(issuer) || (!promised && count("iss") == 0);
    let is_once = count("code") + count("error") == 1 && count("state") == 1 && count("iss") <= 1;
    if is_once && is_named && value(landing, "state") == Some(state) {
        return Ok(format!("iss {}", value(landing, "iss").unwrap_or("not promised")));
    }
    Err(wrong("the answer at the redirect URI is not what clients accept")
        .expected(format!("code or error, state={state}, iss={issuer}, once each"))
        .seen(format!("state={:?} iss={:?}", value(landing, "state"), value(landing, "iss")))
        .change(format!(
            "set ISSUER to exactly {issuer}; add state and iss to every answer, errors included"
        )))
}

async fn denied(deployment: &Deployment) -> Seen {
    let opened = deployment.page().await?;
    let Some((form, pairs)) = opened.denying() else {
        return skip("the first page has no button to deny (it may come after the sign-in)");
    };
    let reply = deployment.send(&opened.submit(form, &pairs)).await?;
    let location = reply.header("location").unwrap_or_default();
    let landing = at_redirect_uri(location, &opened.asking).unwrap_or_default();
    judge_denied(&reply, &landing)?;
    judge_error(deployment, &landing, value(&opened.asking.pairs, "state").unwrap_or_default())?;
    Ok("access_denied with state and iss".to_owned())
}

pub(super) fn judge_denied(reply: &Reply, landing: &Pairs) -> Result<(), Violation> {
    if value(landing, "error") == Some("access_denied") && matches!(reply.status, 302 | 303) {
        return Ok(());
    }
    Err(wrong("a user who denies is not sent back to the client")
        .expected("302 or 303 to the redirect URI with error=access_denied")
        .seen(format!("{} with error {:?}", reply.status, value(landing, "error")))
        .change("answer Deny with error=access_denied, state and iss at the redirect URI"))
}

fn judge_error(deployment: &Deployment, landing: &Pairs, state: &str) -> Seen<()> {
    let promised = deployment.server()?["authorization_response_iss_parameter_supported"] == true;
    judge_answer(landing, (state, deployment.issuer()?), promised)?;
    Ok(())
}

async fn errors_name_issuer(deployment: &Deployment) -> Seen {
    let asking = deployment.asking(&deployment.main().await?.asking.client);
    let asking = asking.with("response_type", "token");
    let reply = deployment.open(&asking).await?;
    let location = reply.header("location").unwrap_or_default();
    match at_redirect_uri(location, &asking) {
        Some(landing) => {
            judge_error(deployment, &landing, value(&asking.pairs, "state").unwrap_or_default())?;
            Ok(format!("{} with state and iss", value(&landing, "error").unwrap_or("no error")))
        }
        None => {
            let seen = at_authorize(&reply, &asking, &["unsupported_response_type", "invalid_request"])?;
            skip(format!("errors are told to the user, not to the client: {seen}"))
        }
    }
}
