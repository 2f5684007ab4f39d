//! Step 4: the user lets the client in (OAuth 2.1 §4.1.1, RFC 7636, RFC 8707, RFC 9207).

mod form_action;
#[cfg(test)]
mod tests;

use url::Url;

use crate::{
    agent::Agent,
    document::Subject,
    exchange::Exchange,
    human::SUBMIT,
    persona::{Persona, script::Request},
    pkce::{self, Pkce},
    steps::{Client, Resource, Seen, Server, Step, reached, s5_token::TokenExchange},
    violation::Violation,
};

const AUTHORIZATION: Subject =
    Subject { step: "S4", name: "the authorization", section: "OAuth 2.1 §4.1.2; RFC 9207 §2.4" };

/// How a fresh `state` begins, when nothing else is said of it.
const STATE: &str = "oauth_s_";

/// Step 4, to be taken. Verifier and state are made here and shown to nobody.
#[derive(Clone)]
pub struct Authorization {
    resource: Resource,
    server: Server,
    client: Client,
    pkce: Pkce,
    state: String,
    seen: Seen,
}
reached!(Authorization);

impl Authorization {
    pub(super) fn new(resource: Resource, server: Server, client: Client, seen: Seen) -> Authorization {
        Authorization { resource, server, client, pkce: Pkce::fresh(), state: pkce::state(), seen }
    }

    /// What step 3 proved.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// The same client once more, with a verifier and a state of its own.
    pub fn again(&self) -> Authorization {
        let Authorization { resource, server, client, .. } = self.clone();
        Authorization::new(resource, server, client, Seen::default())
    }

    /// The page the user is sent to.
    pub fn url(&self, persona: &Persona) -> Url {
        let mut url = self.server.authorization_endpoint.clone();
        let random = self.state.trim_start_matches(STATE);
        url.query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair("client_id", &self.client.id)
            .append_pair("redirect_uri", &persona.callback(&self.client))
            .append_pair("state", &persona.script.state.replace("{random}", random))
            .append_pair("code_challenge", &self.pkce.challenge)
            .append_pair("code_challenge_method", "S256");
        for (name, value) in self.varying(persona) {
            url.query_pairs_mut().append_pair(&name, &value);
        }
        url
    }

    /// The parameters that not every client sends.
    fn varying(&self, persona: &Persona) -> Vec<(String, String)> {
        let authorize = &persona.script.authorize;
        let resource = persona.resource(Request::Authorize, &self.resource);
        let scope = persona.script.scopes.chosen(&self.resource, &self.server, &self.client);
        let asks_offline = scope.iter().flat_map(|scope| scope.split(' ')).any(|one| one == "offline_access");
        let consent = (authorize.consent_for_offline_access && asks_offline).then(|| "consent".to_owned());
        let named = [("resource", resource), ("scope", scope), ("prompt", consent)];
        let named = named.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
        named.chain(authorize.parameters.clone()).collect()
    }
}

impl Step for Authorization {
    const NUMBER: u8 = 4;
    const NAME: &'static str = "authorization";
    type Next = TokenExchange;

    async fn send(&self, agent: &Agent) -> Exchange {
        agent.wire.secrets().learn(&self.pkce.verifier);
        match Url::parse(&agent.persona.callback(&self.client)) {
            Ok(redirect_uri) => {
                let url = self.url(&agent.persona);
                agent.human.visit(&agent.wire, &url, &redirect_uri).await
            }
            Err(fault) => {
                let stuck = Some(format!("the redirect URI is no URL: {fault}"));
                Exchange { stuck, ..Exchange::default() }
            }
        }
    }

    fn judge(self, exchange: &Exchange) -> Result<TokenExchange, Violation> {
        let callback = judge_way(exchange, &self.client)?;
        judge_redirects(exchange)?;
        let sent = |name: &str| exchange.calls.first().and_then(|call| parameter(&call.url, name));
        let redirect_uri = sent("redirect_uri").unwrap_or_else(|| self.client.redirect_uri.clone());
        form_action::judge(exchange, &redirect_uri)?;
        let answer = Answer::of(callback)?;
        answer.judge_state(&sent("state").unwrap_or(self.state))?;
        // RFC 9207 §2.4: before anything else in the answer is used, errors included.
        answer.judge_iss(&self.server)?;
        let code = answer.code()?;
        let mut seen = Seen::new("signed in and allowed, state and PKCE challenge accepted");
        if answer.get("iss").is_some() {
            seen.summary.push_str(", iss matches");
        }
        let scopes = sent("scope").unwrap_or_default().split_whitespace().map(str::to_owned).collect();
        let client = Client { redirect_uri, ..self.client };
        let token = TokenExchange::new(self.resource, self.server, client, (code, self.pkce.verifier));
        Ok(token.reached(scopes, seen))
    }
}

