//! The events by name. `docs/operations.md` has the table; `tests/e2e/audit` compares.

use serde::Serialize;

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Somebody is signed in.
    SignIn,
    /// Somebody is not.
    SignInFailed,
    /// A browser, or several, stand for nobody any more.
    SignOut,
    /// A code was given.
    Approval,
    /// None was.
    Denial,
    /// A code became a grant.
    GrantMade,
    /// One or more ended early.
    GrantRevoked,
    /// A code that had become a grant before.
    CodeReplayed,
    /// A refresh token that had a successor before.
    RefreshTokenReused,
    /// By itself.
    ClientRegistered,
    /// By an operator.
    ClientAdded,
    /// By an operator.
    ClientRemoved,
    /// By an operator.
    ClientBlocked,
    /// By an operator.
    ClientUnblocked,
    /// By whoever it belongs to, an operator, or a provider's word.
    AccountAdded,
    /// A link was made.
    AccountInvited,
    /// By an operator.
    AccountDisabled,
    /// By an operator.
    AccountEnabled,
    /// By an operator.
    AccountRemoved,
    /// By whoever it belongs to.
    PasswordChanged,
    /// By an operator.
    PasswordReset,
    /// By whoever it belongs to.
    PasskeyAdded,
    /// By whoever it belongs to.
    PasskeyRemoved,
    /// In time, or because an operator asked for it.
    SigningKeyMade,
    /// By an operator.
    SigningKeyRetired,
    /// Its last token has ended.
    SigningKeyForgotten,
    /// Rows are sealed with the first master secret now.
    SecretsResealed,
    /// Into another one.
    DatabaseMoved,
}

impl Kind {
    /// All of them. The last one gives the number: a kind that is left out does not compile.
    pub const ALL: [Kind; Kind::DatabaseMoved as usize + 1] = [
        Kind::SignIn,
        Kind::SignInFailed,
        Kind::SignOut,
        Kind::Approval,
        Kind::Denial,
        Kind::GrantMade,
        Kind::GrantRevoked,
        Kind::CodeReplayed,
        Kind::RefreshTokenReused,
        Kind::ClientRegistered,
        Kind::ClientAdded,
        Kind::ClientRemoved,
        Kind::ClientBlocked,
        Kind::ClientUnblocked,
        Kind::AccountAdded,
        Kind::AccountInvited,
        Kind::AccountDisabled,
        Kind::AccountEnabled,
        Kind::AccountRemoved,
        Kind::PasswordChanged,
        Kind::PasswordReset,
        Kind::PasskeyAdded,
        Kind::PasskeyRemoved,
        Kind::SigningKeyMade,
        Kind::SigningKeyRetired,
        Kind::SigningKeyForgotten,
        Kind::SecretsResealed,
        Kind::DatabaseMoved,
    ];

    /// The same for a person.
    pub const fn words(self) -> &'static str {
        match self {
            Kind::SignIn => "signed in",
            Kind::SignInFailed => "a sign-in failed",
            Kind::SignOut => "signed out",
            Kind::Approval => "access was allowed",
            Kind::Denial => "access was denied",
            Kind::GrantMade => "a code was redeemed",
            Kind::GrantRevoked => "a grant was revoked",
            Kind::CodeReplayed => "a code came a second time",
            Kind::RefreshTokenReused => "a refresh token came a second time",
            Kind::ClientRegistered => "registered a client",
            Kind::ClientAdded => "a client was made",
            Kind::ClientRemoved => "a client was removed",
            Kind::ClientBlocked => "a client was shut out",
            Kind::ClientUnblocked => "a client was let in again",
            Kind::AccountAdded => "an account was made",
            Kind::AccountInvited => "somebody was invited",
            Kind::AccountDisabled => "an account was disabled",
            Kind::AccountEnabled => "an account was enabled",
            Kind::AccountRemoved => "an account was removed",
            Kind::PasswordChanged => "a password was changed by its owner",
            Kind::PasswordReset => "a password was taken away",
            Kind::PasskeyAdded => "a passkey was added",
            Kind::PasskeyRemoved => "a passkey was removed",
            Kind::SigningKeyMade => "made a signing key",
            Kind::SigningKeyRetired => "a signing key was retired",
            Kind::SigningKeyForgotten => "a signing key was forgotten: its last token has ended",
            Kind::SecretsResealed => "rows were sealed anew",
            Kind::DatabaseMoved => "the database was moved",
        }
    }
}

/// How somebody signs in, or comes to an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// E-mail and password.
    Password,
    /// A passkey.
    Passkey,
    /// A link they were given.
    Link,
    /// Another OpenID provider.
    Provider,
}

/// Who did it, where that can be more than one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum By {
    /// The client that holds it.
    Client,
    /// The person it belongs to.
    Person,
    /// Whoever runs the server.
    Operator,
    /// The server, because something came a second time.
    Replay,
    /// The server, as planned.
    Server,
}
