//! The client of `rmcp`, with its state machine for OAuth.

use std::collections::BTreeSet;

use conformance::{
    failure::{Failure, Outcome},
    host::Host,
    world::World,
};
use rmcp::{
    RoleClient,
    model::{CallToolRequestParams, ProtocolVersion},
    service::{ClientLifecycleMode, RunningService, serve_client_with_lifecycle},
    transport::{
        StreamableHttpClientTransport,
        auth::{AuthClient, AuthorizationRequest, OAuthState, OAuthTokenResponse},
        streamable_http_client::StreamableHttpClientTransportConfig,
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

    async fn call(&self, name: &'static str, arguments: Value) -> Outcome<Value> {
        let arguments = arguments.as_object().cloned().unwrap_or_default();
        let request = CallToolRequestParams::new(name).with_arguments(arguments);
        Ok(serde_json::to_value(self.service.call_tool(request).await?)?)
    }
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
