//! `auth-server doctor`: a deployment that is whole, and the same with one thing wrong at a time.

mod front;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use conformance::failure::{Failure, Outcome};
use serde_json::Value;
use tokio::process::Command;

use self::front::{Front, Spoiled};
use crate::harness::{Deployment, free_port, program};

/// What the checks depend on; one that is empty counts as absent.
const SETTINGS: [&str; 6] = ["ISSUER", "RESOURCES", "DATABASE_URL", "SECRET_KEYS", "SCOPES", "CODE_LIFETIME"];

/// What one check found.
struct Found {
    is_healthy: bool,
    findings: Vec<Value>,
}

impl Found {
    /// What failed, and what it says to change.
    fn failed(&self) -> Vec<(String, String)> {
        let failed = self.findings.iter().filter(|finding| finding["outcome"] == "FAIL");
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        failed.map(|finding| (text(&finding["check"]), text(&finding["change"]))).collect()
    }
}

/// What it prints to standard output alone.
async fn examine(deployment: &Deployment) -> Outcome<Found> {
    let settings = SETTINGS.map(|name| (name, deployment.auth.setting(name)));
    let mut command = Command::new(program("auth-server")?);
    command.args(["doctor", "--json"]).current_dir(deployment.folder()).env_clear().envs(settings);
    let output = command.kill_on_drop(true).output().await?;
    let said = String::from_utf8_lossy(&output.stdout);
    let findings = serde_json::from_str(&said).map_err(|fault| Failure::new(format!("{fault}: {said}")))?;
    Ok(Found { is_healthy: output.status.success(), findings })
}

/// One check fails and says so; nothing else does.
#[track_caller]
fn assert_fails(what: &str, found: &Found, (check, change): (&str, &str)) {
    let failed = found.failed();
    assert!(!found.is_healthy, "{what} is not noticed: {:?}", found.findings);
    let named = failed.iter().any(|(own, text)| own.starts_with(check) && text.contains(change));
    assert!(named, "{what}: no `{check}` with `{change}` in {failed:?}");
    assert!(failed.iter().all(|(own, _)| own.starts_with(check)), "{what}: {failed:?}");
}

#[tokio::test]
async fn a_whole_deployment_has_nothing_to_mend() -> Outcome {
    let deployment = Deployment::start().await?;
    let found = examine(&deployment).await?;
    assert!(found.is_healthy, "{:?}", found.findings);
    let warned = found.findings.iter().filter(|finding| finding["outcome"] == "warn");
    let warned: Vec<_> = warned.map(|finding| finding["told"].as_str().unwrap_or_default()).collect();
    assert!(warned.len() == 1 && warned[0].contains("this machine"), "{warned:?}");
    let ended = deployment.auth.run(&["doctor"], None).await?;
    assert_eq!(ended.said.lines().filter(|line| line.starts_with("ok   ")).count() + 1, found.findings.len());
    Ok(())
}

#[tokio::test]
async fn a_key_that_waits_for_its_turn_is_opened_and_published_too() -> Outcome {
    let deployment = Deployment::start().await?;
    deployment.auth.run(&["keys", "rotate"], None).await?;
    let found = examine(&deployment).await?;
    let of = |check: &str| found.findings.iter().find(|finding| finding["check"] == check).cloned();
    let told = of("signing keys").unwrap_or_default();
    assert!(told["told"].as_str().is_some_and(|told| told.contains("open all 2")), "{told}");
    assert!(of("published keys").is_some_and(|finding| finding["outcome"] != "FAIL"), "{:?}", found.findings);
    assert!(found.is_healthy);
    Ok(())
}

