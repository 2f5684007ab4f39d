//! Traces of the real programs, as a collector receives them.

mod collector;

use conformance::{
    actor::{Actor, TokenSet},
    failure::{Failure, Outcome},
};
use serde_json::json;

use self::collector::{Collector, Span};
use crate::harness::{Deployment, Signal, free_port, until};

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

/// Both programs with a collector there.
async fn traced(endpoint: &str) -> Outcome<Deployment> {
    let mut deployment = Deployment::prepare()?;
    for service in [&mut deployment.auth, &mut deployment.mcp] {
        service
            .set("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint)
            .set("OTEL_EXPORTER_OTLP_HEADERS", "x-key=hidden");
        service.set("LOG", "debug").start().await?;
    }
    deployment.add_user().await?;
    Ok(deployment)
}

/// A tool call of a caller that is in a trace of its own.
async fn call(actor: &mut Actor, tokens: &TokenSet) -> Outcome {
    let call =
        actor.tool_request("create_note", json!({"title": "a title", "content": "what nobody else reads"}));
    let call =
        call.bearer(&tokens.access).with_header("traceparent", &format!("00-{TRACE}-00f067aa0ba902b7-01"));
    let reply = actor.send(call).await?;
    assert_eq!(reply.status, 200, "{}", reply.text());
    Ok(())
}

/// Ends both, which sends what waits.
async fn stop(deployment: &mut Deployment) -> Outcome {
    for service in [&mut deployment.auth, &mut deployment.mcp] {
        let process = service.process()?;
        process.signal(Signal::Terminate).await?;
        let ended = process.ends().await?;
        assert!(ended.status.success(), "{}", ended.said);
    }
    Ok(())
}

#[tokio::test]
async fn one_trace_goes_through_both_services_and_tells_no_secret() -> Outcome {
    let collector = Collector::start()?;
    let mut deployment = traced(&collector.endpoint()).await?;
    let mut actor = deployment.actor().await?;
    let code = actor.approve().await?;
    let tokens = actor.redeem(&code).await?;
    call(&mut actor, &tokens).await?;
    stop(&mut deployment).await?;
    let spans = collector.spans();
    let of = |service: &str, name: &str| -> Outcome<&Span> {
        let found = spans.iter().find(|span| span.service == service && span.name == name);
        found.ok_or_else(|| Failure::new(format!("{service} has no span {name}: {:?}", collector.names())))
    };
    let entry = of("mcp-server", "POST /mcp")?;
    let fetched = of("auth-server", "GET /.well-known/jwks.json")?;
    assert_eq!((entry.trace.as_str(), fetched.trace.as_str()), (TRACE, TRACE));
    assert_eq!(entry.parent, "00f067aa0ba902b7");
    let asked = spans.iter().find(|span| span.id == fetched.parent).map(|span| span.service.as_str());
    assert_eq!(asked, Some("mcp-server"), "the fetch joins both");
    assert_eq!(entry.attributes["http.response.status_code"], "200");
    let decision = of("auth-server", "POST /oauth/decision")?;
    let below = |span: &&Span| span.trace == decision.trace && span.parent == decision.id;
    let names: Vec<&str> = spans.iter().filter(below).map(|span| span.name.as_str()).collect();
    assert!(names.contains(&"database write") && names.contains(&"password"), "{names:?}");
    let user = actor.email.clone();
    let secrets = [
        code.as_str(),
        &tokens.access,
        &tokens.refresh,
        &actor.password,
        &user,
        &actor.pkce.verifier,
        &actor.client.id,
        "nobody else reads",
        "hidden",
    ];
    for span in &spans {
        let told = format!("{span:?}");
        assert_eq!(secrets.iter().find(|secret| told.contains(**secret)), None, "{}", span.name);
        assert!(!told.contains("code_challenge"), "a query: {told}");
    }
    assert_eq!(collector.header("x-key").as_deref(), Some("hidden"));
    Ok(())
}

#[tokio::test]
async fn a_collector_that_is_away_harms_nobody_and_is_told_once() -> Outcome {
    let mut deployment = traced(&format!("http://127.0.0.1:{}", free_port()?)).await?;
    let mut actor = deployment.actor().await?;
    let tokens = actor.sign_in().await?;
    call(&mut actor, &tokens).await?;
    // Two batches at least are lost: one by the clock, one at the end.
    let away = "the collector of traces is away";
    until("the loss of spans", async || {
        deployment.mcp.process().ok().filter(|process| process.said().contains(away)).map(drop)
    })
    .await?;
    call(&mut actor, &tokens).await?;
    stop(&mut deployment).await?;
    let said = deployment.mcp.process()?.said();
    assert_eq!(said.matches(away).count(), 1, "{said}");
    Ok(())
}

#[tokio::test]
async fn requests_are_logged_by_route_and_never_by_path() -> Outcome {
    let mut deployment = Deployment::prepare()?;
    let (auth, mcp) = ("info,auth_server::http::access=debug", "info,mcp_server::http::access=debug");
    deployment.auth.set("LOG", auth).set("LOG_FORMAT", "json").start().await?;
    deployment.mcp.set("LOG", mcp).set("STATIC_TOKENS", "on").start().await?;
    let mut actor = deployment.actor().await?;
    for address in [
        format!("{}/welcome/a-secret-link?q=hidden", actor.issuer),
        format!("{}/a-secret-token", actor.mcp_url),
    ] {
        actor.send(conformance::actor::Request::get(address)).await?;
    }
    deployment.auth.process()?.says("/welcome/{token}").await?;
    deployment.mcp.process()?.says("/mcp/{token}").await?;
    let [auth, mcp] = [deployment.auth.process()?.said(), deployment.mcp.process()?.said()];
    let line = auth.lines().find(|line| line.contains("/welcome/{token}")).unwrap_or_default();
    let line: serde_json::Value = serde_json::from_str(line)?;
    let fields = &line["fields"];
    assert_eq!((&fields["method"], &fields["status"]), (&json!("GET"), &json!(404)), "{line}");
    assert!(fields["milliseconds"].is_number() && fields["reference"].as_str().is_some(), "{line}");
    assert!(mcp.contains("/mcp/{token}") && mcp.contains("answered"), "{mcp}");
    for log in [auth, mcp] {
        assert!(!log.contains("secret") && !log.contains("hidden"), "{log}");
    }
    Ok(())
}
