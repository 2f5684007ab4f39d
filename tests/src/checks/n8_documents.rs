//! N8 and N9: clients that must not become clients, by their document or by their registration.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{
    check::{Check, checks},
    client::Client,
    deployment::Deployment,
    refusal::in_place,
    verdict::{Seen, skip, wrong},
};
use crate::{exchange::Reply, violation::Violation};

pub(super) const DOCUMENTS: &[Check] = checks! {
    "N8.1" "draft-ietf-oauth-client-id-metadata-document §3; AS-56" tool(refused_documents, &[
        "http://client.example/client.json", "https://client.example", "https://client.example/",
        "https://client.example/client.json#x", "https://user:secret@client.example/client.json",
        "https://client.example/a/../client.json", "https://client.example/./client.json", "ftp://client.example/c"
    ])
        "A client_id that is no plain https URL with a path is refused";
    "N8.2" "draft-ietf-oauth-client-id-metadata-document §6.5; AS-59" tool(refused_documents, &[
        "https://10.0.0.1/client.json", "https://192.168.1.1/client.json", "https://169.254.169.254/latest/meta-data",
        "https://[::ffff:10.0.0.1]/client.json", "https://[fd00::1]/client.json", "https://100.100.100.200/client.json",
        "https://metadata.google.internal/client.json", "https://2130706433/client.json", "https://0/client.json"
    ])
        "A document at a private, link-local or metadata address is not asked for";
    "N8.3" "draft-ietf-oauth-client-id-metadata-document §6.5; AS-59" tool(refused_documents, &[
        "https://no-such-host.invalid/client.json", "https://client.example:1/client.json"
    ])
        "A document that cannot be had is told within a bounded time";
    "N8.4" "draft-ietf-oauth-client-id-metadata-document §6.5; AS-59" tests(
        "tests/e2e/documents/addresses.rs::addresses_and_local_names_are_refused",
        "tests/e2e/documents/answers.rs::an_answer_without_bounds_is_refused_in_bounds",
        "tests/e2e/documents/answers.rs::an_answer_that_is_no_document_is_refused"
    )
        "A host whose address changes, a redirect, more than 5 KB and a slow body are refused";
    "N8.5" "draft-ietf-oauth-client-id-metadata-document §4; AS-57" tests(
        "tests/e2e/documents/answers.rs::a_document_that_breaks_a_rule_is_refused",
        "tests/properties/client_documents.rs::a_method_with_a_secret_is_refused"
    )
        "A document that is no JSON, names another client_id, has a secret or no redirect URI is refused";
};

pub(super) const REGISTRATIONS: &[Check] = checks! {
    "N9.1" "RFC 7591 §5; AS-39" tool(redirects, &["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd"])
        "Redirect URIs that run or read something are not registered";
    "N9.2" "OAuth 2.1 §2.3.1; AS-39" tool(redirects, &["http://client.example/callback"])
        "http to another computer is not registered";
    "N9.3" "OAuth 2.1 §2.3.1; AS-37" tool(redirects, &["https://*.example/callback", "https://client.example/*"])
        "A redirect URI with a wildcard is not registered";
    "N9.4" "OAuth 2.1 §2.3; AS-40" tool(redirects, &["https://chatgpt.com/connector_platform_oauth_redirect#x", "/callback", ""])
        "A fragment, a path and nothing are not registered";
    "N9.5" "RFC 7591 §5; AS-10" tool(too_much)
        "A thousand redirect URIs and a body of a megabyte are refused";
    "N9.6" "RFC 7591 §2; OAuth 2.1 §10" tool(response_type)
        "The response type token is not registered";
    "N9.7" "RFC 7591 §2; OAuth 2.1 §10" tool(grant)
        "The grant password is not registered";
    "N9.8" "RFC 7591 §5; AS-67" left("the check would have to flood the deployment")
        "Registrations are limited in number";
    "N9.9" "RFC 7591 §3.2.2" tool(no_registration)
        "What is no registration is answered with a JSON error";
};

const PATIENCE: Duration = Duration::from_secs(15);

