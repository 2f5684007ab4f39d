//! Step 1: the MCP server says who protects it (RFC 9728).

mod head;

use serde_json::json;
use url::Url;

use crate::{
    agent::{Agent, Part},
    challenge::Challenge,
    document::{Document, Subject, is_safe},
    exchange::{Call, Exchange, Reply},
    mcp,
    steps::{Resource, Seen, Step, s2_server_metadata::ServerMetadata},
    violation::Violation,
    wire::Outgoing,
};

const CHALLENGE: &str = "discover";
const OLDER_CHALLENGE: &str = "initialize";
const DOCUMENT: &str = "resource_metadata";
const WELL_KNOWN: &str = "/.well-known/oauth-protected-resource";

const ENDPOINT: Subject = Subject {
    step: "S1",
    name: "the MCP endpoint",
    section: "MCP Authorization, Error Handling; RFC 9728 §5.1",
};
const METADATA: Subject = Subject {
    step: "S1",
    name: "the resource metadata",
    section: "RFC 9728 §3; MCP Protected Resource Metadata",
};

/// Step 1, to be taken: all that is known is a URL.
#[derive(Clone, Debug)]
pub struct ResourceMetadata {
    url: Url,
    written: String,
}

/// The target is no URL that can be tried.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an http or https URL; for example https://mcp.example.com/mcp")]
pub struct BadTarget(String);

impl ResourceMetadata {
    /// The MCP endpoint as a user would type it.
    ///
    /// # Errors
    /// It is no absolute http or https URL.
    pub fn of(written: &str) -> Result<ResourceMetadata, BadTarget> {
        let url = Url::parse(written).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
        let url = url.filter(Url::has_host).ok_or_else(|| BadTarget(written.to_owned()))?;
        Ok(ResourceMetadata { url, written: written.to_owned() })
    }

    /// Where the document may be, in the order it is looked for: the challenge, beside the path, at the root.
    fn places(&self, exchange: &Exchange) -> Vec<String> {
        let mut places: Vec<String> = challenge(exchange)
            .and_then(|challenge| challenge.parameter("resource_metadata").map(str::to_owned))
            .filter(|place| Url::parse(place).is_ok())
            .into_iter()
            .collect();
        let origin = self.url.origin().ascii_serialization();
        let path = self.url.path().trim_end_matches('/');
        for place in [format!("{origin}{WELL_KNOWN}{path}"), format!("{origin}{WELL_KNOWN}")] {
            if !places.contains(&place) {
                places.push(place);
            }
        }
        places
    }
}

impl Step for ResourceMetadata {
    const NUMBER: u8 = 1;
    const NAME: &'static str = "resource metadata";
    type Next = ServerMetadata;

    async fn send(&self, agent: &Agent) -> Exchange {
        let mut exchange = Exchange::default();
        let mcp = agent.dressed(Part::Mcp);
        head::send(&mcp, &self.written, &mut exchange).await;
        mcp::open(&mcp, &self.written, None, &mut exchange).await;
        if exchange.calls.iter().any(|call| call.reply().is_some()) {
            for place in self.places(&exchange) {
                let request = Outgoing::get(DOCUMENT, place)
                    .header("accept", "application/json")
                    .header("user-agent", agent.persona.oauth_user_agent);
                agent.dressed(Part::Discovery).wire.send(request, &mut exchange).await;
            }
        }
        exchange
    }

    fn judge(self, exchange: &Exchange) -> Result<ServerMetadata, Violation> {
        let mut seen = Seen::default();
        head::judge(exchange, &mut seen);
        let challenged = judge_challenge(exchange, &mut seen)?;
        let challenged: Vec<String> =
            challenged.iter().flat_map(|scope| scope.split_whitespace()).map(str::to_owned).collect();
        let call = found(exchange)?;
        let document = Document::read(call, &[200], METADATA)?;
        let named = document.required("resource")?.to_owned();
        judge_resource(&self, &named, &mut seen)?;
        let authorization_servers = judge_issuers(&document)?;
        self.judge_other_places(exchange, call, &mut seen);
        let scopes = document.list("scopes_supported").unwrap_or_else(|| challenged.clone());
        seen.summary = format!("protected by {}", authorization_servers.join(", "));
        let resource = Resource { url: self.written, named, authorization_servers, scopes, challenged };
        Ok(ServerMetadata::new(resource, seen))
    }
}

/// The first bearer challenge to the request without a token.
fn challenge(exchange: &Exchange) -> Option<Challenge> {
    let reply = exchange.reply(OLDER_CHALLENGE).or_else(|| exchange.reply(CHALLENGE))?;
    Challenge::bearer(reply.headers_named("www-authenticate")).ok().flatten()
}

