//! Step 5: the code becomes tokens (OAuth 2.1 §3.2, RFC 8707 §2.2).

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::Value;
use url::form_urlencoded::byte_serialize;

use crate::{
    agent::{Agent, Part},
    document::{Document, Subject},
    exchange::{Call, Exchange},
    persona::script::Request,
    steps::{
        Client, ClientAuth, Resource, Seen, Server, Step, Tokens, reached, s6_verification::Verification,
    },
    violation::Violation,
    wire::Outgoing,
};

const TOKEN: &str = "token";
const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
const SUBJECT: Subject =
    Subject { step: "S5", name: "the token response", section: "OAuth 2.1 §3.2.3; RFC 6749 §5.1" };

/// Step 5, to be taken.
#[derive(Clone)]
pub struct TokenExchange {
    resource: Resource,
    server: Server,
    client: Client,
    code: String,
    verifier: String,
    asked: Vec<String>,
    seen: Seen,
}
reached!(TokenExchange);

impl TokenExchange {
    pub(super) fn new(
        resource: Resource,
        server: Server,
        client: Client,
        (code, verifier): (String, String),
    ) -> TokenExchange {
        let (asked, seen) = (Vec::new(), Seen::default());
        TokenExchange { resource, server, client, code, verifier, asked, seen }
    }

    pub(super) fn reached(self, asked: Vec<String>, seen: Seen) -> TokenExchange {
        TokenExchange { asked, seen, ..self }
    }
}

