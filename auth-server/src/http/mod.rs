//! The wire. Only here is actix: read, call a flow, reply. This file is the whole surface as one table.

mod access;
mod account;
mod audited;
mod authorize;
mod body;
mod client_address;
mod client_auth;
mod cookie;
mod cross_origin;
mod form;
mod health;
mod incidents;
mod introspect;
mod limits;
mod load;
mod look;
mod metadata;
pub mod page;
pub mod passkeys;
mod person;
mod register;
mod remembered;
mod reply;
mod revoke;
mod sign_in;
mod token;
mod userinfo;
mod welcome;
pub mod words;

use actix_web::{
    Error, HttpRequest, Resource, Route,
    body::BoxBody,
    dev::{ServiceRequest, ServiceResponse},
    guard,
    http::{
        Method,
        header::{HeaderValue, STRICT_TRANSPORT_SECURITY},
    },
    middleware::{Next, from_fn},
    web::{self, ServiceConfig},
};
use shared::{bounds::Load, wire::Edge};

use crate::{
    app::App,
    flow::{links::WELCOME, upstream::CALLBACK},
};

pub(crate) use metadata::Documents;
pub(crate) use reply::base;

/// What a request leads to.
type Answered = Result<ServiceResponse, Error>;

/// How each request is counted, logged, and refused when there are too many.
pub(crate) fn edge(app: &App) -> Edge {
    let load = Load::new(app.settings.bounds.requests);
    Edge { log: access::LOG, crowded: load::crowded, requests: app.metrics.requests.clone(), load }
}

/// RFC 6797 §6.1: a browser that was here once asks for nothing without TLS for a year.
const TLS_ONLY: HeaderValue = HeaderValue::from_static("max-age=31536000");

/// Middleware of every path, from outside in. Only where TLS is ours browsers are told that there is nothing without: what else
/// answers at this host is known to the proxy that does it, which may say so itself.
pub(crate) async fn answer(request: ServiceRequest, next: Next<BoxBody>, says_tls_only: bool) -> Answered {
    let noted = move |request| incidents::noted(request, move |request| next.call(request));
    let audited = move |request| audited::audited(request, noted);
    let bounded = move |request| body::bounded(request, audited);
    let mut response = cross_origin::cross_origin(request, bounded).await?;
    if says_tls_only {
        response.headers_mut().insert(STRICT_TRANSPORT_SECURITY, TLS_ONLY);
    }
    Ok(response)
}

/// Every path of the server. `base` is the path of the issuer, empty for most.
pub(crate) fn configure(config: &mut ServiceConfig, base: &str) {
    let under = |path: &str| format!("{base}{path}");
    // RFC 8414 §3.1: the well-known part stands between the host and the issuer's path.
    let well_known = format!("{}{base}", shared::metadata::WELL_KNOWN);
    let openid = format!("{}{base}", metadata::OPENID);
    let route = |path: &str, allowed, route: Route| endpoint(path, allowed).route(route);
    config
        .service(route(&well_known, "GET", read().to(metadata::authorization_server)))
        .service(route(&openid, "GET", read().to(metadata::authorization_server)))
        .service(route(&under(metadata::JWKS), "GET", read().to(metadata::jwks)))
        .service(
            route(&under("/oauth/register"), "POST", web::post().to(register::register))
                .wrap(from_fn(limits::registrations)),
        )
        .service(route(&under("/oauth/revoke"), "POST", web::post().to(revoke::revoke)))
        .service(route(&under(reply::STYLE_PATH), "GET", read().to(look::style)))
        .service(route(&under(look::LOGO_PATH), "GET", read().to(look::logo)))
        .service(route(&under(passkeys::SCRIPT_PATH), "GET", read().to(passkeys::script)))
        .service(route("/healthz", "GET", read().to(health::healthz)))
        .service(route("/readyz", "GET", read().to(health::readyz)))
        .default_service(web::to(reply::not_found));
    configure_keyed(config, base);
    configure_pages(config, base);
    configure_ways_in(config, base);
    // OpenID Connect Discovery §4.1: or behind that path.
    if !base.is_empty() {
        let behind = under(metadata::OPENID);
        config.service(route(&behind, "GET", read().to(metadata::authorization_server)));
    }
}

