//! What rmcp asks for when a request has come through: capabilities, the list, a call.

use std::{borrow::Cow, sync::Arc};

use http::request::Parts;
use rmcp::{
    ErrorData, RoleServer, ServerHandler,
    model::{
        CacheScope, CallToolRequestParams, CallToolResponse, DiscoverResult, Implementation, ListToolsResult,
        MetaObject, PaginatedRequestParams, ProtocolVersion, ServerCapabilities, ServerConfig, Tool,
    },
    service::RequestContext,
};

use super::Toolbox;
use crate::caller::Caller;

/// The revisions this server speaks, newest first.
pub(crate) const VERSIONS: &[ProtocolVersion] = &[
    ProtocolVersion::V_2026_07_28,
    ProtocolVersion::V_2025_11_25,
    ProtocolVersion::V_2025_06_18,
    ProtocolVersion::V_2025_03_26,
];

/// Those of the older transport (HTTP+SSE): its own, and the later ones that its clients ask for on it.
pub(crate) const LEGACY_VERSIONS: &[ProtocolVersion] = &[
    ProtocolVersion::V_2025_11_25,
    ProtocolVersion::V_2025_06_18,
    ProtocolVersion::V_2025_03_26,
    ProtocolVersion::V_2024_11_05,
];

/// How long the list of tools may be kept. It changes with a release only.
const TTL_MILLISECONDS: u64 = 300_000;

const INSTRUCTIONS: &str = "Notes and meetings of the signed-in user. Everything is private to that user.";

/// Receives what rmcp has understood. Made anew for every request.
#[derive(Clone)]
pub(crate) struct Reception {
    toolbox: Arc<Toolbox>,
    versions: &'static [ProtocolVersion],
}

impl Reception {
    /// For a transport that speaks these revisions.
    pub(crate) fn new(toolbox: Arc<Toolbox>, versions: &'static [ProtocolVersion]) -> Reception {
        Reception { toolbox, versions }
    }
}

impl ServerHandler for Reception {
    fn get_info(&self) -> ServerConfig {
        let mut info = ServerConfig::new(ServerCapabilities::builder().enable_tools().build());
        info.protocol_version = ProtocolVersion::LATEST_WITH_INITIALIZE;
        info.server_info = implementation();
        info.instructions = Some(INSTRUCTIONS.to_owned());
        info
    }

    fn supported_protocol_versions(&self) -> Cow<'static, [ProtocolVersion]> {
        Cow::Borrowed(self.versions)
    }

    async fn discover(&self, _: RequestContext<RoleServer>) -> Result<DiscoverResult, ErrorData> {
        Ok(DiscoverResult::from_server_info(self.versions.to_vec(), self.get_info())
            .with_ttl_ms(TTL_MILLISECONDS)
            .with_cache_scope(CacheScope::Public))
    }

    /// The frame of the list. The tools themselves are put in on the way out, ready-made (`http/endpoint.rs`).
    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let mut result = ListToolsResult::default();
        if is_modern(&context) {
            result = result.with_ttl_ms(TTL_MILLISECONDS).with_cache_scope(CacheScope::Public);
            result.meta = Some(server_info());
        }
        Ok(result)
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let parts = context.extensions.get::<Parts>();
        let caller = parts
            .and_then(|parts| parts.extensions.get::<Arc<Caller>>())
            .ok_or_else(|| ErrorData::internal_error("the request has no caller", None))?;
        let unknown = || ErrorData::invalid_params(format!("unknown tool: {}", request.name), None);
        let needed = self.toolbox.scopes(&request.name).ok_or_else(unknown)?;
        // Decided before the request came here; asked again because nothing is done without it.
        if !caller.has_all(needed) || (caller.is_nobody() && !self.toolbox.is_open(&request.name)) {
            return Err(ErrorData::invalid_request(format!("the scope {needed} is missing"), None));
        }
        let owner = caller.owner();
        let arguments = request.arguments.unwrap_or_default();
        let called = self.toolbox.call(&request.name, owner, arguments).ok_or_else(unknown)?;
        let mut result = called.await.map_err(|_| unavailable())?;
        if is_modern(&context) {
            result.meta = Some(server_info());
        }
        Ok(result.into())
    }

    fn get_tool(&self, name: &str) -> Option<Tool> {
        self.toolbox.description(name)
    }
}

/// Whoever calls may call again.
fn unavailable() -> ErrorData {
    ErrorData::internal_error("temporarily unavailable: try again in a moment", None)
}

fn implementation() -> Implementation {
    Implementation::new("gatehouse", env!("CARGO_PKG_VERSION")).with_title("Gatehouse notes and meetings")
}

/// Since 2026-07-28 every result may say who gave it.
fn server_info() -> MetaObject {
    let mut meta = MetaObject::default();
    if let Ok(implementation) = serde_json::to_value(implementation()) {
        meta.insert("io.modelcontextprotocol/serverInfo".to_owned(), implementation);
    }
    meta
}

fn is_modern(context: &RequestContext<RoleServer>) -> bool {
    context.protocol_version().is_some_and(|version| !version.has_initialize())
}
