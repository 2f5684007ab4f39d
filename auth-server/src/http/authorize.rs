//! `/oauth/authorize` and the decision of its page: OAuth 2.1 §4.1.

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web::Bytes};

use super::{
    Gatehouse, form,
    incidents::Labelled,
    limits,
    page::{ApprovePage, ProviderLine, SCOPE_FIELD, ScopeLine},
    passkeys::{self, PasskeySignIn},
    person::{apologize, is_own_page, recognize, set_cookie},
    remembered,
    reply::{self, Message},
    sign_in,
    words::Words,
};
use crate::{
    app::App,
    flow::{
        self,
        approve::{Decided, Decision, DecisionError, Problem},
        authorize::{Ask, Authorization, AuthorizeError, Start, ToPerson},
        incidents::label::Label,
    },
    login::browser::Browser,
    oauth::{catalogue::ProtectedResource, parameters::Parameters},
    settings::upstream::UpstreamSettings,
};

/// Where the page's form goes, below the issuer.
pub(super) const DECISION: &str = "/oauth/decision";

/// What the button for somebody else sends.
const SWITCH: &str = "switch";

pub(super) async fn authorize(app: Gatehouse, request: HttpRequest) -> HttpResponse {
    let Ok(parameters) = Parameters::parse(request.query_string().as_bytes()) else {
        return tell_person(&app, Words::choose(None, request.headers()), &ToPerson::Repeated);
    };
    let words = Words::choose(parameters.get("ui_locales"), request.headers());
    let browser = match recognize(&app, &request).await {
        Ok(browser) => browser,
        Err(failure) => return apologize(&app, words, &failure),
    };
    match flow::authorize::authorize(&app, &parameters, &browser, start(&request)).await {
        Ok(Authorization::Redirect(location)) => reply::redirect(&location),
        Ok(Authorization::Ask(ask)) => {
            let email = parameters.get("login_hint").filter(|hint| may_be_email(hint)).unwrap_or_default();
            show(&app, &ask, &browser, Shown { words, email, sent: None })
        }
        Err(AuthorizeError::ToPerson(refusal)) => tell_person(&app, words, &refusal),
        Err(AuthorizeError::ToClient(refusal)) => {
            tracing::warn!(reason = %refusal, "an authorization request was refused");
            let mut response = reply::redirect(&refusal.location);
            response.extensions_mut().insert(Labelled(refusal.refusal.label()));
            response
        }
        Err(AuthorizeError::Failed(failure)) => apologize(&app, words, &failure),
    }
}

/// A request by POST (OAuth 2.1 §3.1) becomes the same by GET: the cookie does not come along with another site's form,
/// and answering here would replace it and sign the person out.
pub(super) async fn authorize_by_post(app: Gatehouse, request: HttpRequest, body: Bytes) -> HttpResponse {
    // A form is printable ASCII, and so fits into a header; anything else is no form.
    let text =
        std::str::from_utf8(&body).ok().filter(|text| text.bytes().all(|byte| byte.is_ascii_graphic()));
    match text.filter(|_| form::is_sent_as(&request, form::FORM)) {
        Some(query) => reply::redirect(&format!("{}?{query}", request.path())),
        None => tell_person(&app, Words::choose(None, request.headers()), &ToPerson::NoClient),
    }
}

