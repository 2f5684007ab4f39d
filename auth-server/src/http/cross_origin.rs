//! Browsers of other origins: every path is open to their scripts, but for those where a person decides or sees
//! what is theirs.
//!
//! Nothing else is let in by a cookie, so any origin may read any other answer.

use actix_web::{
    dev::ServiceRequest,
    http::header::{self, HeaderValue},
};

use super::{Answered, account::ACCOUNT, authorize::DECISION};
use crate::flow::{links::WELCOME, upstream::CALLBACK};

/// Says so on every answer of what comes `next`.
pub(super) async fn cross_origin<F: Future<Output = Answered>>(
    request: ServiceRequest,
    next: impl FnOnce(ServiceRequest) -> F,
) -> Answered {
    let is_open = is_open(request.path());
    let mut response = next(request).await?;
    if is_open {
        let any = HeaderValue::from_static("*");
        let headers = response.headers_mut();
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, any);
        if headers.contains_key(header::WWW_AUTHENTICATE) {
            let challenge = HeaderValue::from_static("WWW-Authenticate");
            headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, challenge);
        }
    }
    Ok(response)
}

/// Never where a person decides (OAuth 2.1 §3.1), nor where a page is about them.
pub(super) fn is_open(path: &str) -> bool {
    let is_closed = ["/oauth/authorize", DECISION, ACCOUNT].iter().any(|closed| path.ends_with(closed));
    !is_closed && !["/passkey", WELCOME, CALLBACK].iter().any(|closed| path.contains(closed))
}
