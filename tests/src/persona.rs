//! Who the client says it is. What a client is known to do stands in `tests/personas`, one file a client.

mod files;
pub mod home;
pub mod key;
mod scopes;
pub mod script;
#[cfg(test)]
mod tests;

use serde_json::{Map, Value, json};
use url::Url;

pub use self::files::Draw;
use crate::{
    persona::script::{Document, Dynamic, Script, Spelling},
    steps::{Client, Resource, Server},
};

/// What a client sends that depends on nothing but who it is.
#[derive(Clone, Debug, Default)]
pub struct Persona {
    /// Shown to the user on the page.
    pub client_name: String,
    /// Registered; the first one is used where its file names no other.
    pub redirect_uris: Vec<String>,
    /// `User-Agent` of discovery, registration and the token endpoint.
    pub oauth_user_agent: &'static str,
    /// `User-Agent` of MCP requests.
    pub mcp_user_agent: &'static str,
    /// What its file says. Name and redirect URIs of a registration stand above.
    pub script: Script,
}

impl Persona {
    /// ChatGPT with its stable redirect URI, registering without a word on how it authenticates.
    pub fn chatgpt() -> Persona {
        let script = files::scripts().iter().find(|script| script.name == "chatgpt-dcr");
        let mut persona = script.cloned().map(Persona::of).unwrap_or_default();
        "chatgpt".clone_into(&mut persona.script.name);
        if let Some(dynamic) = &mut persona.script.dynamic {
            dynamic.auth_methods.clear();
        }
        persona
    }

    /// ChatGPT's flow by way of this machine's browser: the page names who really asks.
    pub fn on_this_machine(redirect_uri: String) -> Persona {
        Persona::chatgpt().called_back_at(redirect_uri)
    }

    /// The persona of that name; none when there is no such file.
    pub fn named(name: &str, draw: &Draw) -> Option<Persona> {
        if name == "chatgpt" {
            return Some(Persona::chatgpt());
        }
        files::script(name, draw).map(Persona::of)
    }

    /// Every file's name and title, in the order of the matrix.
    pub fn list() -> impl Iterator<Item = (&'static str, &'static str)> {
        files::scripts().iter().map(|script| (script.name.as_str(), script.title.as_str()))
    }

    fn of(script: Script) -> Persona {
        let known = files::scripts().iter().find(|known| known.name == script.name);
        let members = script.dynamic.as_ref().map(|dynamic| &dynamic.members);
        let redirect_uris = members.map(|members| strings(members, "redirect_uris")).unwrap_or_default();
        let name = members.and_then(|members| members.get("client_name")).and_then(Value::as_str);
        Persona {
            client_name: name.unwrap_or(&script.title).to_owned(),
            redirect_uris,
            oauth_user_agent: known.map_or("", |known| known.user_agents.oauth.as_str()),
            mcp_user_agent: known.map_or("", |known| known.user_agents.mcp.as_str()),
            script,
        }
    }

    /// The same, called back at a listener of this machine: registered for it, under a name that says so.
    #[must_use]
    pub fn called_back_at(mut self, redirect_uri: String) -> Persona {
        "Gatehouse conformance client".clone_into(&mut self.client_name);
        self.redirect_uris = vec![redirect_uri];
        self.script.document = None;
        if let Some(Dynamic { redirect_uri, members, .. }) = &mut self.script.dynamic {
            *redirect_uri = None;
            members.insert("application_type".to_owned(), json!("native"));
        }
        self
    }

    /// Whether it is called back at this port of this machine, whichever way it introduces itself.
    pub fn listens_at(&self, port: u16) -> bool {
        let document = self.script.document.as_ref();
        let own = document.map(|document| document.used_redirect_uri().unwrap_or_default());
        own.iter().map(String::as_str).chain([self.redirect_uri()]).all(|uri| {
            Url::parse(uri).is_ok_and(|url| url.port() == Some(port) && shared::resource::is_loopback(&url))
        })
    }

    /// The same client, connected once more; `id_token` came from the connection before.
    pub fn reconnected(&self, id_token: Option<&str>) -> Option<Persona> {
        let mut persona = self.clone();
        let reconnect = &mut persona.script.reconnect;
        let again = (!reconnect.is_empty()).then(|| reconnect.remove(0))?;
        persona.script.scopes = again.scopes;
        if let Some(hint) = id_token.filter(|_| again.id_token_hint) {
            persona.script.authorize.parameters.insert("id_token_hint".to_owned(), hint.to_owned());
        }
        Some(persona)
    }

    /// The redirect URI of a dynamic registration that is used.
    pub fn redirect_uri(&self) -> &str {
        let own = self.script.dynamic.as_ref().and_then(|dynamic| dynamic.redirect_uri.as_deref());
        own.or(self.redirect_uris.first().map(String::as_str)).unwrap_or("")
    }

    /// The redirect URI this client is called back at.
    pub fn callback(&self, client: &Client) -> String {
        match &self.script.document {
            Some(document) if client.is_document => document.used_redirect_uri().unwrap_or_default(),
            _ => self.redirect_uri().to_owned(),
        }
    }

    /// The body of its registration.
    pub fn registration(&self) -> Value {
        let members = self.script.dynamic.as_ref().map(|dynamic| dynamic.members.clone());
        let mut body = Value::Object(members.unwrap_or_default());
        body["client_name"] = json!(self.client_name);
        body["redirect_uris"] = json!(self.redirect_uris);
        body
    }

    /// The same for a server that lists these methods of client authentication.
    pub fn registration_at(&self, server: &Server) -> Value {
        let mut body = self.registration();
        let wanted = self.script.dynamic.iter().flat_map(|dynamic| &dynamic.auth_methods);
        if let Some(method) = wanted.into_iter().find(|method| server.auth_methods.contains(method)) {
            body["token_endpoint_auth_method"] = json!(method);
        }
        body
    }

    /// `resource`, where this request carries it.
    pub fn resource(&self, request: script::Request, resource: &Resource) -> Option<String> {
        let parameter = &self.script.resource;
        let parsed = || Url::parse(&resource.url).map_or_else(|_| resource.url.clone(), Url::into);
        parameter.sent.contains(&request).then(|| match parameter.spelling {
            Spelling::Document => resource.named.clone(),
            Spelling::Parsed => parsed(),
            Spelling::Canonical => parsed().trim_end_matches('/').to_owned(),
        })
    }
}

impl Document {
    fn used_redirect_uri(&self) -> Option<String> {
        self.redirect_uri.clone().or_else(|| strings(&self.members, "redirect_uris").into_iter().next())
    }
}

/// A member that is a list of strings.
fn strings(members: &Map<String, Value>, name: &str) -> Vec<String> {
    let list = members.get(name).and_then(Value::as_array);
    list.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}
