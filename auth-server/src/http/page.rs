//! The pages a person sees: one for the decision, one for everything that went wrong. They carry no script and need
//! nothing from elsewhere. What a client says of itself is text here, never markup. Who may see which page, and with
//! which headers, is decided by the caller.

use askama::Template;

/// The stylesheet of both pages.
pub const STYLE: &str = include_str!("../../templates/style.css");

/// How much of a client's name is shown: a longer one would push the host it is sent back to out of sight.
const NAME_LENGTH: usize = 64;

/// A scope as the client asks for it and as a person reads it.
#[derive(Clone, Copy, Debug)]
pub struct ScopeLine<'a> {
    /// `notes:write`
    pub name: &'a str,
    /// "Create, change and delete your notes"
    pub words: &'a str,
}

/// One decision: what wants in, where it is sent back to, to what, with which scopes, and in whose name.
#[derive(Debug, Template)]
#[template(path = "approve.html")]
pub struct ApprovePage<'a> {
    /// The operator's name for this service.
    pub service_name: &'a str,
    /// Where the stylesheet is.
    pub style_path: &'a str,
    /// Where the form is sent.
    pub action: &'a str,
    /// What the client calls itself. Not trusted.
    pub client_name: &'a str,
    /// The host the person is sent back to.
    pub redirect_host: &'a str,
    /// The host that published what the client says of itself: proven, unlike its name.
    pub client_host: Option<&'a str>,
    /// The answer goes to a program on the person's own computer, which nothing vouches for.
    pub loopback: bool,
    /// What the resource is called.
    pub resource_name: &'a str,
    /// The resource's identifier.
    pub resource: &'a str,
    /// What is asked for.
    pub scopes: Vec<ScopeLine<'a>>,
    /// The e-mail of whoever is signed in. Without one the page asks for e-mail and password.
    pub user: Option<&'a str>,
    /// The e-mail that was typed before, or nothing.
    pub email: &'a str,
    /// What was wrong with the last attempt.
    pub problem: Option<&'a str>,
    /// The authorization request, sealed. It comes back with the decision.
    pub request: &'a str,
}

impl ApprovePage<'_> {
    /// The client's name on one line, cut to a bearable length, without characters that are not seen but change what
    /// is: those that end a line, reverse the direction of writing or have no width.
    fn shown_name(&self) -> String {
        let seen = |c: &char| !c.is_control() && !is_invisible(*c);
        let words: Vec<&str> = self.client_name.split_whitespace().collect();
        let name: String = words.join(" ").chars().filter(seen).collect();
        match name.char_indices().nth(NAME_LENGTH) {
            Some((end, _)) => format!("{}…", name[..end].trim_end()),
            None if name.trim().is_empty() => "a program without a name".to_owned(),
            None => name,
        }
    }
}

/// Zero-width characters, marks and overrides of direction, and fillers that look like a space (Unicode UAX 9, UTS 39).
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
        | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// What happened, and what to do next.
