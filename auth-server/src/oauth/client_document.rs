//! What a client publishes about itself: draft-ietf-oauth-client-id-metadata-document §4.1, with the list of methods of
//! SEP-3149. Members that make no difference here are not looked at, whatever they hold.

use serde_json::{Map, Value};
use shared::{clock::Timestamp, scope::Scopes};

use super::{
    client::{ApplicationType, AuthMethod, Client, ClientMetadata, KeySource, Origin},
    client_id_url::ClientIdUrl,
    client_metadata::{MAX_REDIRECT_URIS, presentable},
    redirect::RedirectUri,
};

/// How every method that shares a secret is called: nobody could keep one that stands in a public document.
const SHARED_SECRET: &str = "client_secret";

/// Whether a media type is one of a metadata document: `application/json` or `application/…+json`, whatever its parameters.
pub fn is_document_type(content_type: &str) -> bool {
    let essence = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match essence.strip_prefix("application/") {
        Some(subtype) => subtype == "json" || (subtype.len() > 5 && subtype.ends_with("+json")),
        None => false,
    }
}

/// Reads the document that was fetched from `url` as a client. `ours` are the methods this server has.
///
/// # Errors
/// The first rule it breaks.
pub fn read(
    document: &[u8],
    url: &ClientIdUrl,
    ours: &[AuthMethod],
    now: Timestamp,
) -> Result<Client, DocumentFault> {
    let members = match serde_json::from_slice(document) {
        Ok(Value::Object(members)) => Members(members),
        _ => return Err(DocumentFault::NoObject),
    };
    if members.text("client_id")? != Some(url.as_str()) {
        return Err(DocumentFault::OtherClientId);
    }
    if members.get("client_secret").is_some() || members.get("client_secret_expires_at").is_some() {
        return Err(DocumentFault::Secret);
    }
    // Unknown grants beside the code grant are ignored: real documents list a few.
    if members.texts("grant_types")?.is_some_and(|grants| !grants.contains(&"authorization_code")) {
        return Err(DocumentFault::GrantTypes);
    }
    let name = members.text("client_name")?.and_then(presentable).ok_or(DocumentFault::NoName)?;
    let keys = members.keys()?;
    let (auth_methods, preferred) = members.auth_methods(ours, keys.is_some())?;
    let metadata = ClientMetadata {
        name: Some(name),
        redirect_uris: members.redirect_uris()?,
        auth_method: preferred,
        keys,
        application_type: members
            .get("application_type")
            .and_then(Value::as_str)
            .and_then(ApplicationType::parse),
        scope: members.scope()?,
        issued_at: now,
    };
    let origin = Origin::Document { host: url.host().to_owned() };
    Ok(Client { id: url.as_str().to_owned(), metadata, auth_methods, origin })
}

/// The members of a document. One that is `null` is not there.
struct Members(Map<String, Value>);

impl Members {
    fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    fn text(&self, name: &'static str) -> Result<Option<&str>, DocumentFault> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(DocumentFault::Shape(name)),
        }
    }

    /// The texts of a list; entries of other kinds are nothing we know.
    fn texts(&self, name: &'static str) -> Result<Option<Vec<&str>>, DocumentFault> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::Array(list)) => Ok(Some(list.iter().filter_map(Value::as_str).collect())),
            Some(_) => Err(DocumentFault::Shape(name)),
        }
    }

    fn redirect_uris(&self) -> Result<Vec<RedirectUri>, DocumentFault> {
        let given = match self.get("redirect_uris") {
            Some(Value::Array(list)) if (1..=MAX_REDIRECT_URIS).contains(&list.len()) => list,
            _ => return Err(DocumentFault::RedirectUriCount),
        };
        let usable = |value: &Value| {
            let uri = value.as_str().and_then(|text| RedirectUri::parse(text).ok())?;
            // MCP: every redirect URI is https or on the person's own machine.
            (uri.as_str().starts_with("https://") || uri.is_loopback()).then_some(uri)
        };
        given.iter().map(usable).collect::<Option<_>>().ok_or(DocumentFault::RedirectUri)
    }

    fn keys(&self) -> Result<Option<KeySource>, DocumentFault> {
        match (self.get("jwks"), self.text("jwks_uri")?) {
            (None, None) => Ok(None),
            (set, uri) => KeySource::read(set, uri).map(Some).map_err(|_| DocumentFault::Keys),
        }
    }

    /// What the client and this server have in common, and which of it the client prefers. SEP-3149: the list counts
    /// where there is one, the single method otherwise, and without either the client is a public one.
    fn auth_methods(
        &self,
        ours: &[AuthMethod],
        has_keys: bool,
    ) -> Result<(Vec<AuthMethod>, AuthMethod), DocumentFault> {
        let single = self.text("token_endpoint_auth_method")?;
        let list = self.texts("token_endpoint_auth_methods_supported")?;
        if single.iter().chain(list.iter().flatten()).any(|method| method.starts_with(SHARED_SECRET)) {
            return Err(DocumentFault::Secret);
        }
        let theirs = list.unwrap_or_else(|| vec![single.unwrap_or(AuthMethod::None.as_str())]);
        let in_common = |method: &AuthMethod| {
            ours.contains(method)
                && theirs.contains(&method.as_str())
                && (*method != AuthMethod::PrivateKeyJwt || has_keys)
        };
        let usable: Vec<AuthMethod> = AuthMethod::ALL.into_iter().filter(in_common).collect();
        let named = usable.iter().find(|method| Some(method.as_str()) == single);
        // Of two, the one that proves something.
        let preferred = *named.or(usable.last()).ok_or(DocumentFault::AuthMethods)?;
        Ok((usable, preferred))
    }

    fn scope(&self) -> Result<Option<Scopes>, DocumentFault> {
        let scopes = Scopes::parse(self.text("scope")?.unwrap_or_default());
        let scopes = scopes.map_err(|_| DocumentFault::Shape("scope"))?;
        Ok(Some(scopes).filter(|scopes| !scopes.is_empty()))
    }
}

/// Why a document describes no client. A sentence for a person, without a word of the document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DocumentFault {
    /// Not JSON, or not an object.
    #[error("The document is not a JSON object.")]
    NoObject,
    /// `client_id` is missing or another URL.
    #[error("The client_id in the document is not the address of the document.")]
    OtherClientId,
    /// A secret, or a method that needs one.
    #[error("The document speaks of a client secret, and a public document cannot keep one.")]
    Secret,
    /// A list without `authorization_code`.
    #[error("The grant_types of the document do not include authorization_code.")]
    GrantTypes,
    /// No `client_name`.
    #[error("The document has no client_name.")]
    NoName,
    /// None, or too many.
    #[error("The redirect_uris of the document are not a list of 1 to 32 URIs.")]
    RedirectUriCount,
    /// One that could never be used.
    #[error(
        "A redirect URI of the document is neither a plainly spelled https URI nor an http URI of the person's own \
         computer."
    )]
    RedirectUri,
    /// One that would make our answer a request to ourselves.
    #[error("A redirect URI of the document leads to this server.")]
    RedirectUriHere,
    /// Neither usable keys nor an https URL, or both.
    #[error("The document has neither a jwks with public keys nor a plain https jwks_uri, or it has both.")]
    Keys,
    /// Nothing in common.
    #[error("This server has none of the ways in which the client can authenticate.")]
    AuthMethods,
    /// A member that is something else.
    #[error("The {0} of the document is not of the form it should be.")]
    Shape(&'static str),
}

#[cfg(test)]
mod tests;
