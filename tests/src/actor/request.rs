//! A request before it is sent: every parameter and header can be changed.

use base64::{Engine, engine::general_purpose::STANDARD};
use reqwest::{Client, Method, RequestBuilder};
use serde_json::Value;
use url::{Url, form_urlencoded};

use crate::failure::Outcome;

/// A request whose parameters stand in the query, a form or a JSON document.
#[derive(Clone, Debug)]
pub struct Request {
    method: Method,
    url: String,
    parameters: Parameters,
    headers: Vec<(String, String)>,
    body: Option<Vec<u8>>,
    pub(super) is_human: bool,
}

#[derive(Clone, Debug)]
enum Parameters {
    Query(Vec<(String, String)>),
    Form(Vec<(String, String)>),
    Json(Value),
}

impl Request {
    /// A GET whose parameters stand in the query.
    pub fn get(url: impl Into<String>) -> Request {
        Request::new(Method::GET, url.into(), Parameters::Query(Vec::new()))
    }

    /// A POST of a form, empty so far.
    pub fn form(url: impl Into<String>) -> Request {
        Request::new(Method::POST, url.into(), Parameters::Form(Vec::new()))
            .with_header("content-type", "application/x-www-form-urlencoded")
    }

    /// A POST of a JSON document.
    pub fn json(url: impl Into<String>, document: Value) -> Request {
        Request::new(Method::POST, url.into(), Parameters::Json(document))
            .with_header("content-type", "application/json")
    }

    fn new(method: Method, url: String, parameters: Parameters) -> Request {
        Request { method, url, parameters, headers: Vec::new(), body: None, is_human: false }
    }

    /// The same in the human's browser: with cookies.
    #[must_use]
    pub fn by_human(mut self) -> Request {
        self.is_human = true;
        self
    }

    /// Gives a parameter this one value, in the place of the values it had.
    pub fn set(&mut self, name: &str, value: impl Into<Value>) -> &mut Request {
        let value = value.into();
        match &mut self.parameters {
            Parameters::Query(pairs) | Parameters::Form(pairs) => {
                let place = pairs.iter().position(|(own, _)| own == name).unwrap_or(pairs.len());
                pairs.retain(|(own, _)| own != name);
                pairs.insert(place.min(pairs.len()), (name.to_owned(), text(value)));
            }
            Parameters::Json(document) => document[name] = value,
        }
        self
    }

    /// Adds one more parameter of that name.
    pub fn add(&mut self, name: &str, value: &str) -> &mut Request {
        match &mut self.parameters {
            Parameters::Query(pairs) | Parameters::Form(pairs) => {
                pairs.push((name.to_owned(), value.to_owned()));
            }
            Parameters::Json(document) => document[name] = Value::from(value),
        }
        self
    }

    /// Leaves a parameter out.
    pub fn remove(&mut self, name: &str) -> &mut Request {
        match &mut self.parameters {
            Parameters::Query(pairs) | Parameters::Form(pairs) => pairs.retain(|(own, _)| own != name),
            Parameters::Json(document) => {
                if let Some(members) = document.as_object_mut() {
                    members.remove(name);
                }
            }
        }
        self
    }

    /// [`set`](Request::set), in a chain.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Request {
        self.set(name, value);
        self
    }

    /// [`add`](Request::add), in a chain.
    #[must_use]
    pub fn with_another(mut self, name: &str, value: &str) -> Request {
        self.add(name, value);
        self
    }

    /// [`remove`](Request::remove), in a chain.
    #[must_use]
    pub fn without(mut self, name: &str) -> Request {
        self.remove(name);
        self
    }

    /// The first value of a parameter.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        match &self.parameters {
            Parameters::Query(pairs) | Parameters::Form(pairs) => {
                pairs.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
            }
            Parameters::Json(document) => document[name].as_str(),
        }
    }

    /// With this header field in the place of those of its name.
    #[must_use]
    pub fn with_header(self, name: &str, value: &str) -> Request {
        let mut request = self.without_header(name);
        request.headers.push((name.to_owned(), value.to_owned()));
        request
    }

    /// Without any header field of that name.
    #[must_use]
    pub fn without_header(mut self, name: &str) -> Request {
        self.headers.retain(|(own, _)| !own.eq_ignore_ascii_case(name));
        self
    }

    /// With an access token.
    #[must_use]
    pub fn bearer(self, token: &str) -> Request {
        self.with_header("authorization", &format!("Bearer {token}"))
    }

    /// With client authentication in the header (RFC 6749 §2.3.1: both parts form-encoded first).
    #[must_use]
    pub fn basic(self, id: &str, secret: &str) -> Request {
        let encode = |part: &str| form_urlencoded::byte_serialize(part.as_bytes()).collect::<String>();
        let pair = STANDARD.encode(format!("{}:{}", encode(id), encode(secret)));
        self.with_header("authorization", &format!("Basic {pair}"))
    }

    /// With another method.
    #[must_use]
    pub fn method(mut self, method: Method) -> Request {
        self.method = method;
        self
    }

    /// To another address.
    #[must_use]
    pub fn to(mut self, url: impl Into<String>) -> Request {
        self.url = url.into();
        self
    }

    /// With these bytes in the place of the form or document. The `Content-Type` stays.
    #[must_use]
    pub fn body(mut self, bytes: impl Into<Vec<u8>>) -> Request {
        self.body = Some(bytes.into());
        self
    }

    /// Where it goes, query included.
    ///
    /// # Errors
    /// That is no URL.
    pub fn address(&self) -> Outcome<Url> {
        let mut url = Url::parse(&self.url)?;
        match &self.parameters {
            Parameters::Query(pairs) if !pairs.is_empty() => {
                url.query_pairs_mut().extend_pairs(pairs);
            }
            _ => {}
        }
        Ok(url)
    }

    pub(super) fn build(self, http: &Client) -> Outcome<RequestBuilder> {
        let address = self.address()?;
        let body = self.body.or(match self.parameters {
            Parameters::Query(_) => None,
            Parameters::Form(pairs) => {
                let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
                Some(form.into_bytes())
            }
            Parameters::Json(document) => Some(document.to_string().into_bytes()),
        });
        let mut builder = http.request(self.method, address);
        for (name, value) in self.headers {
            builder = builder.header(name, value);
        }
        Ok(match body {
            Some(body) => builder.body(body),
            None => builder,
        })
    }
}

fn text(value: Value) -> String {
    match value {
        Value::String(text) => text,
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_changed_in_its_place_and_a_repeated_one_becomes_one() {
        let mut request = Request::get("http://h/a").with("x", "1").with("y", "2").with_another("x", "3");
        request.set("x", "4");
        assert_eq!(request.address().unwrap().query(), Some("x=4&y=2"));
        request.remove("x").set("z", true);
        assert_eq!(request.address().unwrap().query(), Some("y=2&z=true"));
    }
}
