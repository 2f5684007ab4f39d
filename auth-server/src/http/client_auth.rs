//! What a request shows to say which client sends it: OAuth 2.1 §2.4. Whether that holds is for [`crate::clients`] to judge.

use actix_web::{
    HttpRequest, HttpResponse,
    http::header::{self, HeaderValue},
};
use base64::{Engine, prelude::BASE64_STANDARD};
use url::form_urlencoded;

use super::reply;
use crate::{
    app::App,
    clients::{
        assertion::{Audience, TYPE},
        authentication::{Authenticated, AuthenticationError, Credentials, Proof},
    },
    flow::{
        Failure,
        incidents::{label::Label, rule},
    },
    oauth::{
        client::{AuthMethod, Client},
        error::ErrorCode,
        parameters::Parameters,
    },
};

/// The client, authenticated as it registered.
///
/// # Errors
/// The answer to send: `invalid_client`, or `invalid_request` for two methods at once.
pub(super) async fn authenticate(
    app: &App,
    request: &HttpRequest,
    parameters: &Parameters,
) -> Result<Client, HttpResponse> {
    establish(app, request, parameters).await.map(|authenticated| authenticated.client)
}

/// The client, if it showed a secret or a signature. Its name alone will not do.
///
/// # Errors
/// As [`authenticate`].
pub(super) async fn authenticate_with_proof(
    app: &App,
    request: &HttpRequest,
    parameters: &Parameters,
) -> Result<Client, HttpResponse> {
    let authenticated = establish(app, request, parameters).await?;
    match authenticated.is_proven {
        true => Ok(authenticated.client),
        false => Err(Fault::NoProof.refuse((request, parameters))),
    }
}

async fn establish(
    app: &App,
    request: &HttpRequest,
    parameters: &Parameters,
) -> Result<Authenticated, HttpResponse> {
    let credentials =
        credentials(request, parameters).map_err(|fault| fault.refuse((request, parameters)))?;
    let found = app.clients.authenticate(credentials, &audience(app, request), app.clock.now()).await;
    found.map_err(|error| {
        let code = match error {
            AuthenticationError::Database(error) => return reply::failed(&Failure::from(error)),
            AuthenticationError::NoClientId => ErrorCode::InvalidRequest,
            _ => ErrorCode::InvalidClient,
        };
        let rule = (error.label(), rule::not_let_in(&error));
        refuse(code, (&error.to_string(), rule), (request, parameters))
    })
}

/// The issuer, the token endpoint, and the endpoint that was called.
fn audience(app: &App, request: &HttpRequest) -> Audience {
    let issuer = app.settings.issuer.as_str();
    let root = issuer.trim_end_matches('/');
    let called = request.path().strip_prefix(reply::base(app)).unwrap_or_default();
    Audience::new(issuer, [format!("{root}/oauth/token"), format!("{root}{called}")])
}

fn credentials(request: &HttpRequest, parameters: &Parameters) -> Result<Credentials, Fault> {
    let headers: Vec<&HeaderValue> = request.headers().get_all(header::AUTHORIZATION).collect();
    let (secret, assertion) = (parameters.get("client_secret"), parameters.get("client_assertion"));
    let assertion_type = parameters.get("client_assertion_type");
    // OAuth 2.1 §2.4: no more than one method in a request.
    if headers.len() + usize::from(secret.is_some()) + usize::from(assertion.is_some()) > 1 {
        return Err(Fault::TwoMethods);
    }
    let in_body = parameters.get("client_id").map(str::to_owned);
    if let Some(header) = headers.first() {
        let (id, secret) = decode_basic(header).ok_or(Fault::Header)?;
        return match in_body.is_some_and(|in_body| in_body != id) {
            true => Err(Fault::TwoClients),
            false => Ok(Credentials { client_id: Some(id), proof: Proof::Secret(secret) }),
        };
    }
    let proof = match (secret, assertion, assertion_type) {
        // RFC 7523 §2.2: the type says what the assertion is.
        (_, Some(assertion), Some(TYPE)) => Proof::Assertion(assertion.to_owned()),
        (_, Some(_), _) => return Err(Fault::AssertionType),
        (_, None, Some(_)) => return Err(Fault::NoAssertion),
        (Some(secret), None, None) => Proof::Secret(secret.to_owned()),
        (None, None, None) => Proof::Nothing,
    };
    Ok(Credentials { client_id: in_body, proof })
}