/// Judges the answer to a request without a token; the scope it names, if it names one.
fn judge_challenge(exchange: &Exchange, seen: &mut Seen) -> Result<Option<String>, Violation> {
    let name = if exchange.named(OLDER_CHALLENGE).is_some() { OLDER_CHALLENGE } else { CHALLENGE };
    let call = ENDPOINT.call(exchange, name)?;
    let reply = exchange.reply(name).cloned().unwrap_or_default();
    if reply.status == 200 {
        seen.note("answers without a token (mixed mode): tools must challenge by themselves");
        return Ok(None);
    }
    if reply.status != 401 {
        return Err(not_401(call, &reply));
    }
    let malformed = |fault: &dyn std::fmt::Display| {
        ENDPOINT
            .violation("www_authenticate", "the 401 carries no challenge that can be read")
            .expected("WWW-Authenticate: Bearer resource_metadata=\"https://…\"")
            .seen(format!("{fault}"))
            .change(
                "send WWW-Authenticate with every 401, exposed to pages of other origins \
                 (Access-Control-Expose-Headers); without it no client starts to sign in",
            )
    };
    let challenge = Challenge::bearer(reply.headers_named("www-authenticate"))
        .map_err(|fault| malformed(&fault))?
        .ok_or_else(|| {
            malformed(&reply.header("www-authenticate").unwrap_or("no WWW-Authenticate header"))
        })?;
    match challenge.parameter("resource_metadata") {
        None => seen.note("the challenge names no resource_metadata: clients must guess the well-known path"),
        Some(place) if Url::parse(place).is_ok_and(|url| is_safe(&url)) => {}
        Some(place) => {
            return Err(ENDPOINT
                .violation(
                    "resource_metadata",
                    "the challenge names a document that is not at an absolute https URL",
                )
                .expected("resource_metadata=\"https://…\"")
                .seen(place)
                .change("set RESOURCE to the public https URL of the MCP endpoint"));
        }
    }
    if challenge.parameter("error").is_some() {
        seen.note("the challenge names an error although no token was sent (RFC 6750 §3.1)");
    }
    Ok(challenge.parameter("scope").map(str::to_owned))
}

fn not_401(call: &Call, reply: &Reply) -> Violation {
    let change = match reply.status {
        300..400 => "answer at the typed URL itself: clients do not follow a redirect with a token",
        403 => {
            "do not refuse unknown user agents or addresses before asking for a token (bot protection, Origin)"
        }
        404 => "give the URL of the MCP endpoint itself, with its path",
        _ => "ask for the bearer token before anything else is looked at",
    };
    ENDPOINT
        .violation("challenge", "a request without a token is not answered with 401")
        .expected(format!("401 with WWW-Authenticate to {} {}", call.method, call.url))
        .seen(reply.line())
        .change(change)
}

/// The first place that had the document; when none had, the first place that was tried.
fn found(exchange: &Exchange) -> Result<&Call, Violation> {
    let is_found = |call: &&Call| call.reply().is_some_and(|reply| reply.status == 200);
    exchange.all_named(DOCUMENT).find(is_found).map_or_else(|| METADATA.call(exchange, DOCUMENT), Ok)
}

fn judge_resource(step: &ResourceMetadata, resource: &str, seen: &mut Seen) -> Result<(), Violation> {
    if resource == step.written {
        return Ok(());
    }
    if step.url.path() == "/" && resource.trim_end_matches('/') == step.written.trim_end_matches('/') {
        seen.note("`resource` and the typed URL differ by a trailing slash; strict clients refuse that");
        return Ok(());
    }
    Err(METADATA
        .violation("resource", "`resource` is not the URL of the MCP endpoint")
        .expected(&step.written)
        .seen(resource)
        .change(format!("set RESOURCE to exactly {}, or connect to {resource}", step.written)))
}

fn judge_issuers(document: &Document) -> Result<Vec<String>, Violation> {
    let issuers = document.list("authorization_servers").unwrap_or_default();
    let first = issuers.first().ok_or_else(|| {
        METADATA
            .violation("authorization_servers", "`authorization_servers` names no issuer")
            .expected("a list with at least one https URL")
            .seen(document.get("authorization_servers").unwrap_or(&json!("nothing")).to_string())
            .change("set ISSUER of the MCP server to the authorization server's issuer")
    })?;
    if Url::parse(first).is_ok_and(|url| is_safe(&url)) {
        return Ok(issuers);
    }
    Err(METADATA
        .violation("authorization_servers", "the issuer is not an absolute https URL")
        .expected("https://… (http only on a loopback host)")
        .seen(first)
        .change("set ISSUER to the public https URL of the authorization server"))
}

impl ResourceMetadata {
    /// Clients disagree on where to look: what holds at one place should hold, byte for byte, at all.
    fn judge_other_places(&self, exchange: &Exchange, found: &Call, seen: &mut Seen) {
        let own = found.reply().map(|reply| &reply.body);
        for call in exchange.all_named(DOCUMENT).filter(|call| call.url != found.url) {
            match call.reply() {
                Some(reply) if reply.status == 200 && Some(&reply.body) == own => {}
                Some(reply) if reply.status == 200 => {
                    seen.note(format!("{} differs from {}", call.url, found.url));
                }
                _ => seen.note(format!("not served at {}, where some clients look", call.url)),
            }
        }
    }
}

#[cfg(test)]
mod tests;
