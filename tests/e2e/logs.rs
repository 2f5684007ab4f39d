//! Everything both services log in a sign-in, a redemption, a refresh, a tool call and in refused ones, at the level at
//! which they tell most: no secret is in it.
//!
//! | module | what it shows |
//! |---|---|
//! | [`people`] | the same of links, passkeys, providers and ID tokens, and of what is kept of refusals |

mod people;

use std::{
    io::Write,
    sync::{Arc, LazyLock, Mutex, PoisonError},
};

use conformance::{
    actor::{Actor, Landing, Request, TokenSet},
    exchange::Reply,
    failure::{Failure, Outcome},
    world::World,
};
use serde_json::json;
use tracing_subscriber::{EnvFilter, fmt::MakeWriter};
use url::form_urlencoded;

use crate::negative::check::seconds;

/// Everything of ours, and of the libraries what an operator would see.
const FILTER: &str =
    "info,auth_server=trace,mcp_server=trace,shared=trace,rmcp=trace,actix_web=trace,actix_server=debug";

/// What is logged, from the first use on, by every world of this process.
static LOG: LazyLock<Captured> = LazyLock::new(|| {
    let captured = Captured::default();
    let builder = tracing_subscriber::fmt().with_env_filter(EnvFilter::new(FILTER)).with_ansi(false);
    // Another subscriber would leave this one empty, and that is noticed.
    let _ = builder.with_writer(captured.clone()).try_init();
    captured
});

#[derive(Clone, Default)]
struct Captured(Arc<Mutex<Vec<u8>>>);

impl Captured {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
    }
}

impl Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Captured {
    type Writer = Captured;

    fn make_writer(&'a self) -> Captured {
        self.clone()
    }
}

