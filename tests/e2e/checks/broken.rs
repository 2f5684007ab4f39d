//! Each illness of a deployment is told by the checks that are about it.

use conformance::{checks::Verdict, exchange::Reply, failure::Outcome};
use serde_json::json;

use super::{
    change::{at, header, json as change_json, location, member, set_header, status, text},
    ids,
    sick::{Asked, Asking, Healthy, Illness, Patient},
};

const MCP: &str = "/mcp";
const RESOURCE: &str = "/.well-known/oauth-protected-resource";
const OAUTH: &str = "/.well-known/oauth-authorization-server";
const SERVER: &str = "/.well-known/o";
const REGISTER: &str = "/oauth/register";
const AUTHORIZE: &str = "/oauth/authorize";

/// Makes the checks on a patient with this illness, and expects them to be broken, each told under its own id.
pub(super) async fn breaks(patient: &Patient, broken: &[&str], illness: impl Illness + 'static) -> Outcome {
    let checked = patient.checked(illness, |id| broken.contains(&id)).await?;
    let found = ids(&checked, |verdict| matches!(verdict, Verdict::Broken(_)));
    assert_eq!(found, broken, "{}", checked.text());
    for check in &checked.checks {
        let Verdict::Broken(violation) = &check.verdict else { continue };
        assert_eq!((violation.id.as_str(), violation.section), (check.id, check.section));
        assert!(!violation.expected.is_empty() && !violation.seen.is_empty(), "{violation}");
        assert!(!violation.change.is_empty(), "{violation}");
    }
    Ok(())
}

#[tokio::test]
async fn a_proxy_that_changes_nothing_breaks_nothing() -> Outcome {
    let patient = Patient::admit().await?;
    let checked = patient.checked(Healthy, |_| true).await?;
    assert!(checked.is_sound(), "{}", checked.text());
    Ok(())
}

#[tokio::test]
async fn challenges() -> Outcome {
    let patient = Patient::admit().await?;
    breaks(&patient, &["A1.1", "A6"], status(MCP, 401, 403)).await?;
    breaks(&patient, &["A1.2"], header(MCP, "www-authenticate", Some("Bearer realm=\"x\""))).await?;
    breaks(&patient, &["A1.3"], header(MCP, "content-type", Some("text/html"))).await?;
    breaks(&patient, &["A2.1", "A2.2", "A2.3", "A3.1"], status(MCP, 401, 500)).await?;
    breaks(&patient, &["A4"], header(MCP, "www-authenticate", Some("Bearer a=b c, Basic"))).await?;
    breaks(&patient, &["A5"], header(MCP, "www-authenticate", Some("Bearer scope=\"notes:read\""))).await?;
    let from_query = Asking(|asked: &mut Asked| {
        if let Some((_, token)) = asked.target.split_once("access_token=") {
            asked.headers.push(("authorization".to_owned(), format!("Bearer {token}")));
        }
    });
    breaks(&patient, &["A3.3"], from_query).await?;
    let only_the_first = Asking(|asked: &mut Asked| {
        let mut seen = false;
        asked.headers.retain(|(name, _)| name != "authorization" || !std::mem::replace(&mut seen, true));
    });
    breaks(&patient, &["A3.2"], only_the_first).await
}

#[tokio::test]
async fn resource_metadata() -> Outcome {
    let patient = Patient::admit().await?;
    breaks(&patient, &["B1.1"], status(RESOURCE, 200, 404)).await?;
    breaks(&patient, &["B1.2"], status("protected-resource/mcp", 200, 404)).await?;
    let root = |asked: &Asked, reply: &mut Reply| {
        if asked.target == RESOURCE {
            reply.body.push(b'\n');
        }
    };
    breaks(&patient, &["B1.3"], root).await?;
    breaks(&patient, &["B2"], member(RESOURCE, "resource", "http://localhost:8000/mcp/")).await?;
    breaks(&patient, &["B3"], member(RESOURCE, "authorization_servers", json!([]))).await?;
    breaks(&patient, &["B4"], member(RESOURCE, "scopes_supported", json!(["notes:admin"]))).await?;
    breaks(&patient, &["B5.1", "B5.2"], header(RESOURCE, "access-control-allow-origin", None)).await?;
    breaks(&patient, &["B6.1"], header(RESOURCE, "cache-control", Some("no-store"))).await?;
    let null = at(RESOURCE, |reply| change_json(reply, |document| document["jwks_uri"] = json!(null)));
    breaks(&patient, &["B7"], null).await
}

