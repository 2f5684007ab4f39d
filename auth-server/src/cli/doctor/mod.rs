//! `auth-server doctor`: looks at everything a deployment needs, changes nothing, and says which line to change.

mod clock;
mod issuer;
mod local;
mod probe;
mod resource;

use std::fmt;

use clap::Args;
use serde::Serialize;
use shared::{clock::Clock, env::Env};

use self::probe::Probe;
use crate::{oauth::invisible::is_invisible, settings::Settings};

/// How to tell it.
#[derive(Args)]
pub struct Doctor {
    /// A JSON list in place of the lines.
    #[arg(long)]
    json: bool,
}

/// What one check found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Finding {
    check: String,
    outcome: Outcome,
    told: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    change: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
enum Outcome {
    #[serde(rename = "ok")]
    Ok,
    #[serde(rename = "warn")]
    Warn,
    #[serde(rename = "FAIL")]
    Fail,
}

impl Doctor {
    /// Checks what these settings say.
    ///
    /// # Errors
    /// How many checks failed.
    pub async fn run(self, env: &Env) -> Result<(), Box<dyn std::error::Error>> {
        let findings = examine(env, &Clock::system()).await;
        if self.json {
            println!("{}", serde_json::to_string_pretty(&findings)?);
        } else {
            findings.iter().for_each(|finding| println!("{finding}"));
        }
        match findings.iter().filter(|finding| finding.outcome == Outcome::Fail).count() {
            0 => Ok(()),
            1 => Err("1 check failed".into()),
            failed => Err(format!("{failed} checks failed").into()),
        }
    }
}

async fn examine(env: &Env, clock: &Clock) -> Vec<Finding> {
    let settings = match Settings::from_env(env) {
        Ok(settings) => settings,
        Err(faults) => return local::faults(&faults),
    };
    let mut findings = vec![local::settings(&settings)];
    let local = local::examine(&settings, clock.now()).await;
    findings.extend(local.findings);
    let probe = match Probe::new(&settings) {
        Ok(probe) => probe,
        Err(told) => {
            let change = "install the system's certificates (ca-certificates)";
            findings.push(Finding::fail("TLS", told, change));
            return findings;
        }
    };
    findings.extend(issuer::examine(&settings, &probe, clock, &local.kids).await);
    for entry in settings.catalogue.iter() {
        findings.extend(resource::examine(&settings, &probe, clock, entry).await);
    }
    findings
}

impl Finding {
    fn ok(check: impl Into<String>, told: impl Into<String>) -> Finding {
        Finding { check: check.into(), outcome: Outcome::Ok, told: printable(told), change: None }
    }

    fn warn(check: impl Into<String>, told: impl Into<String>, change: impl Into<String>) -> Finding {
        Finding { outcome: Outcome::Warn, change: Some(printable(change)), ..Finding::ok(check, told) }
    }

    fn fail(check: impl Into<String>, told: impl Into<String>, change: impl Into<String>) -> Finding {
        Finding { outcome: Outcome::Fail, change: Some(printable(change)), ..Finding::ok(check, told) }
    }
}

/// A terminal acts on control characters, and some of the text is what others have published.
fn printable(text: impl Into<String>) -> String {
    text.into().chars().filter(|c| !c.is_control() && !is_invisible(*c)).collect()
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let outcome = match self.outcome {
            Outcome::Ok => "ok  ",
            Outcome::Warn => "warn",
            Outcome::Fail => "FAIL",
        };
        write!(f, "{outcome} {}: {}", self.check, self.told)?;
        match &self.change {
            Some(change) => write!(f, " → {change}"),
            None => Ok(()),
        }
    }
}
