//! Every error the wire knows, with its section and its status: one table.

/// An error code of OAuth, spelled as the wire has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorCode {
    /// RFC 6749 §4.1.2.1, §5.2.
    InvalidRequest,
    /// RFC 6749 §5.2.
    InvalidClient,
    /// RFC 6749 §5.2.
    InvalidGrant,
    /// RFC 6749 §4.1.2.1, §5.2.
    UnauthorizedClient,
    /// RFC 6749 §5.2.
    UnsupportedGrantType,
    /// RFC 6749 §4.1.2.1, §5.2.
    InvalidScope,
    /// RFC 8707 §2.
    InvalidTarget,
    /// RFC 6749 §4.1.2.1.
    AccessDenied,
    /// RFC 6749 §4.1.2.1.
    UnsupportedResponseType,
    /// OpenID Connect Core §3.1.2.6: `prompt=none`, and nobody is signed in, or not lately enough.
    LoginRequired,
    /// OpenID Connect Core §3.1.2.6: `prompt=none`, and a person would have to be asked.
    InteractionRequired,
    /// OpenID Connect Core §3.1.2.6: parameters in a JWT.
    RequestNotSupported,
    /// OpenID Connect Core §3.1.2.6: parameters in a JWT somewhere else.
    RequestUriNotSupported,
    /// RFC 6750 §3.1.
    InvalidToken,
    /// RFC 6750 §3.1.
    InsufficientScope,
    /// RFC 6749 §4.1.2.1.
    ServerError,
    /// RFC 6749 §4.1.2.1; also of the JSON endpoints when too many requests wait.
    TemporarilyUnavailable,
    /// RFC 7591 §3.2.2.
    InvalidRedirectUri,
    /// RFC 7591 §3.2.2.
    InvalidClientMetadata,
    /// RFC 7009 §2.2.1.
    UnsupportedTokenType,
}

impl ErrorCode {
    /// The wire name and the HTTP status of a JSON error with it.
    const fn entry(self) -> (&'static str, u16) {
        match self {
            ErrorCode::InvalidRequest => ("invalid_request", 400),
            ErrorCode::InvalidClient => ("invalid_client", 401),
            ErrorCode::InvalidGrant => ("invalid_grant", 400),
            ErrorCode::UnauthorizedClient => ("unauthorized_client", 400),
            ErrorCode::UnsupportedGrantType => ("unsupported_grant_type", 400),
            ErrorCode::InvalidScope => ("invalid_scope", 400),
            ErrorCode::InvalidTarget => ("invalid_target", 400),
            ErrorCode::AccessDenied => ("access_denied", 403),
            ErrorCode::UnsupportedResponseType => ("unsupported_response_type", 400),
            ErrorCode::LoginRequired => ("login_required", 400),
            ErrorCode::InteractionRequired => ("interaction_required", 400),
            ErrorCode::RequestNotSupported => ("request_not_supported", 400),
            ErrorCode::RequestUriNotSupported => ("request_uri_not_supported", 400),
            ErrorCode::InvalidToken => ("invalid_token", 401),
            ErrorCode::InsufficientScope => ("insufficient_scope", 403),
            ErrorCode::ServerError => ("server_error", 500),
            ErrorCode::TemporarilyUnavailable => ("temporarily_unavailable", 503),
            ErrorCode::InvalidRedirectUri => ("invalid_redirect_uri", 400),
            ErrorCode::InvalidClientMetadata => ("invalid_client_metadata", 400),
            ErrorCode::UnsupportedTokenType => ("unsupported_token_type", 400),
        }
    }

    /// As the wire spells it.
    pub const fn as_str(self) -> &'static str {
        self.entry().0
    }

    /// The status of a JSON error with this code.
    pub const fn status(self) -> u16 {
        self.entry().1
    }
}
