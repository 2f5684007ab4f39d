//! Step 2: the authorization server describes itself (RFC 8414), and the client refuses one without PKCE.

use url::Url;

use crate::{
    agent::{Agent, Part},
    document::{Document, Subject},
    exchange::{Call, Exchange},
    steps::{Resource, Seen, Server, Step, reached, s3_registration::Registration},
    violation::Violation,
    wire::Outgoing,
};

const DOCUMENT: &str = "server_metadata";
const METADATA: Subject = Subject {
    step: "S2",
    name: "the authorization server's metadata",
    section: "RFC 8414 §3; MCP Authorization Server Metadata Discovery",
};

/// Step 2, to be taken.
#[derive(Clone, Debug)]
pub struct ServerMetadata {
    resource: Resource,
    seen: Seen,
}
reached!(ServerMetadata);

impl ServerMetadata {
    pub(super) fn new(resource: Resource, seen: Seen) -> ServerMetadata {
        ServerMetadata { resource, seen }
    }

    /// What step 1 proved.
    pub fn resource(&self) -> &Resource {
        &self.resource
    }
}

/// Where an issuer's document may be, in the order clients look (MCP, RFC 8414 §3.1, OpenID Connect Discovery §4).
pub fn places(issuer: &str) -> Vec<String> {
    let Ok(url) = Url::parse(issuer) else { return Vec::new() };
    let origin = url.origin().ascii_serialization();
    let path = url.path().trim_end_matches('/');
    let mut places = vec![
        format!("{origin}/.well-known/oauth-authorization-server{path}"),
        format!("{origin}/.well-known/openid-configuration{path}"),
    ];
    if !path.is_empty() {
        places.push(format!("{origin}{path}/.well-known/openid-configuration"));
    }
    places
}

impl Step for ServerMetadata {
    const NUMBER: u8 = 2;
    const NAME: &'static str = "server metadata";
    type Next = Registration;

    async fn send(&self, agent: &Agent) -> Exchange {
        let mut exchange = Exchange::default();
        for issuer in &self.resource.authorization_servers {
            for place in places(issuer) {
                let request = Outgoing::get(DOCUMENT, place)
                    .header("accept", "application/json")
                    .header("user-agent", agent.persona.oauth_user_agent);
                let call = agent.dressed(Part::Discovery).wire.send(request, &mut exchange).await;
                if call.reply().is_some_and(|reply| reply.status == 200) {
                    return exchange;
                }
            }
        }
        exchange
    }

    fn judge(self, exchange: &Exchange) -> Result<Registration, Violation> {
        let call = found(exchange)?;
        let document = Document::read(call, &[200], METADATA)?;
        let issuer = judge_issuer(&document, &self.resource, call)?;
        judge_pkce(&document)?;
        judge_code(&document)?;
        let mut seen = Seen::default();
        let takes_documents = document.is_true("client_id_metadata_document_supported");
        let server = Server {
            issuer,
            authorization_endpoint: document.endpoint("authorization_endpoint")?,
            token_endpoint: document.endpoint("token_endpoint")?,
            registration_endpoint: judge_registration(&document, takes_documents)?,
            takes_documents,
            jwks_uri: document.get("jwks_uri").map(|_| document.endpoint("jwks_uri")).transpose()?,
            sends_iss: document.is_true("authorization_response_iss_parameter_supported"),
            scopes: document.list("scopes_supported"),
            // RFC 8414 §2: the default when it is omitted.
            auth_methods: document
                .list("token_endpoint_auth_methods_supported")
                .unwrap_or_else(|| vec!["client_secret_basic".to_owned()]),
        };
        note(&document, &server, &self.resource, &mut seen);
        let iss = if server.sends_iss { ", iss" } else { "" };
        let way =
            if server.registration_endpoint.is_some() { "registration open" } else { "client documents" };
        seen.summary = format!("issuer {}, PKCE S256{iss}, {way}", server.issuer);
        Ok(Registration::new(self.resource, server, seen))
    }
}

