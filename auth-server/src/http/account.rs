//! `/account`: what a person allowed and where they are signed in. Whoever is not signed in is asked to, and comes back
//! here and nowhere else.

mod device;
pub(super) mod moment;
mod page;
mod sign_in_page;

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web::Bytes};

use self::page::{AccountPage, Tickets, listed, ways};
pub(super) use self::sign_in_page::{Asked, address, ask_to_sign_in};
use super::{
    Gatehouse, person, remembered,
    reply::{self, Message},
    sign_in::{refusal_status, told as told_of_provider},
    words::Words,
};
use crate::{
    app::App,
    flow::{
        Failure,
        account::{self, ActError, Action, Destination, Done, Sent},
        incidents::{Told, label::Label},
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
        let forged = ActError::Forged;
        return reply::message(&app, StatusCode::BAD_REQUEST, message, (forged.label(), &forged.to_string()));
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
        destination: fields.get("destination").and_then(Destination::named),
        provider: fields.get("decision").and_then(|pressed| pressed.strip_prefix("provider:")),
        email: field("email"),
        password: field("password"),
        new_password: field("new_password"),
        repeated: field("repeated"),
    };
    match account::act(&app, &sent, &browser).await {
        Ok(done) => go_on(&app, &browser, done, sent.destination.unwrap_or_default()),
        Err(ActError::Failed(failure)) => person::apologize(&app, words, &failure),
        Err(refusal) => {
            let refusal = Some(&refusal);
            show(
                &app,
                words,
                &browser,
                Said { refusal, email: sent.email, asked: sent.destination, notice: None },
            )
            .await
        }
    }
}

/// To the page as it is after an action, or to a provider.
fn go_on(app: &App, browser: &Browser, done: Done, destination: Destination) -> HttpResponse {
    match done {
        Done::Departed { location } => reply::redirect(&location),
        Done::SignedIn { cookie, known } => {
            let mut response = reply::redirect(&address(app, destination));
            person::set_cookie(app, &mut response, cookie);
            // Not what a field says: only a sign-in makes a browser known to an account.
            remembered::remember(app, &mut response, browser, known);
            response
        }
        Done::Changed { notice, cookie, known } => {
            let mut response = reply::redirect(&format!("{}?{NOTICE}={notice}", path(app)));
            if let Some(value) = cookie {
                person::set_cookie(app, &mut response, value);
            }
            if let Some(known) = known {
                remembered::remember(app, &mut response, browser, known);
            }
            response
        }
    }
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
    /// Where somebody wanted to go who tried to sign in, whoever is signed in already.
    asked: Option<Destination>,
}

async fn show(app: &App, words: &Words, browser: &Browser, said: Said<'_>) -> HttpResponse {
    let told = said.refusal.map(|refusal| reply::problem(&told(words, refusal), refusal));
    let problem = told.as_ref();
    let mut response = match said.asked.is_none() && browser.sign_in.is_some() {
        true => match account_page(app, words, browser, (said, problem)).await {
            Ok(response) => response,
            Err(failure) => return person::apologize(app, words, &failure),
        },
        false => {
            let asked = Asked {
                destination: said.asked.unwrap_or_default(),
                status: status(said.refusal),
                notice: said.notice,
                problem,
                email: said.email,
            };
            ask_to_sign_in(app, words, browser, asked)
        }
    };
    let seconds = match said.refusal {
        Some(ActError::Wait(seconds)) => Some(*seconds),
        Some(ActError::Upstream(refusal)) => refusal.retry_after(),
        _ => None,
    };
    if let Some(seconds) = seconds {
        reply::retry_after(&mut response, seconds);
    }
    reply::keep(&mut response, told);
    response
}

async fn account_page(
    app: &App,
    words: &Words,
    browser: &Browser,
    (said, problem): (Said<'_>, Option<&Told>),
) -> Result<HttpResponse, Failure> {
    let overview = account::overview(app, browser).await?;
    let minutes = app.settings.lifetimes.access_token.as_secs().div_ceil(60).to_string();
    let (has_password, person) = (overview.has_password, overview.email.clone());
    let (ways, passkeys, passkeys_stay) = ways(words, &overview);
    let (apps, sessions) = listed(app, words, overview);
    let page = AccountPage {
        words,
        service_name: &app.settings.service_name,
        style_path: &reply::style_path(app),
        action: &path(app),
        person: &person,
        notice: said.notice,
        problem,
        is_about_password: said.refusal.is_some_and(ActError::is_about_password),
        apps,
        ending: words.account.fill("ending", &[("minutes", &minutes)]),
        sessions,
        has_password,
        ways,
        passkeys,
        passkeys_stay,
        passkeys_path: &address(app, Destination::Passkeys),
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

fn told(words: &Words, refusal: &ActError) -> String {
    match refusal {
        ActError::Wait(seconds) => words.account.fill(refusal.key(), &[("seconds", &seconds.to_string())]),
        ActError::Upstream(refusal) => told_of_provider(words, refusal),
        _ => words.account.get(refusal.key()).to_owned(),
    }
}

fn status(refusal: Option<&ActError>) -> StatusCode {
    match refusal {
        None => StatusCode::OK,
        Some(ActError::Gone) => StatusCode::NOT_FOUND,
        Some(ActError::Wait(_)) => StatusCode::TOO_MANY_REQUESTS,
        Some(ActError::Upstream(refusal)) => refusal_status(refusal),
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
        assert!(told(words, &Wait(1)).contains("Wait one second and"));
    }
}
