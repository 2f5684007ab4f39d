//! Step 3: the client introduces itself, by its document or by registering (RFC 7591).

mod document;
mod way;

use serde_json::{Value, json};

use crate::{
    agent::{Agent, Part},
    document::{Document, Subject},
    exchange::{Body, Exchange},
    steps::{
        Client, ClientAuth, Resource, Seen, Server, Step, reached, s3_registration::way::Way,
        s4_authorization::Authorization,
    },
    violation::Violation,
    wire::Outgoing,
};

const REGISTER: &str = "register";
const REGISTRATION: Subject = Subject { step: "S3", name: "the registration", section: "RFC 7591 §3.2.1" };

/// Step 3, to be taken.
#[derive(Clone, Debug)]
pub struct Registration {
    resource: Resource,
    server: Server,
    seen: Seen,
    remark: Option<String>,
}
reached!(Registration);

impl Registration {
    pub(super) fn new(resource: Resource, server: Server, seen: Seen) -> Registration {
        Registration { resource, server, seen, remark: None }
    }

    /// What step 2 proved.
    pub fn server(&self) -> &Server {
        &self.server
    }
}

impl Step for Registration {
    const NUMBER: u8 = 3;
    const NAME: &'static str = "registration";
    type Next = Authorization;

    async fn send(&self, agent: &Agent) -> Exchange {
        let mut exchange = Exchange::default();
        match self.way(agent) {
            Way::Document(url) => {
                let request = Outgoing::get(document::FETCH, url).header("accept", "application/json");
                agent.wire.send(request, &mut exchange).await;
            }
            Way::Dynamic(endpoint) => {
                let body = agent.persona.registration_at(&self.server);
                let request = Outgoing::json(REGISTER, endpoint, &body)
                    .header("accept", "application/json")
                    .header("user-agent", agent.persona.oauth_user_agent);
                agent.dressed(Part::Registration).wire.send(request, &mut exchange).await;
            }
            Way::Unpublished | Way::Closed => {}
        }
        exchange
    }

    fn judge(self, exchange: &Exchange) -> Result<Authorization, Violation> {
        if let Some(call) = exchange.named(document::FETCH) {
            let (client, seen) = document::judge(call, &self.server)?;
            return Ok(Authorization::new(self.resource, self.server, client, seen));
        }
        if exchange.calls.is_empty() {
            return Err(closed(&self.server));
        }
        let call = REGISTRATION.call(exchange, REGISTER)?;
        let document = Document::read(call, &[200, 201], REGISTRATION).map_err(explain)?;
        let id = document.required("client_id")?.to_owned();
        let redirect_uri = judge_redirect_uris(&document, &call.body)?;
        let may_refresh = judge_grants(&document)?;
        let mut seen = Seen::default();
        let auth = judge_auth(&document, &self.server, &mut seen)?;
        let status = call.reply().map_or(0, |reply| reply.status);
        if status == 200 {
            seen.note("answered with 200; RFC 7591 §3.2.1 says 201 Created");
        }
        if !may_refresh {
            seen.note("registered without refresh_token: users will have to sign in again and again");
        }
        if document.text("scope").is_none() {
            seen.note("no `scope` in the answer: Copilot Studio asks for exactly what stands there");
        }
        seen.summary = format!("{status}, client authentication {}", auth.name());
        seen.notes.extend(self.remark);
        let scopes = document.text("scope").unwrap_or_default().split_whitespace();
        let scopes = scopes.map(str::to_owned).collect();
        let client = Client { id, auth, redirect_uri, may_refresh, is_document: false, scopes };
        Ok(Authorization::new(self.resource, self.server, client, seen))
    }
}

fn closed(server: &Server) -> Violation {
    let (documents, seen) = match &server.registration_endpoint {
        Some(endpoint) => ("", endpoint.to_string()),
        None => (" with none among its methods", "no registration_endpoint".to_owned()),
    };
    REGISTRATION
        .violation("closed", "this client has no way to introduce itself")
        .expected(format!("registration_endpoint, or client_id_metadata_document_supported{documents}"))
        .seen(seen)
        .change("offer dynamic registration and client documents: no other way is known to all clients")
}

fn explain(violation: Violation) -> Violation {
    if violation.seen.contains("invalid_redirect_uri") {
        return violation.change(
            "allow the redirect URI for registration (REDIRECT_URIS adds to the list); ChatGPT's is \
             https://chatgpt.com/connector_platform_oauth_redirect",
        );
    }
    violation
}

