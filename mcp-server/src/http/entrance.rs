//! One of the resources of this server: whose tokens open it, and the document that says how to get one.

use actix_web::http::header::{AUTHORIZATION, HeaderMap};
use shared::resource::Resource;

use super::{metadata::MetadataDocument, refusal::Lead};
use crate::{
    caller::Caller,
    guard::{Denial, Guard},
    settings::Settings,
    tools::Toolbox,
};

/// A resource and its guard: a token for one resource opens no other.
pub(crate) struct Entrance {
    pub(crate) guard: Guard,
    pub(super) metadata: MetadataDocument,
}

impl Entrance {
    pub(crate) fn new(
        guard: Guard,
        resource: &Resource,
        (settings, toolbox): (&Settings, &Toolbox),
    ) -> Result<Entrance, serde_json::Error> {
        let metadata = MetadataDocument::new(resource, settings.issuer.as_str(), &toolbox.all_scopes())?;
        Ok(Entrance { guard, metadata })
    }

    /// Lets in whoever brings an access token. A token in the query is not looked at (RFC 9700 §4.3.2).
    pub(super) async fn admit(&self, headers: &HeaderMap) -> Result<Caller, Denial> {
        let authorization = headers.get_all(AUTHORIZATION).map(|value| value.as_bytes());
        self.guard.admit(authorization).await.map(Caller::Visitor)
    }

    /// Where those who are not let in begin.
    pub(super) fn lead(&self) -> Lead<'_> {
        Some(&self.metadata)
    }
}
