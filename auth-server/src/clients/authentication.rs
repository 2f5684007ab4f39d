//! Proof of who asks: RFC 6749 §2.3, RFC 7523 §2.2. How it travels is none of this module's business.

use shared::{clock::Timestamp, database::DatabaseError};

use super::{
    Clients, FindError,
    assertion::{AssertionFault, Audience, ClaimedAssertion},
    key_sets::KeyFault,
};
use crate::oauth::client::{AuthMethod, Client};

/// What a request brings to say which client sends it.
pub struct Credentials {
    /// Who it says it is. Beside an assertion it may be left out.
    pub client_id: Option<String>,
    /// What it shows for it.
    pub proof: Proof,
}

/// What a client shows. Not printable: it holds secrets.
pub enum Proof {
    /// Nothing but its name.
    Nothing,
    /// The shared secret, in the header or in the body.
    Secret(String),
    /// A signed assertion.
    Assertion(String),
}

/// A client that said who it is in a way it registered.
pub struct Authenticated {
    /// Who.
    pub client: Client,
    /// Whether it showed a secret or a signature: a public client has none to show.
    pub is_proven: bool,
}

impl Clients {
    /// The client that sends a request.
    ///
    /// # Errors
    /// There is no such client, or it did not authenticate as it registered.
    pub async fn authenticate(
        &self,
        credentials: Credentials,
        audience: &Audience,
        now: Timestamp,
    ) -> Result<Authenticated, AuthenticationError> {
        let named = credentials.client_id.as_deref();
        match &credentials.proof {
            Proof::Nothing => {
                let client = self.find(named.ok_or(AuthenticationError::NoClientId)?).await?;
                match client.auth_methods.contains(&AuthMethod::None) {
                    true => Ok(Authenticated { client, is_proven: false }),
                    false => Err(AuthenticationError::NothingShown),
                }
            }
            Proof::Secret(secret) => {
                let client = self.find(named.ok_or(AuthenticationError::NoClientId)?).await?;
                match self.is_secret(&client, secret) {
                    true => Ok(Authenticated { client, is_proven: true }),
                    false => Err(AuthenticationError::Secret),
                }
            }
            Proof::Assertion(text) => {
                let assertion = ClaimedAssertion::read(text)?;
                // RFC 7521 §4.2: `client_id` may be left out; the assertion says who.
                let client = self.find(named.unwrap_or(assertion.subject())).await?;
                Box::pin(self.spend(&client, &assertion, (audience, now))).await?;
                Ok(Authenticated { client, is_proven: true })
            }
        }
    }

    /// Verifies an assertion, and notes that it was used. Nothing is noted of one that does not hold: a stranger could use
    /// up the client's own.
    async fn spend(
        &self,
        client: &Client,
        assertion: &ClaimedAssertion<'_>,
        (audience, now): (&Audience, Timestamp),
    ) -> Result<(), AuthenticationError> {
        let is_registered = client.auth_methods.contains(&AuthMethod::PrivateKeyJwt);
        let source = client.metadata.keys.as_ref().filter(|_| is_registered);
        let keys = self.key_sets.find(source.ok_or(AuthenticationError::NoKeys)?, assertion.kid()).await?;
        let used = assertion.verify(&client.id, &keys, audience, now)?;
        match self.store.use_assertion(used.id, used.expires_at, now).await? {
            true => Ok(()),
            false => Err(AssertionFault::Used.into()),
        }
    }
}

/// Why a request is not taken for a client's. `Display` is for the sender, who is not told which rule was broken; the rest is
/// for the log.
#[derive(Debug, thiserror::Error)]
pub enum AuthenticationError {
    /// Nobody is named.
    #[error("client_id is missing")]
    NoClientId,
    /// There is no such client to be had.
    #[error("this client is not registered here")]
    Unusable(#[source] FindError),
    /// It registered a proof and shows none.
    #[error("the client did not authenticate as it registered")]
    NothingShown,
    /// Not its secret, or it has none.
    #[error("the client did not authenticate as it registered")]
    Secret,
    /// It did not register to sign.
    #[error("the client did not authenticate as it registered")]
    NoKeys,
    /// Its keys cannot be had.
    #[error("the client did not authenticate as it registered")]
    Keys(#[from] KeyFault),
    /// What it signed does not hold.
    #[error("the client did not authenticate as it registered")]
    Assertion(#[from] AssertionFault),
    /// Us.
    #[error("the server could not do this now: try again later")]
    Database(#[from] DatabaseError),
}

impl From<FindError> for AuthenticationError {
    fn from(error: FindError) -> AuthenticationError {
        match error {
            FindError::Database(error) => AuthenticationError::Database(error),
            unusable => AuthenticationError::Unusable(unusable),
        }
    }
}
