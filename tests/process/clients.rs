//! `auth-server clients …`, beside a running server: what it says takes effect at once.

use std::fs;

use conformance::{
    actor::{Actor, Registered, Request, expect},
    assertion::{Algorithm, Signer, TYPE},
    failure::{Failure, Outcome},
};
use serde_json::Value;

use crate::harness::{Deployment, assert_refused};

const REDIRECT: &str = "https://internal.example/callback";

/// What a command that succeeds says.
async fn done(deployment: &Deployment, arguments: &[&str]) -> Outcome<String> {
    let ended = deployment.auth.run(&[&["clients"], arguments].concat(), None).await?;
    match ended.status.success() {
        true => Ok(ended.said),
        false => Err(Failure::new(format!("{arguments:?}: {}", ended.said))),
    }
}

/// A command that is refused, in a plain sentence.
async fn refused(deployment: &Deployment, arguments: &[&str], (code, told): (i32, &str)) -> Outcome {
    let ended = deployment.auth.run(&[&["clients"], arguments].concat(), None).await?;
    assert_eq!(ended.status.code(), Some(code), "{arguments:?}: {}", ended.said);
    assert!(ended.said.contains(told) && !ended.said.contains("panicked"), "{arguments:?}: {}", ended.said);
    Ok(())
}

fn value(said: &str, name: &str) -> Option<String> {
    said.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": ").map(str::to_owned))
}

/// The client that a command made.
fn client(deployment: &Deployment, said: &str) -> Outcome<Actor> {
    let mut actor = deployment.stranger()?;
    let id = value(said, "client_id").ok_or_else(|| Failure::new(format!("no client_id: {said}")))?;
    actor.client = Registered { id, secret: value(said, "client_secret"), ..Registered::default() };
    actor.persona.redirect_uris = vec![REDIRECT.to_owned()];
    Ok(actor)
}

async fn shown(deployment: &Deployment, id: &str) -> Outcome<Value> {
    Ok(serde_json::from_str(&done(deployment, &["show", id]).await?)?)
}

#[tokio::test]
async fn a_client_is_made_used_shown_and_removed() -> Outcome {
    let deployment = Deployment::start().await?;
    let said = done(&deployment, &["add", "Our notes", "--redirect-uri", REDIRECT]).await?;
    let mut actor = client(&deployment, &said)?;
    let (id, secret) = (actor.client.id.clone(), actor.client.secret.clone().unwrap_or_default());
    assert_eq!(secret.len(), 43, "{said}");
    let tokens = actor.sign_in().await?;
    let document = shown(&deployment, &id).await?;
    assert_eq!((&document["client_name"], &document["blocked"]), (&"Our notes".into(), &false.into()));
    assert_eq!(document["redirect_uris"], serde_json::json!([REDIRECT]));
    for said in [document.to_string(), done(&deployment, &["list"]).await?] {
        assert!(said.contains(&id) && said.contains("Our notes"), "{said}");
        assert!(!said.contains(&secret) && !said.contains("null"), "{said}");
    }
    let said = done(&deployment, &["remove", &id]).await?;
    assert!(said.contains(&id) && said.contains("revoked: 1\n"), "{said}");
    let refresh = actor.refresh_request(&tokens.refresh);
    assert_eq!(actor.send(refresh).await?.error().as_deref(), Some("invalid_client"));
    refused(&deployment, &["show", &id], (1, "not registered")).await?;
    refused(&deployment, &["remove", &id], (1, "no client has this id")).await?;
    assert!(!done(&deployment, &["list"]).await?.contains(&id));
    Ok(())
}

#[tokio::test]
async fn a_client_of_any_kind_is_blocked_over_a_crash() -> Outcome {
    let mut deployment = Deployment::start().await?;
    let said = done(&deployment, &["add", "Our notes", "--redirect-uri", REDIRECT]).await?;
    for mut actor in [deployment.actor().await?, client(&deployment, &said)?] {
        let tokens = actor.sign_in().await?;
        let id = actor.client.id.clone();
        let said = done(&deployment, &["block", &id]).await?;
        assert!(said.contains("revoked: 1\n"), "{said}");
        deployment.auth.crash().await?;
        let refresh = actor.refresh_request(&tokens.refresh);
        assert_eq!(actor.send(refresh).await?.error().as_deref(), Some("invalid_client"));
        assert_eq!(shown(&deployment, &id).await?["blocked"], true);
        assert!(done(&deployment, &["list"]).await?.contains(&id));
        refused(&deployment, &["block", &id], (1, "blocked already")).await?;
        done(&deployment, &["unblock", &id]).await?;
        refused(&deployment, &["unblock", &id], (1, "not blocked")).await?;
        assert_refused(&mut actor, &tokens).await?;
        actor.fresh().sign_in().await?;
    }
    let sealed = deployment.actor().await?.client.id;
    refused(&deployment, &["remove", &sealed], (1, "block it")).await?;
    assert_eq!(shown(&deployment, &sealed).await?["kind"], "registered itself");
    // One that publishes a document need not be there to be shut out.
    let document = "https://client.example/oauth/client.json";
    done(&deployment, &["block", document]).await?;
    assert!(done(&deployment, &["list"]).await?.contains(document));
    Ok(())
}

