//! The account page: what somebody allowed, where they are signed in, and the end of either.

mod destination;
mod overview;
mod refusal;
mod switch;
mod ticket;

pub use self::{
    destination::Destination,
    overview::{ConnectedApp, Overview, Session, Use, overview},
    refusal::ActError,
    switch::switch,
    ticket::{Action, done, ticket},
};

use self::ticket::Void;
use crate::{
    app::App,
    audit::{By, Entry, Kind, Way},
    flow::{
        Failure,
        sign_in::{self, Entered, Identified},
        upstream,
    },
    login::{
        browser::{Browser, cookie_digest, fresh_cookie},
        known::Acquaintance,
    },
    metrics::Course,
    store::{sign_ins::SignIn, users::User},
};

/// What came back from a form of the page.
#[derive(Clone, Copy, Default)]
pub struct Sent<'a> {
    /// The sealed part: which action it is.
    pub ticket: &'a str,
    /// What the action is about: a client, or a signed-in browser.
    pub about: &'a str,
    /// The page to sign in for; only a form to sign in says it.
    pub destination: Option<Destination>,
    /// The provider to sign in with.
    pub provider: Option<&'a str>,
    /// To sign in.
    pub email: &'a str,
    /// The present password.
    pub password: &'a str,
    /// Another one.
    pub new_password: &'a str,
    /// The same once more, because nobody sees what they type.
    pub repeated: &'a str,
}

/// An action that was carried out.
pub enum Done {
    /// What the form says.
    Changed {
        /// What the next page is to say, sealed.
        notice: String,
        /// The browser's new cookie.
        cookie: Option<String>,
        /// What it may remember of another password.
        known: Option<Acquaintance>,
    },
    /// Somebody has signed in.
    SignedIn {
        /// The browser's new cookie.
        cookie: String,
        /// What it may remember of that.
        known: Acquaintance,
    },
    /// Somebody is on the way to a provider.
    Departed {
        /// The address there.
        location: String,
    },
}

/// Carries an action out. Twice is as good as once.
///
/// # Errors
/// Why nothing was changed.
pub async fn act(app: &App, sent: &Sent<'_>, browser: &Browser) -> Result<Done, ActError> {
    let action = ticket::open(app, sent.ticket, browser).map_err(|void| match (void, &browser.sign_in) {
        (Void::Forged, _) => ActError::Forged,
        // Whatever it was for: whoever signed out, or was signed out, learns that.
        (Void::OtherUser | Void::OtherBrowser, None) => ActError::SignedOut,
        (Void::OtherUser, Some(_)) => ActError::OtherUser,
        (Void::OtherBrowser, Some(_)) => ActError::OtherBrowser,
        (Void::Expired, _) => ActError::Expired,
    })?;
    let mut known = None;
    let cookie = match (action, &browser.sign_in) {
        (Action::SignIn, _) => return sign_in_with(app, sent, browser).await,
        (_, None) => return Err(ActError::SignedOut),
        (Action::SignOut, Some(sign_in)) => Some(sign_out(app, sign_in, browser).await?),
        (_, Some(sign_in)) => {
            known = change(app, action, sent, (sign_in, browser)).await?;
            None
        }
    };
    let binding = cookie.as_deref().map_or_else(|| browser.binding().to_owned(), cookie_digest);
    Ok(Done::Changed { notice: ticket::notice(app, &binding, action)?, cookie, known })
}

async fn sign_in_with(app: &App, sent: &Sent<'_>, browser: &Browser) -> Result<Done, ActError> {
    if let Some(key) = sent.provider {
        let destination = sent.destination.unwrap_or_default();
        let location = upstream::start_for_page(app, destination, key, browser).await?;
        return Ok(Done::Departed { location });
    }
    let identified = identify(app, (sent.email, sent.password), browser).await?;
    let (user, known) = identified.ok_or(ActError::Credentials)?;
    let (_, cookie) = sign_in::sign_in(app, user, (Entered::By(Way::Password), browser))
        .await?
        .ok_or(ActError::SignedOut)?;
    Ok(Done::SignedIn { cookie, known })
}

/// Whose the credentials are; none when they are nobody's.
async fn identify(
    app: &App,
    credentials: (&str, &str),
    browser: &Browser,
) -> Result<Option<(User, Acquaintance)>, ActError> {
    match sign_in::identify(app, credentials, browser).await? {
        Identified::As(user, known) => Ok(Some((user, known))),
        Identified::Nobody => Ok(None),
        Identified::Disabled => Err(ActError::Disabled),
        Identified::Wait(wait) => Err(ActError::Wait(wait.as_secs())),
    }
}

