//! All checks against both services.

use std::sync::{Arc, Mutex, PoisonError};

use conformance::{
    checks::{Verdict, run},
    exchange::Reply,
    failure::Outcome,
    world::{PASSWORD, World},
};

use super::{
    ids,
    sick::{Asked, Healthy, Patient},
};
use crate::negative::check::holds_token;

/// Checks that do not apply to the usual settings, each for a reason that is told.
const SKIPPED: [&str; 2] = ["A6", "H2.2"];

#[tokio::test]
async fn ours_hold_or_are_skipped_for_a_reason() -> Outcome {
    let world = World::start().await?;
    let checked = run(world.mcp_url(), &world.agent()?, &mut ()).await?;
    assert!(checked.is_sound(), "{}", checked.text());
    assert_eq!(
        ids(&checked, |verdict| matches!(verdict, Verdict::Skipped(_))),
        SKIPPED,
        "{}",
        checked.text()
    );
    Ok(())
}

/// What is not offered is not tried.
#[tokio::test]
async fn without_client_documents_their_checks_are_skipped() -> Outcome {
    let world = World::builder().auth("CIMD", "off").start().await?;
    let checked = run(world.mcp_url(), &world.agent()?, &mut ()).await?;
    assert!(checked.is_sound(), "{}", checked.text());
    let skipped = ids(&checked, |verdict| matches!(verdict, Verdict::Skipped(_)));
    assert_eq!(skipped, ["A6", "C7", "H2.2", "N8.1", "N8.2", "N8.3"], "{}", checked.text());
    Ok(())
}

#[tokio::test]
async fn ours_hold_where_the_issuer_has_a_path() -> Outcome {
    let patient = Patient::admit_under("/tenant").await?;
    let checked = patient.checked(Healthy, |_| true).await?;
    assert!(checked.is_sound(), "{}", checked.text());
    assert!(checked.text().contains("/tenant/.well-known/openid-configuration"), "{}", checked.text());
    Ok(())
}

/// A short wait that is asked for is taken once; a long one skips the check.
#[tokio::test]
async fn a_limited_rate_is_waited_for_once_and_is_no_fault() -> Outcome {
    let patient = Patient::admit().await?;
    for (limit, wait, is_skipped) in [(1, "0", false), (2, "0", true), (1, "3600", true)] {
        let mut left = limit;
        let limited = move |asked: &Asked, reply: &mut Reply| {
            if asked.target.contains("openai-apps-challenge") && left > 0 {
                left -= 1;
                reply.status = 429;
                reply.headers.push(("retry-after".to_owned(), wait.to_owned()));
            }
        };
        let checked = patient.checked(limited, |id| id == "L1").await?;
        let skipped = ids(&checked, |verdict| matches!(verdict, Verdict::Skipped(_)));
        assert_eq!((skipped == ["L1"], checked.is_sound()), (is_skipped, true), "{}", checked.text());
    }
    Ok(())
}

/// A deployment limits sign-ins and registrations, and a user at a browser has better things to do.
#[tokio::test]
async fn a_run_asks_little_of_a_deployment() -> Outcome {
    let patient = Patient::admit().await?;
    let counts: Arc<Mutex<[usize; 3]>> = Arc::default();
    let shared = Arc::clone(&counts);
    let counting = move |asked: &Asked, reply: &mut Reply| {
        let is_sign_in =
            reply.status == 303 && reply.header("location").is_some_and(|to| to.contains("code="));
        let mut counts = shared.lock().unwrap_or_else(PoisonError::into_inner);
        counts[0] += usize::from(is_sign_in);
        counts[1] += usize::from(asked.target == "/oauth/register" && reply.status == 201);
        counts[2] += 1;
    };
    patient.checked(counting, |_| true).await?;
    let [sign_ins, registrations, requests] = *counts.lock().unwrap_or_else(PoisonError::into_inner);
    assert!((5..=7).contains(&sign_ins), "{sign_ins} sign-ins");
    assert!(registrations <= 50 && requests <= 600, "{registrations} registrations, {requests} requests");
    Ok(())
}

/// Where nothing is found there is nothing to sign in to: told once, and everything else is skipped.
#[tokio::test]
async fn what_is_no_mcp_server_breaks_a_few_and_skips_the_rest() -> Outcome {
    let world = World::start().await?;
    let checked = run(world.issuer(), &world.agent()?, &mut ()).await?;
    let broken = ids(&checked, |verdict| matches!(verdict, Verdict::Broken(_)));
    assert!(broken.contains(&"A1.1") && broken.contains(&"B1.1") && broken.len() < 10, "{}", checked.text());
    assert!(run("mcp.example/mcp", &world.agent()?, &mut ()).await.is_err());
    Ok(())
}

#[tokio::test]
async fn nothing_told_is_secret() -> Outcome {
    let world = World::start().await?;
    let agent = world.agent()?;
    let checked = run(world.mcp_url(), &agent, &mut ()).await?;
    let told = format!("{}{}", checked.text(), serde_json::to_string(&checked)?);
    assert!(!told.contains(PASSWORD) && !holds_token(&told), "a password or a token");
    for line in told.lines() {
        assert_eq!(agent.wire.secrets().scrub(line), line, "what the wire saw and knows as secret");
    }
    Ok(())
}