async fn refused_documents(deployment: &Deployment, ids: &'static [&'static str]) -> Seen {
    if deployment.server()?["client_id_metadata_document_supported"] != true {
        return skip("Client ID Metadata Documents are not advertised");
    }
    let redirect_uri = deployment.agent.persona.redirect_uri().to_owned();
    for id in ids {
        let client = Client { id: (*id).to_owned(), redirect_uri: redirect_uri.clone(), ..Client::default() };
        let start = Instant::now();
        let reply = deployment.open(&deployment.asking(&client)).await?;
        judge_document(id, &reply, start.elapsed())?;
    }
    Ok(format!("{} refused in place", ids.len()))
}

pub(super) fn judge_document(id: &str, reply: &Reply, taken: Duration) -> Result<(), Violation> {
    in_place(&format!("the client {id}"), reply)?;
    if taken < PATIENCE {
        return Ok(());
    }
    Err(wrong("a client document that cannot be had keeps the user waiting")
        .expected("a page within a few seconds")
        .seen(format!("{} ms for {id}", taken.as_millis()))
        .change("bound the whole fetch, name resolution and connection included"))
}

async fn changed(deployment: &Deployment, member: &str, value: Value) -> Seen<Reply> {
    let mut body = deployment.registration();
    body[member] = value;
    deployment.register(&body).await
}

pub(super) fn judge_refused(what: &str, reply: &Reply) -> Result<(), Violation> {
    let error = reply.error();
    if reply.status == 400 && error.is_some_and(|error| error.starts_with("invalid_")) {
        return Ok(());
    }
    let sentence = match reply.status {
        200 | 201 => format!("{what} is registered"),
        _ => format!("{what} is not refused in the way clients understand"),
    };
    Err(wrong(sentence)
        .expected("400 with the error invalid_redirect_uri or invalid_client_metadata")
        .seen(reply.line())
        .change("refuse it with a JSON error; a registration decides where codes are sent"))
}

async fn redirects(deployment: &Deployment, uris: &'static [&'static str]) -> Seen {
    for uri in uris {
        for list in [json!([uri]), json!([deployment.agent.persona.redirect_uri(), uri])] {
            let reply = changed(deployment, "redirect_uris", list).await?;
            judge_refused(&format!("the redirect URI {uri:?}"), &reply)?;
        }
    }
    Ok("400 each time".to_owned())
}

async fn too_much(deployment: &Deployment) -> Seen {
    let uris: Vec<String> = (0..1000).map(|n| format!("http://localhost:1455/callback/{n}")).collect();
    judge_large("a thousand redirect URIs", &changed(deployment, "redirect_uris", json!(uris)).await?)?;
    let name = json!("n".repeat(1 << 20));
    judge_large("a body of a megabyte", &changed(deployment, "client_name", name).await?)?;
    Ok("refused".to_owned())
}

pub(super) fn judge_large(what: &str, reply: &Reply) -> Result<(), Violation> {
    if matches!(reply.status, 400 | 413) {
        return Ok(());
    }
    Err(wrong(format!("{what} in a registration is not refused"))
        .expected("400 or 413")
        .seen(reply.line())
        .change("limit the body, the number of redirect URIs and the length of each member"))
}

async fn response_type(deployment: &Deployment) -> Seen {
    judge_not_granted(
        "token",
        "response_types",
        &changed(deployment, "response_types", json!(["token"])).await?,
    )
}

async fn grant(deployment: &Deployment) -> Seen {
    let grants = json!(["password", "authorization_code"]);
    judge_not_granted("password", "grant_types", &changed(deployment, "grant_types", grants).await?)
}

/// RFC 7591 §2 lets a server refuse what it does not offer, or register without it and say so.
pub(super) fn judge_not_granted(what: &str, member: &str, reply: &Reply) -> Seen {
    let document = reply.json().unwrap_or_default();
    let registered = super::deployment::strings(&document[member]);
    if reply.status < 300 && !registered.is_empty() && !registered.iter().any(|own| own == what) {
        return Ok(format!("registered without it: {}", registered.join(", ")));
    }
    judge_refused(&format!("{member} with {what}"), reply)?;
    Ok("400".to_owned())
}

async fn no_registration(deployment: &Deployment) -> Seen {
    for body in [json!([]), json!("text"), json!({}), json!({"redirect_uris": "https://client.example/"})] {
        let reply = deployment.register(&body).await?;
        judge_refused(&format!("the registration {body}"), &reply)?;
    }
    Ok("400 each time".to_owned())
}
