//! What people are told on pages.

use super::Label;
use crate::flow::{
    account::ActError,
    approve::{self, DecisionError},
    links,
    passkeys::PasskeyError,
    upstream::UpstreamRefusal,
};

impl Label for DecisionError {
    fn label(&self) -> &'static str {
        match self {
            DecisionError::Forged => "decision_forged",
            DecisionError::Client => "decision_client",
            DecisionError::OtherBrowser => "decision_other_browser",
            DecisionError::Expired => "decision_expired",
            DecisionError::Upstream(refusal) => refusal.label(),
            DecisionError::Failed(failure) => failure.label(),
        }
    }
}

impl Label for approve::Problem {
    fn label(&self) -> &'static str {
        match self {
            approve::Problem::Credentials => "decision_credentials",
            approve::Problem::Disabled => "decision_disabled",
            approve::Problem::Wait(_) => "decision_wait",
            approve::Problem::SignedOut => "decision_signed_out",
            approve::Problem::OtherAccount => "decision_other_account",
            approve::Problem::NothingTicked => "decision_nothing_ticked",
        }
    }
}

impl Label for UpstreamRefusal {
    fn label(&self) -> &'static str {
        match self {
            UpstreamRefusal::Unknown => "provider_unknown",
            UpstreamRefusal::Full => "provider_full",
            UpstreamRefusal::Wait(_) => "too_often",
            UpstreamRefusal::Away(_) => "provider_away",
            UpstreamRefusal::Answer(_) => "provider_answer",
            UpstreamRefusal::Cancelled(_) => "provider_cancelled",
            UpstreamRefusal::Declined(_) => "provider_declined",
            UpstreamRefusal::NoEmail(_) => "provider_no_email",
            UpstreamRefusal::Unverified(..) => "provider_unverified",
            UpstreamRefusal::NotAllowed(_) => "provider_not_allowed",
            UpstreamRefusal::Disabled(_) => "provider_disabled",
            UpstreamRefusal::OtherAccount => "provider_other_account",
            UpstreamRefusal::TooOld => "provider_too_old",
        }
    }
}

impl Label for ActError {
    fn label(&self) -> &'static str {
        match self {
            ActError::Forged => "account_forged",
            ActError::OtherBrowser => "account_other_browser",
            ActError::OtherUser => "account_other_user",
            ActError::Expired => "account_expired",
            ActError::SignedOut => "account_signed_out",
            ActError::Gone => "account_gone",
            ActError::Credentials => "account_credentials",
            ActError::Disabled => "account_disabled",
            ActError::Wait(_) => "account_wait",
            ActError::OldPassword => "account_old_password",
            ActError::NewPassword => "account_new_password",
            ActError::Repeated => "account_repeated",
            ActError::Upstream(refusal) => refusal.label(),
            ActError::Failed(failure) => failure.label(),
        }
    }
}

impl Label for links::LinkError {
    fn label(&self) -> &'static str {
        match self {
            links::LinkError::Gone => "link_gone",
            links::LinkError::Exists => "link_exists",
            links::LinkError::Forged => "link_forged",
            links::LinkError::OtherBrowser => "link_other_browser",
            links::LinkError::Expired => "link_expired",
            links::LinkError::Failed(failure) => failure.label(),
        }
    }
}

impl Label for links::Problem {
    fn label(&self) -> &'static str {
        match self {
            links::Problem::Email => "link_email",
            links::Problem::Password => "link_password",
            links::Problem::PasswordIsEmail => "link_password_is_email",
            links::Problem::Repeated => "link_repeated",
        }
    }
}

impl Label for PasskeyError {
    fn label(&self) -> &'static str {
        match self {
            PasskeyError::Unavailable => "passkey_unavailable",
            PasskeyError::SignedOut => "passkey_signed_out",
            PasskeyError::NotFresh => "passkey_not_fresh",
            PasskeyError::Elsewhere => "passkey_elsewhere",
            PasskeyError::Forged => "passkey_forged",
            PasskeyError::OtherBrowser => "passkey_other_browser",
            PasskeyError::Expired => "passkey_expired",
            PasskeyError::Replayed => "passkey_replayed",
            PasskeyError::Unknown => "passkey_unknown",
            PasskeyError::Overtaken => "passkey_overtaken",
            PasskeyError::Known => "passkey_known",
            PasskeyError::TooMany => "passkey_too_many",
            PasskeyError::Refused(_) => "passkey_refused",
            PasskeyError::Failed(failure) => failure.label(),
        }
    }
}