/// The document that was found; when none was, the last place that was tried.
fn found(exchange: &Exchange) -> Result<&Call, Violation> {
    let is_found = |call: &&Call| call.reply().is_some_and(|reply| reply.status == 200);
    if let Some(call) = exchange.all_named(DOCUMENT).find(is_found) {
        return Ok(call);
    }
    // Told about the first place: that is where the document belongs.
    let first = exchange.all_named(DOCUMENT).next();
    match first {
        Some(call) if call.reply().is_some() => Ok(call),
        _ => METADATA.call(exchange, DOCUMENT),
    }
}

fn judge_issuer(document: &Document, resource: &Resource, call: &Call) -> Result<String, Violation> {
    let issuer = document.required("issuer")?;
    // RFC 8414 §3.3: identical to the issuer the document's URL was made from, code point for code point.
    let asked = resource.authorization_servers.iter().find(|asked| places(asked).contains(&call.url));
    match asked {
        Some(asked) if asked == issuer => Ok(issuer.to_owned()),
        _ => {
            let asked = asked.map_or("(none)", String::as_str);
            Err(METADATA
                .violation("issuer", "`issuer` is not the string the MCP server names")
                .expected(format!("\"issuer\": \"{asked}\", byte for byte"))
                .seen(format!("\"issuer\": \"{issuer}\""))
                .change(format!(
                    "set ISSUER to exactly {asked} in the authorization server, or to exactly {issuer} in the \
                     MCP server (mind a trailing slash)"
                )))
        }
    }
}

fn judge_pkce(document: &Document) -> Result<(), Violation> {
    let methods = document.list("code_challenge_methods_supported");
    if methods.as_ref().is_some_and(|methods| methods.iter().any(|method| method == "S256")) {
        return Ok(());
    }
    let mut violation = METADATA
        .violation("s256", "PKCE with S256 is not advertised, so clients must refuse")
        .expected("\"code_challenge_methods_supported\": [\"S256\"]")
        .seen(methods.map_or("no code_challenge_methods_supported".to_owned(), |list| list.join(", ")))
        .change("support PKCE with S256 and say so, in both documents");
    violation.section = "MCP Authorization Code Protection; RFC 7636 §4.2; RFC 8414 §2";
    Err(violation)
}

fn judge_code(document: &Document) -> Result<(), Violation> {
    let types = document.list("response_types_supported").unwrap_or_default();
    if types.iter().any(|kind| kind == "code") {
        return Ok(());
    }
    Err(METADATA
        .violation("response_types_supported", "the response type `code` is not advertised")
        .expected("\"response_types_supported\": [\"code\"]")
        .seen(types.join(", "))
        .change("publish response_types_supported with code"))
}

/// A client has to be able to introduce itself: by a document, or by registering.
fn judge_registration(document: &Document, takes_documents: bool) -> Result<Option<Url>, Violation> {
    if takes_documents && document.get("registration_endpoint").is_none() {
        return Ok(None);
    }
    document.endpoint("registration_endpoint").map(Some).map_err(|mut violation| {
        violation.section = "RFC 7591 §3; MCP Dynamic Client Registration";
        violation.change =
            "offer dynamic registration: without it ChatGPT needs a client that was made by hand".into();
        violation
    })
}

fn note(document: &Document, server: &Server, resource: &Resource, seen: &mut Seen) {
    if !server.sends_iss {
        seen.note(
            "no authorization_response_iss_parameter_supported: ChatGPT will use a redirect URI of its own for every \
             connector (https://chatgpt.com/connector/oauth/…), which must be accepted",
        );
    }
    if document
        .list("code_challenge_methods_supported")
        .is_some_and(|list| list.iter().any(|one| one == "plain"))
    {
        seen.note("PKCE `plain` is advertised; OAuth 2.1 has S256 only");
    }
    if let Some(known) = &server.scopes {
        let unknown: Vec<&str> =
            resource.scopes.iter().filter(|scope| !known.contains(scope)).map(String::as_str).collect();
        if !unknown.is_empty() {
            seen.note(format!(
                "the resource asks for scopes the server does not list: {}",
                unknown.join(" ")
            ));
        }
    }
}

#[cfg(test)]
mod tests;
