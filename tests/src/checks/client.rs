//! The clients that are registered for the checks, and how each proves who it is.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use url::{Url, form_urlencoded::byte_serialize};

use super::{
    deployment::Deployment,
    probe::{Pairs, Probe, with},
    verdict::{Seen, wrong},
};
use crate::exchange::Reply;

/// A registered client.
#[derive(Clone, Default)]
pub(super) struct Client {
    pub(super) id: String,
    pub(super) secret: Option<String>,
    /// `token_endpoint_auth_method`.
    pub(super) method: String,
    pub(super) redirect_uri: String,
}

impl Client {
    /// Reads a registration response; none when it names no client.
    pub(super) fn of(document: &Value) -> Option<Client> {
        let text = |name: &str| document[name].as_str().map(str::to_owned);
        let secret = text("client_secret");
        // RFC 7591 §2: the default when it is omitted.
        let default = if secret.is_some() { "client_secret_basic" } else { "none" };
        Some(Client {
            id: text("client_id")?,
            secret,
            method: text("token_endpoint_auth_method").unwrap_or_else(|| default.to_owned()),
            redirect_uri: document["redirect_uris"][0].as_str()?.to_owned(),
        })
    }

    /// A form to an endpoint where the client says who it is, in the way it registered.
    pub(super) fn form(&self, url: &str, pairs: Pairs) -> Probe {
        let secret = self.secret.as_deref().unwrap_or_default();
        match self.method.as_str() {
            "client_secret_basic" => {
                Probe::form(url, &pairs).header("authorization", basic(&self.id, secret))
            }
            "client_secret_post" => {
                Probe::form(url, &with(with(pairs, "client_id", &self.id), "client_secret", secret))
            }
            _ => Probe::form(url, &with(pairs, "client_id", &self.id)),
        }
    }
}

/// RFC 6749 §2.3.1: both parts are form-encoded first.
pub(super) fn basic(id: &str, secret: &str) -> String {
    let encode = |part: &str| byte_serialize(part.as_bytes()).collect::<String>();
    format!("Basic {}", STANDARD.encode(format!("{}:{}", encode(id), encode(secret))))
}

impl Deployment {
    /// The body ChatGPT registers with; on this machine, one that says so.
    pub(super) fn registration(&self) -> Value {
        let redirect_uri = self.agent.persona.redirect_uri();
        let mut body = json!({
            "client_name": "Gatehouse conformance client",
            "redirect_uris": [redirect_uri],
            "grant_types": ["authorization_code", "refresh_token"],
            "response_types": ["code"],
        });
        if Url::parse(redirect_uri).is_ok_and(|uri| shared::resource::is_loopback(&uri)) {
            body["application_type"] = json!("native");
        }
        body
    }

    /// Sends a registration.
    pub(super) async fn register(&self, body: &Value) -> Seen<Reply> {
        let endpoint = self.endpoint("registration_endpoint")?;
        self.send(&Probe::json(endpoint, body)).await
    }

    /// Registers a client that is needed; with this method where it is advertised.
    pub(super) async fn client(&self, method: &str) -> Seen<Client> {
        let mut body = self.registration();
        if self.auth_methods().iter().any(|own| own == method) {
            body["token_endpoint_auth_method"] = json!(method);
        }
        let reply = self.register(&body).await?;
        registered(&reply).map_err(Into::into)
    }

    /// The advertised methods of client authentication.
    pub(super) fn auth_methods(&self) -> Vec<String> {
        match self.listed("token_endpoint_auth_methods_supported") {
            // RFC 8414 §2: the default when it is omitted.
            none if none.is_empty() => vec!["client_secret_basic".to_owned()],
            methods => methods,
        }
    }

    /// Sends a token request of this client.
    pub(super) async fn token(&self, client: &Client, pairs: Pairs) -> Seen<Reply> {
        let endpoint = self.endpoint("token_endpoint")?;
        self.send(&client.form(endpoint, pairs)).await
    }
}

/// The client of a registration that was accepted.
pub(super) fn registered(reply: &Reply) -> Result<Client, crate::violation::Violation> {
    let client = Client::of(&reply.json().unwrap_or_default());
    client.filter(|_| matches!(reply.status, 200 | 201)).ok_or_else(|| {
        wrong("a usual registration is refused")
            .expected("201 with client_id and redirect_uris")
            .seen(reply.line())
            .change("accept what ChatGPT registers; REDIRECT_URIS adds redirect URIs that are allowed")
    })
}
