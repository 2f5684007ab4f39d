//! Passkeys: signing in with one, adding and removing them.
//!
//! A question travels sealed, bound to its browser and good for five minutes, so that asking leaves no row and any replica
//! can judge the answer. What leaves a row is an answer that was good: the same one does not count a second time.

mod refusal;

use std::time::Duration;

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;
use shared::clock::Timestamp;

pub use self::refusal::PasskeyError;
use crate::{
    app::App,
    audit::{Entry, Kind, Way},
    flow::{
        Failure,
        incidents::label::reason,
        sign_in::{self, Entered},
    },
    login::{
        browser::Browser,
        passkeys::{Claimed, NewState, Passkeys, SignInState},
    },
    oauth::code,
    store::{
        passkeys::{Ceremony, Ending, NewPasskey, Passkey},
        users::User,
    },
};

/// How long a question is good: as long as the browser is told to wait.
const LIFETIME: Duration = Duration::from_secs(300);
/// How old the sign-in may be of somebody who changes their passkeys: they outlive it.
pub const FRESH: Duration = Duration::from_secs(600);
/// The longest name of a passkey, in characters.
pub const MAX_NAME: usize = 64;

// What the seals are bound to.
const SIGN_IN: &str = "passkey sign-in";
const NEW: &str = "passkey new";
const REMOVAL: &str = "passkey removal";

/// What the script passes on to the authenticator, and sends back with the answer.
#[derive(Debug, Serialize)]
pub struct Question {
    /// The options of `navigator.credentials`, as JSON.
    pub options: Value,
    /// Sealed.
    pub state: String,
}

/// What the script sends back.
#[derive(Debug, Deserialize)]
pub struct Answer {
    /// As it was given.
    pub state: String,
    /// What the authenticator said, as the browser writes it.
    pub credential: Value,
    /// What a new passkey shall be called.
    #[serde(default)]
    pub name: String,
}

/// What is sealed: to whom a question was put, and what was asked.
#[derive(Serialize, Deserialize)]
struct Sealed<S> {
    id: String,
    browser: String,
    /// Who was signed in, where that matters.
    user: Option<String>,
    expires_at: Timestamp,
    state: S,
}

impl<S: Serialize + DeserializeOwned> Sealed<S> {
    fn seal(app: &App, purpose: &str, browser: &Browser, state: S) -> Result<String, PasskeyError> {
        let lifetime = if purpose == REMOVAL { app.settings.lifetimes.page } else { LIFETIME };
        let sealed = Sealed {
            id: code::tag(),
            browser: browser.binding().to_owned(),
            user: browser.sign_in.as_ref().map(|sign_in| sign_in.user.id.clone()),
            expires_at: app.clock.now() + lifetime,
            state,
        };
        let text = serde_json::to_vec(&sealed).map_err(Failure::from)?;
        Ok(app.secrets.seal(purpose, &text))
    }

    fn open(app: &App, purpose: &str, browser: &Browser, text: &str) -> Result<Sealed<S>, PasskeyError> {
        let opened = app.secrets.open(purpose, text).ok_or(PasskeyError::Forged)?;
        let sealed: Sealed<S> = serde_json::from_slice(&opened).map_err(|_| PasskeyError::Forged)?;
        if sealed.browser != browser.binding() {
            return Err(PasskeyError::OtherBrowser);
        }
        if app.clock.now() >= sealed.expires_at {
            return Err(PasskeyError::Expired);
        }
        Ok(sealed)
    }

    fn ceremony(&self) -> Ceremony {
        Ceremony { id: self.id.clone(), expires_at: self.expires_at }
    }
}

/// Asks for any passkey of this server.
///
/// # Errors
/// There can be none here, or the question could not be made.
pub fn ask(app: &App, browser: &Browser) -> Result<Question, PasskeyError> {
    let (options, state) = passkeys(app)?.ask()?;
    Ok(Question { options, state: Sealed::seal(app, SIGN_IN, browser, state)? })
}

/// Signs in with the answer; the cookie that says so from now on.
///
/// # Errors
/// The question is not this browser's or too old, or the answer is not good or not the first one.
pub async fn sign_in(app: &App, answer: &Answer, browser: &Browser) -> Result<String, PasskeyError> {
    let signed_in = enter(app, answer, browser).await;
    app.metrics.sign_in(Way::Passkey, reason(&signed_in));
    signed_in.inspect_err(|refusal| {
        if !matches!(refusal, PasskeyError::Failed(_)) {
            sign_in::note_failure(app, (Way::Passkey, refusal.key()), None);
        }
    })
}

async fn enter(app: &App, answer: &Answer, browser: &Browser) -> Result<String, PasskeyError> {
    let passkeys = passkeys(app)?;
    let sealed: Sealed<SignInState> = Sealed::open(app, SIGN_IN, browser, &answer.state)?;
    let ceremony = sealed.ceremony();
    let claimed = Claimed::read(&answer.credential)?;
    let (user, before) = app.store.passkey(&claimed.id).await?.ok_or(PasskeyError::Unknown)?;
    let after = passkeys.judge(&claimed, sealed.state, (&user, &before))?;
    match app.store.use_passkey(claimed.id, (before, after), ceremony, app.clock.now()).await? {
        Ending::Done => {}
        Ending::Replayed => return Err(PasskeyError::Replayed),
        Ending::Conflict | Ending::TooMany | Ending::Ended => return Err(PasskeyError::Overtaken),
    }
    let entered = (Entered::By(Way::Passkey), browser);
    let (_, cookie) = sign_in::sign_in(app, user, entered).await?.ok_or(PasskeyError::Unknown)?;
    Ok(cookie)
}