/// Secrets by name. A part of one is looked for as well: a shortened secret is still one.
#[derive(Default)]
pub(crate) struct Seen(Vec<(&'static str, String)>);

impl Seen {
    pub(crate) fn note(&mut self, name: &'static str, secret: &str) {
        assert!(secret.len() >= 8, "{name} is no secret: {secret}");
        let encoded: String = form_urlencoded::byte_serialize(secret.as_bytes()).collect();
        self.0.push((name, encoded));
        // The middle: two secrets may begin alike, and what is cut off is cut at an end.
        let quarter = secret.len() / 4;
        if secret.len() >= 40 && secret.is_ascii() {
            self.0.push((name, secret[quarter..quarter + 20].to_owned()));
        } else {
            self.0.push((name, secret.to_owned()));
        }
    }

    /// The cookies of a browser and the sealed request of its page.
    fn note_page(&mut self, actor: &Actor, decision: &Request) -> Outcome {
        self.note("cookie", actor.jar.value("gatehouse").ok_or_else(|| Failure::new("no cookie"))?);
        self.note("sealed request", decision.parameter("request").ok_or_else(|| Failure::new("no request"))?);
        Ok(())
    }

    /// None of them is in the log.
    pub(crate) fn is_hidden(&self, log: &str) {
        for (name, secret) in &self.0 {
            let line = log.lines().find(|line| line.contains(secret.as_str()));
            assert_eq!(line, None, "{name} is logged");
        }
    }
}

/// Signs in by hand, noting every secret on the way; a code and the page's answer.
pub(crate) async fn approve(actor: &mut Actor, seen: &mut Seen) -> Outcome<String> {
    let page = actor.open(actor.authorize_request()).await?;
    let mut wrong = actor.clone();
    wrong.password = "hunter2 hunter2".to_owned();
    let decision = wrong.decision_request(&page, "allow")?;
    let page = actor.send(decision).await?;
    let decision = actor.decision_request(&page, "allow")?;
    seen.note_page(actor, &decision)?;
    let landing = Landing::of(&actor.send(decision.clone()).await?)?;
    seen.note_page(actor, &decision)?;
    seen.note("password", &actor.password);
    seen.note("wrong password", &wrong.password);
    seen.note("verifier", &actor.pkce.verifier);
    seen.note("client secret", actor.client.secret.as_deref().unwrap_or_default());
    let code = landing.code()?;
    seen.note("code", &code);
    Ok(code)
}

/// The tokens of a code and those that follow them, all noted.
pub(crate) async fn redeem_and_refresh(
    actor: &mut Actor,
    seen: &mut Seen,
    code: &str,
) -> Outcome<[TokenSet; 2]> {
    let first = actor.redeem(code).await?;
    let next = actor.refresh(&first.refresh).await?;
    for tokens in [&first, &next] {
        seen.note("access token", &tokens.access);
        seen.note("refresh token", &tokens.refresh);
    }
    Ok([first, next])
}

/// What is refused is logged with its reason, which is where a secret slips in.
fn refused(actor: &Actor, code: &str, (access, refresh): (&str, &str)) -> Vec<Request> {
    let mut tampered = access.to_owned();
    tampered.replace_range(access.len() - 30..access.len() - 20, "0000000000");
    let call = || actor.tool_request("list_notes", json!({}));
    let mcp = actor.mcp_url.as_str();
    let token = actor.endpoint("token");
    vec![
        actor.token_request(code),
        actor.token_request(code).with("code_verifier", actor.pkce.challenge.as_str()),
        actor.token_request(code).with("redirect_uri", "https://evil.com/"),
        actor.token_request(code).with("resource", "https://evil.com/"),
        actor.token_request(code).with("client_id", "nobody"),
        actor.token_request(code).with("client_secret", refresh),
        actor.token_request(code).with_another("code", code),
        actor.token_request(code).basic(&actor.client.id, refresh),
        actor.token_request(code).to(format!("{token}?code={code}")),
        actor.token_request(refresh),
        actor.token_request(code).with_header("content-type", "text/plain"),
        actor.token_request(code).with("grant_type", refresh),
        actor.refresh_request(refresh),
        actor.refresh_request(code),
        actor.refresh_request(access),
        actor.refresh_request(refresh).with("scope", "admin"),
        actor.revoke_request(access),
        actor.revoke_request(code),
        actor.revoke_request(refresh).with("client_id", "nobody"),
        actor.authorize_request().with("client_id", code),
        actor.authorize_request().with("redirect_uri", format!("https://evil.com/?code={code}")),
        actor.authorize_request().with("resource", refresh).with("code_challenge", refresh),
        actor.authorize_request().with("response_type", refresh),
        actor.register_request().with("redirect_uris", json!([format!("https://evil.com/{code}")])),
        call().bearer(&tampered),
        call().bearer(refresh),
        call().bearer(&access[1..]),
        call().with_header("authorization", &format!("Token {access}")),
        call().to(format!("{mcp}?access_token={access}")),
        Request::get(format!("{mcp}/{access}")),
        Request::get(format!("{}/{code}", actor.issuer)),
        actor.tool_request("create_note", json!({"title": 7})).bearer(access),
        actor.tool_request("nothing", json!({})).bearer(access),
        call().bearer(access).body(access.as_bytes()),
    ]
}

#[tokio::test]
async fn no_secret_is_logged() -> Outcome {
    LazyLock::force(&LOG);
    let mut world = World::start().await?;
    let (mut actor, mut seen) = (world.actor().await?, Seen::default());
    let code = approve(&mut actor, &mut seen).await?;
    let [tokens, next] = redeem_and_refresh(&mut actor, &mut seen, &code).await?;
    for tokens in [&tokens, &next] {
        assert_eq!(actor.call_tool(&tokens.access, "list_notes").await?.status, 200);
    }
    world.advance(seconds(121));
    let mut statuses = Vec::new();
    for request in refused(&actor, &code, (&next.access, &tokens.refresh)) {
        let reply: Reply = actor.send(request).await?;
        assert!(reply.status < 500, "{}", reply.line());
        statuses.push(reply.status);
    }
    assert!(statuses.iter().filter(|status| **status >= 400).count() > 25, "{statuses:?}");
    world.restart_auth().await?;
    world.restart_mcp().await?;
    let user = actor.email.clone();
    let log = LOG.text();
    for event in
        ["registered a client", "a sign-in failed", "signed in", "access was allowed", "a code was redeemed"]
            .into_iter()
            .chain(["a request was refused", "a client was not let in", "a request was not let in"])
    {
        assert!(log.contains(event), "\"{event}\" is not in the log, so the log is not what is looked at");
    }
    seen.is_hidden(&log);
    assert!(!log.contains(&user), "who signed in is named by an id, not by an address");
    Ok(())
}

/// What would find a secret finds one.
#[tokio::test]
#[should_panic(expected = "password is logged")]
async fn a_secret_would_be_found() {
    LazyLock::force(&LOG);
    let secret = "a secret that is planted in the log";
    let mut seen = Seen::default();
    seen.note("password", secret);
    tracing::info!(target: "auth_server", planted = secret, "planted");
    seen.is_hidden(&LOG.text());
}
