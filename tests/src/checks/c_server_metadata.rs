//! C: what the authorization server says of itself (RFC 8414, OpenID Connect Discovery).

use serde_json::Value;
use url::Url;

use super::{
    b_resource_metadata::judge_null,
    c_documents::{algorithms, keys, openid_members, same_values, spoofed},
    check::{Check, checks},
    deployment::{Deployment, strings},
    probe::Probe,
    session::member,
    verdict::{Seen, skip, wrong},
};
use crate::{document::is_safe, exchange::Reply, steps::s2_server_metadata::places, violation::Violation};

pub(super) const CHECKS: &[Check] = checks! {
    "C1.1" "RFC 8414 §3.1; AS-11" tool(at_oauth_place)
        "The metadata is served where RFC 8414 puts it";
    "C1.2" "OpenID Connect Discovery §4; AS-13" tool(at_openid_places)
        "The metadata is served where OpenID Connect puts it, appended too when the issuer has a path";
    "C2" "RFC 8414 §3.3; AS-14" tool(issuer)
        "issuer is the string the resource names, byte for byte";
    "C3" "RFC 8414 §2; clients.md §1.3" tool(endpoints)
        "Every endpoint is an absolute https URL";
    "C4" "RFC 7636 §4.2; AS-17" tool(pkce)
        "PKCE is advertised with S256 and without plain";
    "C5" "RFC 8414 §2; OAuth 2.1 §10" tool(grants)
        "response_types_supported is code alone, and refresh_token is among the grants";
    "C6" "RFC 9207 §3; AS-18" tool(iss)
        "The server promises to name itself in every authorization response";
    "C7" "MCP Client ID Metadata Documents; AS-19, AS-22" tool(client_documents)
        "Client ID Metadata Documents are accepted, and none is among the methods";
    "C8" "RFC 8414 §2; AS-22" tool(methods)
        "Every advertised method of client authentication is one that clients can use (G3 uses them)";
    "C9.1" "OpenID Connect Discovery §3; clients.md §2.9" tool(openid_members)
        "The OpenID document has its mandatory members";
    "C9.2" "RFC 7517 §4; AS-85" tool(keys)
        "The published keys are public, and each has a kid of its own";
    "C9.3" "OpenID Connect Discovery §3; RFC 7517 §4.4" tool(algorithms)
        "There is a key for every advertised signature algorithm";
    "C10" "AS-11; clients.md §4.2" tool(same_values)
        "Both documents say the same";
    "C11" "RS-28; protocol.md, configured issuer" tool(spoofed)
        "Host and X-Forwarded headers change nothing in the metadata";
    "C12" "RFC 8414 §3.2; AS-16" tool(no_null)
        "No member of the metadata is null or empty";
};

/// The members of the metadata that are endpoints.
const ENDPOINTS: [&str; 8] = [
    "authorization_endpoint",
    "token_endpoint",
    "registration_endpoint",
    "jwks_uri",
    "revocation_endpoint",
    "introspection_endpoint",
    "userinfo_endpoint",
    "issuer",
];
/// What a client of this list can do.
const METHODS: [&str; 4] = ["none", "client_secret_basic", "client_secret_post", "private_key_jwt"];

/// The places of the metadata: the first is RFC 8414's, the others are OpenID Connect's.
pub(super) fn own_places(deployment: &Deployment) -> Seen<Vec<String>> {
    match deployment.issuers().first().map(|issuer| places(issuer)) {
        Some(places) if !places.is_empty() => Ok(places),
        _ => skip("the resource names no issuer: see B3"),
    }
}

async fn at_oauth_place(deployment: &Deployment) -> Seen {
    let place = own_places(deployment)?.remove(0);
    judge_document(&place, &deployment.send(&Probe::get(&place)).await?)?;
    Ok(place)
}

async fn at_openid_places(deployment: &Deployment) -> Seen {
    let places = own_places(deployment)?.split_off(1);
    for place in &places {
        judge_document(place, &deployment.send(&Probe::get(place)).await?)?;
    }
    Ok(places.join(", "))
}

pub(super) fn judge_document(place: &str, reply: &Reply) -> Result<(), Violation> {
    let is_document = reply.status == 200 && reply.media_type() == "application/json";
    if is_document && reply.json().is_some_and(|value| value.is_object()) {
        return Ok(());
    }
    Err(wrong("the authorization server's metadata is not where clients look")
        .expected(format!("200 application/json at {place}"))
        .seen(format!("{} {}", reply.line(), reply.media_type()))
        .change("serve the same document there: some clients try one place only"))
}

async fn issuer(deployment: &Deployment) -> Seen {
    let named = deployment.issuers();
    Ok(judge_issuer(deployment.server()?, named.first().map_or("", String::as_str))?)
}

pub(super) fn judge_issuer(document: &Value, named: &str) -> Result<String, Violation> {
    if document["issuer"] == named {
        return Ok(named.to_owned());
    }
    let own = document["issuer"].as_str().unwrap_or("the same");
    Err(wrong("`issuer` is not the string the MCP server names")
        .expected(format!("\"issuer\": \"{named}\", byte for byte"))
        .seen(member(document, "issuer"))
        .change(format!(
            "set ISSUER to exactly {named} in the authorization server, or to exactly {own} in the MCP server (mind a \
             trailing slash)"
        )))
}

async fn endpoints(deployment: &Deployment) -> Seen {
    Ok(judge_endpoints(deployment.server()?)?)
}

