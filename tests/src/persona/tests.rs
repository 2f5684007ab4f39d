//! What a persona makes of its file.

use super::*;
use crate::steps::fixtures::{client, resource, server};

fn persona(name: &str) -> Persona {
    Persona::named(name, &Draw { port: 1234, other_port: 4321, id: "abc".to_owned() }).unwrap()
}

#[test]
fn chatgpt_registers_as_it_always_did() {
    let chatgpt = Persona::chatgpt();
    let expected = json!({
        "client_name": "ChatGPT",
        "redirect_uris": ["https://chatgpt.com/connector_platform_oauth_redirect"],
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
    });
    assert_eq!(chatgpt.registration(), expected);
    assert_eq!(chatgpt.registration_at(&server()), expected, "not a word on how it authenticates");
    assert_eq!(
        (chatgpt.oauth_user_agent, chatgpt.mcp_user_agent),
        ("Python/3.12 aiohttp/3.13.5", "openai-mcp/1.0.0")
    );
    let method = persona("chatgpt-dcr").registration_at(&server())["token_endpoint_auth_method"].clone();
    assert_eq!(method, "client_secret_post", "the first that the server lists");
}

#[test]
fn the_way_in_decides_where_a_client_is_called_back() {
    let callback = |name: &str, is_document| persona(name).callback(&Client { is_document, ..client() });
    for (name, document, registration) in [
        ("codex", "http://127.0.0.1:1234/callback", "http://127.0.0.1:1234/callback/abc"),
        ("copilot-cli", "http://127.0.0.1:1234/", "http://127.0.0.1:1234/"),
        (
            "chatgpt-callback",
            "https://chatgpt.com/connector/oauth/abc",
            "https://chatgpt.com/connector/oauth/abc",
        ),
    ] {
        assert_eq!(callback(name, true), document);
        assert_eq!(callback(name, false), registration);
    }
    assert_eq!(
        persona("copilot-cli").redirect_uris,
        ["http://127.0.0.1:4321/"],
        "registered from another port"
    );
    assert!(persona("codex").listens_at(1234) && persona("gemini").listens_at(1234));
    assert!(!persona("claude").listens_at(1234) && !persona("inspector").listens_at(1234));
}

#[test]
fn a_listener_of_this_machine_is_registered_under_a_name_that_says_so() {
    let uri = "http://127.0.0.1:1234/callback";
    let moved = persona("claude").called_back_at(uri.to_owned());
    assert!(moved.script.document.is_none() && moved.listens_at(1234));
    let body = moved.registration();
    assert_eq!((&body["redirect_uris"], &body["application_type"]), (&json!([uri]), &json!("native")));
    assert_eq!(body["client_name"], "Gatehouse conformance client");
}

#[test]
fn a_resource_is_spelled_as_the_client_spells_it() {
    let origin = Resource {
        url: "https://MCP.example".to_owned(),
        named: "https://mcp.example".to_owned(),
        ..resource()
    };
    let at = |name: &str, request| persona(name).resource(request, &origin);
    assert_eq!(at("chatgpt-stable", script::Request::Token).as_deref(), Some("https://mcp.example"));
    assert_eq!(at("gemini", script::Request::Authorize).as_deref(), Some("https://mcp.example/"));
    assert_eq!(at("claude", script::Request::Authorize).as_deref(), Some("https://mcp.example"));
    assert_eq!(at("codex", script::Request::Refresh), None);
}

#[test]
fn each_connection_takes_its_turn() {
    let first = persona("chatgpt-reconnect");
    let second = first.reconnected(Some("hint")).unwrap();
    let third = second.reconnected(None).unwrap();
    let asked = |persona: &Persona| persona.script.scopes.chosen(&resource(), &server(), &client());
    assert_eq!(asked(&first).as_deref(), Some("openid offline_access notes:read"));
    assert_eq!((asked(&second), asked(&third).as_deref()), (None, Some("")));
    assert_eq!(second.script.authorize.parameters["id_token_hint"], "hint");
    assert!(third.reconnected(None).is_none());
}
