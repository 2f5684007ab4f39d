//! What each refusal is called where refusals are counted: one word a variant, and nothing anybody sent. A new variant does
//! not compile until it has one.

mod clients;
mod pages;

use shared::database::DatabaseError;

use crate::{
    flow::{
        Failure, authorization_code::RedeemError, client_credentials::ClientCredentialsError,
        introspect::IntrospectError, refresh_token::RefreshError, register::RegisterError,
        revoke::RevokeError, userinfo::UserInfoError,
    },
    login::local::PasswordError,
    oauth::client_metadata::RegistrationRefusal,
};

/// A person denied, here or at a provider.
pub const DENIED: &str = "denied";

/// Has a word for why.
pub trait Label {
    /// The word.
    fn label(&self) -> &'static str;
}

/// Why something did not come about, in a word.
///
/// # Errors
/// The word.
pub fn reason<T>(outcome: &Result<T, impl Label>) -> Result<(), &'static str> {
    outcome.as_ref().map(drop).map_err(Label::label)
}

impl Label for Failure {
    fn label(&self) -> &'static str {
        match self {
            Failure::Database(DatabaseError::Away) => "failed_database_away",
            Failure::Database(DatabaseError::Overloaded) => "failed_database_overloaded",
            Failure::Database(_) => "failed_database",
            Failure::Signing(_) => "failed_signing",
            Failure::Password(PasswordError::Busy) => "failed_password_busy",
            Failure::Password(_) => "failed_password",
            Failure::Json(_) => "failed_json",
        }
    }
}

impl Label for RedeemError {
    fn label(&self) -> &'static str {
        match self {
            RedeemError::NoCode => "code_missing",
            RedeemError::NoVerifier => "code_verifier_missing",
            RedeemError::RedirectUri => "code_redirect_uri",
            RedeemError::Unknown => "code_unknown",
            RedeemError::Replayed { .. } => "code_replayed",
            RedeemError::OtherClient { .. } => "code_other_client",
            RedeemError::NoUser => "code_no_user",
            RedeemError::NoClient => "code_no_client",
            RedeemError::Expired => "code_expired",
            RedeemError::Verifier => "code_verifier",
            RedeemError::Resource => "code_resource",
            RedeemError::Failed(failure) => failure.label(),
        }
    }
}

impl Label for RefreshError {
    fn label(&self) -> &'static str {
        match self {
            RefreshError::NoToken => "refresh_missing",
            RefreshError::Unknown => "refresh_unknown",
            RefreshError::Ended => "refresh_ended",
            RefreshError::Reused { .. } => "refresh_reused",
            RefreshError::OtherClient { .. } => "refresh_other_client",
            RefreshError::Scope => "refresh_scope",
            RefreshError::Resource => "refresh_resource",
            RefreshError::Failed(failure) => failure.label(),
        }
    }
}

impl Label for RevokeError {
    fn label(&self) -> &'static str {
        match self {
            RevokeError::NoToken => "revoke_missing",
            RevokeError::AccessToken => "revoke_access_token",
            RevokeError::OtherClient => "revoke_other_client",
            RevokeError::Failed(failure) => failure.label(),
        }
    }
}

impl Label for IntrospectError {
    fn label(&self) -> &'static str {
        match self {
            IntrospectError::NoToken => "introspect_missing",
            IntrospectError::Failed(failure) => failure.label(),
        }
    }
}

impl Label for UserInfoError {
    fn label(&self) -> &'static str {
        match self {
            UserInfoError::NoToken => "userinfo_missing",
            UserInfoError::Malformed => "userinfo_malformed",
            UserInfoError::Unknown => "userinfo_unknown",
            UserInfoError::Expired => "userinfo_expired",
            UserInfoError::Ended => "userinfo_ended",
            UserInfoError::Nobody => "userinfo_nobody",
            UserInfoError::Scope => "userinfo_scope",
            UserInfoError::Wait(_) => "too_often",
            UserInfoError::Failed(failure) => failure.label(),
        }
    }
}

impl Label for ClientCredentialsError {
    fn label(&self) -> &'static str {
        match self {
            ClientCredentialsError::Scope => "client_credentials_scope",
            ClientCredentialsError::Resource => "client_credentials_resource",
            ClientCredentialsError::Failed(failure) => failure.label(),
        }
    }
}

impl Label for RegisterError {
    fn label(&self) -> &'static str {
        match self {
            RegisterError::Refused(refusal) => refusal.label(),
            RegisterError::Failed(failure) => failure.label(),
        }
    }
}

impl Label for RegistrationRefusal {
    fn label(&self) -> &'static str {
        match self {
            RegistrationRefusal::RedirectUriCount => "register_redirect_uri_count",
            RegistrationRefusal::RedirectUriForm => "register_redirect_uri_form",
            RegistrationRefusal::RedirectUriHost(_) => "register_redirect_uri_host",
            RegistrationRefusal::RedirectUriHere => "register_redirect_uri_here",
            RegistrationRefusal::GrantTypes => "register_grant_types",
            RegistrationRefusal::ResponseTypes => "register_response_types",
            RegistrationRefusal::AuthMethod => "register_auth_method",
            RegistrationRefusal::Keys(_) => "register_keys",
            RegistrationRefusal::Scope => "register_scope",
            RegistrationRefusal::Malformed => "register_malformed",
        }
    }
}
