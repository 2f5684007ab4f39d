//! The registrations that real clients send, and the length of the `client_id` they get.

use auth_server::flow::register::register;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::{cases, stage::Stage};

/// What clients are known to keep of a `client_id`.
const LONGEST: usize = 255;

/// Bodies as they were seen or as the clients' sources have them. Loopback ports are the longest there are.
fn bodies() -> Vec<Value> {
    let both = json!(["authorization_code", "refresh_token"]);
    let code = json!(["code"]);
    vec![
        json!({"client_name": "ChatGPT", "redirect_uris": ["https://chatgpt.com/connector_platform_oauth_redirect"],
            "grant_types": both, "response_types": code}),
        json!({"client_name": "ChatGPT", "grant_types": both, "response_types": code,
            "redirect_uris": ["https://chatgpt.com/connector/oauth/abcdefghijklmnopqrstuvwxyz_-0123"],
            "token_endpoint_auth_method": "client_secret_post"}),
        json!({"redirect_uris": ["https://chat.openai.com/callback"]}),
        json!({"client_name": "Codex", "redirect_uris": ["http://127.0.0.1:65535/callback/abcdefghijkl"],
            "token_endpoint_auth_method": "none", "grant_types": both, "response_types": code}),
        json!({"client_name": "Claude", "token_endpoint_auth_method": "client_secret_post", "grant_types": both,
            "redirect_uris": ["https://claude.ai/api/mcp/auth_callback", "https://claude.com/api/mcp/auth_callback"],
            "response_types": code}),
        json!({"client_name": "Claude Code (notes)", "redirect_uris": ["http://localhost:65535/callback"],
            "token_endpoint_auth_method": "none", "grant_types": both, "response_types": code,
            "scope": "notes:read notes:write meetings:read meetings:write"}),
        json!({"client_name": "Visual Studio Code", "application_type": "native", "grant_types": both,
            "redirect_uris": ["https://insiders.vscode.dev/redirect", "https://vscode.dev/redirect",
                "http://127.0.0.1/", "http://127.0.0.1:33418/"], "token_endpoint_auth_method": "none"}),
        json!({"client_name": "Visual Studio Code - Insiders", "application_type": "native", "grant_types": both,
            "redirect_uris": ["https://insiders.vscode.dev/redirect", "https://vscode.dev/redirect",
                "http://127.0.0.1/", "http://127.0.0.1:33418/"], "token_endpoint_auth_method": "none"}),
        json!({"client_name": "Code - OSS", "application_type": "native",
            "redirect_uris": ["https://insiders.vscode.dev/redirect", "https://vscode.dev/redirect",
                "http://127.0.0.1", "http://127.0.0.1:33418"], "token_endpoint_auth_method": "none"}),
        json!({"client_name": "Cursor", "redirect_uris": ["http://localhost:8787/callback"],
            "token_endpoint_auth_method": "none", "grant_types": both}),
        json!({"client_name": "Cursor", "redirect_uris": ["https://www.cursor.com/agents/mcp/oauth/callback"]}),
        json!({"client_name": "MCP CLI Proxy", "software_id": "2e6dc280-f3c3-4e01-99a7-8181dbd1d23d",
            "redirect_uris": ["http://localhost:49151/oauth/callback"], "scope": "openid email profile",
            "token_endpoint_auth_method": "none"}),
        json!({"client_name": "Gemini CLI MCP Client", "redirect_uris": ["http://localhost:65535/oauth/callback"],
            "token_endpoint_auth_method": "none", "scope": "", "grant_types": both, "response_types": code}),
        json!({"client_name": "GitHub Copilot CLI", "application_type": "native", "grant_types": both,
            "redirect_uris": ["http://127.0.0.1:65535/"], "token_endpoint_auth_method": "none"}),
        json!({"client_name": "Microsoft Copilot Studio", "redirect_uris": [format!(
            "https://global.consent.azure-apim.net/redirect/{}", "cr123-5fnotes-20and-20meetings-5f0123456789abcdef"
        )]}),
        json!({"client_name": "Microsoft 365 Copilot", "token_endpoint_auth_method": "client_secret_basic",
            "redirect_uris": ["https://teams.microsoft.com/api/platform/v1.0/oAuthRedirect"]}),
        json!({"client_name": "MCP Inspector", "redirect_uris": ["http://localhost:6274/oauth/callback",
                "http://localhost:6274/oauth/callback/debug"], "token_endpoint_auth_method": "none",
            "client_uri": "https://github.com/modelcontextprotocol/inspector"}),
        json!({"client_name": "Goose", "token_endpoint_auth_method": "none",
            "redirect_uris": ["http://127.0.0.1/oauth_callback", "http://[::1]/oauth_callback"]}),
        json!({"client_name": "Cline", "redirect_uris": ["http://127.0.0.1:1456/mcp/oauth/callback"]}),
    ]
}

#[test]
fn every_known_client_is_its_own_id() {
    let stage = Stage::start(&[]);
    for body in bodies() {
        let registered = stage.run(register(stage.app(), body.to_string().as_bytes()));
        let (client, secret) = registered.unwrap_or_else(|refusal| panic!("{body}: {refusal}"));
        assert!(client.id.starts_with("dcr_"), "not sealed but stored: {body}");
        assert!(client.id.len() <= LONGEST, "{} characters for {body}", client.id.len());
        assert_eq!(secret.is_none(), body["token_endpoint_auth_method"] == "none", "{body}");
        let found = stage.run(stage.app().clients.find(&client.id)).unwrap();
        assert_eq!(found.metadata, client.metadata, "{body}");
    }
}

#[test]
fn a_large_registration_is_kept_as_a_row() {
    let stage = Stage::start(&[]);
    proptest!(cases(40), |(count in 1_usize..=32, name in "[A-Za-z ]{0,100}")| {
        let uris: Vec<String> = (0..count).map(|n| format!("http://127.0.0.1/callback/{n}")).collect();
        let body = json!({"client_name": name, "redirect_uris": uris}).to_string();
        let (client, _) = stage.run(register(stage.app(), body.as_bytes())).unwrap();
        prop_assert!(client.id.len() <= LONGEST);
        prop_assert!(count < 6 || client.id.starts_with("dcs_"));
        let found = stage.run(stage.app().clients.find(&client.id)).unwrap();
        prop_assert_eq!(found.metadata, client.metadata);
    });
}
