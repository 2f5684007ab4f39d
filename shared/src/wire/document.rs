//! JSON that many fetch, as the bytes that are sent.

use actix_web::{
    HttpRequest, HttpResponse,
    http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, HeaderValue, IF_NONE_MATCH},
    web::Bytes,
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use ring::digest::{SHA256, digest};

/// RFC 8259 §11: JSON has no charset.
const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// A document with what caches are told of it.
pub struct Document {
    bytes: Bytes,
    /// Strong: the same for the same bytes (RFC 9110 §8.8.3).
    etag: HeaderValue,
    cache_control: HeaderValue,
}

impl Document {
    /// Of JSON that is written already.
    pub fn new(bytes: Bytes, cache_control: HeaderValue) -> Document {
        let version = BASE64_URL_SAFE_NO_PAD.encode(&digest(&SHA256, &bytes).as_ref()[..12]);
        let etag = HeaderValue::try_from(format!("\"{version}\""));
        Document { bytes, etag: etag.unwrap_or(HeaderValue::from_static("\"\"")), cache_control }
    }

    /// The document, or 304 for whoever has it.
    pub fn answer(&self, request: &HttpRequest) -> HttpResponse {
        let known = request.headers().get_all(IF_NONE_MATCH).filter_map(|value| value.to_str().ok());
        let is_known = known.flat_map(|list| list.split(',')).any(|etag| self.is(etag));
        let mut reply = if is_known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
        reply
            .insert_header((CACHE_CONTROL, self.cache_control.clone()))
            .insert_header((ETAG, self.etag.clone()));
        match is_known {
            true => reply.finish(),
            false => reply.insert_header((CONTENT_TYPE, JSON)).body(self.bytes.clone()),
        }
    }

    /// RFC 9110 §13.1.2: compared weakly.
    fn is(&self, etag: &str) -> bool {
        let etag = etag.trim();
        etag == "*" || etag.strip_prefix("W/").unwrap_or(etag) == self.etag
    }
}
