//! What the pages are dressed with: the stylesheet and the picture at their head.

use actix_web::{
    HttpResponse,
    http::header::{self, HeaderValue},
};

use super::{Gatehouse, page, reply};

/// The picture, below the issuer and beside the stylesheet.
pub(super) const LOGO_PATH: &str = "/logo";

pub(super) async fn style(app: Gatehouse) -> HttpResponse {
    reply::asset("text/css; charset=utf-8", page::stylesheet(&app.settings.look))
}

pub(super) async fn logo(app: Gatehouse) -> HttpResponse {
    // Opened by itself an SVG is a document: this one does nothing and fetches nothing.
    const POLICY: HeaderValue = HeaderValue::from_static(
        "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'none'; base-uri 'none'",
    );
    let mut response = match &app.settings.look.logo {
        Some(logo) => reply::asset(logo.media_type, logo.bytes.clone()),
        None => reply::asset("image/svg+xml", page::mark(&app.settings.look)),
    };
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, POLICY);
    response
}
