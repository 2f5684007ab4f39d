//! The page of a link: opened as often as somebody likes, used once.

use serde::{Deserialize, Serialize};
use shared::clock::Timestamp;

use super::{Link, Purpose, kept};
use crate::{
    app::App,
    audit::{By, Entry, Kind, Way},
    flow::{
        Failure,
        accounts::{AccountError, check_password, new_user, read_email},
        sign_in::{self, Entered},
    },
    login::{browser::Browser, known::Acquaintance},
    store::{
        links::Taken,
        users::{NewUser, User},
    },
};

/// What the seal of the page's form is bound to.
const PURPOSE: &str = "welcome";

/// A link whose page is shown.
#[derive(Debug)]
pub struct Opened {
    /// What it is.
    pub link: Link,
    /// For the form: which link, which browser, until when.
    pub sealed: String,
}

#[derive(Serialize, Deserialize)]
struct Form {
    link: String,
    browser: String,
    expires_at: Timestamp,
}

/// Looks at a link and uses nothing up.
///
/// # Errors
/// The database did not answer, or the form could not be written.
pub async fn open(app: &App, token: &str, browser: &Browser) -> Result<Option<Opened>, Failure> {
    reopen(app, kept(token), browser).await
}

async fn reopen(app: &App, id: String, browser: &Browser) -> Result<Option<Opened>, Failure> {
    // A link from before local accounts were switched off leads nowhere.
    if !app.settings.sign_in.local {
        return Ok(None);
    }
    let now = app.clock.now();
    let Some(link) = app.store.link(&id, now).await? else { return Ok(None) };
    let expires_at = now + app.settings.lifetimes.page;
    let form = Form { link: id, browser: browser.binding().to_owned(), expires_at };
    let sealed = app.secrets.seal(PURPOSE, &serde_json::to_vec(&form)?);
    Ok(Some(Opened { link, sealed }))
}

/// What the person typed.
#[derive(Clone, Copy)]
pub struct Typed<'a> {
    /// The sealed form.
    pub sealed: &'a str,
    /// Where the link leaves that open.
    pub email: &'a str,
    /// The password they choose.
    pub password: &'a str,
    /// And once more.
    pub repeated: &'a str,
}

/// What became of a form.
#[derive(Debug)]
pub enum Followed {
    /// The account has that password, and the browser this cookie.
    SignedIn {
        /// The cookie.
        cookie: String,
        /// What it may remember of what the person signs in with from now on.
        known: Acquaintance,
    },
    /// The page is shown again.
    AskAgain {
        /// With the same link.
        opened: Opened,
        /// And what was wrong.
        problem: Problem,
    },
}

/// Why the page is shown again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// Not an e-mail address.
    #[error("That is no e-mail address.")]
    Email,
    /// Too short or too long.
    #[error("The password is too short or too long.")]
    Password,
    /// The address itself.
    #[error("The password is the e-mail address.")]
    PasswordIsEmail,
    /// Not typed the same twice.
    #[error("The password was not typed the same twice.")]
    Repeated,
}

impl Problem {
    /// What it is called where pages have their words.
    pub const fn key(self) -> &'static str {
        match self {
            Problem::Email => "bad_email",
            Problem::Password => "bad_password",
            Problem::PasswordIsEmail => "password_is_email",
            Problem::Repeated => "not_repeated",
        }
    }
}

/// Uses a link.
///
/// # Errors
/// The form is not ours or too old, or the link is not good any more.
pub async fn follow(app: &App, typed: Typed<'_>, browser: &Browser) -> Result<Followed, LinkError> {
    let followed = use_up(app, typed, browser).await;
    followed.inspect_err(|refusal| {
        if !matches!(refusal, LinkError::Failed(_)) {
            sign_in::note_failure(app, (Way::Link, refusal.key()), None);
        }
    })
}

