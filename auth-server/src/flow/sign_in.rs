//! Signing a person in with e-mail and password.

use crate::{
    app::App,
    flow::Failure,
    login::browser::{Browser, cookie_digest, fresh_cookie},
    store::{sign_ins::SignIn, users::User},
};

/// Who the credentials belong to, and the cookie that will say so. None when they fit nobody; that takes as long.
///
/// The browser gets a new cookie: one that somebody planted before is worth nothing after.
///
/// # Errors
/// The database or the hash.
pub async fn sign_in(
    app: &App,
    email: &str,
    password: &str,
    browser: &Browser,
) -> Result<Option<(User, String)>, Failure> {
    let email = email.trim().to_lowercase();
    // No account has such an address, and not every database can hold it.
    let found = match email.chars().any(char::is_control) {
        true => None,
        false => app.store.user_by_email(&email).await?,
    };
    let (user, hash) = found.map(|(user, hash)| (Some(user), Some(hash))).unwrap_or_default();
    let fits = app.passwords.verify(password.to_owned(), hash).await?;
    let Some(user) = user.filter(|_| fits) else {
        tracing::warn!("a sign-in failed");
        return Ok(None);
    };
    let cookie = fresh_cookie();
    let now = app.clock.now();
    let sign_in = SignIn { user: user.clone(), browser: browser.binding().to_owned() };
    let expires_at = now + app.settings.lifetimes.session;
    app.store.add_sign_in(cookie_digest(&cookie), sign_in, now, expires_at).await?;
    tracing::info!(user = user.id, "signed in");
    Ok(Some((user, cookie)))
}
