//! Forms: the media type, UTF-8, and no parameter twice.

use actix_web::{HttpMessage, HttpRequest, HttpResponse};

use super::reply;
use crate::oauth::{error::ErrorCode, parameters::Parameters};

/// The parameters of a form. Those of the query do not count (OAuth 2.1 §3.2.2), and a request that has some there is
/// refused, so that no secret gets into the habit of travelling in a URL.
pub(super) fn read(request: &HttpRequest, body: &[u8]) -> Result<Parameters, FormFault> {
    if !request.query_string().is_empty() {
        return Err(FormFault::Query);
    }
    if !is_sent_as(request, FORM) {
        return Err(FormFault::MediaType);
    }
    Parameters::parse(body).map_err(|_| FormFault::Repeated)
}

/// The media type of every form.
pub(super) const FORM: &str = "application/x-www-form-urlencoded";

/// Whether the body is said to be of that media type. It may be spelled in any case, and any charset parameter will do.
pub(super) fn is_sent_as(request: &HttpRequest, media_type: &str) -> bool {
    request.content_type().eq_ignore_ascii_case(media_type)
}

/// Why a body is no form we read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum FormFault {
    #[error("parameters belong in the body, not in the URL")]
    Query,
    #[error("the body must be sent as application/x-www-form-urlencoded")]
    MediaType,
    #[error("a parameter came more than once")]
    Repeated,
}

impl FormFault {
    /// RFC 6749 §5.2.
    pub(super) fn reply(self) -> HttpResponse {
        let label = match self {
            FormFault::Query => "form_query",
            FormFault::MediaType => "form_media_type",
            FormFault::Repeated => "form_repeated",
        };
        reply::json_error(label, ErrorCode::InvalidRequest, &self.to_string())
    }
}
