//! The page that asks somebody to sign in who wants to see a page of their own: every way there is, and back to that page.

use actix_web::{HttpResponse, http::StatusCode};
use askama::Template;

use super::{ACCOUNT, path};
use crate::{
    app::App,
    flow::{
        Failure,
        account::{self, Action, Destination},
        incidents::Told,
    },
    http::{
        authorize::provider_line,
        page::ProviderLine,
        passkeys::{self, PasskeySignIn},
        person, reply,
        words::Words,
    },
    login::browser::Browser,
};

/// What the page says beside the ways to sign in.
#[derive(Clone, Copy)]
pub(in crate::http) struct Asked<'a> {
    /// Where they go then.
    pub destination: Destination,
    pub status: StatusCode,
    /// What was done just before, or why they are asked.
    pub notice: Option<&'a str>,
    /// What was wrong with the last attempt.
    pub problem: Option<&'a Told>,
    /// The e-mail that was typed before, or nothing.
    pub email: &'a str,
}

impl Asked<'_> {
    /// Nothing beside them.
    pub(in crate::http) const fn plainly(destination: Destination) -> Self {
        Asked { destination, status: StatusCode::OK, notice: None, problem: None, email: "" }
    }
}

/// Every way to sign in.
#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignInPage<'a> {
    words: &'a Words,
    service_name: &'a str,
    style_path: &'a str,
    /// Where the form is sent.
    action: &'a str,
    notice: Option<&'a str>,
    problem: Option<&'a Told>,
    email: &'a str,
    ticket: &'a str,
    /// What the form calls where they go then.
    destination: &'a str,
    /// Whether e-mail and password will do.
    local: bool,
    /// Who else may say who somebody is.
    providers: Vec<ProviderLine<'a>>,
    /// The button for a passkey, where browsers know passkeys.
    passkey: Option<PasskeySignIn<'a>>,
}

/// Where a page of whoever is signed in is.
pub(in crate::http) fn address(app: &App, destination: Destination) -> String {
    let below = match destination {
        Destination::Account => ACCOUNT,
        Destination::Passkeys => passkeys::LIST,
    };
    format!("{}{below}", reply::base(app))
}

/// Asks somebody to sign in.
pub(in crate::http) fn ask_to_sign_in(
    app: &App,
    words: &Words,
    browser: &Browser,
    asked: Asked<'_>,
) -> HttpResponse {
    let mut response = match write(app, words, browser, asked) {
        Ok(response) => response,
        Err(failure) => return person::apologize(app, words, &failure),
    };
    if let Some(value) = browser.new_cookie.clone() {
        person::set_cookie(app, &mut response, value);
    }
    response
}

fn write(app: &App, words: &Words, browser: &Browser, asked: Asked<'_>) -> Result<HttpResponse, Failure> {
    let ways = &app.settings.sign_in;
    let script_path = passkeys::script_path(app);
    let next = address(app, asked.destination);
    let page = SignInPage {
        words,
        service_name: &app.settings.service_name,
        style_path: &reply::style_path(app),
        action: &path(app),
        notice: asked.notice,
        problem: asked.problem,
        email: asked.email,
        ticket: &account::ticket(app, browser, Action::SignIn)?,
        destination: asked.destination.name(),
        local: ways.local,
        providers: match asked.destination {
            Destination::Account => ways.providers.iter().map(provider_line).collect(),
            // Their people have none.
            Destination::Passkeys => Vec::new(),
        },
        passkey: script_path.as_deref().map(|script_path| PasskeySignIn {
            words,
            script_path,
            next: Some(&next),
        }),
    };
    Ok(match page.passkey {
        Some(_) => reply::page_with_script(asked.status, &page),
        None => reply::page(asked.status, &page),
    })
}