#[derive(Clone, Copy, Debug, Template)]
#[template(path = "message.html")]
pub struct MessagePage<'a> {
    /// The operator's name for this service.
    pub service_name: &'a str,
    /// Where the stylesheet is.
    pub style_path: &'a str,
    /// What happened, in a few words.
    pub title: &'a str,
    /// What happened, in a sentence or two.
    pub text: &'a str,
    /// What the person can do now.
    pub next: &'a str,
    /// What the operator can find in the log.
    pub reference: Option<&'a str>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page<'a>() -> ApprovePage<'a> {
        ApprovePage {
            service_name: "Gatehouse",
            style_path: "/style.css",
            action: "/oauth/authorize",
            client_name: "ChatGPT",
            redirect_host: "chatgpt.com",
            client_host: None,
            loopback: false,
            resource_name: "Notes and meetings",
            resource: "https://mcp.example.com/mcp",
            scopes: vec![
                ScopeLine { name: "notes:read", words: "Read and search your notes" },
                ScopeLine { name: "notes:write", words: "Create, change and delete your notes" },
            ],
            user: None,
            email: "",
            problem: None,
            request: "sealed-request",
        }
    }

    #[test]
    fn nothing_a_client_or_a_person_typed_becomes_markup() {
        let hostile = r#""><script>alert('x')</script><b style="x">&amp;"#;
        let html = ApprovePage {
            client_name: hostile,
            redirect_host: hostile,
            client_host: Some(hostile),
            resource: hostile,
            email: hostile,
            problem: Some(hostile),
            request: hostile,
            ..page()
        };
        let html = html.render().unwrap();
        assert!(!html.contains("<script") && !html.contains("<b ") && !html.contains(r#"=""><"#), "{html}");
        assert!(html.contains("&#60;script&#62;"), "it is shown as text: {html}");
        let message = MessagePage {
            service_name: hostile,
            style_path: "/style.css",
            title: hostile,
            text: hostile,
            next: hostile,
            reference: Some(hostile),
        };
        let html = message.render().unwrap();
        assert!(!html.contains("<script") && !html.contains("<b "), "{html}");
    }

    #[test]
    fn a_name_cannot_hide_the_host_or_turn_the_text_around() {
        let named = |client_name| ApprovePage { client_name, ..page() }.shown_name();
        assert_eq!(named("ChatGPT"), "ChatGPT");
        assert_eq!(named("  Claude \n\t Code "), "Claude Code");
        assert_eq!(named("Chat\u{202e}TPG\u{200b}\u{0}"), "ChatTPG");
        assert_eq!(named("\u{2800}\u{1d173}Claude\u{34f}\u{2067}\u{fe0f}"), "Claude");
        assert_eq!(named("記録 Ünïcode"), "記録 Ünïcode");
        assert_eq!(named(" \u{200b}\u{2066} "), "a program without a name");
        let long = named(&"界".repeat(500));
        assert_eq!(long.chars().count(), NAME_LENGTH + 1);
        assert!(long.ends_with('…'));
    }

    #[test]
    fn the_form_carries_the_request_and_both_answers_with_allow_first() {
        for user in [None, Some("ada@example.com")] {
            let html = ApprovePage { user, ..page() }.render().unwrap();
            assert!(html.contains(r#"<form method="post" action="/oauth/authorize">"#), "{html}");
            assert!(
                html.contains(r#"<input type="hidden" name="request" value="sealed-request">"#),
                "{html}"
            );
            let allow = html.find(r#"name="decision" value="allow""#).unwrap();
            let deny = html.find(r#"name="decision" value="deny" formnovalidate"#).unwrap();
            assert!(allow < deny, "Enter in a field presses the first button: {html}");
            for fact in ["ChatGPT", "chatgpt.com", "Notes and meetings", "https://mcp.example.com/mcp"] {
                assert!(html.contains(fact), "{fact} is missing: {html}");
            }
            assert!(html.contains("notes:write") && html.contains("change and delete your notes"), "{html}");
        }
    }

    #[test]
    fn whoever_is_signed_in_is_named_and_is_not_asked_again() {
        let html = ApprovePage { user: Some("ada@example.com"), ..page() }.render().unwrap();
        assert!(html.contains("ada@example.com") && html.contains(">Allow</button>"), "{html}");
        assert!(!html.contains("type=\"password\"") && !html.contains("type=\"email\""), "{html}");
        let html = page().render().unwrap();
        assert!(html.contains(r#"type="email" value="" autocomplete="username""#), "{html}");
        assert!(html.contains(r#"type="password" autocomplete="current-password""#), "{html}");
        assert!(html.contains("Sign in and allow"), "{html}");
        assert!(!html.contains("role=\"alert\"") && !html.contains("aria-invalid"), "{html}");
    }

    #[test]
    fn a_problem_is_shown_and_tied_to_the_fields() {
        let problem = Some("The e-mail or the password is not right.");
        let html = ApprovePage { problem, email: "ada@example.com", ..page() }.render().unwrap();
        assert!(
            html.contains(r#"id="problem" role="alert">The e-mail or the password is not right."#),
            "{html}"
        );
        assert_eq!(html.matches(r#"aria-describedby="problem""#).count(), 2, "{html}");
        assert!(html.contains(r#"value="ada@example.com""#), "what was typed is kept: {html}");
        assert_eq!(html.matches(" autofocus").count(), 1, "{html}");
    }

    #[test]
    fn a_program_on_this_computer_is_warned_of_and_the_host_of_a_client_is_shown() {
        let published = || ApprovePage { client_host: Some("client.example.org"), ..page() };
        let html = ApprovePage { loopback: true, redirect_host: "localhost", ..published() };
        let html = html.render().unwrap();
        assert!(html.contains("a program on this computer"), "{html}");
        assert!(html.contains("client.example.org") && html.contains("It says it is published by"), "{html}");
        assert!(published().render().unwrap().contains("<dt>Published by</dt>"));
        assert!(!page().render().unwrap().contains("a program on this computer"));
    }

    #[test]
    fn the_pages_keep_the_content_security_policy() {
        let message = MessagePage {
            service_name: "Gatehouse",
            style_path: "/style.css",
            title: "This page has expired",
            text: "It was open for too long.",
            next: "Go back to the program and connect again.",
            reference: Some("7Q2M-VX0B"),
        };
        let pages = [
            page().render().unwrap(),
            ApprovePage { user: Some("ada@example.com"), ..page() }.render().unwrap(),
            message.render().unwrap(),
        ];
        assert!(pages[2].contains("7Q2M-VX0B"));
        for html in pages {
            for banned in ["<script", "style=", "<style", "onclick", "onload", "<iframe", "src="] {
                assert!(!html.contains(banned), "{banned} in {html}");
            }
            // The namespace of SVG is a name, not an address anything is fetched from.
            let without_icon = html.replace("http://www.w3.org/2000/svg", "");
            let fetched = without_icon.matches("href=\"http").count();
            assert_eq!(fetched, 0, "{html}");
        }
        assert!(!STYLE.contains("url(") && !STYLE.contains("@import"));
    }
}
