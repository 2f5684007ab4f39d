//! Who the client says it is. What is written here was observed of ChatGPT or is documented by its maker.

use serde_json::{Value, json};

/// What a client sends that depends on nothing but who it is.
#[derive(Clone, Debug)]
pub struct Persona {
    /// Shown to the user on the page.
    pub client_name: String,
    /// Registered; the first one is used.
    pub redirect_uris: Vec<String>,
    /// Registered as `application_type`; ChatGPT names none.
    pub application_type: Option<&'static str>,
    /// `User-Agent` of discovery, registration and the token endpoint.
    pub oauth_user_agent: &'static str,
    /// `User-Agent` of MCP requests.
    pub mcp_user_agent: &'static str,
    /// Asked for when the authorization server advertises them.
    pub identity_scopes: &'static [&'static str],
}

impl Persona {
    /// ChatGPT with its stable redirect URI.
    pub fn chatgpt() -> Persona {
        Persona {
            client_name: "ChatGPT".to_owned(),
            redirect_uris: vec!["https://chatgpt.com/connector_platform_oauth_redirect".to_owned()],
            application_type: None,
            oauth_user_agent: "Python/3.12 aiohttp/3.13.5",
            mcp_user_agent: "openai-mcp/1.0.0",
            identity_scopes: &["openid", "email", "offline_access"],
        }
    }

    /// ChatGPT's flow by way of this machine's browser: the page names who really asks.
    pub fn on_this_machine(redirect_uri: String) -> Persona {
        Persona {
            client_name: "Gatehouse conformance client".to_owned(),
            redirect_uris: vec![redirect_uri],
            application_type: Some("native"),
            ..Persona::chatgpt()
        }
    }

    /// The redirect URI that is used.
    pub fn redirect_uri(&self) -> &str {
        self.redirect_uris.first().map_or("", String::as_str)
    }

    /// The body of its registration.
    pub fn registration(&self) -> Value {
        let mut body = json!({
            "client_name": self.client_name,
            "redirect_uris": self.redirect_uris,
            "grant_types": ["authorization_code", "refresh_token"],
            "response_types": ["code"],
        });
        if let Some(kind) = self.application_type {
            body["application_type"] = json!(kind);
        }
        body
    }
}