#[tokio::test]
async fn a_wrong_setting_is_told_with_the_right_one() -> Outcome {
    let mut deployment = Deployment::start().await?;
    let issuer = deployment.auth.setting("ISSUER").to_owned();
    let (slash, nowhere) = (format!("{issuer}/"), format!("http://localhost:{}", free_port()?));
    let (path, other) = (format!("{}x", deployment.mcp.setting("RESOURCE")), deployment.mcp.origin());
    let secret = URL_SAFE_NO_PAD.encode(shared::random::bytes::<32>());
    for (name, wrong, (check, change)) in [
        ("ISSUER", slash.as_str(), ("", "set ISSUER=")),
        ("ISSUER", &nowhere, ("", "let ISSUER's name lead to this server")),
        ("RESOURCES", &path, ("resource", "set RESOURCES to the address")),
        ("RESOURCES", &other, ("", "set RESOURCE=")),
        ("RESOURCES", &format!("{nowhere}/mcp"), ("resource", "start the mcp-server")),
        ("SCOPES", "notes:read", ("resource", "add notes:write")),
        ("SECRET_KEYS", &secret, ("signing keys", "restore the secret file")),
        ("CODE_LIFETIME", "601", ("settings", "set CODE_LIFETIME=600")),
    ] {
        let right = deployment.auth.setting(name).to_owned();
        deployment.auth.set(name, wrong);
        let found = examine(&deployment).await?;
        // Who names another issuer finds the mcp-server wrong as well, which still names the first one.
        assert_fails(&format!("{name}={wrong}"), &found, (check, change));
        match right.is_empty() {
            true => deployment.auth.unset(name),
            false => deployment.auth.set(name, &right),
        };
    }
    assert!(examine(&deployment).await?.is_healthy);
    Ok(())
}

#[tokio::test]
async fn a_resource_that_names_another_issuer_is_told_ours() -> Outcome {
    let mut deployment = Deployment::start().await?;
    let issuer = deployment.auth.setting("ISSUER").to_owned();
    let mut stranger = deployment.mcp.replica()?;
    let resource = format!("{}/mcp", stranger.origin());
    stranger.set("ISSUER", &format!("{issuer}/")).set("RESOURCE", &resource);
    stranger.start().await?;
    deployment.auth.set("RESOURCES", &resource);
    let change = format!("set ISSUER={issuer} in the mcp-server");
    assert_fails("another issuer", &examine(&deployment).await?, ("resource", &change));
    Ok(())
}

#[tokio::test]
async fn a_database_of_another_server_is_noticed() -> Outcome {
    let mut deployment = Deployment::start().await?;
    let other = deployment.folder().join("other.db");
    deployment.auth.set("DATABASE_URL", &format!("sqlite:{}", other.display()));
    let found = examine(&deployment).await?;
    assert!(found.is_healthy && !other.exists(), "a database is not made by looking for it");
    deployment.add_user().await?;
    assert_fails("another database", &examine(&deployment).await?, ("published keys", "set DATABASE_URL"));
    Ok(())
}

#[tokio::test]
async fn a_proxy_that_spoils_answers_is_found() -> Outcome {
    let mut deployment = Deployment::prepare()?;
    let front = Front::start(deployment.auth.port).await?;
    deployment.auth.set("ISSUER", &front.origin());
    deployment.mcp.set("ISSUER", &front.origin());
    deployment.auth.start().await?;
    deployment.mcp.start().await?;
    assert!(examine(&deployment).await?.is_healthy, "a proxy that spoils nothing");
    for (spoiled, check, change) in [
        (Spoiled::Redirect, "issuer", "take the redirect away"),
        (Spoiled::Page, "issuer", "without bot protection"),
        (Spoiled::Away, "issuer", "start it"),
        (Spoiled::RequestHeader("authorization"), "token endpoint", "request header Authorization"),
        (Spoiled::ResponseHeader("www-authenticate"), "token endpoint", "WWW-Authenticate"),
        (Spoiled::SecondOrigin, "cross-origin headers", "out of the proxy"),
        (Spoiled::Clock, "clock of issuer", "NTP"),
    ] {
        front.spoil(spoiled);
        assert_fails(&format!("{spoiled:?}"), &examine(&deployment).await?, (check, change));
    }
    Ok(())
}
