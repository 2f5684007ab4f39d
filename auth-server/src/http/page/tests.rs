use super::*;
use crate::settings::look::Accent;

fn english() -> &'static Words {
    Words::with_code("en").unwrap()
}

fn page<'a>() -> ApprovePage<'a> {
    ApprovePage {
        words: english(),
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
            ScopeLine { name: "notes:read", words: "Read and search your notes", box_ticked: None },
            ScopeLine {
                name: "notes:write",
                words: "Create, change and delete your notes",
                box_ticked: None,
            },
        ],
        user: None,
        email: "",
        local: true,
        providers: Vec::new(),
        problem: None,
        passkey: None,
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
        problem: Some(&Told::on_page(hostile, ("test", "a test"))),
        request: hostile,
        ..page()
    };
    let html = html.render().unwrap();
    assert!(!html.contains("<script") && !html.contains("<b ") && !html.contains(r#"=""><"#), "{html}");
    assert!(html.contains("&#60;script&#62;"), "it is shown as text: {html}");
    let message = MessagePage {
        words: english(),
        service_name: hostile,
        style_path: "/style.css",
        title: hostile,
        text: hostile,
        next: hostile,
        support: Some(&Support { text: hostile.to_owned(), link: Some(hostile.to_owned()) }),
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
        assert!(html.contains(r#"<input type="hidden" name="request" value="sealed-request">"#), "{html}");
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
fn only_an_optional_scope_has_a_box() {
    assert!(!page().render().unwrap().contains("checkbox"));
    let line = |box_ticked| vec![ScopeLine { name: "notes:write", words: "Write", box_ticked }];
    for (ticked, end) in [(true, " checked>"), (false, ">")] {
        let html = ApprovePage { scopes: line(Some(ticked)), ..page() }.render().unwrap();
        let field = format!(r#"<input type="checkbox" name="scope:notes:write" value="on"{end}"#);
        assert!(html.contains(&field), "{html}");
        assert!(html.contains("Untick what you do not want to allow."), "{html}");
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
    let told = Told::on_page("The e-mail or the password is not right.", ("test", "a test"));
    let html = ApprovePage { problem: Some(&told), email: "ada@example.com", ..page() }.render().unwrap();
    assert!(html.contains(r#"id="problem" role="alert">The e-mail or the password is not right."#), "{html}");
    assert!(html.contains(&format!(r#"<code class="reference">{}</code>"#, told.reference)), "{html}");
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
fn help_is_a_link_where_it_can_be() {
    let shown = |support: &Support| {
        let message = MessagePage {
            words: english(),
            service_name: "Gatehouse",
            style_path: "/style.css",
            title: "Title",
            text: "Text.",
            next: "Next.",
            support: Some(support),
            reference: None,
        };
        message.render().unwrap()
    };
    let mail = Support { text: "a@b.example".to_owned(), link: Some("mailto:a@b.example".to_owned()) };
    assert!(shown(&mail).contains(r#"<a href="mailto:a@b.example" rel="noreferrer">a@b.example</a>"#));
    let text = Support { text: "Ask Ada.".to_owned(), link: None };
    assert!(shown(&text).contains("If that does not help: Ask Ada."), "{}", shown(&text));
}

#[test]
fn the_pages_keep_the_content_security_policy() {
    let message = MessagePage {
        words: english(),
        service_name: "Gatehouse",
        style_path: "/style.css",
        title: "This page has expired",
        text: "It was open for too long.",
        next: "Go back to the program and connect again.",
        support: None,
        reference: Some("7Q2M-VX0B"),
    };
    let pages = [
        page().render().unwrap(),
        ApprovePage { user: Some("ada@example.com"), ..page() }.render().unwrap(),
        message.render().unwrap(),
    ];
    assert!(pages[2].contains("7Q2M-VX0B"));
    for html in pages {
        for banned in ["<script", "style=", "<style", "onclick", "onload", "<iframe"] {
            assert!(!html.contains(banned), "{banned} in {html}");
        }
        let pictures = html.matches("src=").count();
        assert_eq!(html.matches(r#"src="/logo""#).count(), pictures, "{html}");
        assert_eq!(html.matches("href=\"http").count(), 0, "{html}");
    }
    let dressed = stylesheet(&Look { accent: Accent::parse("#7a1f5c").ok(), ..Look::default() });
    assert!(dressed.starts_with(STYLE) && dressed.contains("--accent: #7a1f5c;"), "{dressed}");
    for own in ACCENTS {
        assert!(
            STYLE.contains(&format!("--accent: {own};")) && mark(&Look::default()).contains(own),
            "{own}"
        );
    }
    assert!(!STYLE.contains("url(") && !STYLE.contains("@import"));
}