/// The person pressed a button.
pub(super) async fn decide(app: Gatehouse, request: HttpRequest, body: Bytes) -> HttpResponse {
    let fields = Parameters::parse(&body).unwrap_or_default();
    let sealed = fields.get("request").unwrap_or_default();
    let words = Words::choose(None, request.headers());
    if !is_own_page(&app, &request) {
        return refuse_decision(&app, words, &DecisionError::Forged);
    }
    let browser = match recognize(&app, &request).await {
        Ok(browser) => browser,
        Err(failure) => return apologize(&app, words, &failure),
    };
    let credentials = fields.get("email").zip(fields.get("password"));
    let is_ticked = |scope: &str| is_ticked(&fields, scope);
    let pressed = fields.get("decision").unwrap_or_default();
    if pressed == SWITCH {
        return switch(&app, &request, sealed, &browser).await;
    }
    let provider = pressed.strip_prefix("provider:");
    let allow = pressed == "allow" || provider.is_some();
    if allow && let Some(refused) = limits::too_many_approvals(&app, words, &browser) {
        return refused;
    }
    let decision = Decision { sealed, allow, credentials, provider, is_ticked: &is_ticked };
    match flow::approve::decide(&app, decision, &browser).await {
        Ok(Decided::Redirect { location, cookie, known }) => {
            let mut response = reply::redirect(&location);
            if let Some(value) = cookie {
                set_cookie(&app, &mut response, value);
            }
            if let Some(known) = known {
                remembered::remember(&app, &mut response, &browser, known);
            }
            response
        }
        Ok(Decided::AskAgain { ask, problem }) => {
            // The language the client asked for goes on.
            let words = Words::choose(ask.request.ui_locales.as_deref(), request.headers());
            let email = fields.get("email").unwrap_or_default();
            show(&app, &ask, &browser, Shown { words, email, sent: Some((&fields, problem)) })
        }
        Err(DecisionError::Upstream(refusal)) => sign_in::refuse(&app, words, &refusal),
        Err(DecisionError::Failed(failure)) => apologize(&app, words, &failure),
        Err(refusal) => refuse_decision(&app, words, &refusal),
    }
}

/// "Not you?": the same page for somebody else.
async fn switch(app: &App, request: &HttpRequest, sealed: &str, browser: &Browser) -> HttpResponse {
    match flow::account::switch(app, sealed, browser).await {
        Ok(ask) => {
            let words = Words::choose(ask.request.ui_locales.as_deref(), request.headers());
            show(app, &ask, browser, Shown { words, email: "", sent: None })
        }
        Err(DecisionError::Failed(failure)) => {
            apologize(app, Words::choose(None, request.headers()), &failure)
        }
        Err(refusal) => refuse_decision(app, Words::choose(None, request.headers()), &refusal),
    }
}

/// Whether a `login_hint` (OpenID Connect Core §3.1.2.1) may stand in the field for the e-mail.
fn may_be_email(hint: &str) -> bool {
    hint.len() <= 254 && hint.contains('@') && hint.bytes().all(|byte| byte.is_ascii_graphic())
}

/// In whose language a page is, and what its fields hold.
struct Shown<'a> {
    words: &'static Words,
    email: &'a str,
    /// The form that was sent before, and what was wrong with it.
    sent: Option<(&'a Parameters, Problem)>,
}

fn told(words: &Words, problem: Problem) -> String {
    match problem {
        Problem::Wait(seconds) => words.problem.fill("wait", &[("seconds", &seconds.to_string())]),
        _ => words.problem.get(problem.key()).to_owned(),
    }
}

pub(super) fn provider_line(provider: &UpstreamSettings) -> ProviderLine<'_> {
    ProviderLine { key: &provider.key, name: &provider.name }
}

/// A scope in words; an optional one has a box, which is ticked until the person unticks it.
fn scope_line<'a>(entry: &'a ProtectedResource, name: &'a str, shown: &Shown<'_>) -> ScopeLine<'a> {
    let words = shown.words;
    let ticked = || shown.sent.is_none_or(|(fields, _)| is_ticked(fields, name));
    ScopeLine {
        name,
        words: words.scope(Some(entry), name),
        box_ticked: entry.is_optional(name).then(ticked),
    }
}

/// Whether the box of an optional scope came ticked.
fn is_ticked(fields: &Parameters, scope: &str) -> bool {
    fields.get(&format!("{SCOPE_FIELD}{scope}")).is_some()
}

