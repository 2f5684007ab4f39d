//! `/account`: what a person allowed and where they are signed in. Whoever is not signed in is asked to, and comes back
//! here and nowhere else.

mod device;
mod moment;
mod page;

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web::Bytes};

use self::page::{AccountPage, SignInPage, Tickets, listed};
use super::{
    Gatehouse, person, remembered,
    reply::{self, Message},
    words::Words,
};
use crate::{
    app::App,
    flow::{
        Failure,
        account::{self, ActError, Action, Done, Sent},
    },
    login::browser::Browser,
    oauth::parameters::Parameters,
};

/// Where the page is and its forms go, below the issuer.
pub(super) const ACCOUNT: &str = "/account";
/// Carries what the page says after an action.
const NOTICE: &str = "done";

pub(super) async fn account(app: Gatehouse, request: HttpRequest) -> HttpResponse {
    let words = Words::choose(None, request.headers());
    let browser = match person::recognize(&app, &request).await {
        Ok(browser) => browser,
        Err(failure) => return person::apologize(&app, words, &failure),
    };
    let query = Parameters::parse(request.query_string().as_bytes()).unwrap_or_default();
    let done = query.get(NOTICE).and_then(|sealed| account::done(&app, sealed, &browser));
    let said = Said { notice: done.map(|action| words.account.get(action.key())), ..Said::default() };
    show(&app, words, &browser, said).await
}

/// The person pressed a button.
pub(super) async fn act(app: Gatehouse, request: HttpRequest, body: Bytes) -> HttpResponse {
    let words = Words::choose(None, request.headers());
    if !person::is_own_page(&app, &request) {
        let phrase = |key| words.account.get(key);
        let (title, text, next) = (phrase("refused"), phrase("problem_forged"), phrase("refused_next"));
        let message = Message { words, title, text, next };
        return reply::message(&app, StatusCode::BAD_REQUEST, message, &ActError::Forged.to_string());
    }
    let browser = match person::recognize(&app, &request).await {
        Ok(browser) => browser,
        Err(failure) => return person::apologize(&app, words, &failure),
    };
    let fields = Parameters::parse(&body).unwrap_or_default();
    let field = |name| fields.get(name).unwrap_or_default();
    let sent = Sent {
        ticket: field("ticket"),
        about: field("about"),
        email: field("email"),
        password: field("password"),
        new_password: field("new_password"),
        repeated: field("repeated"),
    };
    match account::act(&app, &sent, &browser).await {
        Ok(done) => go_on(&app, &browser, done),
        Err(ActError::Failed(failure)) => person::apologize(&app, words, &failure),
        Err(refusal) => {
            tracing::warn!(reason = %refusal, "a form of the account page was refused");
            let said = Said { refusal: Some(&refusal), email: sent.email, ..Said::default() };
            show(&app, words, &browser, said).await
        }
    }
}

/// To the page as it is after an action.
fn go_on(app: &App, browser: &Browser, done: Done) -> HttpResponse {
    let page = path(app);
    let location = done.notice.map_or_else(|| page.clone(), |notice| format!("{page}?{NOTICE}={notice}"));
    let mut response = reply::redirect(&location);
    if let Some(value) = done.cookie {
        person::set_cookie(app, &mut response, value);
    }
    // Not what a field says: only a sign-in makes a browser known to an account.
    if let Some(login) = done.signed_in_with {
        remembered::remember(app, &mut response, browser, &login);
    }
    response
}

/// What the page says beside what it lists.
#[derive(Clone, Copy, Default)]
struct Said<'a> {
    /// What was done just before.
    notice: Option<&'a str>,
    /// Why nothing was.
    refusal: Option<&'a ActError>,
    /// The e-mail that was typed before.
    email: &'a str,
}

async fn show(app: &App, words: &Words, browser: &Browser, said: Said<'_>) -> HttpResponse {
    let shown = match &browser.sign_in {
        Some(_) => account_page(app, words, browser, said).await,
        None => sign_in_page(app, words, browser, said),
    };
    let mut response = match shown {
        Ok(response) => response,
        Err(failure) => return person::apologize(app, words, &failure),
    };
    if let Some(value) = browser.new_cookie.clone() {
        person::set_cookie(app, &mut response, value);
    }
    if let Some(ActError::Wait(seconds)) = said.refusal {
        reply::retry_after(&mut response, *seconds);
    }
    response
}

