//! Clients that were not let in, and requests for a code that are refused.

use super::Label;
use crate::{
    clients::{FindError, assertion::AssertionFault, authentication::AuthenticationError},
    flow::authorize::{RequestRefusal, ToPerson},
};

impl Label for AuthenticationError {
    fn label(&self) -> &'static str {
        match self {
            AuthenticationError::NoClientId => "client_missing",
            AuthenticationError::Unusable(FindError::Unknown | FindError::Database(_)) => "client_unknown",
            AuthenticationError::Unusable(FindError::Blocked) => "client_blocked",
            AuthenticationError::Unusable(FindError::Unusable(_)) => "client_document",
            AuthenticationError::NothingShown => "client_nothing_shown",
            AuthenticationError::Secret => "client_secret",
            AuthenticationError::NoKeys => "client_no_keys",
            AuthenticationError::Keys(_) => "client_keys",
            AuthenticationError::Assertion(fault) => fault.label(),
            AuthenticationError::Database(_) => "failed_database",
        }
    }
}

impl Label for AssertionFault {
    fn label(&self) -> &'static str {
        match self {
            AssertionFault::Malformed => "assertion_malformed",
            AssertionFault::Algorithm => "assertion_algorithm",
            AssertionFault::Critical => "assertion_critical",
            AssertionFault::Signature => "assertion_signature",
            AssertionFault::Subject => "assertion_subject",
            AssertionFault::Audience => "assertion_audience",
            AssertionFault::Expired => "assertion_expired",
            AssertionFault::FarAhead => "assertion_far_ahead",
            AssertionFault::NotYet => "assertion_not_yet",
            AssertionFault::Id => "assertion_id",
            AssertionFault::Used => "assertion_used",
        }
    }
}

impl Label for ToPerson {
    fn label(&self) -> &'static str {
        match self {
            ToPerson::NoClient => "authorize_no_client",
            ToPerson::UnknownClient => "authorize_unknown_client",
            ToPerson::BlockedClient => "authorize_blocked_client",
            ToPerson::UnusableClient(_) => "authorize_unusable_client",
            ToPerson::NoRedirectUri => "authorize_no_redirect_uri",
            ToPerson::RedirectUri => "authorize_redirect_uri",
            ToPerson::State => "authorize_state",
            ToPerson::Repeated => "authorize_repeated",
            ToPerson::Pkce(_) => "authorize_pkce",
        }
    }
}

impl Label for RequestRefusal {
    fn label(&self) -> &'static str {
        match self {
            RequestRefusal::Client => "authorize_grant_type",
            RequestRefusal::Request => "authorize_request",
            RequestRefusal::RequestUri => "authorize_request_uri",
            RequestRefusal::NoResponseType => "authorize_no_response_type",
            RequestRefusal::ResponseType => "authorize_response_type",
            RequestRefusal::ResponseMode => "authorize_response_mode",
            RequestRefusal::Scope => "authorize_scope",
            RequestRefusal::Resource => "authorize_resource",
            RequestRefusal::Prompt => "authorize_prompt",
            RequestRefusal::MaxAge => "authorize_max_age",
            RequestRefusal::Nonce => "authorize_nonce",
            RequestRefusal::LoginRequired => "authorize_login_required",
            RequestRefusal::InteractionRequired => "authorize_interaction_required",
        }
    }
}