fn show(app: &App, ask: &Ask, browser: &Browser, shown: Shown<'_>) -> HttpResponse {
    let Some(entry) = app.settings.catalogue.select(Some(&ask.request.resource)) else {
        return refuse_decision(app, shown.words, &DecisionError::Forged);
    };
    let words = shown.words;
    let scopes = ask.request.scopes();
    let problem = shown.sent.map(|(_, problem)| problem);
    let told = problem.map(|problem| reply::problem(&told(words, problem), &problem));
    let action = format!("{}{DECISION}", reply::base(app));
    let user = browser.sign_in.as_ref().map(|sign_in| &sign_in.user);
    let ways = &app.settings.sign_in;
    let script_path = passkeys::script_path(app);
    let page = ApprovePage {
        words,
        service_name: &app.settings.service_name,
        style_path: &reply::style_path(app),
        action: &action,
        client_name: ask.client.metadata.display_name(),
        redirect_host: &ask.request.redirect_uri.host(),
        client_host: ask.client.document_host(),
        loopback: ask.request.is_answered_here(),
        resource_name: &entry.name,
        resource: entry.resource.as_str(),
        scopes: scopes.iter().map(|name| scope_line(entry, name, &shown)).collect(),
        user: user.filter(|user| ask.request.user.as_ref() == Some(&user.id)).map(|user| user.email.as_str()),
        email: shown.email,
        local: ways.local,
        providers: ways.providers.iter().map(provider_line).collect(),
        problem: told.as_ref(),
        passkey: script_path
            .as_deref()
            .filter(|_| ask.request.user.is_none())
            .map(|script_path| PasskeySignIn { words, script_path, next: None }),
        request: &ask.sealed,
    };
    let mut response = match page.passkey {
        Some(_) => reply::page_with_script(status(problem), &page),
        None => reply::page(status(problem), &page),
    };
    if let Some(Problem::Wait(seconds)) = problem {
        reply::retry_after(&mut response, seconds);
    }
    reply::keep(&mut response, told);
    if let Some(value) = browser.new_cookie.clone() {
        set_cookie(app, &mut response, value);
    }
    response
}

fn status(problem: Option<Problem>) -> StatusCode {
    match problem {
        None => StatusCode::OK,
        Some(Problem::Wait(_)) => StatusCode::TOO_MANY_REQUESTS,
        Some(_) => StatusCode::FORBIDDEN,
    }
}

/// Every browser that matters says whether another site sent it here (Fetch Metadata).
fn start(request: &HttpRequest) -> Start {
    match request.headers().get("Sec-Fetch-Site").map(|value| value.as_bytes()) {
        // Not `same-origin`: the answer to a form of ours may lead here by way of a client's redirect URI.
        Some(b"none") => Start::Direct,
        _ => Start::CrossSite,
    }
}

fn tell_person(app: &App, words: &Words, refusal: &ToPerson) -> HttpResponse {
    let next = match refusal {
        ToPerson::UnknownClient => "reconnect",
        _ => "next",
    };
    let text = match refusal {
        ToPerson::UnusableClient(fault) => words.request.fill(refusal.key(), &[("fault", fault)]),
        ToPerson::Pkce(fault) => words.request.fill(refusal.key(), &[("fault", &fault.to_string())]),
        _ => words.request.get(refusal.key()).to_owned(),
    };
    let (title, next) = (words.request.get("title"), words.request.get(next));
    let message = Message { words, title, text: &text, next };
    reply::message(app, StatusCode::BAD_REQUEST, message, (refusal.label(), &refusal.to_string()))
}

pub(super) fn refuse_decision(app: &App, words: &Words, refusal: &DecisionError) -> HttpResponse {
    let title = match refusal {
        DecisionError::Expired => "expired_title",
        _ => "title",
    };
    let phrase = |key| words.decision.get(key);
    let message = Message { words, title: phrase(title), text: phrase(refusal.key()), next: phrase("next") };
    reply::message(app, StatusCode::BAD_REQUEST, message, (refusal.label(), &refusal.to_string()))
}
