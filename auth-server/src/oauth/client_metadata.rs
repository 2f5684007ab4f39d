//! Registration requests: RFC 7591 §2.

use serde::Deserialize;
use serde_json::Value;
use shared::{clock::Timestamp, scope::Scopes};

use super::{
    allowlist::Allowlist,
    client::{ApplicationType, AuthMethod, ClientMetadata, KeySource},
    client_keys::KeySourceFault,
    error::ErrorCode,
    redirect::RedirectUri,
};

/// The members of a registration request that make a difference. Others are ignored (RFC 7591 §2), and so is `null`.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct RegistrationRequest {
    redirect_uris: Option<Vec<String>>,
    client_name: Option<String>,
    token_endpoint_auth_method: Option<String>,
    grant_types: Option<Vec<String>>,
    response_types: Option<Vec<String>>,
    application_type: Option<String>,
    scope: Option<String>,
    jwks: Option<Value>,
    jwks_uri: Option<String>,
}

/// More redirect URIs than any client has.
pub(super) const MAX_REDIRECT_URIS: usize = 32;
/// Longer names are cut: they are shown to a person.
const MAX_NAME_CHARACTERS: usize = 100;

impl RegistrationRequest {
    /// What will be registered: every redirect URI must be on the allowlist, the code grant must be among the grants.
    ///
    /// # Errors
    /// The first thing that cannot be registered.
    pub fn admit(
        &self,
        allowlist: &Allowlist,
        now: Timestamp,
    ) -> Result<ClientMetadata, RegistrationRefusal> {
        let names = |list: &Option<Vec<String>>, name: &str| match list {
            None => true,
            Some(list) => list.iter().any(|entry| entry == name),
        };
        // Unknown grants beside the code grant are ignored, not refused: real clients list a few.
        if !names(&self.grant_types, "authorization_code") {
            return Err(RegistrationRefusal::GrantTypes);
        }
        if !names(&self.response_types, "code") {
            return Err(RegistrationRefusal::ResponseTypes);
        }
        // RFC 7591 §2: if unspecified or omitted, the default is client_secret_basic.
        let auth_method = match self.token_endpoint_auth_method.as_deref() {
            None => AuthMethod::ClientSecretBasic,
            Some(text) => AuthMethod::parse(text).ok_or(RegistrationRefusal::AuthMethod)?,
        };
        let scope = match self.scope.as_deref().map(Scopes::parse) {
            None => None,
            Some(Ok(scopes)) => Some(scopes).filter(|scopes| !scopes.is_empty()),
            Some(Err(_)) => return Err(RegistrationRefusal::Scope),
        };
        Ok(ClientMetadata {
            name: self.client_name.as_deref().and_then(presentable),
            redirect_uris: self.admit_redirect_uris(allowlist)?,
            auth_method,
            keys: self.admit_keys(auth_method)?,
            application_type: self.application_type.as_deref().and_then(ApplicationType::parse),
            scope,
            issued_at: now,
        })
    }

    /// Keys are of use to clients that sign with them; those of others are ignored.
    fn admit_keys(&self, auth_method: AuthMethod) -> Result<Option<KeySource>, RegistrationRefusal> {
        match auth_method {
            AuthMethod::PrivateKeyJwt => {
                KeySource::read(self.jwks.as_ref(), self.jwks_uri.as_deref()).map(Some).map_err(Into::into)
            }
            _ => Ok(None),
        }
    }

    fn admit_redirect_uris(&self, allowlist: &Allowlist) -> Result<Vec<RedirectUri>, RegistrationRefusal> {
        let given = self.redirect_uris.as_deref().unwrap_or_default();
        if given.is_empty() || given.len() > MAX_REDIRECT_URIS {
            return Err(RegistrationRefusal::RedirectUriCount);
        }
        given
            .iter()
            .map(|text| {
                let uri = RedirectUri::parse(text).map_err(|_| RegistrationRefusal::RedirectUriForm)?;
                match allowlist.admits(&uri) {
                    true => Ok(uri),
                    false => Err(RegistrationRefusal::RedirectUriHost(printable(&uri.host()))),
                }
            })
            .collect()
    }
}

/// A name without control characters, of bounded length; none when nothing is left.
pub fn presentable(name: &str) -> Option<String> {
    let name: String = name.chars().filter(|c| !c.is_control()).take(MAX_NAME_CHARACTERS).collect();
    Some(name.trim().to_owned()).filter(|name| !name.is_empty())
}

/// Text that may stand in an `error_description` (RFC 6749 §5.2 forbids quotes and backslashes).
fn printable(text: &str) -> String {
    text.chars().filter(|c| c.is_ascii_graphic() && !matches!(c, '"' | '\\')).take(100).collect()
}