/// RFC 6749 §2.3.1: both parts are form-encoded before they are joined.
pub(super) fn decode_basic(header: &HeaderValue) -> Option<(String, String)> {
    let (scheme, encoded) = header.to_str().ok()?.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(BASE64_STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (id, secret) = decoded.split_once(':')?;
    Some((form_decode(id)?, form_decode(secret)?))
}

fn form_decode(text: &str) -> Option<String> {
    // A part holds no separators once it is encoded; one that has some was not encoded and is taken as it is.
    if text.contains(['&', '=']) {
        return Some(text.to_owned());
    }
    form_urlencoded::parse(text.as_bytes()).next().map(|(name, _)| name.into_owned())
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
enum Fault {
    #[error("the Authorization header is not a Basic one of the right form")]
    Header,
    #[error("the client authenticates in two ways at once")]
    TwoMethods,
    #[error("the header and the body name two clients")]
    TwoClients,
    #[error("this client_assertion_type is not supported")]
    AssertionType,
    #[error("client_assertion is missing")]
    NoAssertion,
    #[error("the client must authenticate with a secret or an assertion")]
    NoProof,
}

impl Fault {
    fn code(self) -> ErrorCode {
        match self {
            Fault::TwoMethods | Fault::TwoClients | Fault::NoAssertion => ErrorCode::InvalidRequest,
            Fault::Header | Fault::AssertionType | Fault::NoProof => ErrorCode::InvalidClient,
        }
    }

    fn label(self) -> &'static str {
        match self {
            Fault::Header => "client_header",
            Fault::TwoMethods => "client_two_methods",
            Fault::TwoClients => "client_two_ids",
            Fault::AssertionType => "client_assertion_type",
            Fault::NoAssertion => "client_no_assertion",
            Fault::NoProof => "client_no_proof",
        }
    }

    fn refuse(self, sent: (&HttpRequest, &Parameters)) -> HttpResponse {
        refuse(self.code(), (&self.to_string(), (self.label(), self.to_string())), sent)
    }
}

/// What a request uses to authenticate; none where it uses several.
fn method(request: &HttpRequest, parameters: &Parameters) -> Option<AuthMethod> {
    let used = [
        (AuthMethod::ClientSecretBasic, request.headers().contains_key(header::AUTHORIZATION)),
        (AuthMethod::ClientSecretPost, parameters.get("client_secret").is_some()),
        (AuthMethod::PrivateKeyJwt, parameters.get("client_assertion").is_some()),
    ];
    let mut used = used.into_iter().filter_map(|(method, is_used)| is_used.then_some(method));
    match (used.next(), used.next()) {
        (first, None) => Some(first.unwrap_or(AuthMethod::None)),
        (_, Some(_)) => None,
    }
}

/// The caller is told the first text, the operator the second.
fn refuse(
    code: ErrorCode,
    (said, rule): (&str, (&'static str, String)),
    (request, parameters): (&HttpRequest, &Parameters),
) -> HttpResponse {
    let mut response = reply::not_let_in(code, said, rule, method(request, parameters));
    // RFC 6749 §5.2: a client that used the header is told the scheme.
    if request.headers().contains_key(header::AUTHORIZATION) && code == ErrorCode::InvalidClient {
        let challenge = HeaderValue::from_static("Basic realm=\"token\"");
        response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn basic(text: &str) -> Option<(String, String)> {
        let header = format!("Basic {}", BASE64_STANDARD.encode(text));
        decode_basic(&HeaderValue::from_str(&header).unwrap())
    }

    #[test]
    fn both_parts_are_form_decoded() {
        assert_eq!(basic("a%3Ab:c%2Bd+e"), Some(("a:b".to_owned(), "c+d e".to_owned())));
        assert_eq!(basic("no colon"), None);
        assert_eq!(decode_basic(&HeaderValue::from_static("Bearer x")), None);
    }
}