/// A parameter of the authorization request as it was sent.
fn parameter(url: &str, name: &str) -> Option<String> {
    let url = Url::parse(url).ok()?;
    url.query_pairs().find(|(own, _)| own == name).map(|(_, value)| value.into_owned())
}

/// The callback, or why there is none.
fn judge_way<'a>(exchange: &'a Exchange, client: &Client) -> Result<&'a str, Violation> {
    if let Some(callback) = &exchange.callback {
        return Ok(callback);
    }
    let stuck = exchange.stuck.as_deref().unwrap_or("the authorization endpoint was not visited");
    let last = exchange.calls.last();
    let status = last.and_then(|call| call.reply()).map_or(0, |reply| reply.status);
    let change = if stuck.contains("sign-in was refused") {
        "check the e-mail address and the password".to_owned()
    } else if exchange.calls.len() <= 1 && status >= 400 && client.is_document {
        format!(
            "fetch the client's document at {} and accept its redirect URIs, on this machine at any port; a server on \
             this machine needs CIMD_ALLOW_LOOPBACK=on, and EXTRA_CA_FILE with the authority conform uses",
            client.id
        )
    } else if exchange.calls.len() <= 1 && status >= 400 {
        "accept the request: a registered redirect URI, PKCE S256, a known `resource`, and unknown parameters ignored"
            .to_owned()
    } else {
        "lead the user back to the redirect URI; if the page needs JavaScript or another sign-in, use --browser"
            .to_owned()
    };
    Err(AUTHORIZATION
        .violation("callback", "the user did not come back to the client")
        .expected("a redirect to the redirect URI with code, state and iss")
        .seen(stuck)
        .change(change))
}

/// After a form, only 302 and 303 make every browser and every callback happy.
fn judge_redirects(exchange: &Exchange) -> Result<(), Violation> {
    let after_form = exchange.calls.iter().rev().take_while(|call| call.name != SUBMIT);
    let submit = exchange.named(SUBMIT).filter(|call| call.method == "POST");
    let mut calls = after_form.chain(submit).filter(|_| submit.is_some()).filter_map(|call| call.reply());
    match calls.find(|reply| matches!(reply.status, 307 | 308)) {
        None => Ok(()),
        Some(reply) => Err(AUTHORIZATION
            .violation("redirect_status", "the form is answered with a redirect that repeats it")
            .expected("302 or 303")
            .seen(reply.status.to_string())
            .change("answer with 303: a 307 posts the user's password to the client")),
    }
}

/// The parameters at the redirect URI, each at most once.
struct Answer(Vec<(String, String)>);

impl Answer {
    fn of(callback: &str) -> Result<Answer, Violation> {
        let query = callback.split_once('?').map_or("", |(_, query)| query);
        let query = query.split('#').next().unwrap_or_default();
        let pairs: Vec<(String, String)> =
            url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        for name in ["code", "state", "iss", "error"] {
            if pairs.iter().filter(|(own, _)| own == name).count() > 1 {
                return Err(AUTHORIZATION
                    .violation("repeated", format!("`{name}` stands twice at the redirect URI"))
                    .expected("every parameter once")
                    .change("append the parameters once, keeping the redirect URI's own query"));
            }
        }
        Ok(Answer(pairs))
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }

    fn judge_state(&self, sent: &str) -> Result<(), Violation> {
        if self.get("state") == Some(sent) {
            return Ok(());
        }
        Err(AUTHORIZATION
            .violation("state", "`state` does not come back unchanged")
            .expected(sent)
            .seen(self.get("state").unwrap_or("no state"))
            .change("return state byte for byte, with errors too"))
    }

    fn judge_iss(&self, server: &Server) -> Result<(), Violation> {
        let expected = match self.get("iss") {
            Some(iss) if iss == server.issuer => return Ok(()),
            None if !server.sends_iss => return Ok(()),
            Some(_) => "iss exactly as in the metadata",
            None => "iss, because the metadata promises it",
        };
        Err(AUTHORIZATION
            .violation("iss", "the answer does not come from the issuer it was asked of")
            .expected(format!("{expected}: {}", server.issuer))
            .seen(self.get("iss").unwrap_or("no iss"))
            .change(format!(
                "set ISSUER to exactly {} and add iss to every answer, errors included",
                server.issuer
            )))
    }

    fn code(&self) -> Result<String, Violation> {
        match (self.get("code").filter(|code| !code.is_empty()), self.get("error")) {
            (Some(code), None) => Ok(code.to_owned()),
            (_, Some(error)) => Err(AUTHORIZATION
                .violation("error", "the server answered with an error")
                .expected("a code")
                .seen(format!("{error}: {}", self.get("error_description").unwrap_or("(no description)")))
                .change("see what the error names: the client sent what ChatGPT sends")),
            (None, None) => Err(AUTHORIZATION
                .violation("code", "there is no code at the redirect URI")
                .expected("code")
                .change("answer response_type=code in the query of the redirect URI")),
        }
    }
}