#[tokio::test]
async fn server_metadata() -> Outcome {
    let patient = Patient::admit().await?;
    breaks(&patient, &["C1.1"], status(OAUTH, 200, 404)).await?;
    breaks(&patient, &["C1.2"], header("openid-configuration", "content-type", Some("text/html"))).await?;
    let slash = at(SERVER, |reply| {
        change_json(reply, |document| {
            document["issuer"] = json!(format!("{}/", document["issuer"].as_str().unwrap_or_default()));
        })
    });
    breaks(&patient, &["C2"], slash).await?;
    breaks(&patient, &["C3"], member(OAUTH, "token_endpoint", "/oauth/token")).await?;
    let plain = member(OAUTH, "code_challenge_methods_supported", json!(["S256", "plain"]));
    breaks(&patient, &["C4"], plain).await?;
    breaks(&patient, &["C4"], member(OAUTH, "code_challenge_methods_supported", json!(null))).await?;
    breaks(&patient, &["C5"], member(OAUTH, "response_types_supported", json!(["code", "token"]))).await?;
    let iss = member(OAUTH, "authorization_response_iss_parameter_supported", false);
    breaks(&patient, &["C6"], iss).await?;
    let methods = member(OAUTH, "token_endpoint_auth_methods_supported", json!(["tls_client_auth"]));
    breaks(&patient, &["C7", "C8", "C10"], methods).await?;
    breaks(&patient, &["C9.1"], member("openid-configuration", "subject_types_supported", json!(null)))
        .await?;
    let secret = at("jwks", |reply| text(reply, "\"kty\"", "\"d\":\"AQAB\",\"kty\""));
    breaks(&patient, &["C9.2"], secret).await?;
    breaks(&patient, &["C9.3"], member(OAUTH, "id_token_signing_alg_values_supported", json!(["EdDSA"])))
        .await?;
    let believes_headers = |asked: &Asked, reply: &mut Reply| {
        if asked.header("x-forwarded-host") == "attacker.example" {
            text(reply, "localhost", "attacker.example");
        }
    };
    breaks(&patient, &["C11"], believes_headers).await?;
    let empty =
        at(OAUTH, |reply| change_json(reply, |document| document["ui_locales_supported"] = json!([])));
    breaks(&patient, &["C12"], empty).await
}

#[tokio::test]
async fn registrations() -> Outcome {
    let patient = Patient::admit().await?;
    breaks(&patient, &["D1.1"], status(REGISTER, 201, 200)).await?;
    breaks(&patient, &["D1.2"], member(REGISTER, "token_endpoint_auth_method", json!(null))).await?;
    breaks(&patient, &["D1.3"], member(REGISTER, "client_secret", "given-to-everybody")).await?;
    breaks(&patient, &["D2.2"], member(REGISTER, "scope", json!(null))).await?;
    let strict = |asked: &Asked, reply: &mut Reply| {
        if asked.body.contains("software_id") || asked.body.contains("claude.ai") {
            reply.status = 400;
        }
    };
    breaks(&patient, &["D2.1", "D5"], strict).await?;
    let all = ["N9.1", "N9.2", "N9.3", "N9.4", "N9.5", "N9.6", "N9.7", "N9.9"];
    breaks(&patient, &all, |asked: &Asked, reply: &mut Reply| {
        if asked.target == REGISTER && (reply.status >= 400 || asked.body.contains("password")) {
            let grants = json!(["password"]);
            (reply.status, reply.body) = (201, json!({"grant_types": grants}).to_string().into_bytes());
        }
    })
    .await
}

#[tokio::test]
async fn pages_and_ways_back() -> Outcome {
    let patient = Patient::admit().await?;
    let cut = |asked: &Asked, reply: &mut Reply| {
        if asked.method == "POST" {
            location(reply, |place| place.replace("%20", "").replace("%2B", "+"));
        }
    };
    breaks(&patient, &["E2"], cut).await?;
    let framed = at(AUTHORIZE, |reply| {
        set_header(reply, "content-security-policy", Some("default-src 'none'; form-action 'self'"));
        set_header(reply, "x-frame-options", None);
        set_header(reply, "referrer-policy", None);
        text(reply, "chatgpt.com", "a client");
    });
    breaks(&patient, &["E3.1", "E3.2", "E3.3", "N10.5", "N14.3"], framed).await?;
    let strict = |_: &Asked, reply: &mut Reply| {
        for (_, value) in reply.headers.iter_mut().filter(|(name, _)| name.eq_ignore_ascii_case("set-cookie"))
        {
            *value = value.replace("SameSite=Lax", "SameSite=Strict");
        }
    };
    breaks(&patient, &["E4.1"], strict).await?;
    let repeats = |asked: &Asked, reply: &mut Reply| {
        if asked.method == "POST" && reply.status == 303 {
            reply.status = 307;
        }
    };
    breaks(&patient, &["E5.1", "E6"], repeats).await?;
    let nameless = |_: &Asked, reply: &mut Reply| location(reply, |place| place.replace("iss=", "was="));
    breaks(&patient, &["E5.2", "E6", "E7"], nameless).await?;
    breaks(&patient, &["E1", "E4.2"], status("/oauth/decision", 303, 500)).await
}