pub(super) fn judge_endpoints(document: &Value) -> Result<String, Violation> {
    let is_good = |value: &Value| {
        value.as_str().and_then(|text| Url::parse(text).ok()).is_some_and(|url| is_safe(&url))
    };
    let there = ENDPOINTS.iter().filter(|name| document.get(**name).is_some());
    let bad: Vec<&&str> = there.clone().filter(|name| !is_good(&document[**name])).collect();
    let missing = ENDPOINTS[..2].iter().find(|name| document.get(**name).is_none());
    match bad.first().copied().or(missing) {
        None => Ok(there.copied().collect::<Vec<_>>().join(", ")),
        Some(name) => Err(wrong(format!("`{name}` is not an absolute https URL"))
            .expected("an absolute https URL (http only on a loopback host)")
            .seen(member(document, name))
            .change("set ISSUER to the public https URL: published addresses begin with it")),
    }
}

async fn pkce(deployment: &Deployment) -> Seen {
    Ok(judge_pkce(deployment.server()?)?)
}

pub(super) fn judge_pkce(document: &Value) -> Result<String, Violation> {
    let methods = strings(&document["code_challenge_methods_supported"]);
    if methods.iter().any(|one| one == "S256") && !methods.iter().any(|one| one == "plain") {
        return Ok(methods.join(", "));
    }
    Err(wrong("PKCE is not advertised as S256 alone, and clients refuse")
        .expected("\"code_challenge_methods_supported\": [\"S256\"]")
        .seen(member(document, "code_challenge_methods_supported"))
        .change("publish code_challenge_methods_supported with S256, without plain, in both documents"))
}

async fn grants(deployment: &Deployment) -> Seen {
    Ok(judge_grants(deployment.server()?)?)
}

pub(super) fn judge_grants(document: &Value) -> Result<String, Violation> {
    let types = strings(&document["response_types_supported"]);
    let grants = strings(&document["grant_types_supported"]);
    let has = |grant: &str| grants.iter().any(|one| one == grant);
    if types == ["code"] && has("authorization_code") && has("refresh_token") {
        return Ok(grants.join(", "));
    }
    Err(wrong("the code flow with refresh tokens is not what is advertised")
        .expected("response_types_supported [\"code\"]; grant_types_supported with authorization_code and refresh_token")
        .seen(format!("{types:?} and {grants:?}"))
        .change("publish both members; OAuth 2.1 has no other response type"))
}

async fn iss(deployment: &Deployment) -> Seen {
    Ok(judge_iss(deployment.server()?)?)
}

pub(super) fn judge_iss(document: &Value) -> Result<String, Violation> {
    if document["authorization_response_iss_parameter_supported"] == true {
        return Ok("promised".to_owned());
    }
    Err(wrong("iss is not promised, so ChatGPT uses a redirect URI of its own for every connector")
        .expected("\"authorization_response_iss_parameter_supported\": true")
        .seen(member(document, "authorization_response_iss_parameter_supported"))
        .change("add iss to every authorization response, errors included, and publish that"))
}

async fn client_documents(deployment: &Deployment) -> Seen {
    let document = deployment.server()?;
    if document.get("client_id_metadata_document_supported").is_none() {
        return skip("Client ID Metadata Documents are not advertised; clients register instead");
    }
    Ok(judge_client_documents(document)?)
}

pub(super) fn judge_client_documents(document: &Value) -> Result<String, Violation> {
    let methods = strings(&document["token_endpoint_auth_methods_supported"]);
    if document["client_id_metadata_document_supported"] == true && methods.iter().any(|one| one == "none") {
        return Ok(format!("accepted, with {}", methods.join(", ")));
    }
    Err(wrong("client documents are advertised in a way that Claude does not use")
        .expected(
            "client_id_metadata_document_supported true, and none in token_endpoint_auth_methods_supported",
        )
        .seen(format!("{} with {methods:?}", member(document, "client_id_metadata_document_supported")))
        .change("accept public clients and add none to token_endpoint_auth_methods_supported"))
}

async fn methods(deployment: &Deployment) -> Seen {
    Ok(judge_methods(deployment.server()?)?)
}

pub(super) fn judge_methods(document: &Value) -> Result<String, Violation> {
    let methods = strings(&document["token_endpoint_auth_methods_supported"]);
    let unknown: Vec<&str> =
        methods.iter().map(String::as_str).filter(|method| !METHODS.contains(method)).collect();
    let has_algorithms = document.get("token_endpoint_auth_signing_alg_values_supported").is_some();
    // RFC 8414 §2: no default, so it must be there with a method that signs.
    let lacks_algorithms = methods.iter().any(|one| one == "private_key_jwt") && !has_algorithms;
    if !methods.is_empty() && unknown.is_empty() && !lacks_algorithms {
        return Ok(methods.join(", "));
    }
    Err(wrong("client authentication is not advertised in a way clients can follow")
        .expected(
            "some of none, client_secret_basic, client_secret_post, private_key_jwt (with its algorithms)",
        )
        .seen(format!("{methods:?}{}", if lacks_algorithms { " without algorithms" } else { "" }))
        .change("advertise exactly what the token endpoint accepts, and the algorithms of private_key_jwt"))
}

async fn no_null(deployment: &Deployment) -> Seen {
    Ok(judge_null(deployment.server()?)?)
}
