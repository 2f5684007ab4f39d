//! Signing a person in with e-mail and password.

use std::time::Duration;

use crate::{
    app::App,
    audit::{Entry, Kind, Way},
    flow::{Failure, incidents::label::Label},
    login::{
        browser::{Browser, cookie_digest, fresh_cookie},
        known::Acquaintance,
        local,
    },
    store::{
        sign_ins::{Arrival, SignIn},
        users::{Credentials, User},
    },
};

/// Whose the credentials are.
#[derive(Debug)]
pub enum Identified {
    /// Somebody's who may sign in, and what their browser may remember.
    As(User, Acquaintance),
    /// Nobody's: an unknown e-mail and a wrong password are one answer, after the same work.
    Nobody,
    /// Somebody's who may not sign in. Only who knows the password learns it.
    Disabled,
    /// Not looked at: there were too many before. So long until the next may follow.
    Wait(Duration),
}

/// Whose the credentials are that were typed in this browser: nobody's where the operator has switched off e-mail and
/// password altogether.
///
/// # Errors
/// The database or the hash.
pub async fn identify(
    app: &App,
    (email, password): (&str, &str),
    browser: &Browser,
) -> Result<Identified, Failure> {
    let identified = tried(app, (email, password), browser).await;
    let outcome = match &identified {
        Ok(Identified::As(..)) => Ok(()),
        Ok(Identified::Nobody) => Err("credentials"),
        Ok(Identified::Disabled) => Err("disabled"),
        Ok(Identified::Wait(_)) => Err("wait"),
        Err(failure) => Err(failure.label()),
    };
    app.metrics.sign_in(Way::Password, outcome);
    identified
}

async fn tried(app: &App, (email, password): (&str, &str), browser: &Browser) -> Result<Identified, Failure> {
    if !app.settings.sign_in.local {
        return Ok(Identified::Nobody);
    }
    let login = local::login(email);
    // Looked up before it is counted, for every address alike: which browsers are known depends on the password.
    let found = find(app, &login).await?;
    let hash = found.as_ref().map(|found| found.password_hash.as_str());
    let account = found.as_ref().map(|found| found.user.id.clone());
    let known = browser.known(&app.secrets);
    let attempt = match app.attempts.begin((&login, hash), (browser.address, &known), app.clock.now()) {
        Ok(attempt) => attempt,
        Err(wait) => {
            note_failure(app, (Way::Password, "wait"), account.as_deref());
            return Ok(Identified::Wait(wait));
        }
    };
    match check(app, found, password).await {
        Ok(None) => {
            note_failure(app, (Way::Password, "credentials"), account.as_deref());
            Ok(Identified::Nobody)
        }
        Ok(Some(Credentials { user, is_disabled, password_hash })) => {
            attempt.succeeded();
            if is_disabled {
                note_failure(app, (Way::Password, "disabled"), account.as_deref());
                return Ok(Identified::Disabled);
            }
            Ok(Identified::As(user, Acquaintance::new(&login, &password_hash)))
        }
        Err(failure) => {
            attempt.called_off();
            Err(failure)
        }
    }
}

/// Tells that somebody is not signed in, and why: in a word that says nothing of what was typed.
pub(super) fn note_failure(app: &App, (way, reason): (Way, &'static str), account: Option<&str>) {
    let failed = Entry::of(Kind::SignInFailed).way(way).reason(reason);
    app.audit.note(account.into_iter().fold(failed, Entry::account));
}

/// The account that signs in so, if it has a password.
async fn find(app: &App, login: &str) -> Result<Option<Credentials>, Failure> {
    // No account has such an address, and not every database can hold it.
    let found = match login.chars().any(char::is_control) {
        true => None,
        false => app.store.credentials(login).await?,
    };
    // An account without a password is as good as none.
    Ok(found.filter(|found| !found.password_hash.is_empty()))
}

/// The account again if that is its password, after the same work where there is none.
async fn check(
    app: &App,
    found: Option<Credentials>,
    password: &str,
) -> Result<Option<Credentials>, Failure> {
    let hash = found.as_ref().map(|found| found.password_hash.clone());
    let fits = app.passwords.verify(password.to_owned(), hash).await?;
    let mut found = found.filter(|_| fits);
    if let Some(found) = &mut found
        && app.passwords.is_outdated(&found.password_hash)
    {
        renew(app, found, password).await;
    }
    Ok(found)
}

/// Hashes a password anew that was hashed with other parameters. The sign-in does not depend on it.
async fn renew(app: &App, found: &mut Credentials, password: &str) {
    let renewed = async {
        let hash = app.passwords.hash(password.to_owned()).await?;
        let both = (found.password_hash.clone(), hash.clone());
        app.store.renew_hash(found.user.id.clone(), both).await?;
        Ok::<String, Failure>(hash)
    };
    match renewed.await {
        Ok(hash) => {
            found.password_hash = hash;
            tracing::info!(user = found.user.id, "a password was hashed with the parameters of today");
        }
        Err(failure) => tracing::warn!(error = %failure, "a password could not be hashed anew"),
    }
}

/// How somebody was identified.
#[derive(Clone, Copy, Debug)]
pub enum Entered<'a> {
    /// Here.
    By(Way),
    /// By a provider, which is that issuer.
    With(&'a str),
}

impl Entered<'_> {
    fn note(self, kind: Kind) -> Entry {
        match self {
            Entered::By(way) => Entry::of(kind).way(way),
            Entered::With(issuer) => Entry::of(kind).provider(issuer),
        }
    }
}

/// Signs somebody in who was identified, and gives the cookie that will say so.
///
/// The browser gets a new cookie: one that somebody planted before is worth nothing after. None when the account, or what
/// it signs in with, has ended since the request began.
///
/// # Errors
/// The database.
pub async fn sign_in(
    app: &App,
    user: User,
    (how, browser): (Entered<'_>, &Browser),
) -> Result<Option<(SignIn, String)>, Failure> {
    let cookie = fresh_cookie();
    let now = app.clock.now();
    // What was prepared for one person in this browser is not for the next.
    let is_somebody_else = browser.sign_in.as_ref().is_some_and(|before| before.user.id != user.id);
    let binding = if is_somebody_else { cookie_digest(&cookie) } else { browser.binding().to_owned() };
    let sign_in = SignIn { user, browser: binding, at: now };
    let arrival = Arrival {
        id: cookie_digest(&cookie),
        user_agent: browser.user_agent().to_owned(),
        replaced: browser.sign_in_id().map(str::to_owned),
        expires_at: now + app.settings.lifetimes.session,
    };
    if !app.store.add_sign_in(arrival, sign_in.clone(), browser.began_at).await? {
        let failed = how.note(Kind::SignInFailed).reason("overtaken");
        app.audit.note(failed.account(&sign_in.user.id));
        return Ok(None);
    }
    app.audit.note(how.note(Kind::SignIn).account(&sign_in.user.id));
    Ok(Some((sign_in, cookie)))
}
