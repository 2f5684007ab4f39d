//! Signing a person in with e-mail and password.

use crate::{
    app::App,
    flow::Failure,
    login::browser::{Browser, cookie_digest, fresh_cookie},
    store::{
        sign_ins::{Arrival, SignIn},
        users::User,
    },
};

/// Who the credentials belong to. None when they fit nobody, which takes as long, and where the operator has switched off
/// e-mail and password altogether.
///
/// # Errors
/// The database or the hash.
pub async fn identify(app: &App, email: &str, password: &str) -> Result<Option<User>, Failure> {
    if !app.settings.sign_in.local {
        return Ok(None);
    }
    let email = email.trim().to_lowercase();
    // No account has such an address, and not every database can hold it.
    let found = match email.chars().any(char::is_control) {
        true => None,
        false => app.store.user_by_login(&email).await?,
    };
    let (user, hash) = found.map(|(user, hash)| (Some(user), Some(hash))).unwrap_or_default();
    let fits = app.passwords.verify(password.to_owned(), hash).await?;
    let user = user.filter(|_| fits);
    if user.is_none() {
        tracing::warn!("a sign-in failed");
    }
    Ok(user)
}

/// Signs somebody in who was identified, and gives the cookie that will say so.
///
/// The browser gets a new cookie: one that somebody planted before is worth nothing after.
///
/// # Errors
/// The database.
pub async fn sign_in(app: &App, user: User, browser: &Browser) -> Result<(SignIn, String), Failure> {
    let cookie = fresh_cookie();
    let now = app.clock.now();
    let sign_in = SignIn { user, browser: browser.binding().to_owned(), at: now };
    let arrival = Arrival {
        id: cookie_digest(&cookie),
        user_agent: browser.user_agent().to_owned(),
        replaced: browser.sign_in_id().map(str::to_owned),
        expires_at: now + app.settings.lifetimes.session,
    };
    app.store.add_sign_in(arrival, sign_in.clone()).await?;
    tracing::info!(user = sign_in.user.id, "signed in");
    Ok((sign_in, cookie))
}
