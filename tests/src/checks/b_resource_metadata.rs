//! B: the document that says who protects the MCP endpoint (RFC 9728).

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::Value;
use url::Url;

use super::{
    check::{Check, checks},
    deployment::{Deployment, strings},
    probe::Probe,
    session::member,
    verdict::{Seen, skip, wrong},
};
use crate::{document::is_safe, exchange::Reply, violation::Violation};

pub(super) const CHECKS: &[Check] = checks! {
    "B1.1" "RFC 9728 §5.1; RS-3" tool(at_named_place)
        "The resource metadata is JSON at the URL the challenge names";
    "B1.2" "RFC 9728 §3.1; RS-4, RS-10" tool(at_well_known, 0)
        "The same bytes are served beside the path of the resource";
    "B1.3" "RFC 9728 §3.1; RS-4, RS-10" tool(at_well_known, 1)
        "The same bytes are served at the root";
    "B2" "RFC 9728 §3.3; RS-5" tool(resource)
        "resource is exactly the URL the connector was given";
    "B3" "MCP Protected Resource Metadata; RS-2" tool(issuers)
        "authorization_servers names an https issuer";
    "B4" "RS-7; clients.md §1.2" tool(scopes)
        "Every scope of the resource is one the authorization server lists";
    "B5.1" "RS-9" tool(cors)
        "The document may be read by scripts of any site";
    "B5.2" "RS-9" tool(preflight)
        "A preflight of the document is answered";
    "B6.1" "RFC 9728 §3.2; RS-9" tool(cacheable)
        "The document may be cached and sets no cookie";
    "B6.2" "clients.md §3 row 26" tool(quick)
        "The document comes within a second";
    "B7" "RFC 9728 §3.2" tool(no_null)
        "No member of the document is null or empty";
};

/// The document as it is at the first place that has it.
async fn reply(deployment: &Deployment) -> Seen<Reply> {
    deployment.resource()?;
    for place in deployment.resource_places() {
        let reply = deployment.send(&Probe::get(place)).await?;
        if reply.status == 200 {
            return Ok(reply);
        }
    }
    skip("no resource metadata was found: see B1.1")
}

async fn at_named_place(deployment: &Deployment) -> Seen {
    let Some(place) = deployment.named_place() else {
        let [beside, _] = deployment.well_known();
        let reply = deployment.send(&Probe::get(&beside)).await?;
        judge_document(&beside, &reply)?;
        return Ok(format!("the challenge names no place; found at {beside}"));
    };
    judge_document(&place, &deployment.send(&Probe::get(&place)).await?)?;
    Ok(place)
}

pub(super) fn judge_document(place: &str, reply: &Reply) -> Result<(), Violation> {
    let is_document = reply.status == 200
        && reply.media_type() == "application/json"
        && reply.json().is_some_and(|value| value.is_object());
    if is_document {
        return Ok(());
    }
    Err(wrong("there is no resource metadata where clients look for it")
        .expected(format!("200 application/json at {place}"))
        .seen(format!("{} {}", reply.line(), reply.media_type()))
        .change("serve the document there, without a token and without a redirect"))
}

async fn at_well_known(deployment: &Deployment, place: usize) -> Seen {
    let own = reply(deployment).await?;
    let place = &deployment.well_known()[place];
    judge_same(place, &own, &deployment.send(&Probe::get(place)).await?)?;
    Ok(place.clone())
}

pub(super) fn judge_same(place: &str, own: &Reply, reply: &Reply) -> Result<(), Violation> {
    judge_document(place, reply)?;
    if reply.body == own.body {
        return Ok(());
    }
    Err(wrong("two places serve different resource metadata")
        .expected("the same bytes everywhere: clients do not agree on where to look")
        .seen(reply.text().into_owned())
        .change(format!("serve one document, at {place} too")))
}

async fn resource(deployment: &Deployment) -> Seen {
    Ok(judge_resource(deployment.resource()?, &deployment.target)?)
}

pub(super) fn judge_resource(document: &Value, target: &str) -> Result<String, Violation> {
    if document["resource"] == target {
        return Ok(target.to_owned());
    }
    Err(wrong("`resource` is not the URL of the MCP endpoint")
        .expected(target)
        .seen(member(document, "resource"))
        .change(format!("set RESOURCE to exactly {target}, or connect to the URL it names")))
}

async fn issuers(deployment: &Deployment) -> Seen {
    Ok(judge_issuers(deployment.resource()?)?)
}

pub(super) fn judge_issuers(document: &Value) -> Result<String, Violation> {
    let issuers = strings(&document["authorization_servers"]);
    let is_good = |issuer: &String| {
        Url::parse(issuer).is_ok_and(|url| is_safe(&url) && url.query().is_none() && url.fragment().is_none())
    };
    if !issuers.is_empty() && issuers.iter().all(is_good) {
        return Ok(issuers.join(", "));
    }
    Err(wrong("`authorization_servers` does not name an https issuer")
        .expected("a list of at least one absolute https URL without query and fragment")
        .seen(member(document, "authorization_servers"))
        .change("set ISSUER of the MCP server to exactly the issuer of the authorization server"))
}

