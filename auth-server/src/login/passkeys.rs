//! Passkeys (Web Authentication Level 3): what an authenticator is asked, and whether its answer is good. Who may ask, how
//! often an answer counts and where a passkey is kept is decided elsewhere.
//!
//! The person is always verified by their authenticator (a PIN, a finger, a face), and every passkey can be found without
//! anybody saying first who they are.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use ring::digest::{SHA256, digest};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use url::Url;
use webauthn_rs::prelude::{
    CredentialID, DiscoverableAuthentication, Passkey, PasskeyRegistration, PublicKeyCredential,
    RegisterPublicKeyCredential, Uuid, Webauthn, WebauthnBuilder, WebauthnError,
};

use crate::store::users::User;

/// What is remembered of a question to sign in.
pub type SignInState = DiscoverableAuthentication;
/// What is remembered of a question for a new passkey.
pub type NewState = PasskeyRegistration;

/// Asks authenticators and judges their answers, for one issuer.
pub struct Passkeys(Webauthn);

/// An answer that signs somebody in, if it is good.
pub struct Claimed {
    answer: PublicKeyCredential,
    /// Digest of the id of the passkey it says it is of.
    pub id: String,
}

impl Passkeys {
    /// For the host and the origin of this issuer. None where browsers know no passkeys: at an address without a name.
    pub fn new(issuer: &Url, service_name: &str) -> Option<Passkeys> {
        let host = issuer.domain()?;
        let origin = Url::parse(&issuer.origin().ascii_serialization()).ok()?;
        let builder = WebauthnBuilder::new(host, &origin).ok()?;
        builder.rp_name(service_name).build().ok().map(Passkeys)
    }

    /// What an authenticator is asked that shall sign somebody in, whoever it is.
    ///
    /// # Errors
    /// The question could not be made.
    pub fn ask(&self) -> Result<(Value, SignInState), PasskeyFault> {
        let (question, state) = self.0.start_discoverable_authentication()?;
        Ok((public_key(&question)?, state))
    }

    /// Whether the answer was made for that question with this person's passkey; the passkey as it is to be kept then.
    ///
    /// # Errors
    /// It was not.
    pub fn judge(
        &self,
        claimed: &Claimed,
        state: SignInState,
        (user, credential): (&User, &str),
    ) -> Result<String, PasskeyFault> {
        // Level 3 §7.2 no. 6: the authenticator says whose passkey it is, and we say the same.
        let (handle, _) = self.0.identify_discoverable_authentication(&claimed.answer)?;
        if handle != user_handle(user) {
            return Err(PasskeyFault::Owner);
        }
        let mut passkey: Passkey = serde_json::from_str(credential)?;
        let result = self.0.finish_discoverable_authentication_v2(&claimed.answer, state, &passkey)?;
        passkey.update_credential(&result);
        Ok(serde_json::to_string(&passkey)?)
    }

    /// What an authenticator is asked that shall make a passkey for somebody who has these already.
    ///
    /// # Errors
    /// The question could not be made.
    pub fn invite(&self, user: &User, known: &[&str]) -> Result<(Value, NewState), PasskeyFault> {
        let ids: Vec<CredentialID> = known.iter().filter_map(|text| credential_id(text)).collect();
        let started =
            self.0.start_passkey_registration(user_handle(user), &user.email, &user.email, Some(ids));
        let (question, state) = started?;
        let mut question = public_key(&question)?;
        // Nobody is asked for a name before signing in, so a passkey must be found without one.
        question["authenticatorSelection"]["residentKey"] = "required".into();
        question["authenticatorSelection"]["requireResidentKey"] = true.into();
        Ok((question, state))
    }

    /// The digest of the new passkey's id, and the passkey as it is to be kept.
    ///
    /// # Errors
    /// The answer was not made for that question.
    pub fn admit(&self, answer: &Value, state: &NewState) -> Result<(String, String), PasskeyFault> {
        let answer: RegisterPublicKeyCredential = read(answer)?;
        let passkey = self.0.finish_passkey_registration(&answer, state)?;
        Ok((id_digest(passkey.cred_id().as_slice()), serde_json::to_string(&passkey)?))
    }
}

impl Claimed {
    /// Reads an answer as browsers write it.
    ///
    /// # Errors
    /// It is none.
    pub fn read(answer: &Value) -> Result<Claimed, PasskeyFault> {
        let answer: PublicKeyCredential = read(answer)?;
        let id = id_digest(answer.get_credential_id());
        Ok(Claimed { answer, id })
    }
}

fn read<T: DeserializeOwned>(answer: &Value) -> Result<T, PasskeyFault> {
    T::deserialize(answer).map_err(|_| PasskeyFault::Malformed)
}

/// What is inside `publicKey`: the part every browser reads from JSON by itself.
fn public_key(question: &impl Serialize) -> Result<Value, PasskeyFault> {
    Ok(serde_json::to_value(question)?["publicKey"].take())
}

fn credential_id(credential: &str) -> Option<CredentialID> {
    serde_json::from_str::<Passkey>(credential).ok().map(|passkey| passkey.cred_id().clone())
}

/// Ids may be 1023 bytes long.
fn id_digest(id: &[u8]) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(digest(&SHA256, id))
}

/// How authenticators know a person: not by anything that says who they are (Level 3 §14.6.1).
fn user_handle(user: &User) -> Uuid {
    let digest = digest(&SHA256, format!("gatehouse passkey {}", user.id).as_bytes());
    let mut handle = [0; 16];
    handle.copy_from_slice(&digest.as_ref()[..16]);
    Uuid::from_bytes(handle)
}

/// Why an answer is not good. The log is told; the sender is told little.
#[derive(Debug, thiserror::Error)]
pub enum PasskeyFault {
    /// Not what browsers send.
    #[error("the answer is malformed")]
    Malformed,
    /// The authenticator says it is somebody else's.
    #[error("the passkey is not that person's")]
    Owner,
    /// Its counter stands still or goes back: there may be two of it (Level 3 §6.1.1).
    #[error("the counter of the passkey did not move: there may be a copy of it")]
    Cloned,
    /// The rule it breaks.
    #[error("the answer is refused: {0}")]
    Refused(WebauthnError),
    /// A value of ours could not be written or read.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
}

impl From<WebauthnError> for PasskeyFault {
    fn from(error: WebauthnError) -> PasskeyFault {
        match error {
            WebauthnError::CredentialPossibleCompromise => PasskeyFault::Cloned,
            error => PasskeyFault::Refused(error),
        }
    }
}