/// A token request of this client, authenticated the way it registered.
pub(super) fn request(
    name: &'static str,
    (server, client): (&Server, &Client),
    mut form: Vec<(&'static str, String)>,
    agent: &Agent,
) -> Outgoing {
    let mut authorization = None;
    match &client.auth {
        ClientAuth::None => form.push(("client_id", client.id.clone())),
        ClientAuth::Post(secret) => {
            form.push(("client_id", client.id.clone()));
            form.push(("client_secret", secret.clone()));
        }
        // RFC 6749 §2.3.1: both parts are form-encoded first.
        ClientAuth::Basic(secret) => {
            let encode = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
            let pair = format!("{}:{}", encode(&client.id), encode(secret));
            authorization = Some(format!("Basic {}", STANDARD.encode(pair)));
        }
        // RFC 7523 §2.2.
        ClientAuth::PrivateKey => {
            let now = agent.clock.now().seconds();
            let signed =
                agent.home.as_ref().and_then(|home| home.key.assertion(&client.id, &server.issuer, now).ok());
            form.push(("client_id", client.id.clone()));
            form.push(("client_assertion_type", ASSERTION_TYPE.to_owned()));
            // An empty one is refused, and the refusal told: there is nothing else to send without a signature.
            form.push(("client_assertion", signed.unwrap_or_default()));
        }
    }
    let form: Vec<(String, String)> =
        form.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    let request = Outgoing::form(name, server.token_endpoint.as_str(), &form)
        .header("accept", "application/json")
        .header("user-agent", agent.persona.oauth_user_agent);
    match authorization {
        Some(value) => request.header("authorization", value),
        None => request,
    }
}

impl Step for TokenExchange {
    const NUMBER: u8 = 5;
    const NAME: &'static str = "token exchange";
    type Next = Verification;

    async fn send(&self, agent: &Agent) -> Exchange {
        let mut exchange = Exchange::default();
        let mut form = vec![
            ("grant_type", "authorization_code".to_owned()),
            ("code", self.code.clone()),
            ("redirect_uri", self.client.redirect_uri.clone()),
            ("code_verifier", self.verifier.clone()),
        ];
        form.extend(agent.persona.resource(Request::Token, &self.resource).map(|value| ("resource", value)));
        let request = request(TOKEN, (&self.server, &self.client), form, agent);
        agent.dressed(Part::Token).wire.send(request, &mut exchange).await;
        exchange
    }

    fn judge(self, exchange: &Exchange) -> Result<Verification, Violation> {
        let call = SUBJECT.call(exchange, TOKEN)?;
        let (tokens, lifetime) = read(call, &self.asked, SUBJECT)?;
        judge_refresh(&tokens, &self.client)?;
        let mut seen = Seen::new(format!(
            "Bearer for {lifetime} s, {}scopes {}",
            if tokens.refresh.is_some() { "refresh token, " } else { "" },
            if tokens.scopes.is_empty() { "(none named)".to_owned() } else { tokens.scopes.join(" ") },
        ));
        judge_scopes(&tokens, &self.resource, &self.asked, &mut seen)?;
        Ok(Verification::new(self.resource, self.server, self.client, (tokens, seen)))
    }
}

/// Reads a token response: tokens and lifetime.
pub(super) fn read(call: &Call, asked: &[String], subject: Subject) -> Result<(Tokens, i64), Violation> {
    let document = Document::read(call, &[200], subject).map_err(explain)?;
    let access = document.required("access_token")?.to_owned();
    let kind = document.required("token_type")?;
    if kind != "Bearer" {
        return Err(subject
            .violation("token_type", "`token_type` is not `Bearer` as clients compare it")
            .expected("\"token_type\": \"Bearer\"")
            .seen(kind)
            .change("write it with a capital B: some clients compare the bytes"));
    }
    let lifetime = document.get("expires_in").and_then(Value::as_i64).filter(|seconds| *seconds > 0);
    let lifetime = lifetime.ok_or_else(|| {
        subject
            .violation("expires_in", "`expires_in` is not a number of seconds")
            .expected("\"expires_in\": 3600")
            .seen(document.get("expires_in").map_or("nothing".to_owned(), Value::to_string))
            .change("return expires_in as a JSON number")
    })?;
    if !call.reply().is_some_and(|reply| reply.is_no_store()) {
        return Err(subject
            .violation("no_store", "a cache may keep the tokens")
            .expected("Cache-Control: no-store")
            .seen(call.reply().and_then(|reply| reply.header("cache-control")).unwrap_or("no Cache-Control"))
            .change("send Cache-Control: no-store with every answer of the token endpoint"));
    }
    // RFC 6749 §5.1: absent when it is what was asked for.
    let scopes = match document.text("scope") {
        Some(scope) => scope.split_whitespace().map(str::to_owned).collect(),
        None => asked.to_vec(),
    };
    let refresh = document.text("refresh_token").filter(|token| !token.is_empty()).map(str::to_owned);
    let identity = document.text("id_token").map(str::to_owned);
    Ok((Tokens { access, refresh, scopes, identity }, lifetime))
}

fn explain(violation: Violation) -> Violation {
    let change = match &violation.seen {
        seen if seen.contains("invalid_client") => {
            "authenticate the client as its registration said: the secret in the form for client_secret_post, \
             form-decoded Basic for client_secret_basic, an assertion with aud = issuer by a key of the document's \
             jwks_uri for private_key_jwt, nothing for none"
        }
        seen if seen.contains("invalid_grant") => {
            "accept a fresh code with its redirect_uri and code_verifier; with several replicas they must share state"
        }
        seen if seen.contains("invalid_target") => "accept the `resource` that the MCP server publishes",
        seen if seen.starts_with("30") => "answer at the published address itself: a redirect loses the form",
        _ => return violation,
    };
    violation.change(change)
}

fn judge_refresh(tokens: &Tokens, client: &Client) -> Result<(), Violation> {
    if tokens.refresh.is_some() || !client.may_refresh {
        return Ok(());
    }
    Err(SUBJECT
        .violation("refresh_token", "no refresh token, although the client registered for it")
        .expected("refresh_token")
        .seen("none")
        .change("issue one to every client that registered refresh_token, asked for offline_access or not"))
}

fn judge_scopes(
    tokens: &Tokens,
    resource: &Resource,
    asked: &[String],
    seen: &mut Seen,
) -> Result<(), Violation> {
    let lacking = |wanted: &[String]| {
        let lacking = wanted.iter().filter(|scope| !tokens.scopes.contains(scope));
        lacking.cloned().collect::<Vec<_>>().join(" ")
    };
    let needed: Vec<String> = resource.scopes.iter().filter(|scope| asked.contains(scope)).cloned().collect();
    let missing = lacking(&needed);
    if !missing.is_empty() {
        return Err(SUBJECT
            .violation("scope", "not all scopes of the resource were granted")
            .expected(needed.join(" "))
            .seen(tokens.scopes.join(" "))
            .change(format!("grant what the resource metadata lists ({missing}), or do not list it there")));
    }
    let dropped = lacking(asked);
    if !dropped.is_empty() {
        seen.note(format!("asked for and not granted: {dropped}"));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