/// The pages a person asks for, which are counted.
fn configure_pages(config: &mut ServiceConfig, base: &str) {
    let route = |path: &str, allowed, route: Route| endpoint(&format!("{base}{path}"), allowed).route(route);
    config
        .service(
            route("/oauth/authorize", "GET, POST", read().to(authorize::authorize))
                .route(web::post().to(authorize::authorize_by_post))
                .wrap(from_fn(metadata::hinted))
                .wrap(from_fn(limits::pages)),
        )
        .service(
            route(authorize::DECISION, "POST", web::post().to(authorize::decide))
                .wrap(from_fn(limits::pages)),
        )
        .service(
            route(account::ACCOUNT, "GET, POST", read().to(account::account))
                .route(web::post().to(account::act))
                .wrap(from_fn(limits::pages)),
        )
        .service(
            route(WELCOME, "GET, POST", read().to(welcome::connect))
                .route(web::post().to(welcome::follow))
                .wrap(from_fn(limits::pages)),
        );
}

/// What leads to those pages and what they call, which is counted with them.
fn configure_ways_in(config: &mut ServiceConfig, base: &str) {
    let page = |path: &str, allowed, route: Route| {
        endpoint(&format!("{base}{path}"), allowed).route(route).wrap(from_fn(limits::pages))
    };
    config
        .service(page(CALLBACK, "GET", read().to(sign_in::callback)))
        .service(page(&format!("{CALLBACK}/{{key}}"), "GET", read().to(sign_in::callback)))
        .service(page(&format!("{WELCOME}/{{token}}"), "GET", read().to(welcome::open)))
        .service(page(passkeys::LIST, "GET", read().to(passkeys::list)))
        .service(page(passkeys::REMOVAL, "POST", web::post().to(passkeys::remove)));
    let called = |path: &str, route: Route| {
        endpoint(&format!("{base}{path}"), "POST").route(route).wrap(from_fn(limits::scripts))
    };
    config
        .service(called(passkeys::SIGN_IN_QUESTION, web::post().to(passkeys::ask)))
        .service(called(passkeys::SIGN_IN, web::post().to(passkeys::sign_in)))
        .service(called(passkeys::NEW_QUESTION, web::post().to(passkeys::invite)))
        .service(called(passkeys::NEW, web::post().to(passkeys::add)));
}

/// The paths that sign, or read what was signed: with the keys as they are stored now.
fn configure_keyed(config: &mut ServiceConfig, base: &str) {
    let route = |path: &str, allowed, route: Route| endpoint(&format!("{base}{path}"), allowed).route(route);
    config
        .service(route("/oauth/token", "POST", web::post().to(token::token)).wrap(from_fn(metadata::keyed)))
        .service(
            route("/oauth/introspect", "POST", web::post().to(introspect::introspect))
                .wrap(from_fn(metadata::keyed)),
        )
        .service(
            route(userinfo::USERINFO, "GET, POST", read().to(userinfo::userinfo))
                .route(web::post().to(userinfo::userinfo))
                .wrap(from_fn(metadata::keyed)),
        );
}

/// A path that answers 405 to every method it has no handler for, and 204 to a browser's preflight where one is allowed.
fn endpoint(path: &str, allowed: &'static str) -> Resource {
    web::resource(path.to_owned()).default_service(web::to(move |request: HttpRequest| async move {
        match *request.method() == Method::OPTIONS && cross_origin::is_open(request.path()) {
            true => reply::preflight(allowed),
            false => reply::method_not_allowed(allowed),
        }
    }))
}

/// A route for GET and HEAD.
fn read() -> Route {
    web::route().guard(guard::Any(guard::Get()).or(guard::Head()))
}

/// What every handler gets.
type Gatehouse = web::Data<App>;