/// Why a registration is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RegistrationRefusal {
    /// None at all, or too many.
    #[error("redirect_uris must list between 1 and 32 URIs")]
    RedirectUriCount,
    /// One of them could never be used.
    #[error("a redirect URI must be absolute, without fragment and user information, and plainly spelled")]
    RedirectUriForm,
    /// One of them leads to a place that is not on the allowlist.
    #[error("redirects to {0} are not allowed here: the operator can add the URI to REDIRECT_URIS")]
    RedirectUriHost(String),
    /// One of them leads to this server itself.
    #[error("a redirect URI must not lead to this server")]
    RedirectUriHere,
    /// No `authorization_code`.
    #[error("grant_types must include authorization_code")]
    GrantTypes,
    /// No `code`.
    #[error("response_types must include code")]
    ResponseTypes,
    /// A method we do not have.
    #[error(
        "token_endpoint_auth_method must be none, client_secret_basic, client_secret_post or private_key_jwt"
    )]
    AuthMethod,
    /// Keys that cannot be had, of a client that signs with them.
    #[error(transparent)]
    Keys(#[from] KeySourceFault),
    /// A malformed scope.
    #[error("scope has a character that is not allowed")]
    Scope,
    /// Not a JSON object of the right shape.
    #[error("the body must be a JSON object of client metadata, sent as application/json")]
    Malformed,
}

impl RegistrationRefusal {
    /// RFC 7591 §3.2.2.
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::RedirectUriCount
            | Self::RedirectUriForm
            | Self::RedirectUriHost(_)
            | Self::RedirectUriHere => ErrorCode::InvalidRedirectUri,
            Self::GrantTypes
            | Self::ResponseTypes
            | Self::AuthMethod
            | Self::Keys(_)
            | Self::Scope
            | Self::Malformed => ErrorCode::InvalidClientMetadata,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admit(json: &str) -> Result<ClientMetadata, RegistrationRefusal> {
        let request: RegistrationRequest = serde_json::from_str(json).unwrap();
        request.admit(&Allowlist::parse("").unwrap(), Timestamp(1_795_305_600))
    }

    #[test]
    fn what_was_registered_reads_back_the_same() {
        for json in [
            r#"{"client_name":"ChatGPT","redirect_uris":["https://chatgpt.com/connector_platform_oauth_redirect"]}"#,
            r#"{"redirect_uris":["http://127.0.0.1/","http://localhost:1/cb"],"token_endpoint_auth_method":"none",
                "application_type":"native","scope":"a  b","client_name":"line\nbreak","jwks":{},"logo_uri":null}"#,
            r#"{"redirect_uris":["http://[::1]/"],"token_endpoint_auth_method":"client_secret_post","application_type":"web"}"#,
            r#"{"redirect_uris":["http://[::1]/"],"token_endpoint_auth_method":"private_key_jwt","jwks_uri":"https://a/b"}"#,
            r#"{"redirect_uris":["http://[::1]/"],"token_endpoint_auth_method":"private_key_jwt","application_type":"web",
                "jwks":{"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}}"#,
        ] {
            let metadata = admit(json).unwrap();
            assert_eq!(ClientMetadata::from_text(&metadata.to_text()), Some(metadata));
        }
    }

    #[test]
    fn each_fault_has_its_code() {
        let uris = r#""redirect_uris":["http://localhost/cb"]"#;
        for (json, code) in [
            ("{}".to_owned(), ErrorCode::InvalidRedirectUri),
            (r#"{"redirect_uris":[]}"#.to_owned(), ErrorCode::InvalidRedirectUri),
            (r#"{"redirect_uris":["javascript:alert(1)"]}"#.to_owned(), ErrorCode::InvalidRedirectUri),
            (r#"{"redirect_uris":["https://*.example/cb"]}"#.to_owned(), ErrorCode::InvalidRedirectUri),
            (format!(r#"{{{uris},"grant_types":["password"]}}"#), ErrorCode::InvalidClientMetadata),
            (format!(r#"{{{uris},"response_types":["token"]}}"#), ErrorCode::InvalidClientMetadata),
            (format!(r#"{{{uris},"token_endpoint_auth_method":"tls"}}"#), ErrorCode::InvalidClientMetadata),
            (format!(r#"{{{uris},"scope":"a\"b"}}"#), ErrorCode::InvalidClientMetadata),
            (
                format!(r#"{{{uris},"token_endpoint_auth_method":"private_key_jwt"}}"#),
                ErrorCode::InvalidClientMetadata,
            ),
        ] {
            assert_eq!(admit(&json).unwrap_err().code(), code, "{json}");
        }
    }
}
