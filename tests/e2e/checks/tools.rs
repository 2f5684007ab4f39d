//! Tools, step-up and identity of a deployment that is ill, and mixed mode, where more checks apply.

use conformance::{
    checks::{Verdict, run_some},
    exchange::Reply,
    failure::Outcome,
    world::World,
};
use serde_json::{Value, json};

use super::{
    broken::breaks,
    change::{at, json as change_json, member, set_header},
    ids,
    sick::{Asked, Asking, Illness, Patient},
};

/// Lists of tools come with every tool changed.
fn each_tool(change: fn(&mut Value)) -> impl Illness {
    at("/mcp", move |reply: &mut Reply| {
        change_json(reply, |message| {
            message["result"]["tools"].as_array_mut().into_iter().flatten().for_each(change);
        });
    })
}

fn schemes(tool: &mut Value, schemes: Value) {
    tool["_meta"] = json!({});
    tool["securitySchemes"] = schemes;
}

#[tokio::test]
async fn tools() -> Outcome {
    let patient = Patient::admit().await?;
    breaks(&patient, &["H2.1"], each_tool(|tool| schemes(tool, json!([])))).await?;
    breaks(&patient, &["H2.2"], each_tool(|tool| schemes(tool, json!([{"type": "noauth"}])))).await?;
    let open = |asked: &Asked, reply: &mut Reply| {
        if reply.status == 401 && asked.body.contains("tools/call") {
            let result = json!({"jsonrpc": "2.0", "id": 1, "result": {"content": []}});
            (reply.status, reply.body) = (200, result.to_string().into_bytes());
        }
    };
    breaks(&patient, &["A1.1", "H2.3"], open).await?;
    breaks(&patient, &["H2.4"], each_tool(|tool| tool["annotations"]["openWorldHint"] = json!("no"))).await?;
    let silent = |asked: &Asked, reply: &mut Reply| {
        if asked.body.contains("tools/call") {
            change_json(reply, |message| {
                if message["result"].is_object() {
                    message["result"]["isError"] = json!(true);
                }
            });
        }
    };
    breaks(&patient, &["H1.2"], silent).await
}

#[tokio::test]
async fn step_up() -> Outcome {
    let patient = Patient::admit().await?;
    let no_error = at("/mcp", |reply| {
        change_json(reply, |message| {
            if message["result"]["_meta"].get("mcp/www_authenticate").is_some() {
                message["result"]["isError"] = json!(false);
            }
        });
    });
    breaks(&patient, &["J1.1"], no_error).await?;
    let forbidden = at("/mcp", |reply| {
        if reply.status == 403 {
            set_header(reply, "www-authenticate", None);
        }
    });
    breaks(&patient, &["J1.2"], forbidden).await?;
    let one_of_two = at("/mcp", |reply| {
        if reply.status == 403 {
            let challenge =
                "Bearer error=\"insufficient_scope\", scope=\"notes:none\", resource_metadata=\"https://a\"";
            set_header(reply, "www-authenticate", Some(challenge));
        }
    });
    breaks(&patient, &["J1.3"], one_of_two).await?;
    let forgets = Asking(|asked: &mut Asked| {
        // A request for two scopes of the resource is taken for one for the last.
        let both = asked.target.split_once("scope=notes%3Aread+");
        if let Some((before, after)) = both.filter(|(_, after)| !after.contains('+')) {
            asked.target = format!("{before}scope={after}");
        }
    });
    breaks(&patient, &["J2"], forgets).await
}

#[tokio::test]
async fn identity_and_listing() -> Outcome {
    let patient = Patient::admit().await?;
    breaks(&patient, &["K1"], member("/userinfo", "email_verified", json!(null))).await?;
    let no_nonce = Asking(|asked: &mut Asked| asked.target = asked.target.replace("nonce=", "none="));
    breaks(&patient, &["K2"], no_nonce).await?;
    let open = |asked: &Asked, reply: &mut Reply| {
        if asked.target.contains("userinfo") {
            reply.status = 200;
        }
    };
    breaks(&patient, &["K3"], open).await?;
    let page = at("openai-apps-challenge", |reply| {
        reply.status = 200;
        set_header(reply, "content-type", Some("text/html"));
    });
    breaks(&patient, &["L1"], page).await
}

#[tokio::test]
async fn mixed_mode_is_checked_too() -> Outcome {
    let world = World::builder().mcp("MIXED_MODE", "on").start().await?;
    let is_wanted = |id: &str| id.starts_with('A') || id.starts_with('H');
    let agent = world.agent()?;
    let checked = run_some(world.mcp_url(), &agent, |check| is_wanted(check.id), &mut ()).await?;
    assert!(checked.is_sound(), "{}", checked.text());
    let hold = ids(&checked, |verdict| matches!(verdict, Verdict::Holds(_)));
    assert!(hold.contains(&"A6") && hold.contains(&"H2.2"), "{}", checked.text());
    Ok(())
}
