//! Which rule said no, in words for the operator. The caller is told less: whoever tries things out learns nothing from it.

use crate::{
    clients::{FindError, assertion::AssertionFault, authentication::AuthenticationError},
    flow::{
        Refusal, authorization_code::RedeemError, client_credentials::ClientCredentialsError,
        incidents::label::Label, introspect::IntrospectError, refresh_token::RefreshError,
        register::RegisterError, revoke::RevokeError, userinfo::UserInfoError,
    },
};

/// What of ours did not work stands in the log.
pub const OUR_FAILURE: &str = "a failure of this server: the log has it beside this reference";

/// A refusal that can tell its rule.
pub trait Rule: Refusal + Label {
    /// The rule, where it is more than the caller is told.
    fn exact(&self) -> Option<&'static str> {
        None
    }

    /// The rule.
    fn rule(&self) -> String {
        match (self.failure(), self.exact()) {
            (Some(_), _) => OUR_FAILURE.to_owned(),
            (None, Some(exact)) => exact.to_owned(),
            (None, None) => self.to_string(),
        }
    }
}

impl Rule for ClientCredentialsError {}
impl Rule for IntrospectError {}
impl Rule for RegisterError {}
impl Rule for RevokeError {}

impl Rule for RedeemError {
    fn exact(&self) -> Option<&'static str> {
        match self {
            // RFC 6749 §4.1.3.
            RedeemError::RedirectUri => Some("redirect_uri must be the one the code was sent to"),
            RedeemError::Unknown => Some("the code was not made by this server, or was changed on its way"),
            // RFC 6749 §4.1.2.
            RedeemError::Replayed { .. } => Some(
                "a code is good once, and this one was redeemed before: one of the two may be a thief, so what it gave \
                 was revoked",
            ),
            RedeemError::OtherClient { .. } => Some("the code was given to another client"),
            RedeemError::NoClient => Some("the client is shut out: `auth-server clients unblock`"),
            RedeemError::NoUser => Some(
                "whoever allowed it has ended this application since, or the account is disabled or gone",
            ),
            // RFC 7636 §4.6.
            RedeemError::Verifier => Some(
                "the SHA-256 of code_verifier is not the code_challenge that the code was asked for with",
            ),
            // RFC 8707 §2.2.
            RedeemError::Resource => Some("resource must be the one the code is for"),
            RedeemError::NoCode | RedeemError::NoVerifier | RedeemError::Expired | RedeemError::Failed(_) => {
                None
            }
        }
    }
}

impl Rule for RefreshError {
    fn exact(&self) -> Option<&'static str> {
        match self {
            RefreshError::Unknown => Some(
                "the refresh token was not made by this server, was changed on its way, or its grant is gone",
            ),
            RefreshError::Ended => Some("the grant was revoked, or not refreshed for too long"),
            // OAuth 2.1 §4.3.1.
            RefreshError::Reused { .. } => Some(
                "the refresh token was replaced by a newer one before, and the grace for a lost answer is over: one of \
                 the two may be with a thief, so the grant was revoked",
            ),
            RefreshError::OtherClient { .. } => Some("the refresh token was given to another client"),
            RefreshError::Scope => Some("scope must be part of what was granted"),
            RefreshError::Resource => Some("resource must be the one that was granted"),
            RefreshError::NoToken | RefreshError::Failed(_) => None,
        }
    }
}

impl Rule for UserInfoError {
    fn exact(&self) -> Option<&'static str> {
        match self {
            UserInfoError::Unknown => {
                Some("the access token was not made by this server, or not for this endpoint")
            }
            UserInfoError::Ended => {
                Some("the grant was revoked, the account is disabled or gone, or the client is shut out")
            }
            UserInfoError::Nobody => Some("the access token speaks for a client, not for a person"),
            UserInfoError::NoToken
            | UserInfoError::Malformed
            | UserInfoError::Expired
            | UserInfoError::Scope
            | UserInfoError::Wait(_)
            | UserInfoError::Failed(_) => None,
        }
    }
}

/// Why a client was not let in.
pub fn not_let_in(error: &AuthenticationError) -> String {
    let rule = match error {
        AuthenticationError::NoClientId => "neither the Authorization header nor the body names a client",
        AuthenticationError::Unusable(FindError::Blocked) => {
            "the client is shut out: `auth-server clients unblock`"
        }
        AuthenticationError::Unusable(FindError::Unusable(fault)) => {
            return format!("the document the client publishes cannot be used: {fault}");
        }
        AuthenticationError::Unusable(_) => "no such client is known here: it has to register anew",
        AuthenticationError::NothingShown => {
            "the client must show its secret or an assertion, and showed neither"
        }
        AuthenticationError::Secret => "the client showed a secret that is not its own",
        AuthenticationError::NoKeys => "the client showed an assertion, and has no keys that would prove it",
        AuthenticationError::Keys(fault) => return format!("the keys of the client cannot be had: {fault}"),
        AuthenticationError::Assertion(AssertionFault::Audience) => {
            "the assertion is meant for another server: aud must be the issuer or the endpoint it is sent to"
        }
        AuthenticationError::Assertion(fault) => return fault.to_string(),
        AuthenticationError::Database(_) => OUR_FAILURE,
    };
    rule.to_owned()
}