fn judge_redirect_uris(document: &Document, sent: &Body) -> Result<String, Violation> {
    let sent = sent.json().unwrap_or_default();
    let echoed = document.list("redirect_uris");
    match echoed.as_ref().and_then(|list| list.first()) {
        Some(first) if document.get("redirect_uris") == sent.get("redirect_uris") => Ok(first.clone()),
        _ => Err(REGISTRATION
            .violation("redirect_uris", "the redirect URIs are not returned as they were registered")
            .expected(sent.get("redirect_uris").unwrap_or(&json!([])).to_string())
            .seen(echoed.map_or("nothing".to_owned(), |list| json!(list).to_string()))
            .change("return every registered member, redirect URIs byte for byte")),
    }
}

/// Whether the client may refresh.
fn judge_grants(document: &Document) -> Result<bool, Violation> {
    // RFC 7591 §2: the default when it is omitted.
    let grants = document.list("grant_types").unwrap_or_else(|| vec!["authorization_code".to_owned()]);
    if grants.iter().any(|grant| grant == "authorization_code") {
        return Ok(grants.iter().any(|grant| grant == "refresh_token"));
    }
    Err(REGISTRATION
        .violation("grant_types", "the client was registered without the grant it asked for")
        .expected("authorization_code and refresh_token")
        .seen(grants.join(", "))
        .change("register the grant types that were asked for"))
}

fn judge_auth(document: &Document, server: &Server, seen: &mut Seen) -> Result<ClientAuth, Violation> {
    let secret = document.text("client_secret").filter(|secret| !secret.is_empty()).map(str::to_owned);
    let method = document.text("token_endpoint_auth_method");
    if method.is_none() {
        seen.note("no token_endpoint_auth_method in the answer: clients guess, and some guess wrong");
    }
    // RFC 7591 §2: client_secret_basic when it is omitted.
    let method = method.unwrap_or(if secret.is_some() { "client_secret_basic" } else { "none" });
    if !server.auth_methods.iter().any(|offered| offered == method) {
        return Err(REGISTRATION
            .violation("method_unadvertised", format!("`{method}` was registered but is not advertised"))
            .expected(format!("one of {}", server.auth_methods.join(", ")))
            .seen(method)
            .change("list it in token_endpoint_auth_methods_supported, or register one that is listed"));
    }
    let auth = match (method, secret) {
        ("none", None) => return Ok(ClientAuth::None),
        ("client_secret_post", Some(secret)) => ClientAuth::Post(secret),
        ("client_secret_basic", Some(secret)) => ClientAuth::Basic(secret),
        ("none", Some(_)) => {
            return Err(REGISTRATION
                .violation("secret_with_none", "a public client was given a secret")
                .expected("no client_secret beside token_endpoint_auth_method none")
                .seen("a client_secret")
                .change("leave client_secret out, or register a method that uses it"));
        }
        ("client_secret_post" | "client_secret_basic", None) => {
            return Err(REGISTRATION
                .violation("secret_missing", format!("`{method}` was registered without a secret"))
                .expected("client_secret")
                .seen("none")
                .change("return client_secret, or register the client with none"));
        }
        _ => {
            return Err(REGISTRATION
                .violation(
                    "method",
                    "the client was registered with a method it did not ask for and cannot use",
                )
                .expected("none, client_secret_post or client_secret_basic")
                .seen(method)
                .change("register none, client_secret_post or client_secret_basic when no method is named"));
        }
    };
    judge_secret_end(document, seen)?;
    Ok(auth)
}

fn judge_secret_end(document: &Document, seen: &mut Seen) -> Result<(), Violation> {
    match document.get("client_secret_expires_at").and_then(Value::as_i64) {
        Some(0) => Ok(()),
        Some(_) => {
            seen.note("the secret ends one day; ChatGPT keeps it for as long as the connector exists");
            Ok(())
        }
        // RFC 7591 §3.2.1: REQUIRED if client_secret is issued.
        None => Err(REGISTRATION
            .violation("client_secret_expires_at", "a secret was given without saying when it ends")
            .expected("client_secret_expires_at as a number; 0 for never")
            .seen(document.get("client_secret_expires_at").unwrap_or(&json!("nothing")).to_string())
            .change("return client_secret_expires_at with every client_secret")),
    }
}

#[cfg(test)]
mod tests;
