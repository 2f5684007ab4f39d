//! A browser's rules for a page that sends requests to another origin (the Fetch standard): it asks first, and shows the
//! page no more than the server exposes.

use crate::{
    exchange::{Body, Call, Exchange, Reply},
    wire::{Outgoing, Wire},
};

/// Name of the question before a request.
const PREFLIGHT: &str = "preflight";
/// How a refusal of the browser begins.
pub const BLOCKED: &str = "blocked by the browser:";
/// Fetch §2.2.2: fields that need no leave, and those the browser sends by itself.
const FREE: [&str; 6] =
    ["accept", "accept-language", "content-language", "content-type", "origin", "user-agent"];
/// Fetch §2.2.2: content types that need no leave.
const FREE_TYPES: [&str; 3] = ["application/x-www-form-urlencoded", "multipart/form-data", "text/plain"];
/// Fetch §2.2.2: fields of an answer that every page may see.
const SEEN: [&str; 7] = [
    "cache-control",
    "content-language",
    "content-length",
    "content-type",
    "expires",
    "last-modified",
    "pragma",
];

impl Wire {
    /// What a page of this origin gets for its request.
    pub(super) async fn reply_to_page(
        &self,
        origin: &str,
        request: &Outgoing,
        exchange: &mut Exchange,
    ) -> Result<Reply, String> {
        let asked = asked_headers(request);
        if !asked.is_empty() {
            let question = question(origin, request, &asked);
            let answer = self.reply(&question).await;
            let Outgoing { name, method, url, .. } = question;
            let outcome = answer.clone();
            exchange.note(Call { name, method, url, body: Body::default(), outcome });
            judge_preflight(&answer?, origin, &asked)?;
        }
        shown(self.reply(request).await?, origin)
    }
}

/// The header fields a page needs leave for, in lower case and in order.
fn asked_headers(request: &Outgoing) -> Vec<String> {
    let needs_leave = |(name, value): &(String, &str)| match name.as_str() {
        "content-type" => !FREE_TYPES.contains(&value.split(';').next().unwrap_or_default().trim()),
        name => !FREE.contains(&name),
    };
    let fields = request.headers.iter().map(|(name, value)| (name.to_ascii_lowercase(), value.as_str()));
    let mut names: Vec<String> = fields.filter(needs_leave).map(|(name, _)| name).collect();
    names.sort();
    names
}

fn question(origin: &str, request: &Outgoing, asked: &[String]) -> Outgoing {
    Outgoing { method: "OPTIONS", name: PREFLIGHT, body: None, headers: Vec::new(), url: request.url.clone() }
        .header("origin", origin)
        .header("access-control-request-method", request.method)
        .header("access-control-request-headers", asked.join(","))
}

/// Fetch §4.8: every field must be allowed by its name; `*` is enough for all but `authorization`.
fn judge_preflight(reply: &Reply, origin: &str, asked: &[String]) -> Result<(), String> {
    if !(200..300).contains(&reply.status) {
        return Err(format!("{BLOCKED} the preflight is answered with {}", reply.line()));
    }
    judge_origin(reply, origin)?;
    let allowed = list(reply, "access-control-allow-headers");
    let has = |name: &str| allowed.iter().any(|own| own == name);
    match asked.iter().find(|name| !(has(name) || has("*") && *name != "authorization")) {
        Some(name) => Err(format!("{BLOCKED} the preflight does not allow the header field {name}")),
        None => Ok(()),
    }
}

fn judge_origin(reply: &Reply, origin: &str) -> Result<(), String> {
    match reply.header("access-control-allow-origin") {
        Some(allowed) if allowed == "*" || allowed == origin => Ok(()),
        Some(allowed) => {
            Err(format!("{BLOCKED} Access-Control-Allow-Origin is {allowed}, not {origin} or *"))
        }
        None => Err(format!("{BLOCKED} no Access-Control-Allow-Origin in a {} answer", reply.status)),
    }
}

/// The answer without the header fields that are not exposed.
fn shown(mut reply: Reply, origin: &str) -> Result<Reply, String> {
    judge_origin(&reply, origin)?;
    let exposed = list(&reply, "access-control-expose-headers");
    reply.headers.retain(|(name, _)| {
        let name = name.to_ascii_lowercase();
        SEEN.contains(&name.as_str()) || exposed.iter().any(|own| *own == name || own == "*")
    });
    Ok(reply)
}

/// The names in a field, in lower case.
fn list(reply: &Reply, name: &str) -> Vec<String> {
    let values = reply.headers_named(name).flat_map(|value| value.split(','));
    values.map(|value| value.trim().to_ascii_lowercase()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "http://localhost:6274";

    fn reply(status: u16, headers: &[(&str, &str)]) -> Reply {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Reply { status, headers, body: Vec::new() }
    }

    #[test]
    fn a_form_needs_no_leave_and_json_does() {
        assert!(asked_headers(&Outgoing::form("x", "u", &[]).header("accept", "*/*")).is_empty());
        let json = Outgoing::json("x", "u", &serde_json::json!({})).bearer("t").header("MCP-Method", "ping");
        assert_eq!(asked_headers(&json), ["authorization", "content-type", "mcp-method"]);
    }

    #[test]
    fn one_fault_at_a_time_in_the_preflight() {
        let asked = ["authorization".to_owned(), "content-type".to_owned()];
        let (all, own) = ("access-control-allow-headers", "access-control-allow-origin");
        for (reply, holds) in [
            (reply(204, &[(own, PAGE), (all, "Authorization, Content-Type")]), true),
            (reply(204, &[(own, "*"), (all, "*"), (all, "authorization")]), true),
            (reply(204, &[(own, "*"), (all, "*")]), false),
            (reply(204, &[(own, "*"), (all, "authorization")]), false),
            (reply(204, &[(own, "http://localhost"), (all, "authorization, content-type")]), false),
            (reply(204, &[(all, "authorization, content-type")]), false),
            (reply(401, &[(own, "*"), (all, "authorization, content-type")]), false),
        ] {
            assert_eq!(judge_preflight(&reply, PAGE, &asked).is_ok(), holds, "{reply:?}");
        }
    }

    #[test]
    fn a_page_sees_what_is_exposed() {
        let fields = [("access-control-allow-origin", "*"), ("www-authenticate", "Bearer"), ("pragma", "x")];
        let hidden = shown(reply(401, &fields), PAGE).unwrap();
        assert_eq!((hidden.header("www-authenticate"), hidden.header("pragma")), (None, Some("x")));
        let fields = [&fields[..], &[("Access-Control-Expose-Headers", "WWW-Authenticate")]].concat();
        assert_eq!(shown(reply(401, &fields), PAGE).unwrap().header("www-authenticate"), Some("Bearer"));
    }
}
