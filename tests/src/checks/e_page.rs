//! E3 and E4: what the page tells the browser and the user.

use url::Url;

use super::{
    deployment::Deployment,
    verdict::{Seen, skip, wrong},
};
use crate::{exchange::Reply, violation::Violation};

pub(super) async fn allows_framing(deployment: &Deployment) -> Seen {
    Ok(judge_framing(&deployment.page().await?.reply)?)
}

/// A directive of the content security policy.
fn directive<'a>(reply: &'a Reply, name: &str) -> Option<&'a str> {
    let policies = reply.headers_named("content-security-policy").flat_map(|value| value.split(';'));
    policies.map(str::trim).find(|one| one.split_whitespace().next() == Some(name))
}

pub(super) fn judge_framing(reply: &Reply) -> Result<String, Violation> {
    let ancestors = directive(reply, "frame-ancestors");
    let options = reply.header("x-frame-options").unwrap_or_default().to_ascii_uppercase();
    let is_none = ancestors == Some("frame-ancestors 'none'") || ancestors == Some("frame-ancestors 'self'");
    if is_none || (ancestors.is_none() && matches!(options.as_str(), "DENY" | "SAMEORIGIN")) {
        return Ok(ancestors.map_or(options.clone(), str::to_owned));
    }
    Err(wrong("another site can show the page in a frame and have the user click on it")
        .expected("Content-Security-Policy: frame-ancestors 'none', and X-Frame-Options: DENY")
        .seen(format!("{ancestors:?}, X-Frame-Options {options:?}"))
        .change("send both headers with every page; look at what a proxy in front takes away"))
}

pub(super) async fn form_action(deployment: &Deployment) -> Seen {
    let opened = deployment.page().await?;
    Ok(judge_form_action(&opened.reply, &opened.asking.client.redirect_uri)?)
}

pub(super) fn judge_form_action(reply: &Reply, redirect_uri: &str) -> Result<String, Violation> {
    let Some(policy) = directive(reply, "form-action") else {
        return Ok("no form-action policy".to_owned());
    };
    let host = Url::parse(redirect_uri).ok().and_then(|url| url.host_str().map(str::to_owned));
    let is_open = |source: &str| {
        source == "*" || source == "https:" || host.as_deref().is_some_and(|host| source.contains(host))
    };
    if policy.split_whitespace().skip(1).any(is_open) {
        return Ok(policy.to_owned());
    }
    Err(wrong("a form-action policy keeps the browser from following the redirect to the client")
        .expected("no form-action, or one that allows the client's host")
        .seen(policy)
        .change("remove form-action from the policy: Chromium applies it to the redirect after the form"))
}

pub(super) async fn shows_redirect_host(deployment: &Deployment) -> Seen {
    let opened = deployment.page().await?;
    if opened.page.forms.is_empty() {
        return skip("the first page has no form");
    }
    let is_login_only = opened.allowing(&deployment.agent.human).is_none() && opened.denying().is_none();
    if is_login_only {
        return skip("the first page only signs in; what is decided comes after it");
    }
    Ok(judge_host(&opened.reply.text(), &opened.asking.client.redirect_uri)?)
}

pub(super) fn judge_host(page: &str, redirect_uri: &str) -> Result<String, Violation> {
    let host = Url::parse(redirect_uri).ok().and_then(|url| url.host_str().map(str::to_owned));
    let host = host.unwrap_or_default();
    if page.contains(&host) {
        return Ok(host);
    }
    Err(wrong("the page does not say to whom access is given")
        .expected(format!("the host {host} in the text of the page"))
        .seen("a page without it")
        .change("show the host of the redirect URI beside the client's name, which anybody can choose"))
}

pub(super) async fn cookies(deployment: &Deployment) -> Seen {
    let opened = deployment.page().await?;
    let replies = deployment.main().await?.landing.exchange.calls.iter().filter_map(|call| call.reply());
    let fields: Vec<&str> = replies
        .chain([&opened.reply])
        .flat_map(|reply| reply.headers_named("set-cookie").collect::<Vec<_>>())
        .collect();
    if fields.is_empty() {
        return skip("no cookie was set");
    }
    let is_https = opened.address.scheme() == "https";
    for field in &fields {
        judge_cookie(field, is_https)?;
    }
    Ok(format!("{} cookies", fields.len()))
}

pub(super) fn judge_cookie(field: &str, is_https: bool) -> Result<(), Violation> {
    let name = field.split('=').next().unwrap_or_default();
    let attributes: Vec<String> =
        field.split(';').skip(1).map(|part| part.trim().to_ascii_lowercase()).collect();
    let has = |one: &str| attributes.iter().any(|own| own == one);
    // RFC 6265bis: browsers treat a cookie without SameSite as Lax; None and Strict both break a sign-in.
    let is_lax = has("samesite=lax") || !attributes.iter().any(|own| own.starts_with("samesite"));
    if has("httponly") && is_lax && (has("secure") || !is_https) {
        return Ok(());
    }
    Err(wrong("a cookie of the sign-in is set in a way that breaks or endangers it")
        .expected("HttpOnly; SameSite=Lax; Secure (and a __Host- name on https)")
        .seen(format!("{name}: {}", attributes.join("; ")))
        .change(
            "set SameSite=Lax: Strict is not sent when another site starts the sign-in, None is sent to all",
        ))
}
