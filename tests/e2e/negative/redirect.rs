//! Redirect URIs: what may be registered, and what a request may name. Whatever else is asked for stays a page: an open
//! redirect would hand the code to anybody.

use conformance::{actor::Actor, failure::Outcome, world::World};
use serde_json::json;

use super::check::{page, refused};

/// Sends the happy authorization request to each of these redirect URIs: none is redirected to.
async fn none_is_redirected_to(actor: &mut Actor, uris: &[&str]) -> Outcome {
    for uri in uris {
        for prompt in ["", "none"] {
            let request = actor.authorize_request().with("redirect_uri", *uri).with("prompt", prompt);
            page(uri, &actor.send(request).await?, 400);
        }
        // Not even to say what else is wrong.
        let request = actor.authorize_request().with("redirect_uri", *uri).with("response_type", "token");
        page(uri, &actor.send(request).await?, 400);
    }
    let without = actor.authorize_request().without("redirect_uri");
    page("no redirect URI", &actor.send(without).await?, 400);
    let second = actor.authorize_request().with_another("redirect_uri", "https://evil.com/");
    page("a second redirect URI", &actor.send(second).await?, 400);
    actor.sign_in().await?;
    Ok(())
}

#[tokio::test]
async fn a_web_client_is_sent_back_to_what_it_registered_and_nowhere_else() -> Outcome {
    let world = World::start().await?;
    let mut actor = world.actor().await?;
    none_is_redirected_to(
        &mut actor,
        &[
            // Another one, even if it could have been registered.
            "https://evil.com/steal-tokens",
            "https://claude.ai/api/mcp/auth_callback",
            "https://chatgpt.com/connector/oauth/abc",
            // A piece of it, or more than it.
            "https://chatgpt.com/connector_platform_oauth_redirec",
            "https://chatgpt.com/connector_platform_oauth_redirect/",
            "https://chatgpt.com/connector_platform_oauth_redirectx",
            "https://chatgpt.com/connector_platform_oauth_redirect?x=1",
            "https://chatgpt.com/connector_platform_oauth_redirect?",
            "https://chatgpt.com/connector_platform_oauth_redirect#x",
            "https://chatgpt.com/connector_platform_oauth_redirect#",
            "https://chatgpt.com/",
            // Another path that a browser makes the same, or the same that a browser makes another.
            "https://chatgpt.com/a/../connector_platform_oauth_redirect",
            "https://chatgpt.com/connector_platform_oauth_redirect/..",
            "https://chatgpt.com/connector_platform_oauth_redirect/%2e%2e/x",
            "https://chatgpt.com/%63onnector_platform_oauth_redirect",
            "https://chatgpt.com//connector_platform_oauth_redirect",
            "https://chatgpt.com\\connector_platform_oauth_redirect",
            // Another host that looks the same.
            "https://CHATGPT.com/connector_platform_oauth_redirect",
            "https://chatgpt.com./connector_platform_oauth_redirect",
            "https://chatgpt.com.evil.com/connector_platform_oauth_redirect",
            "https://evil.com/https://chatgpt.com/connector_platform_oauth_redirect",
            "https://user@chatgpt.com/connector_platform_oauth_redirect",
            "https://chatgpt.com@evil.com/connector_platform_oauth_redirect",
            "https://chatgpt.com%40evil.com/connector_platform_oauth_redirect",
            "https://evil.com\\@chatgpt.com/connector_platform_oauth_redirect",
            "https://chаtgpt.com/connector_platform_oauth_redirect",
            // Another scheme, another port, no scheme at all.
            "http://chatgpt.com/connector_platform_oauth_redirect",
            "HTTPS://chatgpt.com/connector_platform_oauth_redirect",
            "https://chatgpt.com:443/connector_platform_oauth_redirect",
            "https://chatgpt.com:8443/connector_platform_oauth_redirect",
            "//chatgpt.com/connector_platform_oauth_redirect",
            "/connector_platform_oauth_redirect",
            "javascript:alert(1)//https://chatgpt.com/connector_platform_oauth_redirect",
            // Characters that break headers or parsers.
            " https://chatgpt.com/connector_platform_oauth_redirect",
            "https://chatgpt.com/connector_platform_oauth_redirect\r\nSet-Cookie: a=b",
            "https://chatgpt.com/connector_platform_oauth_redirect\0",
            "https://chatgpt.com/connector_platform_oauth_redirect\tx",
        ],
    )
    .await
}

