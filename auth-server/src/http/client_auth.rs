//! Which client a request to the token or revocation endpoint comes from: OAuth 2.1 §2.4.

use actix_web::{
    HttpRequest, HttpResponse,
    http::header::{self, HeaderValue},
};
use base64::{Engine, prelude::BASE64_STANDARD};
use url::form_urlencoded;

use super::reply;
use crate::{
    app::App,
    clients::FindError,
    flow::Failure,
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
    let mut headers = request.headers().get_all(header::AUTHORIZATION);
    let header = headers.next();
    if headers.next().is_some() {
        return Err(refuse(Fault::TwoMethods, true));
    }
    let claim = claim(header, parameters).map_err(|fault| refuse(fault, header.is_some()))?;
    let client = match app.clients.find(&claim.id).await {
        Ok(client) => client,
        Err(FindError::Database(error)) => return Err(reply::failed(&Failure::from(error))),
        Err(unusable) => {
            tracing::warn!(reason = %unusable, "a client cannot be used");
            return Err(refuse(Fault::Unknown, header.is_some()));
        }
    };
    let proven = match &claim.secret {
        None => client.auth_methods.contains(&AuthMethod::None),
        Some(secret) => app.clients.is_secret(&client, secret),
    };
    if proven { Ok(client) } else { Err(refuse(Fault::Secret, header.is_some())) }
}

/// Who a request says it is.
struct ClaimedClient {
    id: String,
    secret: Option<String>,
}

fn claim(header: Option<&HeaderValue>, parameters: &Parameters) -> Result<ClaimedClient, Fault> {
    let in_body = parameters.get("client_id");
    let secret_in_body = parameters.get("client_secret").map(str::to_owned);
    let Some(header) = header else {
        let id = in_body.ok_or(Fault::Missing)?.to_owned();
        return Ok(ClaimedClient { id, secret: secret_in_body });
    };
    // OAuth 2.1 §2.4: no more than one method in a request.
    if secret_in_body.is_some() {
        return Err(Fault::TwoMethods);
    }
    let (id, secret) = decode_basic(header).ok_or(Fault::Header)?;
    if in_body.is_some_and(|in_body| in_body != id) {
        return Err(Fault::TwoClients);
    }
    Ok(ClaimedClient { id, secret: Some(secret) })
}

/// RFC 6749 §2.3.1: both parts are form-encoded before they are joined.
fn decode_basic(header: &HeaderValue) -> Option<(String, String)> {
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
    #[error("client_id is missing")]
    Missing,
    #[error("the Authorization header is not a Basic one of the right form")]
    Header,
    #[error("the client authenticates in two ways at once")]
    TwoMethods,
    #[error("the header and the body name two clients")]
    TwoClients,
    #[error("this client is not registered here")]
    Unknown,
    #[error("the client did not authenticate as it registered")]
    Secret,
}

fn refuse(fault: Fault, by_header: bool) -> HttpResponse {
    let code = match fault {
        Fault::Missing | Fault::TwoMethods | Fault::TwoClients => ErrorCode::InvalidRequest,
        Fault::Header | Fault::Unknown | Fault::Secret => ErrorCode::InvalidClient,
    };
    tracing::warn!(error = code.as_str(), reason = %fault, "a client was not let in");
    let mut response = reply::json_error(code, &fault.to_string());
    // RFC 6749 §5.2: a client that used the header is told the scheme.
    if by_header && code == ErrorCode::InvalidClient {
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
