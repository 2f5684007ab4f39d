//! What is decided and done: one file for each thing a person or a client would name. No HTTP, no SQL.

pub mod account;
pub mod accounts;
pub mod approve;
pub mod authorization_code;
pub mod authorize;
pub mod client_credentials;
pub mod incidents;
pub mod introspect;
mod issue;
pub mod keys;
pub mod limits;
pub mod links;
mod openid;
pub mod passkeys;
pub mod refresh_token;
pub mod register;
pub mod revoke;
pub mod secrets;
pub mod sign_in;
pub mod sweep;
pub mod upstream;
pub mod userinfo;

use shared::database::DatabaseError;

use crate::{keys::signing_key::SigningKeyError, login::local::PasswordError, oauth::error::ErrorCode};

/// Something of ours did not work. It is logged once where the answer is written; the caller learns only that.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The database.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// Signing.
    #[error(transparent)]
    Signing(#[from] SigningKeyError),
    /// Hashing.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// A value of ours could not be written.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
}

impl Failure {
    /// Overload is temporary, and so is a database that is away; everything else is ours to mend.
    pub fn code(&self) -> ErrorCode {
        match self {
            Failure::Database(error) if error.is_temporary() => ErrorCode::TemporarilyUnavailable,
            Failure::Password(PasswordError::Busy) => ErrorCode::TemporarilyUnavailable,
            _ => ErrorCode::ServerError,
        }
    }
}

/// What every refusal of a flow can tell: the caller gets its code and its `Display`, the log gets the rest.
pub trait Refusal: std::error::Error {
    /// The wire's name for it.
    fn code(&self) -> ErrorCode;

    /// Set when it was our failure and not the caller's fault.
    fn failure(&self) -> Option<&Failure> {
        None
    }
}
