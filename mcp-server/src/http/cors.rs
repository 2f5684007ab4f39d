//! What browsers must be told so that their scripts may talk to us.

use actix_web::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS, HeaderMap,
    HeaderValue, ORIGIN, VARY,
};

/// Without this list a script sees neither the challenge nor when to come back nor the version.
const EXPOSED: HeaderValue =
    HeaderValue::from_static("WWW-Authenticate, Retry-After, Mcp-Session-Id, MCP-Protocol-Version");

const METHODS: HeaderValue = HeaderValue::from_static("GET, HEAD, POST, DELETE, OPTIONS");

/// What clients send when the preflight does not say.
const HEADERS: HeaderValue = HeaderValue::from_static(
    "Authorization, Content-Type, Accept, MCP-Protocol-Version, Mcp-Method, Mcp-Name, Mcp-Session-Id",
);

const TEN_MINUTES: HeaderValue = HeaderValue::from_static("600");

/// For what is public: any script may read it.
pub(super) fn open_to_everyone(reply: &mut HeaderMap) {
    reply.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
}

/// The answer to the preflight of what is public.
pub(super) fn public_preflight(reply: &mut HeaderMap) {
    open_to_everyone(reply);
    reply.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, HEAD, OPTIONS"));
    reply.insert(ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static("*, MCP-Protocol-Version"));
    reply.insert(ACCESS_CONTROL_MAX_AGE, TEN_MINUTES);
}

/// For an origin that was let in. Tokens come in a header, so no credentials of the browser are asked for.
pub(super) fn open_to(origin: HeaderValue, reply: &mut HeaderMap) {
    reply.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    reply.insert(ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
    reply.append(VARY, HeaderValue::from_name(ORIGIN));
}

/// The answer to a preflight. The headers asked for are all allowed: those of a tool's parameters have any name.
pub(super) fn preflight(request: &HeaderMap, reply: &mut HeaderMap) {
    let headers = request.get(ACCESS_CONTROL_REQUEST_HEADERS).cloned().unwrap_or(HEADERS);
    reply.insert(ACCESS_CONTROL_ALLOW_HEADERS, headers);
    reply.insert(ACCESS_CONTROL_ALLOW_METHODS, METHODS);
    reply.insert(ACCESS_CONTROL_MAX_AGE, TEN_MINUTES);
}
