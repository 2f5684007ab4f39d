//! What a provider publishes about itself, and its keys: fetched together, kept for an hour, and for longer while it is
//! away.

use std::{sync::Arc, time::Duration};

use moka::ops::compute::{CompResult, Op};
use openidconnect::{
    AdditionalProviderMetadata, DiscoveryError, IssuerUrl, ProviderMetadata,
    core::{
        CoreAuthDisplay, CoreClaimName, CoreClaimType, CoreClientAuthMethod, CoreGrantType, CoreJsonWebKey,
        CoreJweContentEncryptionAlgorithm, CoreJweKeyManagementAlgorithm, CoreResponseMode, CoreResponseType,
        CoreSubjectIdentifierType,
    },
};
use serde::{Deserialize, Serialize};
use shared::{
    clock::{Clock, Timestamp},
    resource::Resource,
};

use super::{
    UpstreamFault,
    wire::{Wire, WireFault},
};

/// How long it is believed before the provider is asked again.
const FRESH: Duration = Duration::from_secs(3600);
/// How long it is used at most while the provider is away: a key that was withdrawn ends with it.
const LONGEST: Duration = Duration::from_secs(24 * 3600);
/// How long after one look the next may follow: for a key that was not there, or a provider that is away.
const COOL_DOWN: Duration = Duration::from_secs(10);

/// A provider's metadata (OpenID Connect Discovery §3) with its keys.
pub(super) type Provider = ProviderMetadata<
    Extensions,
    CoreAuthDisplay,
    CoreClientAuthMethod,
    CoreClaimName,
    CoreClaimType,
    CoreGrantType,
    CoreJweContentEncryptionAlgorithm,
    CoreJweKeyManagementAlgorithm,
    CoreJsonWebKey,
    CoreResponseMode,
    CoreResponseType,
    CoreSubjectIdentifierType,
>;

/// What the crate does not know of.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Extensions {
    /// RFC 9207 §3: it names itself in every answer.
    #[serde(default)]
    pub(super) authorization_response_iss_parameter_supported: bool,
}

impl AdditionalProviderMetadata for Extensions {}

/// Knows the metadata of one provider.
pub(super) struct Metadata {
    clock: Clock,
    issuer: String,
    wire: Arc<Wire>,
    seen: moka::future::Cache<(), Arc<Seen>>,
}

/// What the last look brought.
struct Seen {
    provider: Result<Arc<Provider>, UpstreamFault>,
    fetched_at: Timestamp,
    asked_at: Timestamp,
    fresh_until: Timestamp,
}

impl Metadata {
    pub(super) fn new(clock: Clock, issuer: &Resource, wire: Arc<Wire>) -> Metadata {
        Metadata { clock, issuer: issuer.as_str().to_owned(), wire, seen: moka::future::Cache::new(1) }
    }

    /// What is known, or can be learnt now.
    pub(super) async fn current(&self) -> Result<Arc<Provider>, UpstreamFault> {
        let now = self.clock.now();
        self.seen(|seen| now < seen.fresh_until).await?.provider.clone()
    }

    /// The same with keys that were fetched after this moment's: none when the last look is too young for another.
    pub(super) async fn newer(&self) -> Option<Arc<Provider>> {
        let asked_at = self.seen.get(&()).await?.asked_at;
        if !self.clock.now().is_past(asked_at, COOL_DOWN) {
            return None;
        }
        self.seen(|seen| seen.asked_at > asked_at).await.ok()?.provider.clone().ok()
    }

    /// What was last seen, if that will do; otherwise what is seen now, by one for all who wait.
    async fn seen(&self, will_do: impl Fn(&Seen) -> bool) -> Result<Arc<Seen>, UpstreamFault> {
        if let Some(seen) = self.seen.get(&()).await.filter(|seen| will_do(seen)) {
            return Ok(seen);
        }
        let looked = self.seen.entry(()).and_compute_with(|entry| async {
            let latest = entry.map(moka::Entry::into_value);
            if latest.as_ref().is_some_and(|seen| will_do(seen)) {
                return Op::Nop;
            }
            Op::Put(Arc::new(self.look(latest).await))
        });
        match looked.await {
            CompResult::Inserted(entry)
            | CompResult::ReplacedWith(entry)
            | CompResult::Unchanged(entry)
            | CompResult::Removed(entry) => Ok(entry.into_value()),
            CompResult::StillNone(_) => Err(UpstreamFault::Away("nothing was fetched".to_owned())),
        }
    }

    async fn look(&self, latest: Option<Arc<Seen>>) -> Seen {
        let fetched = self.fetch().await;
        let now = self.clock.now();
        let fault = match fetched {
            Ok(provider) => {
                tracing::info!(issuer = self.issuer, "the metadata of a provider was fetched");
                let provider = Ok(Arc::new(provider));
                return Seen { provider, fetched_at: now, asked_at: now, fresh_until: now + FRESH };
            }
            Err(fault) => fault,
        };
        tracing::warn!(issuer = self.issuer, %fault, "the metadata of a provider could not be fetched");
        let fresh_until = now + COOL_DOWN;
        let usable = |seen: &Arc<Seen>| seen.provider.is_ok() && !now.is_past(seen.fetched_at, LONGEST);
        match latest.filter(usable) {
            Some(latest) => {
                let (provider, fetched_at) = (latest.provider.clone(), latest.fetched_at);
                Seen { provider, fetched_at, asked_at: now, fresh_until }
            }
            None => Seen { provider: Err(fault), fetched_at: now, asked_at: now, fresh_until },
        }
    }

    async fn fetch(&self) -> Result<Provider, UpstreamFault> {
        let issuer = IssuerUrl::new(self.issuer.clone())
            .map_err(|fault| UpstreamFault::Malformed(fault.to_string()))?;
        let provider = Provider::discover_async(issuer, &*self.wire).await.map_err(|fault| told(&fault))?;
        // The browser is sent there, not we: the address is judged here all the same.
        let address = provider.authorization_endpoint().url();
        match self.wire.may_use(address) {
            true => Ok(provider),
            false => Err(UpstreamFault::Malformed(format!("its authorization endpoint is {address}"))),
        }
    }
}

fn told(fault: &DiscoveryError<WireFault>) -> UpstreamFault {
    match fault {
        DiscoveryError::Request(fault) => fault.into(),
        // What it answered instead may be long, and is nobody's business.
        DiscoveryError::Response(status, _, _) => {
            UpstreamFault::Malformed(format!("its metadata or keys were answered with status {status}"))
        }
        other => UpstreamFault::Malformed(other.to_string()),
    }
}

impl From<&WireFault> for UpstreamFault {
    fn from(fault: &WireFault) -> UpstreamFault {
        match fault {
            WireFault::Address(_) | WireFault::TooLarge | WireFault::Form(_) => {
                UpstreamFault::Malformed(fault.to_string())
            }
            WireFault::Down(_) | WireFault::Exchange(_) => UpstreamFault::Away(fault.to_string()),
        }
    }
}
