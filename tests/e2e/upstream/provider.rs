//! `oidc-provider` from npm in a process of its own, and a person who signs in on its pages.

use std::{io::Write, path::Path, process::Stdio};

use conformance::{
    actor::{Actor, Landing, Request},
    failure::{Failure, Outcome},
    page::{Credential, Page},
    world::{Builder, World},
};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines},
    process::{Child, ChildStdin, ChildStdout, Command},
};
use url::Url;

use super::CALLBACK;

/// Pages and redirects until it is clear that this leads nowhere.
const LONGEST_WAY: usize = 16;

/// A running provider. Dropping it ends it.
pub(crate) struct Provider {
    _child: Child,
    input: ChildStdin,
    lines: Lines<BufReader<ChildStdout>>,
    pub(crate) issuer: String,
}

impl Provider {
    /// Starts one; none, and a word about it, where it is not installed.
    pub(crate) async fn start() -> Outcome<Option<Provider>> {
        let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/upstream"));
        let has_node = std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default())
            .any(|folder| folder.join("node").is_file());
        if !has_node || !folder.join("node_modules/oidc-provider").exists() {
            if std::env::var_os("NO_SKIP").is_some_and(|value| value == "1") {
                return Err(Failure::new(
                    "node or tests/upstream/node_modules is missing, and NO_SKIP=1 is set",
                ));
            }
            writeln!(std::io::stderr(), "SKIPPED: node or tests/upstream/node_modules is not installed")?;
            return Ok(None);
        }
        let mut command = Command::new("node");
        command.arg(folder.join("provider.mjs")).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.stderr(Stdio::null()).kill_on_drop(true).spawn()?;
        let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(Failure::new("a program without input or output"));
        };
        let lines = BufReader::new(output).lines();
        let mut provider = Provider { _child: child, input, lines, issuer: String::new() };
        provider.issuer = provider.hear().await?["issuer"].as_str().unwrap_or_default().to_owned();
        Ok(Some(provider))
    }

    /// Tells it something, and hears what it says to that.
    pub(super) async fn tell(&mut self, document: &Value) -> Outcome<Value> {
        self.input.write_all(format!("{document}\n").as_bytes()).await?;
        self.hear().await
    }

    async fn hear(&mut self) -> Outcome<Value> {
        let line = self.lines.next_line().await?.ok_or_else(|| Failure::new("the provider ended"))?;
        Ok(serde_json::from_str(&line)?)
    }

    /// A world whose people sign in there; `numbered` as `UPSTREAM` or `UPSTREAM_2` and so on.
    pub(crate) fn settings(&self, builder: Builder, numbered: &str, allow: &str) -> Builder {
        builder
            .auth(&format!("{numbered}_ISSUER"), &self.issuer)
            .auth(&format!("{numbered}_CLIENT_ID"), "gatehouse")
            .auth(&format!("{numbered}_CLIENT_SECRET"), "a secret: +/%&")
            .auth(&format!("{numbered}_NAME"), "Example ID")
            .auth(&format!("{numbered}_ALLOW"), allow)
    }

    /// Serves the people of that world.
    pub(crate) async fn serve(&mut self, world: &World, others: Value) -> Outcome {
        let mut told = json!({"redirect_uri": format!("{}{CALLBACK}", world.issuer())});
        if let (Some(all), Value::Object(others)) = (told.as_object_mut(), others) {
            all.extend(others);
        }
        self.tell(&told).await.map(drop)
    }
}

/// Signs in on the provider's own pages, and follows it back: the answer that leads to the client, or is a page of ours.
pub(crate) async fn sign_in(
    actor: &mut Actor,
    departure: &Landing,
    login: &str,
) -> Outcome<conformance::exchange::Reply> {
    let mut request = Request::get(departure.url.clone()).by_human();
    for _ in 0..LONGEST_WAY {
        let address = request.address()?;
        let reply = actor.send(request).await?;
        if let Some(location) = reply.header("location") {
            let is_client = location.starts_with(actor.redirect_uri());
            if is_client {
                return Ok(reply);
            }
            request = Request::get(address.join(location)?.to_string()).by_human();
            continue;
        }
        if address.as_str().starts_with(&actor.issuer) {
            return Ok(reply);
        }
        request = filled(&reply.text(), &address, login)?;
    }
    Err(Failure::new("the provider's pages led nowhere"))
}

/// The one form of a page of the provider's, sent.
fn filled(html: &str, address: &Url, login: &str) -> Outcome<Request> {
    let page = Page::parse(html, address);
    let form = page.forms.first().ok_or_else(|| Failure::new(format!("no form at {address}: {html}")))?;
    let known = [(Credential::Email, login), (Credential::Password, "any")];
    let typed: Vec<(&str, &str)> = known
        .iter()
        .filter_map(|(what, value)| Some((form.field_for(*what)?.name.as_str(), *value)))
        .collect();
    let mut request = Request::form(form.action.as_str()).by_human();
    for (name, value) in form.filled(&typed, form.buttons.first()) {
        request.add(&name, &value);
    }
    Ok(request)
}