async fn scopes(deployment: &Deployment) -> Seen {
    deployment.server()?;
    Ok(judge_scopes(&deployment.resource_scopes(), &deployment.listed("scopes_supported"))?)
}

pub(super) fn judge_scopes(own: &[String], known: &[String]) -> Result<String, Violation> {
    let unknown: Vec<&str> = own.iter().filter(|scope| !known.contains(scope)).map(String::as_str).collect();
    if unknown.is_empty() && !own.iter().any(|scope| scope == "offline_access") {
        return Ok(own.join(" "));
    }
    if unknown.is_empty() {
        return Err(wrong("the resource lists offline_access, which is no scope of a resource")
            .expected("offline_access in the authorization server's metadata only")
            .seen(own.join(" "))
            .change("remove offline_access from the scopes of the MCP server"));
    }
    Err(wrong("the resource lists scopes its authorization server does not know")
        .expected(format!("some of {}", known.join(" ")))
        .seen(unknown.join(" "))
        .change("list the same scopes in both services: clients ask for all of them and must be granted all"))
}

async fn cors(deployment: &Deployment) -> Seen {
    deployment.resource()?;
    let place = deployment.resource_places().remove(0);
    let reply = deployment.send(&Probe::get(place).header("origin", "https://inspector.example")).await?;
    Ok(judge_cors(&reply)?)
}

pub(super) fn judge_cors(reply: &Reply) -> Result<String, Violation> {
    let allowed = reply.header("access-control-allow-origin").unwrap_or_default();
    if matches!(allowed, "*" | "https://inspector.example") {
        return Ok(format!("Access-Control-Allow-Origin: {allowed}"));
    }
    Err(wrong("clients in a browser cannot read the document")
        .expected("Access-Control-Allow-Origin: *")
        .seen(if allowed.is_empty() { "none" } else { allowed })
        .change("send Access-Control-Allow-Origin: * with the well-known documents (never with the page)"))
}

async fn preflight(deployment: &Deployment) -> Seen {
    deployment.resource()?;
    let place = deployment.resource_places().remove(0);
    let probe = Probe::of(Method::OPTIONS, place)
        .header("origin", "https://inspector.example")
        .header("access-control-request-method", "GET")
        .header("access-control-request-headers", "mcp-protocol-version");
    let reply = deployment.send(&probe).await?;
    if !matches!(reply.status, 200 | 204) {
        return Err(wrong("the preflight of the document is refused")
            .expected("200 or 204 with Access-Control-Allow-Origin")
            .seen(reply.line())
            .change("answer OPTIONS before anything asks for a token")
            .into());
    }
    Ok(judge_cors(&reply)?)
}

async fn cacheable(deployment: &Deployment) -> Seen {
    Ok(judge_cacheable(&reply(deployment).await?)?)
}

pub(super) fn judge_cacheable(reply: &Reply) -> Result<String, Violation> {
    let control = reply.header("cache-control").unwrap_or_default();
    let cookie = reply.header("set-cookie").is_some();
    if control.contains("max-age") && !reply.is_no_store() && !cookie {
        return Ok(control.to_owned());
    }
    Err(wrong("the document cannot be cached")
        .expected("Cache-Control: max-age=… and no Set-Cookie")
        .seen(format!("Cache-Control: {control:?}{}", if cookie { " and a cookie" } else { "" }))
        .change("send Cache-Control: max-age=300 and no cookie; look at the proxy in front too"))
}

async fn quick(deployment: &Deployment) -> Seen {
    let start = Instant::now();
    reply(deployment).await?;
    Ok(judge_time(start.elapsed())?)
}

pub(super) fn judge_time(taken: Duration) -> Result<String, Violation> {
    if taken < Duration::from_secs(1) {
        return Ok("within a second".to_owned());
    }
    Err(wrong("discovery is slow; clients give up after ten seconds for all of it")
        .expected("less than a second")
        .seen(format!("{} ms", taken.as_millis()))
        .change("keep the service running and the document in memory"))
}

async fn no_null(deployment: &Deployment) -> Seen {
    Ok(judge_null(deployment.resource()?)?)
}

/// RFC 9728 §3.2: members without a value are left out.
pub(super) fn judge_null(document: &Value) -> Result<String, Violation> {
    let is_bare = |value: &Value| value.is_null() || value.as_array().is_some_and(Vec::is_empty);
    let members = document.as_object().into_iter().flatten();
    let bare: Vec<&str> =
        members.clone().filter(|(_, value)| is_bare(value)).map(|(name, _)| name.as_str()).collect();
    if bare.is_empty() {
        return Ok(format!("{} members", members.count()));
    }
    Err(wrong("members without a value stand in the document")
        .expected("members without a value are left out; TypeScript clients refuse null")
        .seen(bare.join(", "))
        .change(format!("leave out {}", bare.join(", "))))
}
