//! Authorization requests without a proof key that is worth something: RFC 7636, OAuth 2.1 §4.1.1.

use conformance::{failure::Outcome, world::World};

use super::check::{Row, page};

/// A page and no redirect: the client could not use a code, and must not get one by mistake.
#[tokio::test]
async fn no_way_around_pkce() -> Outcome {
    let world = World::start().await?;
    let mut actor = world.actor().await?;
    let happy = || actor.authorize_request();
    let challenge = &actor.pkce.challenge;
    let rows: Vec<Row> = vec![
        ("no PKCE at all", happy().without("code_challenge").without("code_challenge_method")),
        ("a method without a challenge", happy().without("code_challenge")),
        ("an empty challenge", happy().with("code_challenge", "")),
        ("no method, which would mean plain", happy().without("code_challenge_method")),
        ("an empty method", happy().with("code_challenge_method", "")),
        ("plain", happy().with("code_challenge_method", "plain")),
        (
            "plain with its own verifier",
            happy()
                .with("code_challenge_method", "plain")
                .with("code_challenge", actor.pkce.verifier.as_str()),
        ),
        ("the method in lower case", happy().with("code_challenge_method", "s256")),
        ("a method that does not exist", happy().with("code_challenge_method", "S512")),
        ("42 characters", happy().with("code_challenge", &challenge[..42])),
        ("129 characters", happy().with("code_challenge", "a".repeat(129))),
        ("padding", happy().with("code_challenge", format!("{challenge}="))),
        ("base64 that is not for URLs", happy().with("code_challenge", format!("+/{}", &challenge[2..]))),
        ("a space", happy().with("code_challenge", format!(" {}", &challenge[1..]))),
        ("letters outside ASCII", happy().with("code_challenge", "ä".repeat(43))),
        ("two challenges", happy().with_another("code_challenge", challenge)),
        ("two methods", happy().with_another("code_challenge_method", "plain")),
    ];
    for (what, request) in rows {
        page(what, &actor.send(request).await?, 400);
    }
    actor.sign_in().await?;
    Ok(())
}
