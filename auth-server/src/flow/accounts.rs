//! Local accounts: made, disabled, enabled, removed, and given another password by whoever runs this server.

use shared::database::DatabaseError;

pub use crate::store::accounts::{Account, Ended, Listed};
use crate::{
    app::App,
    audit::{By, Entry, Kind},
    login::local::{self, PasswordError},
    oauth::{code, invisible::is_invisible},
    store::users::{NewUser, User},
};

/// How long a password may be, in bytes.
const LENGTHS: std::ops::RangeInclusive<usize> = 8..=1024;
/// RFC 5321 §4.5.3.1.3 leaves that much for an address.
const LONGEST_EMAIL: usize = 254;

impl App {
    /// Makes a local account.
    ///
    /// # Errors
    /// The e-mail is none or has an account, the password will not do, or the database did not do it.
    pub async fn add_user(&self, email: &str, password: &str) -> Result<User, AccountError> {
        let new = new_user(self, &read_email(email)?, password).await?;
        let user = new.user.clone();
        match self.store.add_user(new, self.clock.now()).await? {
            true => {
                let added = Entry::of(Kind::AccountAdded).by(By::Operator).account(&user.id);
                self.audit.note(added.email(&user.email));
                Ok(user)
            }
            false => Err(AccountError::Exists),
        }
    }
}

/// Every account, the oldest first.
///
/// # Errors
/// The database did not answer.
pub async fn list(app: &App) -> Result<Vec<Listed>, DatabaseError> {
    app.store.accounts(app.clock.now() - app.settings.lifetimes.refresh_token).await
}

/// The one account of that id or address.
///
/// # Errors
/// There is none, or more than one.
pub async fn find(app: &App, named: &str) -> Result<Account, AccountError> {
    let (id, email) = (named.trim(), local::login(named));
    let found = match named.chars().any(char::is_control) {
        true => Vec::new(),
        false => app.store.accounts_named(id, &email).await?,
    };
    match <[Account; 1]>::try_from(found) {
        Ok([account]) => Ok(account),
        Err(found) if found.is_empty() => Err(AccountError::Unknown),
        Err(found) => Err(AccountError::Ambiguous(found.into_iter().map(|account| account.id).collect())),
    }
}

/// Lets somebody sign in no more and ends everything they had. How many grants were revoked.
///
/// # Errors
/// There is no such account, or it is disabled already.
pub async fn disable(app: &App, account: Account) -> Result<usize, AccountError> {
    let disabled = app.store.disable_user(account.id.clone(), app.clock.milliseconds()).await?;
    let revoked = disabled.ok_or(AccountError::Disabled)?;
    app.audit.note(Entry::of(Kind::AccountDisabled).account(&account.id).count(revoked));
    Ok(revoked)
}

/// Lets somebody sign in again. What was ended stays so.
///
/// # Errors
/// There is no such account, or it is not disabled.
pub async fn enable(app: &App, account: Account) -> Result<(), AccountError> {
    match app.store.enable_user(account.id.clone()).await? {
        true => {
            app.audit.note(Entry::of(Kind::AccountEnabled).account(&account.id));
            Ok(())
        }
        false => Err(AccountError::NotDisabled),
    }
}

/// Removes an account with everything it had. How many grants were revoked.
///
/// # Errors
/// It is not there any more.
pub async fn remove(app: &App, account: Account) -> Result<usize, AccountError> {
    let removed = app.store.remove_user(account.id.clone(), app.clock.milliseconds()).await?;
    let revoked = removed.ok_or(AccountError::Unknown)?;
    app.audit.note(Entry::of(Kind::AccountRemoved).account(&account.id).count(revoked));
    Ok(revoked)
}

/// Gives an account another password and ends everything that was had with the old one, passkeys included.
///
/// # Errors
/// The password will not do, or the account has none here.
pub async fn set_password(app: &App, account: Account, password: &str) -> Result<Ended, AccountError> {
    if !app.settings.sign_in.local {
        return Err(AccountError::Off);
    }
    if !account.is_local() {
        return Err(AccountError::Elsewhere);
    }
    check_password(password, &account.login)?;
    let hash = app.passwords.hash(password.to_owned()).await?;
    let set = app.store.set_password(account.id.clone(), hash, app.clock.milliseconds()).await?;
    let ended = set.ok_or(AccountError::Unknown)?;
    app.audit.note(password_reset(&account, "set", ended));
    Ok(ended)
}

/// How an operator's change of a password is told.
pub(super) fn password_reset(account: &Account, how: &'static str, ended: Ended) -> Entry {
    Entry::of(Kind::PasswordReset).account(&account.id).reason(how).count(ended.grants)
}

/// An account as it would be made.
pub(super) async fn new_user(app: &App, email: &str, password: &str) -> Result<NewUser, AccountError> {
    check_password(password, email)?;
    let password_hash = app.passwords.hash(password.to_owned()).await?;
    let id = format!("user_{}", code::tag());
    // Whoever makes an account here, or the link to it, vouches for its address.
    let user = User { id, email: email.to_owned(), email_verified: true };
    Ok(NewUser { user, login: email.to_owned(), password_hash })
}

/// An e-mail address as it is stored.
///
/// # Errors
/// It is none.
pub fn read_email(typed: &str) -> Result<String, AccountError> {
    let email = local::login(typed);
    let is_email = email.split_once('@').is_some_and(|(name, host)| !name.is_empty() && !host.is_empty());
    let is_clean = !email.chars().any(|c| c.is_whitespace() || c.is_control() || is_invisible(c));
    (is_email && is_clean && email.len() <= LONGEST_EMAIL).then_some(email).ok_or(AccountError::Email)
}

/// Whether a password will do for whoever signs in with `login`.
///
/// # Errors
/// It is too short, too long, or what everybody can read.
pub fn check_password(password: &str, login: &str) -> Result<(), AccountError> {
    if !LENGTHS.contains(&password.len()) {
        return Err(AccountError::Password);
    }
    match local::login(password) == login {
        true => Err(AccountError::PasswordIsEmail),
        false => Ok(()),
    }
}

/// Why an account was not made or changed.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// Not an e-mail address.
    #[error("that is not an e-mail address")]
    Email,
    /// Too short or too long.
    #[error("a password has 8 to 1024 bytes")]
    Password,
    /// No secret.
    #[error("a password must not be the e-mail address")]
    PasswordIsEmail,
    /// It has one already.
    #[error("that e-mail address has an account already")]
    Exists,
    /// Nobody.
    #[error("there is no such account: `auth-server users list` shows them all")]
    Unknown,
    /// Several people with one address.
    #[error("more than one account has that address: name one by its id, {}", .0.join(" or "))]
    Ambiguous(Vec<String>),
    /// Its password is with a provider.
    #[error("that account signs in with a provider and has no password here")]
    Elsewhere,
    /// Nobody signs in with one.
    #[error("nobody signs in with a password here: LOCAL_ACCOUNTS is off")]
    Off,
    /// It was disabled before.
    #[error("that account is disabled already")]
    Disabled,
    /// It was not.
    #[error("that account is not disabled")]
    NotDisabled,
    /// It has to be enabled first.
    #[error("that account is disabled: enable it first")]
    Enable,
    /// The hash.
    #[error(transparent)]
    Hash(#[from] PasswordError),
    /// The database.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}