#[tokio::test]
async fn a_machine_signs_with_the_key_of_a_file() -> Outcome {
    let deployment = Deployment::start().await?;
    let signer = Signer::fresh(Algorithm::Es256)?;
    let file = deployment.folder().join("keys.json");
    fs::write(&file, signer.jwks().to_string())?;
    let file = file.display().to_string();
    let arguments =
        ["add", "A machine", "--id", "machine", "--jwks-file", &file, "--grant", "client_credentials"];
    let said = done(&deployment, &[&arguments[..], &["--scope", "notes:read"]].concat()).await?;
    let mut machine = client(&deployment, &said)?;
    assert_eq!((machine.client.id.as_str(), machine.client.secret.as_deref()), ("machine", None));
    let now = shared::clock::Clock::system().now();
    let request = Request::form(machine.endpoint("token"))
        .with("grant_type", "client_credentials")
        .with("client_assertion_type", TYPE)
        .with("client_assertion", signer.assertion("machine", &machine.issuer, now)?);
    let answer = expect(machine.send(request).await?, 200)?.json().unwrap_or_default();
    assert_eq!(answer["scope"], "notes:read");
    assert_eq!(shown(&deployment, "machine").await?["jwks"], signer.jwks());
    let added = done(&deployment, &["add", "The notes", "--resource-server", &machine.mcp_url]).await?;
    let mut resource = client(&deployment, &added)?;
    let token = answer["access_token"].as_str().unwrap_or_default();
    let look = resource.revoke_request(token).to(resource.endpoint("introspect"));
    assert_eq!(resource.send(look).await?.json().unwrap_or_default()["sub"], "client:machine");
    Ok(())
}

#[tokio::test]
async fn what_is_wrong_is_said_plainly() -> Outcome {
    let deployment = Deployment::prepare()?;
    let nowhere = deployment.folder().join("nothing.json").display().to_string();
    let broken = deployment.folder().join("broken.json");
    fs::write(&broken, "{")?;
    let broken = broken.display().to_string();
    for (arguments, answer) in [
        (vec!["add", "A"], (1, "--redirect-uri")),
        (vec!["add", "A", "--redirect-uri", "http://internal.example/"], (1, "http://internal.example/")),
        (vec!["add", "A", "--redirect-uri", REDIRECT, "--id", "dcr_a"], (1, "dcr_")),
        (vec!["add", "A", "--redirect-uri", REDIRECT, "--auth-method", "tls"], (2, "client_secret_post")),
        (vec!["add", "A", "--grant", "password"], (2, "client_credentials")),
        (vec!["add", "A", "--grant", "client_credentials"], (1, "--scope")),
        (vec!["add", "A", "--redirect-uri", REDIRECT, "--jwks-file", &nowhere], (1, &nowhere)),
        (vec!["add", "A", "--redirect-uri", REDIRECT, "--jwks-file", &broken], (1, "not JSON")),
        (vec!["add", "A", "--redirect-uri", REDIRECT, "--scope", "unknown"], (1, "notes:read")),
        (vec!["add"], (2, "Usage")),
        (vec!["show", "nobody"], (1, "not registered")),
        (vec!["block", "nobody"], (1, "no client has this id")),
        (vec!["unblock", "nobody"], (1, "not blocked")),
        (vec![], (2, "Usage")),
    ] {
        refused(&deployment, &arguments, answer).await?;
    }
    let taken = ["add", "A", "--id", "one", "--redirect-uri", REDIRECT];
    done(&deployment, &taken).await?;
    refused(&deployment, &taken, (1, "already")).await?;
    assert_eq!(done(&deployment, &["list"]).await?.lines().count(), 2);
    Ok(())
}
