//! `auth-server explain REFERENCE`

use std::fmt::Write;

use clap::Args;

use crate::{
    app::App,
    flow::incidents::{self, Expectation, Explanation, Held},
    oauth::{client::Client, invisible::is_invisible},
    store::incidents::Person,
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
            "nothing is kept under that reference: it is older than a week, was pushed out by thousands of newer ones, \
             was one of many of the same second or sender, or it is of a path that there is not; then only the log has it",
        )?;
        print!("{}", told(&explanation));
        Ok(())
    }
}

/// The whole explanation, as it is printed.
pub fn told(explanation: &Explanation) -> String {
    let noted = &explanation.noted;
    let document = &noted.document;
    let mut text = String::new();
    line(&mut text, "reference", &noted.reference);
    line(&mut text, "when", &noted.at.to_string());
    line(&mut text, "where", &document.endpoint);
    line(&mut text, "client", &client(explanation));
    if !document.program.is_empty() {
        line(&mut text, "calls itself", &document.program);
    }
    if let Some(person) = &explanation.person {
        line(&mut text, "account", &account(person));
    }
    line(&mut text, "answered", &format!("{}: {}", document.answered(), document.description));
    // Pages speak other languages too.
    if let Some(reason) = document.reason.as_ref().filter(|reason| **reason != document.description) {
        line(&mut text, "rule", reason);
    }
    let timeline = explanation.timeline.iter().map(|event| (event.at.to_string(), event.what.clone()));
    section(&mut text, "Timeline", timeline);
    section(&mut text, "Sent, and what was expected", parameters(explanation).into_iter());
    section(&mut text, "What came with it", document.held.iter().map(held));
    text
}

/// Each parameter that was sent or missed, and below it what was expected of it.
fn parameters(explanation: &Explanation) -> Vec<(String, String)> {
    let Explanation { noted, expected, .. } = explanation;
    let mut lines: Vec<(String, String)> = Vec::new();
    for (name, value) in &noted.document.sent {
        lines.push((name.clone(), short(name, value)));
        lines.extend(wanted(expected, name));
    }
    for Expectation { name, .. } in expected {
        match lines.iter().any(|(own, _)| own == name) {
            true => {}
            // No one parameter of that name: what was sent for it stands above.
            false if name.contains(' ') => {
                lines.extend(wanted(expected, name).map(|(_, text)| ((*name).to_owned(), text)));
            }
            false => {
                lines.push(((*name).to_owned(), "(not sent)".to_owned()));
                lines.extend(wanted(expected, name));
            }
        }
    }
    lines
}

fn wanted(expected: &[Expectation], name: &str) -> impl Iterator<Item = (String, String)> {
    expected.iter().filter(move |expectation| expectation.name == name).map(expectation)
}

fn account(person: &Person) -> String {
    let disabled = if person.disabled_at.is_some() { ", disabled" } else { "" };
    format!("{}{disabled}", person.email)
}

fn line(text: &mut String, name: &str, value: &str) {
    // What a client says of itself steers no terminal.
    let value: String = value.chars().filter(|c| !c.is_control() && !is_invisible(*c)).collect();
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
    let blocked = if explanation.blocked_at.is_some() { ", shut out" } else { "" };
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
    ("  expected".to_owned(), format!("{}{fits}", expectation.wanted))
}

fn held(held: &Held) -> (String, String) {
    let entry = |name: &str, text: String| (name.to_owned(), text);
    match held {
        Held::Code { expires_at, redirect_uri, resource, scope, is_same_client, .. } => {
            let whose = if *is_same_client { "this client" } else { "another client" };
            let what = format!("for {resource} with {}, sent to {redirect_uri}", scopes(scope));
            entry("code", format!("given to {whose}, good until {expires_at}, {what}"))
        }
        Held::RefreshToken { generation: 0 } => {
            entry("refresh_token", "the first one of its grant".to_owned())
        }
        Held::RefreshToken { generation } => {
            entry("refresh_token", format!("of its grant, the one after {generation} refreshes"))
        }
        Held::Page { expires_at, redirect_uri, resource, scope, is_same_browser, .. } => {
            let whose =
                if *is_same_browser { "this browser" } else { "another browser, or one without cookies" };
            let what = format!("for {resource} with {}, answered to {redirect_uri}", scopes(scope));
            entry("page", format!("made for {whose}, good until {expires_at}, {what}"))
        }
        Held::Assertion { audience, expires_at } => {
            let until = expires_at.map_or_else(|| "no time that it says".to_owned(), |at| at.to_string());
            entry("assertion", format!("says that it is meant for {audience}, and good until {until}"))
        }
    }
}

fn scopes(text: &str) -> &str {
    if text.is_empty() { "no scope" } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_shortened_and_addresses_are_not() {
        assert_eq!(short_id("dcr_0123456789abcdefghij"), "dcr_0123456789abcdef…");
        let url = "https://chatgpt.com/oauth/client.json";
        assert_eq!(short_id(url), url);
    }
}