async fn account_page(
    app: &App,
    words: &Words,
    browser: &Browser,
    said: Said<'_>,
) -> Result<HttpResponse, Failure> {
    let overview = account::overview(app, browser).await?;
    let minutes = app.settings.lifetimes.access_token.as_secs().div_ceil(60).to_string();
    let (has_password, person) = (overview.has_password, overview.email.clone());
    let (apps, sessions) = listed(app, words, overview);
    let problem = said.refusal.map(|refusal| told(words, refusal));
    let page = AccountPage {
        words,
        service_name: &app.settings.service_name,
        style_path: &reply::style_path(app),
        action: &path(app),
        person: &person,
        notice: said.notice,
        problem: problem.as_deref(),
        is_about_password: said.refusal.is_some_and(ActError::is_about_password),
        apps,
        ending: words.account.fill("ending", &[("minutes", &minutes)]),
        sessions,
        has_password,
        tickets: tickets(app, browser)?,
    };
    Ok(reply::page(status(said.refusal), &page))
}

fn tickets(app: &App, browser: &Browser) -> Result<Tickets, Failure> {
    let ticket = |action| account::ticket(app, browser, action);
    Ok(Tickets {
        sign_out: ticket(Action::SignOut)?,
        end_app: ticket(Action::EndApp)?,
        end_apps: ticket(Action::EndApps)?,
        end_session: ticket(Action::EndSession)?,
        end_sessions: ticket(Action::EndSessions)?,
        change_password: ticket(Action::ChangePassword)?,
    })
}

fn sign_in_page(
    app: &App,
    words: &Words,
    browser: &Browser,
    said: Said<'_>,
) -> Result<HttpResponse, Failure> {
    let problem = said.refusal.map(|refusal| told(words, refusal));
    let page = SignInPage {
        words,
        service_name: &app.settings.service_name,
        style_path: &reply::style_path(app),
        action: &path(app),
        notice: said.notice,
        problem: problem.as_deref(),
        email: said.email,
        ticket: &account::ticket(app, browser, Action::SignIn)?,
    };
    Ok(reply::page(status(said.refusal), &page))
}

fn told(words: &Words, refusal: &ActError) -> String {
    match refusal {
        ActError::Wait(seconds) => words.account.fill(refusal.key(), &[("seconds", &seconds.to_string())]),
        _ => words.account.get(refusal.key()).to_owned(),
    }
}

fn status(refusal: Option<&ActError>) -> StatusCode {
    match refusal {
        None => StatusCode::OK,
        Some(ActError::Gone) => StatusCode::NOT_FOUND,
        Some(ActError::Wait(_)) => StatusCode::TOO_MANY_REQUESTS,
        Some(ActError::Forged | ActError::OtherBrowser | ActError::Expired) => StatusCode::BAD_REQUEST,
        Some(_) => StatusCode::FORBIDDEN,
    }
}

fn path(app: &App) -> String {
    format!("{}{ACCOUNT}", reply::base(app))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_is_done_or_refused_has_words() {
        use ActError::{Credentials, Disabled, Expired, Forged, Gone, NewPassword, OldPassword};
        use ActError::{OtherBrowser, OtherUser, Repeated, SignedOut, Wait};
        use Action::{ChangePassword, EndApp, EndApps, EndSession, EndSessions, SignIn, SignOut};
        let actions = [SignIn, SignOut, EndApp, EndApps, EndSession, EndSessions, ChangePassword];
        let refusals = [Forged, OtherBrowser, OtherUser, Expired, SignedOut, Gone, Credentials, Disabled];
        let others = [Wait(5), OldPassword, NewPassword, Repeated];
        let words = Words::with_code("en").unwrap();
        let keys = actions.map(Action::key).into_iter();
        let keys = keys.chain(refusals.iter().chain(&others).map(ActError::key));
        for key in keys {
            assert!(words.account.find(key).is_some(), "{key}");
        }
        assert!(told(words, &Wait(5)).contains("Wait 5 seconds"));
    }
}
