//! Exchanges that were never sent, for the judges: the happy one, and one with a single thing changed.

use serde_json::{Value, json};

use crate::{
    exchange::{Body, Call, Exchange, Reply},
    steps::{
        Client, ClientAuth, Resource, Seen, Server, Step, s1_resource_metadata::ResourceMetadata,
        s2_server_metadata::ServerMetadata, s3_registration::Registration, s4_authorization::Authorization,
    },
};

pub(crate) const MCP: &str = "https://mcp.example/mcp";
pub(crate) const ISSUER: &str = "https://as.example";
pub(crate) const REDIRECT: &str = "https://chatgpt.com/connector_platform_oauth_redirect";

/// A reply with a JSON body.
pub(crate) fn reply(status: u16, body: &Value) -> Reply {
    let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
    Reply { status, headers, body: body.to_string().into_bytes() }
}

/// The same with one more header field.
pub(crate) fn with(mut reply: Reply, name: &str, value: &str) -> Reply {
    reply.headers.push((name.to_owned(), value.to_owned()));
    reply
}

/// A call that was answered.
pub(crate) fn call(name: &'static str, url: &str, reply: Reply) -> Call {
    Call { name, method: "POST", url: url.to_owned(), body: Body::default(), outcome: Ok(reply) }
}

/// An exchange of these calls.
pub(crate) fn exchange(calls: impl IntoIterator<Item = Call>) -> Exchange {
    Exchange { calls: calls.into_iter().collect(), ..Exchange::default() }
}

/// The rule an exchange breaks; empty when it breaks none.
pub(crate) fn rule<S: Step>(step: S, exchange: &Exchange) -> String {
    step.judge(exchange).err().map(|violation| violation.id.clone()).unwrap_or_default()
}

/// Step 1 about the usual server.
pub(crate) fn step1() -> ResourceMetadata {
    ResourceMetadata::of(MCP).unwrap()
}

/// Step 2 about the usual server.
pub(crate) fn step2() -> ServerMetadata {
    ServerMetadata::new(resource(), Seen::default())
}

/// Step 3 about the usual server.
pub(crate) fn step3() -> Registration {
    Registration::new(resource(), server(), Seen::default())
}

/// Step 4 about the usual server.
pub(crate) fn step4() -> Authorization {
    Authorization::new(resource(), server(), client(), Seen::default())
}

/// What step 1 proves about the usual server.
pub(crate) fn resource() -> Resource {
    Resource {
        url: MCP.to_owned(),
        named: MCP.to_owned(),
        authorization_servers: vec![ISSUER.to_owned()],
        scopes: vec!["notes:read".to_owned()],
        challenged: Vec::new(),
    }
}

/// What step 2 proves about the usual server.
pub(crate) fn server() -> Server {
    let at = |path: &str| format!("{ISSUER}{path}").parse().unwrap();
    Server {
        issuer: ISSUER.to_owned(),
        authorization_endpoint: at("/authorize?tenant=1"),
        token_endpoint: at("/token"),
        registration_endpoint: Some(at("/register")),
        takes_documents: false,
        jwks_uri: Some(at("/jwks")),
        sends_iss: true,
        scopes: Some(vec!["openid".to_owned(), "offline_access".to_owned(), "notes:read".to_owned()]),
        auth_methods: vec!["none".to_owned(), "client_secret_post".to_owned()],
    }
}

/// What step 3 proves about the usual client.
pub(crate) fn client() -> Client {
    Client {
        id: "client".to_owned(),
        auth: ClientAuth::None,
        redirect_uri: REDIRECT.to_owned(),
        may_refresh: true,
        is_document: false,
        scopes: Vec::new(),
    }
}

/// A document with one member changed; `null` leaves it out.
pub(crate) fn changed(mut document: Value, member: &str, value: Value) -> Value {
    if value == json!(null) {
        document.as_object_mut().unwrap().remove(member);
    } else {
        document[member] = value;
    }
    document
}