async fn use_up(app: &App, typed: Typed<'_>, browser: &Browser) -> Result<Followed, LinkError> {
    let id = read(app, typed.sealed, browser)?;
    // Looked at first: no password is hashed for a link that is not good.
    let opened = reopen(app, id.clone(), browser).await?.ok_or(LinkError::Gone)?;
    let login = match check(&opened.link, typed) {
        Ok(login) => login,
        Err(problem) => return Ok(Followed::AskAgain { opened, problem }),
    };
    let purpose = opened.link.purpose;
    let (user, hash) = take(app, (id, purpose), (&login, typed.password)).await?;
    app.audit.note(match purpose {
        Purpose::Reset => Entry::of(Kind::PasswordChanged).account(&user.id).way(Way::Link),
        Purpose::Setup | Purpose::Invitation => {
            let added = Entry::of(Kind::AccountAdded).by(By::Person).account(&user.id);
            added.way(Way::Link).email(&user.email)
        }
    });
    let entered = (Entered::By(Way::Link), browser);
    let (_, cookie) = sign_in::sign_in(app, user, entered).await?.ok_or(LinkError::Gone)?;
    app.metrics.sign_in(Way::Link, Ok(()));
    Ok(Followed::SignedIn { cookie, known: Acquaintance::new(&login, &hash) })
}

fn read(app: &App, sealed: &str, browser: &Browser) -> Result<String, LinkError> {
    let opened = app.secrets.open(PURPOSE, sealed).ok_or(LinkError::Forged)?;
    let form: Form = serde_json::from_slice(&opened).map_err(|_| LinkError::Forged)?;
    if form.browser != browser.binding() {
        return Err(LinkError::OtherBrowser);
    }
    match app.clock.now() < form.expires_at {
        true => Ok(form.link),
        false => Err(LinkError::Expired),
    }
}

/// What the account signs in with, when everything that was typed will do.
fn check(link: &Link, typed: Typed<'_>) -> Result<String, Problem> {
    let login = match link.purpose {
        Purpose::Setup => read_email(typed.email).map_err(|_| Problem::Email)?,
        Purpose::Invitation | Purpose::Reset => link.email.clone(),
    };
    check_password(typed.password, &login).map_err(|fault| match fault {
        AccountError::PasswordIsEmail => Problem::PasswordIsEmail,
        _ => Problem::Password,
    })?;
    match typed.password == typed.repeated {
        true => Ok(login),
        false => Err(Problem::Repeated),
    }
}

/// Uses the link up and does what it is for: whose account it is, and what is stored of the password.
async fn take(
    app: &App,
    (id, purpose): (String, Purpose),
    (login, password): (&str, &str),
) -> Result<(User, String), LinkError> {
    let now = app.clock.now();
    if purpose == Purpose::Reset {
        let hash = app.passwords.hash(password.to_owned()).await.map_err(Failure::from)?;
        let user = app.store.set_password_by_link(id, hash.clone(), now).await.map_err(Failure::from)?;
        return user.map(|user| (user, hash)).ok_or(LinkError::Gone);
    }
    let new: NewUser = new_user(app, login, password).await.map_err(|fault| match fault {
        AccountError::Hash(fault) => LinkError::Failed(fault.into()),
        _ => LinkError::Forged,
    })?;
    let made = (new.user.clone(), new.password_hash.clone());
    let taken = match purpose {
        Purpose::Setup => app.store.set_up(id, new, now).await,
        Purpose::Invitation | Purpose::Reset => app.store.take_up(id, new, now).await,
    };
    match taken.map_err(Failure::from)? {
        Taken::Up => Ok(made),
        Taken::Gone => Err(LinkError::Gone),
        Taken::Exists => Err(LinkError::Exists),
    }
}

/// Why a link does not help: a page for the person.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    /// Unknown, used, expired, or its account is gone: no difference is made.
    #[error("this link is not good, or not any more")]
    Gone,
    /// Made otherwise meanwhile.
    #[error("the address of this invitation has an account already")]
    Exists,
    /// Not sealed by us, or sent from elsewhere.
    #[error("this form was not made by this server")]
    Forged,
    /// Another browser, or its cookie is gone.
    #[error("this page was made for another browser, or cookies are switched off")]
    OtherBrowser,
    /// Too late.
    #[error("the page was open for too long")]
    Expired,
    /// Us.
    #[error(transparent)]
    Failed(#[from] Failure),
}

impl LinkError {
    /// What it is called where pages have their words.
    pub const fn key(&self) -> &'static str {
        match self {
            LinkError::Gone => "gone",
            LinkError::Exists => "exists",
            LinkError::Forged | LinkError::Failed(_) => "forged",
            LinkError::OtherBrowser => "other_browser",
            LinkError::Expired => "expired",
        }
    }
}
