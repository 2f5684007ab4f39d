//! The account page: what somebody allowed, where they are signed in, and the end of either.

mod overview;
mod switch;
mod ticket;

pub use self::{
    overview::{ConnectedApp, Overview, Session, Use, overview},
    switch::switch,
    ticket::{Action, done, ticket},
};

use self::ticket::Void;
use crate::{
    app::App,
    flow::{
        Failure,
        sign_in::{self, Identified},
    },
    login::browser::{Browser, cookie_digest, fresh_cookie},
    store::{sign_ins::SignIn, users::User},
};

/// What came back from a form of the page.
#[derive(Clone, Copy, Default)]
pub struct Sent<'a> {
    /// The sealed part: which action it is.
    pub ticket: &'a str,
    /// What the action is about: a client, or a signed-in browser.
    pub about: &'a str,
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
pub struct Done {
    /// What the next page is to say, sealed; nothing where it shows by itself.
    pub notice: Option<String>,
    /// The browser's new cookie.
    pub cookie: Option<String>,
    /// What somebody has just signed in with.
    pub signed_in_with: Option<String>,
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
    let cookie = match (action, &browser.sign_in) {
        (Action::SignIn, _) => return sign_in_with(app, sent, browser).await,
        (_, None) => return Err(ActError::SignedOut),
        (Action::SignOut, Some(sign_in)) => Some(sign_out(app, sign_in, browser).await?),
        (_, Some(sign_in)) => {
            change(app, action, sent, (sign_in, browser)).await?;
            None
        }
    };
    let binding = cookie.as_deref().map_or_else(|| browser.binding().to_owned(), cookie_digest);
    Ok(Done { notice: Some(ticket::notice(app, &binding, action)?), cookie, signed_in_with: None })
}

async fn sign_in_with(app: &App, sent: &Sent<'_>, browser: &Browser) -> Result<Done, ActError> {
    let user = identify(app, (sent.email, sent.password), browser).await?.ok_or(ActError::Credentials)?;
    let (_, cookie) = sign_in::sign_in(app, user, browser).await?;
    Ok(Done { notice: None, cookie: Some(cookie), signed_in_with: Some(sent.email.to_owned()) })
}

/// Whose the credentials are; none when they are nobody's.
async fn identify(app: &App, credentials: (&str, &str), browser: &Browser) -> Result<Option<User>, ActError> {
    match sign_in::identify(app, credentials, browser).await? {
        Identified::As(user) => Ok(Some(user)),
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
    tracing::info!(user = sign_in.user.id, "signed out");
    Ok(fresh_cookie())
}

async fn change(
    app: &App,
    action: Action,
    sent: &Sent<'_>,
    (sign_in, browser): (&SignIn, &Browser),
) -> Result<(), ActError> {
    let user = sign_in.user.id.clone();
    match action {
        Action::SignIn | Action::SignOut => {}
        Action::EndApp => end_app(app, user, sent.about).await?,
        Action::EndApps => {
            let ended =
                app.store.end_connections(user, app.clock.milliseconds()).await.map_err(Failure::from)?;
            tracing::info!(user = sign_in.user.id, ended, "every grant was ended by its owner");
        }
        Action::EndSession => end_session(app, user, sent.about).await?,
        Action::EndSessions => {
            let this = browser.sign_in_id().unwrap_or_default().to_owned();
            app.store.end_other_sign_ins(user, this).await.map_err(Failure::from)?;
            tracing::info!(user = sign_in.user.id, "signed out everywhere else");
        }
        Action::ChangePassword => change_password(app, sent, (sign_in, browser)).await?,
    }
    Ok(())
}

async fn end_app(app: &App, user: String, client_id: &str) -> Result<(), ActError> {
    // No row has such a client, and not every database can look for one.
    if client_id.chars().any(char::is_control) {
        return Err(ActError::Gone);
    }
    let now = app.clock.milliseconds();
    match app.store.end_connection(user.clone(), client_id.to_owned(), now).await.map_err(Failure::from)? {
        true => tracing::info!(user, client = client_id, "the grants of a client were ended by their owner"),
        false => return Err(ActError::Gone),
    }
    Ok(())
}

async fn end_session(app: &App, user: String, id: &str) -> Result<(), ActError> {
    let listed = app.store.sign_ins_of(&user, app.clock.now()).await.map_err(Failure::from)?;
    let named = listed.into_iter().find(|listed| overview::session_id(app, &listed.id) == id);
    let sign_in = named.ok_or(ActError::Gone)?.id;
    app.store.end_sign_in(user.clone(), sign_in).await.map_err(Failure::from)?;
    tracing::info!(user, "signed out of another browser");
    Ok(())
}

async fn change_password(
    app: &App,
    sent: &Sent<'_>,
    (sign_in, browser): (&SignIn, &Browser),
) -> Result<(), ActError> {
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
    identified.filter(|identified| identified.id == user.id).ok_or(ActError::OldPassword)?;
    let hash = app.passwords.hash(sent.new_password.to_owned()).await.map_err(Failure::from)?;
    let this = browser.sign_in_id().unwrap_or_default().to_owned();
    match app.store.change_password(user.id.clone(), this, hash).await.map_err(Failure::from)? {
        true => tracing::info!(user = user.id, "a password was changed by its owner"),
        false => return Err(ActError::SignedOut),
    }
    Ok(())
}

/// Why nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum ActError {
    /// Not sealed by us, or tampered with.
    #[error("the form was not made by this server")]
    Forged,
    /// Another browser's, or from before a sign-out.
    #[error("the form was made for another browser")]
    OtherBrowser,
    /// Somebody else is signed in by now.
    #[error("the form was made for somebody else")]
    OtherUser,
    /// Too late.
    #[error("the form has expired")]
    Expired,
    /// Nobody is signed in any more.
    #[error("nobody is signed in")]
    SignedOut,
    /// There is no such thing of theirs.
    #[error("the form is about something that is not theirs")]
    Gone,
    /// One answer for an unknown e-mail and a wrong password.
    #[error("the e-mail or the password is not right")]
    Credentials,
    /// The password is right and does not help.
    #[error("the account is disabled")]
    Disabled,
    /// Too many before, for so many seconds.
    #[error("there were too many attempts to sign in")]
    Wait(u64),
    /// The present one.
    #[error("the present password is not right")]
    OldPassword,
    /// Too short, too long, or their own address.
    #[error("the new password cannot be used")]
    NewPassword,
    /// They typed two different ones.
    #[error("the new password was repeated differently")]
    Repeated,
    /// Us.
    #[error(transparent)]
    Failed(#[from] Failure),
}

impl ActError {
    /// Whether it is about the password that was to be changed.
    pub const fn is_about_password(&self) -> bool {
        matches!(self, ActError::OldPassword | ActError::NewPassword | ActError::Repeated)
    }

    /// What it is called where pages have their words.
    pub const fn key(&self) -> &'static str {
        match self {
            ActError::Forged | ActError::Failed(_) => "problem_forged",
            ActError::OtherBrowser => "problem_other_browser",
            ActError::OtherUser => "problem_other_user",
            ActError::Expired => "problem_expired",
            ActError::SignedOut => "problem_signed_out",
            ActError::Gone => "problem_gone",
            ActError::Credentials => "problem_credentials",
            ActError::Disabled => "problem_disabled",
            ActError::Wait(_) => "problem_wait",
            ActError::OldPassword => "problem_old_password",
            ActError::NewPassword => "problem_new_password",
            ActError::Repeated => "problem_repeated",
        }
    }
}
