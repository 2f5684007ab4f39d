//! What a tool is.

use std::future::Future;

use rmcp::model::ToolAnnotations;
use schemars::JsonSchema;
use serde::{Serialize, de::DeserializeOwned};

use super::refusal::Refusal;
use crate::store::{Owner, Store};

/// Something a caller can have done. Its input and output types are its schemas.
pub(super) trait Tool: 'static {
    /// What it is called by.
    const NAME: &'static str;
    /// What a person reads.
    const TITLE: &'static str;
    /// What a model reads.
    const DESCRIPTION: &'static str;
    /// Every scope a token needs for it. A scope to write does not contain the one to read.
    const SCOPES: &'static [&'static str];
    /// What it does to the rows.
    const EFFECT: Effect;
    /// Its arguments.
    type Input: DeserializeOwned + JsonSchema + Send + 'static;
    /// Its structured result.
    type Output: Serialize + JsonSchema + 'static;

    /// Does it, for one user.
    fn call(
        store: &Store,
        owner: &Owner,
        input: Self::Input,
    ) -> impl Future<Output = Result<Self::Output, Refusal>> + Send;
}

/// What a tool does to the rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    /// Nothing.
    Read,
    /// Something new appears.
    Add,
    /// Something that was there is replaced; a second time changes nothing more.
    Replace,
}

impl Effect {
    /// As hints of the protocol. Every tool works on this server's own rows, never on the open world.
    pub(super) fn annotations(self, title: &str) -> ToolAnnotations {
        ToolAnnotations::with_title(title)
            .read_only(self == Effect::Read)
            .destructive(self == Effect::Replace)
            .idempotent(self != Effect::Add)
            .open_world(false)
    }
}
