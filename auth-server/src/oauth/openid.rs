//! OpenID Connect: the scopes that say who somebody is, and what a request may demand of the sign-in behind it.

use serde::{Deserialize, Serialize};
use shared::clock::Timestamp;

/// The scope that brings an ID token (OpenID Connect Core §3.1.2.1).
pub const OPENID: &str = "openid";
/// The scope of the e-mail address (OpenID Connect Core §5.4).
pub const EMAIL: &str = "email";
/// The scope of everything else that is known of a person (OpenID Connect Core §5.4).
pub const PROFILE: &str = "profile";

/// What can be said about a person, here or in an ID token.
pub const CLAIMS: [&str; 5] = ["sub", "auth_time", "email", "email_verified", "preferred_username"];

/// Longer ones are refused: the nonce travels in the code and in the ID token.
const MAX_NONCE: usize = 512;

/// `prompt`: how far the person is to be bothered (OpenID Connect Core §3.1.2.1). Unknown values ask for nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Prompt {
    /// Nothing may be shown.
    pub none: bool,
    /// The person must sign in, whoever is signed in. `select_account` is the same: one browser has one account.
    pub login: bool,
    /// The person must decide, whatever was decided before.
    pub consent: bool,
}

impl Prompt {
    /// Reads a set of words. None when `none` comes with another.
    pub fn parse(text: &str) -> Option<Prompt> {
        let has = |wanted: &str| text.split(' ').any(|word| word == wanted);
        let is_more = text.split(' ').any(|word| !word.is_empty() && word != "none");
        let login = has("login") || has("select_account");
        let prompt = Prompt { none: has("none"), login, consent: has("consent") };
        (!prompt.none || !is_more).then_some(prompt)
    }
}

/// `max_age`: a whole number of seconds, in digits alone.
pub fn max_age(text: &str) -> Option<u64> {
    text.parse().ok().filter(|_| text.bytes().all(|byte| byte.is_ascii_digit()))
}

/// `nonce`, unless it is too long to carry.
pub fn nonce(text: &str) -> Option<&str> {
    Some(text).filter(|text| text.len() <= MAX_NONCE)
}

/// What a request demands of the sign-in that answers it. It is sealed with the request, so that no page made before and no
/// form made elsewhere gets around it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Demands {
    /// A sign-in made for this request: `prompt=login`.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub login: bool,
    /// One that is no older than this many seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_age: Option<u64>,
    /// One of this person: the `sub` of `id_token_hint`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
}

impl Demands {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        *self == Demands::default()
    }

    /// Whether a sign-in that stands already will do.
    pub fn admit(&self, user: &str, signed_in_at: Timestamp, now: Timestamp) -> bool {
        let age = now.since(signed_in_at).as_secs();
        // OpenID Connect Core §3.1.2.1: `max_age=0` is the same as `prompt=login`.
        let is_fresh = self.max_age.is_none_or(|max_age| max_age > 0 && age <= max_age);
        !self.login && is_fresh && self.admit_user(user)
    }

    /// Whether this person may answer at all (OpenID Connect Core §3.1.2.1, `id_token_hint`).
    pub fn admit_user(&self, user: &str) -> bool {
        self.subject.as_deref().is_none_or(|subject| subject == user)
    }
}

/// Claims about a person: OpenID Connect Core §5.3.2. Those that were not asked for are left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct UserInfo {
    /// The same as in every token about them.
    pub sub: String,
    /// With `email`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// With `email`: whether somebody vouches for the address, the operator or the provider the account comes from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email_verified: Option<bool>,
    /// With `profile`: the name they sign in with, which is the address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preferred_username: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prompt_is_a_set_and_none_stands_alone() {
        let words = |none, login, consent| Some(Prompt { none, login, consent });
        assert_eq!(Prompt::parse(""), words(false, false, false));
        assert_eq!(Prompt::parse("none"), words(true, false, false));
        assert_eq!(Prompt::parse(" none  none "), words(true, false, false));
        assert_eq!(Prompt::parse("consent select_account"), words(false, true, true));
        assert_eq!(Prompt::parse("create LOGIN relogin"), words(false, false, false));
        for text in ["none login", "consent none", "none other"] {
            assert_eq!(Prompt::parse(text), None, "{text}");
        }
    }

    #[test]
    fn an_age_is_digits() {
        assert_eq!((max_age("0"), max_age("3600")), (Some(0), Some(3600)));
        for text in ["", "+1", "-1", "1.5", "1 ", "x", "99999999999999999999"] {
            assert_eq!(max_age(text), None, "{text:?}");
        }
    }

    #[test]
    fn a_sign_in_must_be_new_or_young_or_somebody_s() {
        let any = Demands::default();
        let admit =
            |demands: &Demands, age: i64| demands.admit("ada", Timestamp(1000), Timestamp(1000 + age));
        assert!(admit(&any, 1_000_000));
        assert!(!admit(&Demands { login: true, ..any.clone() }, 0));
        let young = Demands { max_age: Some(60), ..any.clone() };
        assert!(admit(&young, 60) && !admit(&young, 61) && admit(&young, -5));
        assert!(!admit(&Demands { max_age: Some(0), ..any.clone() }, 0));
        let hers = |subject: &str| Demands { subject: Some(subject.to_owned()), ..any.clone() };
        assert!(admit(&hers("ada"), 0) && !admit(&hers("eve"), 0));
    }
}