/// Asks for a new passkey for whoever has just signed in.
///
/// # Errors
/// Nobody has, there can be none here, or the question could not be made.
pub async fn invite(app: &App, browser: &Browser) -> Result<Question, PasskeyError> {
    let user = freshly_signed_in(app, browser).await?;
    let own = app.store.passkeys_of(&user.id).await?;
    let known: Vec<&str> = own.iter().map(|passkey| passkey.credential.as_str()).collect();
    let (options, state) = passkeys(app)?.invite(user, &known)?;
    Ok(Question { options, state: Sealed::seal(app, NEW, browser, state)? })
}

/// Adds the passkey of the answer to the account of whoever has just signed in, who must be whom it was made for.
///
/// # Errors
/// As [`sign_in()`]; or the passkey is there already, or one too many.
pub async fn add(app: &App, answer: &Answer, browser: &Browser) -> Result<(), PasskeyError> {
    let user = freshly_signed_in(app, browser).await?;
    let sealed: Sealed<NewState> = Sealed::open(app, NEW, browser, &answer.state)?;
    if sealed.user.as_deref() != Some(user.id.as_str()) {
        return Err(PasskeyError::SignedOut);
    }
    let (id, credential) = passkeys(app)?.admit(&answer.credential, &sealed.state)?;
    let sign_in = browser.sign_in_id().unwrap_or_default().to_owned();
    let new = NewPasskey { id, user: user.id.clone(), name: shown_name(&answer.name), credential, sign_in };
    match app.store.add_passkey(new, sealed.ceremony(), app.clock.now()).await? {
        Ending::Done => {
            app.audit.note(Entry::of(Kind::PasskeyAdded).account(&user.id));
            Ok(())
        }
        Ending::Replayed => Err(PasskeyError::Replayed),
        Ending::Conflict => Err(PasskeyError::Known),
        Ending::TooMany => Err(PasskeyError::TooMany),
        Ending::Ended => Err(PasskeyError::SignedOut),
    }
}

/// A passkey and what removes it, for a form.
#[derive(Clone, Debug)]
pub struct Own {
    /// The passkey.
    pub passkey: Passkey,
    /// Sealed for this browser and this passkey, as long as pages are good.
    pub removal: String,
}

/// The passkeys of whoever has just signed in.
///
/// # Errors
/// Nobody has, or the database did not answer.
pub async fn list(app: &App, browser: &Browser) -> Result<Vec<Own>, PasskeyError> {
    let user = freshly_signed_in(app, browser).await?;
    let own = app.store.passkeys_of(&user.id).await?;
    let with_removal = own.into_iter().map(|passkey| {
        let removal = Sealed::seal(app, REMOVAL, browser, passkey.id.clone())?;
        Ok(Own { passkey, removal })
    });
    with_removal.collect()
}

/// Removes a passkey. Doing it twice does no harm.
///
/// # Errors
/// The form is not this browser's or too old, or somebody else is signed in by now, or has been for too long.
pub async fn remove(app: &App, removal: &str, browser: &Browser) -> Result<(), PasskeyError> {
    let user = freshly_signed_in(app, browser).await?;
    let sealed: Sealed<String> = Sealed::open(app, REMOVAL, browser, removal)?;
    if sealed.user.as_deref() != Some(user.id.as_str()) {
        return Err(PasskeyError::SignedOut);
    }
    if app.store.remove_passkey(user.id.clone(), sealed.state).await? {
        app.audit.note(Entry::of(Kind::PasskeyRemoved).account(&user.id));
    }
    Ok(())
}

/// Whether anybody may have one: they stand beside passwords, so they are switched off with them.
pub fn are_offered(app: &App) -> bool {
    app.settings.sign_in.local && app.passkeys.is_some()
}

fn passkeys(app: &App) -> Result<&Passkeys, PasskeyError> {
    app.passkeys.as_ref().filter(|_| are_offered(app)).ok_or(PasskeyError::Unavailable)
}

/// Whoever has just signed in and may have passkeys. Who comes in by a provider is that provider's to say, each time.
async fn freshly_signed_in<'b>(app: &App, browser: &'b Browser) -> Result<&'b User, PasskeyError> {
    passkeys(app)?;
    let sign_in = browser.sign_in.as_ref().ok_or(PasskeyError::SignedOut)?;
    if !app.store.is_local(&sign_in.user.id).await? {
        return Err(PasskeyError::Elsewhere);
    }
    match app.clock.now().since(sign_in.at) <= FRESH {
        true => Ok(&sign_in.user),
        false => Err(PasskeyError::NotFresh),
    }
}

/// On one line and of bearable length.
fn shown_name(name: &str) -> String {
    let words: Vec<&str> = name.split(|c: char| c.is_whitespace() || c.is_control()).collect();
    let words: Vec<&str> = words.into_iter().filter(|word| !word.is_empty()).collect();
    words.join(" ").chars().take(MAX_NAME).collect()
}