#[tokio::test]
async fn a_program_on_this_computer_may_choose_its_port_and_nothing_else() -> Outcome {
    let world = World::start().await?;
    let mut actor = world.stranger()?;
    actor.persona.redirect_uris = vec!["http://127.0.0.1:1455/callback?keep=1".to_owned()];
    actor.register().await?;
    none_is_redirected_to(
        &mut actor,
        &[
            "http://localhost:1455/callback?keep=1",
            "http://[::1]:1455/callback?keep=1",
            "http://127.0.0.2:1455/callback?keep=1",
            "http://127.1:1455/callback?keep=1",
            "http://0x7f000001:1455/callback?keep=1",
            "http://[::ffff:127.0.0.1]:1455/callback?keep=1",
            "http://0.0.0.0:1455/callback?keep=1",
            "http://127.0.0.1.evil.com:1455/callback?keep=1",
            "http://127.0.0.1.evil.com/callback?keep=1",
            "http://127.0.0.1@evil.com/callback?keep=1",
            "http://evil.com:1455/callback?keep=1",
            "https://127.0.0.1:1455/callback?keep=1",
            "http://127.0.0.1:1455/callback",
            "http://127.0.0.1:1455/callback?keep=2",
            "http://127.0.0.1:1455/callback?keep=1&x=2",
            "http://127.0.0.1:1455/callback/?keep=1",
            "http://127.0.0.1:1455/Callback?keep=1",
            "http://127.0.0.1:1455/x/../callback?keep=1",
            "http://127.0.0.1:1455/callback?keep=1#x",
            "http://127.0.0.1:99999/callback?keep=1",
            "http://127.0.0.1:x/callback?keep=1",
        ],
    )
    .await?;
    let port = "http://127.0.0.1:50505/callback?keep=1";
    let request = actor.authorize_request().with("redirect_uri", port);
    let landing = actor.decide(request, "allow").await?;
    assert!(landing.url.starts_with("http://127.0.0.1:50505/callback?keep=1&code="), "{}", landing.url);
    Ok(())
}

#[tokio::test]
async fn what_is_not_on_the_allowlist_is_not_registered() -> Outcome {
    let world = World::start().await?;
    let mut actor = world.stranger()?;
    for uri in [
        "https://evil.com/steal-tokens",
        "https://chatgpt.com.evil.com/connector_platform_oauth_redirect",
        "https://chatgpt.com/connector/oauth/",
        "https://chatgpt.com/connector/oauth/a/b",
        "https://chatgpt.com/connector/oauth/%2e%2e",
        "https://chatgpt.com/connector_platform_oauth_redirect?x=1",
        "https://*.chatgpt.com/connector_platform_oauth_redirect",
        "http://chatgpt.com/connector_platform_oauth_redirect",
        "http://127.0.0.1.evil.com/callback",
        "http://localhost.evil.com/callback",
        "http://localhost/callback#fragment",
        "http://user:password@localhost/callback",
        "javascript:alert(1)",
        "data:text/html,<script>alert(1)</script>",
        "file:///etc/passwd",
        "cursor://anysphere.cursor-mcp/oauth/callback",
        "/callback",
        "",
    ] {
        let good = actor.redirect_uri().to_owned();
        for uris in [json!([uri]), json!([good, uri])] {
            let request = actor.register_request().with("redirect_uris", uris);
            refused(uri, &actor.send(request).await?, (400, "invalid_redirect_uri"));
        }
    }
    let many: Vec<String> = (0..1000).map(|port| format!("http://localhost:{port}/callback")).collect();
    for (what, uris) in [("none", json!([])), ("a thousand", json!(many))] {
        let request = actor.register_request().with("redirect_uris", uris);
        refused(what, &actor.send(request).await?, (400, "invalid_redirect_uri"));
    }
    let without = actor.register_request().without("redirect_uris");
    refused("no member", &actor.send(without).await?, (400, "invalid_redirect_uri"));
    for (member, value) in [
        ("grant_types", json!(["password"])),
        ("grant_types", json!(["refresh_token"])),
        ("response_types", json!(["token"])),
        ("token_endpoint_auth_method", json!("private_key_jwt")),
        ("token_endpoint_auth_method", json!("plain")),
        ("scope", json!("notes:read \"x\"")),
        ("redirect_uris", json!("http://localhost/callback")),
        ("client_name", json!({"en": "ChatGPT"})),
    ] {
        let request = actor.register_request().with(member, value);
        refused(member, &actor.send(request).await?, (400, "invalid_client_metadata"));
    }
    actor.register().await?;
    Ok(())
}
