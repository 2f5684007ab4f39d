//! `auth-server explain REFERENCE`

use std::fmt::Write;

use clap::Args;
use shared::clock::Timestamp;

use crate::{
    app::App,
    flow::incidents::{self, Expectation, Explanation, Held, Noted},
    oauth::client::Client,
    store::incidents::GrantCourse,
};

/// Which attempt.
#[derive(Args)]
pub struct Explain {
    /// The reference that a page or an error showed.
    reference: String,
}

impl Explain {
    pub(super) async fn run(self, app: App) -> Result<(), Box<dyn std::error::Error>> {
        let explanation = incidents::explain(&app, &self.reference).await?;
        let explanation = explanation.ok_or(
            "nothing is kept under that reference: it is older than a week, was pushed out by 5,000 newer ones, or many \
             requests were refused in the same second; then only the log has it",
        )?;
        print!("{}", told(&explanation));
        Ok(())
    }
}

/// The whole explanation.
fn told(explanation: &Explanation) -> String {
    let noted = &explanation.noted;
    let document = &noted.document;
    let mut text = String::new();
    line(&mut text, "reference", &noted.reference);
    line(&mut text, "when", &moment(noted.at));
    line(&mut text, "where", &document.endpoint);
    line(&mut text, "client", &client(explanation));
    if !document.program.is_empty() {
        line(&mut text, "calls itself", &document.program);
    }
    line(&mut text, "answered", &format!("{}: {}", document.error, document.description));
    if let Some(reason) = &document.reason {
        line(&mut text, "rule", reason);
    }
    section(&mut text, "Sent", document.sent.iter().map(|(name, value)| (name.clone(), short(name, value))));
    section(&mut text, "Expected", explanation.expected.iter().map(expectation));
    section(&mut text, "What came with it", document.held.iter().map(held));
    section(&mut text, "The grant", explanation.grant.iter().flat_map(course));
    section(&mut text, "Refused before, in the same attempt", explanation.before.iter().map(earlier));
    text
}

fn line(text: &mut String, name: &str, value: &str) {
    // Writing to a string cannot fail.
    let _ = writeln!(text, "{name:<24} {value}");
}

fn section(text: &mut String, title: &str, lines: impl Iterator<Item = (String, String)>) {
    for (at, (name, value)) in lines.enumerate() {
        if at == 0 {
            let _ = writeln!(text, "\n{title}");
        }
        line(text, &format!("  {name}"), &value);
    }
}

fn client(explanation: &Explanation) -> String {
    let blocked = if explanation.is_blocked { ", shut out" } else { "" };
    match (&explanation.client, &explanation.noted.document.client_id) {
        (Some(client), _) => format!("{}{blocked}", described(client)),
        (None, Some(id)) => format!("{}, no longer known here{blocked}", short_id(id)),
        (None, None) => "none that is known here".to_owned(),
    }
}

fn described(client: &Client) -> String {
    let hosts = client.metadata.redirect_uris.iter().map(|uri| uri.host()).collect::<Vec<_>>().join(", ");
    let by = client.document_host().map_or_else(String::new, |host| format!(", published by {host}"));
    format!("{} ({}{by}, sent back to {hosts})", client.metadata.display_name(), short_id(&client.id))
}

/// A sealed registration is as long as what it holds; an address is shown whole.
fn short_id(id: &str) -> String {
    match id.char_indices().nth(20) {
        Some((end, _)) if !id.starts_with("https://") => format!("{}…", &id[..end]),
        _ => id.to_owned(),
    }
}

fn short(name: &str, value: &str) -> String {
    if name == "client_id" { short_id(value) } else { value.to_owned() }
}

fn expectation(expectation: &Expectation) -> (String, String) {
    let fits = match expectation.fits {
        Some(true) => "  [fits]",
        Some(false) => "  [DOES NOT FIT]",
        None => "",
    };
    (expectation.name.to_owned(), format!("{}{fits}", expectation.wanted))
}

fn held(held: &Held) -> (String, String) {
    match held {
        Held::Code { issued_at, expires_at, redirect_uri, resource, scope, is_same_client } => {
            let whose = if *is_same_client { "this client" } else { "another client" };
            let (from, until) = (moment(*issued_at), moment(*expires_at));
            let text = format!(
                "given to {whose} at {from}, good until {until}, for {resource} with {scope}, sent to {redirect_uri}"
            );
            ("code".to_owned(), text)
        }
        Held::RefreshToken { generation } => {
            ("refresh_token".to_owned(), format!("the one after {generation} refreshes of its grant"))
        }
        Held::Page { expires_at, redirect_uri, resource, scope, is_same_browser } => {
            let whose =
                if *is_same_browser { "this browser" } else { "another browser, or one without cookies" };
            let until = moment(*expires_at);
            let text = format!(
                "made for {whose}, good until {until}, for {resource} with {scope}, answered to {redirect_uri}"
            );
            ("page".to_owned(), text)
        }
    }
}

fn course(grant: &GrantCourse) -> Vec<(String, String)> {
    let at = |seconds| moment(Timestamp(seconds));
    let entry = |name: &str, text: String| (name.to_owned(), text);
    let mut course = vec![entry("redeemed", format!("{} for {}", at(grant.created_at), grant.user))];
    if grant.generation > 0 {
        course.push(entry("refreshed", format!("{} times, last {}", grant.generation, at(grant.rotated_at))));
    }
    course.push(entry("revoked", grant.revoked_at.map_or_else(|| "no".to_owned(), at)));
    course
}

fn earlier(noted: &Noted) -> (String, String) {
    let Noted { reference, at, document } = noted;
    (moment(*at), format!("{} {}: {} ({reference})", document.endpoint, document.error, document.description))
}

/// A moment in UTC, as a person reads it.
fn moment(at: Timestamp) -> String {
    let of_day = at.seconds().rem_euclid(86_400);
    format!("{} {:02}:{:02}:{:02}Z", at.day(), of_day / 3600, of_day / 60 % 60, of_day % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_has_day_and_time() {
        assert_eq!(moment(Timestamp(1_795_305_600 + 3_723)), "2026-11-22 01:02:03Z");
    }

    #[test]
    fn ids_are_shortened_and_addresses_are_not() {
        assert_eq!(short_id("dcr_0123456789abcdefghij"), "dcr_0123456789abcdef…");
        let url = "https://chatgpt.com/oauth/client.json";
        assert_eq!(short_id(url), url);
    }
}
