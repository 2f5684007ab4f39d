//! The client of `rmcp`, with its state machine for OAuth.

use std::{collections::BTreeSet, error::Error};

use conformance::{
    failure::{Failure, Outcome},
    host::Host,
    world::World,
};
use rmcp::{
    RoleClient,
    model::{CallToolRequestParams, ProtocolVersion},
    service::{ClientLifecycleMode, RunningService, ServiceError, serve_client_with_lifecycle},
    transport::{
        StreamableHttpClientTransport,
        auth::{AuthClient, AuthorizationCallback, AuthorizationRequest, OAuthState, OAuthTokenResponse},
        streamable_http_client::{InsufficientScopeError, StreamableHttpClientTransportConfig},
    },
};
use serde_json::{Value, json};

use super::{
    UNTIL_EXPIRED, allow,
    round::{HANDSHAKE, Round, STATELESS, Standing, title},
    standings,
};

const REDIRECT_URI: &str = "http://127.0.0.1:3030/callback";

/// A client that is signed in, and connected.
struct Visitor {
    client: AuthClient<reqwest::Client>,
    service: RunningService<RoleClient, ()>,
    /// Its `client_id`.
    id: String,
    /// The access tokens it has had.
    tokens: BTreeSet<String>,
    scope: Option<String>,
}

impl Visitor {
    async fn sign_in(
        world: &World,
        request: AuthorizationRequest,
        lifecycle: ClientLifecycleMode,
    ) -> Outcome<Visitor> {
        let mut state = OAuthState::new(world.mcp_url(), None).await?;
        state.start_authorization(request).await?;
        let callback = allow(world, &state.get_authorization_url().await?).await?;
        state.handle_callback_url(&callback).await?;
        let (id, tokens) = state.get_credentials().await?;
        let manager =
            state.into_authorization_manager().ok_or_else(|| Failure::new("it is not signed in"))?;
        let client = AuthClient::new(reqwest::Client::new(), manager);
        let config = StreamableHttpClientTransportConfig::with_uri(world.mcp_url());
        let transport = StreamableHttpClientTransport::with_client(client.clone(), config);
        let service = serve_client_with_lifecycle((), transport, lifecycle).await?;
        Ok(Visitor { client, service, id, tokens: BTreeSet::new(), scope: scope(tokens.as_ref()) })
    }

    async fn round(&mut self, number: usize) -> Outcome<Round> {
        let server = self.service.peer_info().ok_or_else(|| Failure::new("no server"))?;
        let tools = self.service.list_all_tools().await?;
        let made = self.call("create_note", json!({"title": title(number)})).await?;
        let listed = self.call("list_notes", json!({})).await?;
        self.tokens.insert(self.client.get_access_token().await?);
        Ok(Round {
            revision: server.protocol_version.to_string(),
            tools: tools.into_iter().map(|tool| tool.name.into_owned()).collect(),
            failed: made["isError"] == true || listed["isError"] == true,
            made: made["structuredContent"].clone(),
            listed: listed["structuredContent"].clone(),
            tokens: self.tokens.len(),
            client: Some(self.id.clone()),
            // It never asks for one.
            secret: false,
            scope: self.scope.clone(),
        })
    }

    async fn call(&self, name: &'static str, arguments: Value) -> Result<Value, ServiceError> {
        let arguments = arguments.as_object().cloned().unwrap_or_default();
        let request = CallToolRequestParams::new(name).with_arguments(arguments);
        Ok(json!(self.service.call_tool(request).await?))
    }

    /// Asks the human for what was missing.
    async fn step_up(&self, world: &World, missing: &str) -> Outcome {
        let manager = self.client.auth_manager.lock().await;
        let callback = allow(world, &manager.request_scope_upgrade(missing).await?).await?;
        let AuthorizationCallback { code, csrf_token, issuer, .. } =
            AuthorizationCallback::from_redirect_url(&callback)?;
        manager.exchange_code_for_token_with_issuer(&code, &csrf_token, issuer.as_deref()).await?;
        Ok(())
    }
}

/// The scopes a call needs, when it failed for want of them.
fn missing(fault: &ServiceError) -> Option<&str> {
    let ServiceError::TransportSend(fault) = fault else { return None };
    let mut source: Option<&(dyn Error + 'static)> = Some(fault.error.as_ref());
    while let Some(fault) = source {
        if let Some(found) = fault.downcast_ref::<InsufficientScopeError>() {
            return found.get_required_scope();
        }
        source = fault.source();
    }
    None
}

fn scope(tokens: Option<&OAuthTokenResponse>) -> Option<String> {
    let document = serde_json::to_value(tokens?).ok()?;
    document["scope"].as_str().map(str::to_owned)
}

async fn visit(lifecycle: ClientLifecycleMode, revision: &str) -> Outcome {
    let world = World::start().await?;
    let host = Host::start(world.authority()).await?;
    let document = standings::publish(&host);
    let registering = AuthorizationRequest::new(REDIRECT_URI).with_client_name("rmcp");
    let publishing = AuthorizationRequest::new(REDIRECT_URI).with_client_metadata_url(&document);
    for (standing, request) in
        [(Standing::Public, registering), (Standing::Published(document.clone()), publishing)]
    {
        let mut visitor = Visitor::sign_in(&world, request, lifecycle.clone()).await?;
        visitor.round(1).await?.check(1, revision, &standing);
        world.advance(UNTIL_EXPIRED);
        visitor.round(2).await?.check(2, revision, &standing);
        visitor.service.cancel().await?;
    }
    Ok(())
}

#[tokio::test]
async fn with_a_handshake() -> Outcome {
    visit(ClientLifecycleMode::Initialize, HANDSHAKE).await
}

#[tokio::test]
async fn without_a_handshake() -> Outcome {
    let preferred_versions = vec![ProtocolVersion::V_2026_07_28];
    visit(ClientLifecycleMode::Discover { preferred_versions }, STATELESS).await
}

#[tokio::test]
async fn it_asks_for_a_scope_that_is_missing() -> Outcome {
    let world = World::start().await?;
    let request = AuthorizationRequest::new(REDIRECT_URI).with_scopes(["notes:read"]);
    let visitor = Visitor::sign_in(&world, request, ClientLifecycleMode::Initialize).await?;
    visitor.call("list_notes", json!({})).await?;
    let title = json!({"title": title(1)});
    let Err(fault) = visitor.call("create_note", title.clone()).await else {
        return Err(Failure::new("it needed no more than it had"));
    };
    let missing = missing(&fault).ok_or_else(|| Failure::new(format!("another fault: {fault:?}")))?;
    visitor.step_up(&world, missing).await?;
    visitor.call("create_note", title).await?;
    visitor.call("list_notes", json!({})).await?;
    visitor.service.cancel().await?;
    Ok(())
}
