//! Links that let somebody in once, to choose a password: the first account, an invitation, a new password. What stands
//! in a link is shown once and kept as a digest. Looking at its page uses nothing up: mail programs look too.

mod page;

use std::time::Duration;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use ring::digest::{SHA256, digest};
use shared::{database::DatabaseError, random};

pub use self::page::{Followed, LinkError, Opened, Problem, Typed, follow, open};
pub use crate::store::links::{Link, Purpose};
use crate::{
    app::App,
    audit::{Entry, Kind},
    flow::accounts::{AccountError, password_reset, read_email},
    store::accounts::{Account, Ended},
};

/// Where links lead, below the issuer.
pub const WELCOME: &str = "/welcome";
/// A link to the first account, or to a new password.
const A_DAY: Duration = Duration::from_secs(24 * 3600);

/// A link to the first account, while there is none and nobody could sign in otherwise.
///
/// # Errors
/// The database did not do it.
pub async fn set_up(app: &App) -> Result<Option<String>, DatabaseError> {
    let settings = &app.settings;
    if !settings.setup_link || !settings.sign_in.local || !settings.sign_in.providers.is_empty() {
        return Ok(None);
    }
    let token = fresh();
    let added = app.store.add_setup_link(kept(&token), app.clock.now() + A_DAY).await?;
    Ok(added.then(|| address(app, &token)))
}

/// A link by which somebody makes an account with that address.
///
/// # Errors
/// It is no address, or has an account; or nobody signs in with a password.
pub async fn invite(app: &App, email: &str, lifetime: Duration) -> Result<String, AccountError> {
    if !app.settings.sign_in.local {
        return Err(AccountError::Off);
    }
    let email = read_email(email)?;
    if app.store.credentials(&email).await?.is_some() {
        return Err(AccountError::Exists);
    }
    let (token, now) = (fresh(), app.clock.now());
    app.store.add_invitation((kept(&token), email.clone()), now + lifetime, now).await?;
    app.audit.note(Entry::of(Kind::AccountInvited).email(&email));
    Ok(address(app, &token))
}

/// Takes the password of an account away, ends everything it had, passkeys included, and gives a link to set another one.
///
/// # Errors
/// It is disabled, or has no password here.
pub async fn reset(app: &App, account: Account) -> Result<(String, Ended), AccountError> {
    if !app.settings.sign_in.local {
        return Err(AccountError::Off);
    }
    if !account.is_local() {
        return Err(AccountError::Elsewhere);
    }
    let found = app.store.credentials(&account.login).await?.ok_or(AccountError::Unknown)?;
    if found.is_disabled {
        return Err(AccountError::Enable);
    }
    let (token, expires_at) = (fresh(), app.clock.now() + A_DAY);
    let kept = (kept(&token), found.user);
    let ended = app.store.add_reset_link(kept, expires_at, app.clock.milliseconds()).await?;
    app.audit.note(password_reset(&account, "link", ended));
    Ok((address(app, &token), ended))
}

/// 256 random bits.
fn fresh() -> String {
    BASE64_URL_SAFE_NO_PAD.encode(random::bytes::<32>())
}

/// What is kept of them.
fn kept(token: &str) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(digest(&SHA256, token.as_bytes()))
}

fn address(app: &App, token: &str) -> String {
    format!("{}{WELCOME}/{token}", app.settings.issuer.as_str().trim_end_matches('/'))
}