/// Ends the sign-in, and gives the browser a cookie that stands for nobody.
async fn sign_out(app: &App, sign_in: &SignIn, browser: &Browser) -> Result<String, Failure> {
    if let Some(id) = browser.sign_in_id() {
        app.store.end_sign_in(sign_in.user.id.clone(), id.to_owned()).await?;
    }
    app.audit.note(Entry::of(Kind::SignOut).account(&sign_in.user.id).reason("here"));
    Ok(fresh_cookie())
}

async fn change(
    app: &App,
    action: Action,
    sent: &Sent<'_>,
    (sign_in, browser): (&SignIn, &Browser),
) -> Result<Option<Acquaintance>, ActError> {
    let user = sign_in.user.id.clone();
    match action {
        Action::SignIn | Action::SignOut => {}
        Action::EndApp => end_app(app, user, sent.about).await?,
        Action::EndApps => {
            let ended =
                app.store.end_connections(user, app.clock.milliseconds()).await.map_err(Failure::from)?;
            app.metrics.grant(Course::Ended);
            let revoked = Entry::of(Kind::GrantRevoked).by(By::Person).account(&sign_in.user.id);
            app.audit.note(revoked.count(ended));
        }
        Action::EndSession => end_session(app, user, sent.about).await?,
        Action::EndSessions => {
            let this = browser.sign_in_id().unwrap_or_default().to_owned();
            app.store.end_other_sign_ins(user, this).await.map_err(Failure::from)?;
            app.audit.note(Entry::of(Kind::SignOut).account(&sign_in.user.id).reason("everywhere_else"));
        }
        Action::ChangePassword => return change_password(app, sent, (sign_in, browser)).await.map(Some),
    }
    Ok(None)
}

async fn end_app(app: &App, user: String, client_id: &str) -> Result<(), ActError> {
    // No row has such a client, and not every database can look for one.
    if client_id.chars().any(char::is_control) {
        return Err(ActError::Gone);
    }
    let now = app.clock.milliseconds();
    match app.store.end_connection(user.clone(), client_id.to_owned(), now).await.map_err(Failure::from)? {
        true => {
            app.metrics.grant(Course::Ended);
            let revoked = Entry::of(Kind::GrantRevoked).by(By::Person).account(&user);
            app.audit.note(revoked.client(client_id));
            Ok(())
        }
        false => Err(ActError::Gone),
    }
}

async fn end_session(app: &App, user: String, id: &str) -> Result<(), ActError> {
    let listed = app.store.sign_ins_of(&user, app.clock.now()).await.map_err(Failure::from)?;
    let named = listed.into_iter().find(|listed| overview::session_id(app, &listed.id) == id);
    let sign_in = named.ok_or(ActError::Gone)?.id;
    app.store.end_sign_in(user.clone(), sign_in).await.map_err(Failure::from)?;
    app.audit.note(Entry::of(Kind::SignOut).account(&user).reason("another_browser"));
    Ok(())
}

async fn change_password(
    app: &App,
    sent: &Sent<'_>,
    (sign_in, browser): (&SignIn, &Browser),
) -> Result<Acquaintance, ActError> {
    let user = &sign_in.user;
    let login = app.store.login_of(&user.id).await.map_err(Failure::from)?.ok_or(ActError::Gone)?;
    if sent.new_password != sent.repeated {
        return Err(ActError::Repeated);
    }
    let is_email = [&login, &user.email].iter().any(|own| own.eq_ignore_ascii_case(sent.new_password));
    if !(8..=1024).contains(&sent.new_password.len()) || is_email {
        return Err(ActError::NewPassword);
    }
    let identified = identify(app, (&login, sent.password), browser).await?;
    identified.filter(|(identified, _)| identified.id == user.id).ok_or(ActError::OldPassword)?;
    let hash = app.passwords.hash(sent.new_password.to_owned()).await.map_err(Failure::from)?;
    let known = Acquaintance::new(&login, &hash);
    let this = browser.sign_in_id().unwrap_or_default().to_owned();
    let now = app.clock.milliseconds();
    match app.store.change_password((user.id.clone(), this), hash, now).await.map_err(Failure::from)? {
        true => app.audit.note(Entry::of(Kind::PasswordChanged).account(&user.id).way(Way::Password)),
        false => return Err(ActError::SignedOut),
    }
    Ok(known)
}
