//! Whatever is refused has a reference, and is kept under it.
//!
//! The answers that are made in [`super::reply`] bring theirs along; a redirect back to the client gets it here.

use actix_web::{
    HttpRequest,
    dev::{Payload, ServiceRequest, ServiceResponse},
    http::{
        Method,
        header::{self, HeaderValue},
    },
    web::Bytes,
};
use serde_json::Value;
use url::form_urlencoded;

use super::{Answered, Gatehouse, client_address, client_auth, cookie, form, reply};
use crate::{
    app::App,
    clients::assertion::ClaimedAssertion,
    flow::incidents::{self, Attempt, Told, label::DENIED},
};

/// What the error of a redirect back to a client is counted as; without it a person's denial.
#[derive(Clone, Copy)]
pub(super) struct Labelled(pub(super) &'static str);

/// Notes what is refused by what comes `next`.
pub(super) async fn noted<F: Future<Output = Answered>>(
    mut request: ServiceRequest,
    next: impl FnOnce(ServiceRequest) -> F,
) -> Answered {
    // It is in memory already, and not large.
    let body = match *request.method() == Method::POST {
        true => request.extract::<Bytes>().await.unwrap_or_default(),
        false => Bytes::new(),
    };
    if !body.is_empty() {
        request.set_payload(Payload::from(body.clone()));
    }
    let mut response = next(request).await?;
    if response.headers().contains_key(header::LOCATION)
        && let Some(app) = response.request().app_data::<Gatehouse>().cloned()
        && let Some(told) = sent_back(&app, &mut response)
    {
        response.response_mut().extensions_mut().insert(told);
    }
    keep(&response, &body);
    Ok(response)
}

/// Keeps the request of an answer that says it was refused.
pub(super) fn keep<B>(response: &ServiceResponse<B>, body: &[u8]) {
    let told = response.response().extensions().get::<Told>().cloned();
    if let (Some(told), Some(app)) = (told, response.request().app_data::<Gatehouse>()) {
        app.metrics.refusal(told.label);
        incidents::note(app, attempt(app, response.request(), body), told);
    }
}

/// Writes a reference into the error of a redirect back to a client (RFC 6749 §4.1.2.1), if it is one.
fn sent_back<B>(app: &App, response: &mut ServiceResponse<B>) -> Option<Told> {
    let location = response.headers().get(header::LOCATION)?.to_str().ok()?;
    if !location.contains(DESCRIPTION) {
        return None;
    }
    let reference = incidents::reference();
    let (location, error, description) = with_reference(location, app.settings.issuer.as_str(), &reference)?;
    let location = HeaderValue::from_str(&location).ok()?;
    let label = response.response().extensions().get::<Labelled>().map_or(DENIED, |Labelled(label)| *label);
    response.headers_mut().insert(header::LOCATION, location);
    tracing::info!(reference, error, "a client was told of an error");
    Some(Told { reference, error, description, reason: None, method: None, label })
}

/// Between an error and its description.
const DESCRIPTION: &str = "&error_description=";

/// The same location with a reference at the end of its `error_description`, and what error it tells. The parameters that
/// [`Callback`](crate::oauth::callback::Callback) appends are read from the end, because a redirect URI may have some of the
/// same names.
fn with_reference(location: &str, issuer: &str, reference: &str) -> Option<(String, String, String)> {
    let issuer: String = form_urlencoded::byte_serialize(issuer.as_bytes()).collect();
    let rest = location.strip_suffix(&format!("&iss={issuer}"))?;
    let start = rest.rfind(['?', '&'])?;
    let before = if rest[start + 1..].starts_with("state=") { &rest[..start] } else { rest };
    let (head, description) = before.rsplit_once(DESCRIPTION)?;
    let error = &head[head.rfind(['?', '&'])? + 1..];
    let error = error.strip_prefix("error=")?.to_owned();
    let is_one = !description.contains('&') && head.contains("://");
    let text = form_urlencoded::parse(format!("d={description}").as_bytes()).next()?.1.into_owned();
    let tail = &location[before.len()..];
    is_one.then(|| (format!("{before}+%28reference+{reference}%29{tail}"), error, text))
}

/// What a request says about who asks, and for what.
fn attempt(app: &App, request: &HttpRequest, body: &[u8]) -> Attempt {
    let header = |name| request.headers().get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    let path = request.path().strip_prefix(reply::base(app)).unwrap_or(request.path());
    let mut sent: Vec<(String, String)> =
        form_urlencoded::parse(request.query_string().as_bytes()).into_owned().collect();
    match () {
        () if form::is_sent_as(request, form::FORM) => sent.extend(form_urlencoded::parse(body).into_owned()),
        () if form::is_sent_as(request, "application/json") => sent.extend(members(body)),
        () => {}
    }
    if let Some(text) = header(header::AUTHORIZATION) {
        sent.push(("authorization".to_owned(), text.to_owned()));
    }
    let basic = request.headers().get(header::AUTHORIZATION).and_then(client_auth::decode_basic);
    let assertion = sent.iter().find(|(name, _)| name == "client_assertion");
    let assertion = assertion.and_then(|(_, text)| ClaimedAssertion::read(text).ok());
    let named = basic.map(|(id, _)| id).or(assertion.map(|claimed| claimed.subject().to_owned()));
    Attempt {
        endpoint: format!("{} {path}", request.method()),
        client_id: named,
        sent,
        cookie: cookie::read(app, request),
        program: header(header::USER_AGENT).unwrap_or_default().to_owned(),
        address: client_address::of(app, request),
    }
}

/// The members of a JSON object; a list of texts as one text.
fn members(body: &[u8]) -> Vec<(String, String)> {
    let Ok(Value::Object(members)) = serde_json::from_slice(body) else { return Vec::new() };
    let text = |value: Value| match value {
        Value::String(text) => text,
        Value::Array(list) => {
            let texts = list.into_iter().map(|entry| match entry {
                Value::String(text) => text,
                other => other.to_string(),
            });
            texts.collect::<Vec<_>>().join(" ")
        }
        other => other.to_string(),
    };
    members.into_iter().map(|(name, value)| (name, text(value))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ISSUER: &str = "https://as.example";

    #[test]
    fn only_the_error_of_a_callback_gets_a_reference() {
        let iss = "&iss=https%3A%2F%2Fas.example";
        let error = "error=access_denied&error_description=no+thanks";
        for (before, after) in [
            (format!("https://c.example/cb?{error}"), ""),
            (format!("https://c.example/cb?error=x&error_description=y&{error}"), "&state=a%26b"),
            (format!("cursor://anysphere/cb?{error}"), "&state=s"),
        ] {
            let (location, error, description) =
                with_reference(&format!("{before}{after}{iss}"), ISSUER, "ABCD2345").unwrap();
            assert_eq!(location, format!("{before}+%28reference+ABCD2345%29{after}{iss}"));
            assert_eq!((error.as_str(), description.as_str()), ("access_denied", "no thanks"));
        }
        for other in [
            format!("https://c.example/cb?{error}&code=c&state=s{iss}"),
            format!("https://c.example/cb?code=c{iss}"),
            format!("https://c.example/cb?{error}&state=s&iss=https%3A%2F%2Fother.example"),
            format!("/oauth/authorize?{error}&state=s{iss}"),
            "https://c.example/cb".to_owned(),
        ] {
            assert_eq!(with_reference(&other, ISSUER, "ABCD2345"), None, "{other}");
        }
    }

    #[test]
    fn members_are_those_of_an_object() {
        let read = members(br#"{"a":["x","y"],"b":"c","d":{"e":1}}"#);
        let expected = [("a", "x y"), ("b", "c"), ("d", r#"{"e":1}"#)];
        assert_eq!(read, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
        assert!(members(b"[1]").is_empty() && members(b"\xff").is_empty());
    }
}
