//! The most reported failure of all: a page whose `form-action` lets the form go but not come back.
//!
//! Chromium applies the directive to every redirect after the form, so the browser stays on the page although the
//! server did everything right. A client without a browser can only find it by reading the policy.

use url::Url;

use crate::{
    exchange::{Call, Exchange},
    human::SUBMIT,
    violation::Violation,
};

/// Judges the policy of every page whose form was sent.
pub(super) fn judge(exchange: &Exchange, redirect_uri: &str) -> Result<(), Violation> {
    for (place, call) in exchange.calls.iter().enumerate() {
        if call.name != SUBMIT {
            continue;
        }
        let Some(page) = exchange.calls[..place].iter().rev().find(|call| !is_redirect(call)) else {
            continue;
        };
        let chain = exchange.calls[place..].iter();
        let mut targets: Vec<&str> = vec![&call.url];
        let mut is_open = is_redirect(call);
        for next in chain.skip(1).take_while(|next| next.name != SUBMIT) {
            if is_open {
                targets.push(&next.url);
            }
            is_open &= is_redirect(next);
        }
        if is_open {
            targets.push(redirect_uri);
        }
        for target in targets {
            judge_target(page, target)?;
        }
    }
    Ok(())
}

fn is_redirect(call: &Call) -> bool {
    call.reply().is_some_and(|reply| (300..400).contains(&reply.status))
}

fn judge_target(page: &Call, target: &str) -> Result<(), Violation> {
    let (Some(reply), Ok(address), Ok(target)) = (page.reply(), Url::parse(&page.url), Url::parse(target))
    else {
        return Ok(());
    };
    for policy in reply.headers_named("content-security-policy").flat_map(|field| field.split(',')) {
        let sources = policy.split(';').find_map(|directive| {
            let mut words = directive.split_ascii_whitespace();
            words.next().filter(|name| name.eq_ignore_ascii_case("form-action"))?;
            Some(words.collect::<Vec<_>>())
        });
        let Some(sources) = sources else { continue };
        if !sources.iter().any(|source| allows(source, &target, &address)) {
            let mut violation = Violation::new(
                "S4.form_action",
                "CSP Level 3 §6.4.1",
                "the page's policy stops the browser on its way back to the client",
            );
            violation = violation
                .expected(format!(
                    "no form-action, or one that allows {}",
                    target.origin().ascii_serialization()
                ))
                .seen(format!("form-action {}", sources.join(" ")))
                .change("leave form-action out of the page's policy: Chromium applies it to every redirect");
            return Err(violation);
        }
    }
    Ok(())
}

/// Whether a source expression (CSP §2.3.1) allows a target.
fn allows(source: &str, target: &Url, page: &Url) -> bool {
    match source.to_ascii_lowercase().as_str() {
        "*" => true,
        "'none'" => false,
        "'self'" => target.origin() == page.origin(),
        scheme if scheme.ends_with(':') => scheme.trim_end_matches(':') == target.scheme(),
        host => {
            let (scheme, rest) = host.split_once("://").unwrap_or((page.scheme(), host));
            let authority = rest.split('/').next().unwrap_or_default();
            let (name, port) = authority.split_once(':').unwrap_or((authority, ""));
            let own = target.host_str().unwrap_or_default();
            let is_host = match name.strip_prefix("*.") {
                Some(parent) => own.strip_suffix(parent).is_some_and(|rest| rest.ends_with('.')),
                None => own == name,
            };
            let own_port = target.port_or_known_default().map(|port| port.to_string()).unwrap_or_default();
            let is_port = match port {
                "*" => true,
                "" => target.port().is_none(),
                port => port == own_port,
            };
            let is_scheme = scheme == target.scheme() || (scheme == "http" && target.scheme() == "https");
            is_host && is_port && is_scheme
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_are_read_as_browsers_read_them() {
        let page: Url = "https://as.example/authorize".parse().unwrap();
        let is = |source: &str, target: &str| allows(source, &target.parse().unwrap(), &page);
        assert!(is("'self'", "https://as.example/decision"));
        assert!(!is("'self'", "https://chatgpt.com/cb"));
        assert!(is("https://chatgpt.com", "https://chatgpt.com/cb"));
        assert!(is("https:", "https://chatgpt.com/cb") && !is("https:", "http://127.0.0.1:1/cb"));
        assert!(is("http://127.0.0.1:*", "http://127.0.0.1:4711/cb"));
        assert!(is("*.openai.com", "https://a.openai.com/") && !is("*.openai.com", "https://openai.com/"));
        assert!(!is("'none'", "https://as.example/"));
    }
}
