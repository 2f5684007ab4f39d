//! Which form of a page to send, and with which button.

use crate::{
    human::{Credentials, Submission},
    page::{Button, Credential, Form, Page},
};

/// Words on buttons that lead away from the client.
const AWAY: [&str; 16] = [
    "abort",
    "another",
    "back",
    "cancel",
    "create",
    "decline",
    "deny",
    "different",
    "don't",
    "forgot",
    "no",
    "not",
    "register",
    "reject",
    "signup",
    "switch",
];
/// Words on buttons that let the client in.
const ALLOW: [&str; 10] =
    ["accept", "agree", "allow", "approve", "authorise", "authorize", "confirm", "consent", "grant", "yes"];
/// Words on buttons that lead a step on.
const ON: [&str; 7] = ["continue", "in", "log", "login", "next", "sign", "submit"];

/// The page filled in as a human would who wants to let the client in; none when there is nothing to fill in.
pub(super) fn fill(page: &Page, credentials: &Credentials) -> Option<Submission> {
    let best = page.forms.iter().filter_map(|form| Some((worth(form)?, form)));
    let (_, form) = best.max_by_key(|(worth, _)| *worth)?;
    let (email, password) = (form.field_for(Credential::Email), form.field_for(Credential::Password));
    let mut typed = Vec::new();
    if let Some(field) = email {
        typed.push((field.name.as_str(), credentials.email.as_str()));
    }
    if let Some(field) = password {
        typed.push((field.name.as_str(), credentials.password.as_str()));
    }
    let button = best_button(form);
    Some(Submission {
        action: button.and_then(|button| button.action.clone()).unwrap_or_else(|| form.action.clone()),
        is_post: form.is_post,
        pairs: form.filled(&typed, button),
        has_password: password.is_some(),
    })
}

/// How much a form looks like the way on; none for a form that leads away.
fn worth(form: &Form) -> Option<u8> {
    let button = match best_button(form) {
        Some(button) => appeal(button)?,
        None if form.buttons.is_empty() => 0,
        None => return None,
    };
    let fields = match (form.field_for(Credential::Password), form.field_for(Credential::Email)) {
        (Some(_), _) => 20,
        (None, Some(_)) => 10,
        (None, None) => 0,
    };
    Some(fields + button)
}

fn best_button(form: &Form) -> Option<&Button> {
    let best = form.buttons.iter().filter_map(|button| Some((appeal(button)?, button)));
    // Of equals the first: `max_by_key` would take the last.
    best.rev().max_by_key(|(appeal, _)| *appeal).map(|(_, button)| button)
}

fn appeal(button: &Button) -> Option<u8> {
    let (name, value) = button.pair.as_ref().map_or(("", ""), |(name, value)| (name, value));
    let said = format!("{} {name} {value}", button.label).to_lowercase();
    let words: Vec<&str> =
        said.split(|c: char| !c.is_alphanumeric() && c != '\'').filter(|word| !word.is_empty()).collect();
    let has = |list: &[&str]| words.iter().any(|word| list.contains(word));
    match () {
        () if has(&AWAY) => None,
        () if has(&ALLOW) => Some(3),
        // "Continue with Somebody": another sign-in than the one we have a password for.
        () if words.contains(&"with") => Some(0),
        () if has(&ON) => Some(2),
        () => Some(1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(html: &str) -> Option<Vec<(String, String)>> {
        let page = Page::parse(html, &"https://as.example/".parse().unwrap());
        let credentials = Credentials { email: "a@b.example".into(), password: "secret".into() };
        fill(&page, &credentials).map(|submission| submission.pairs)
    }

    #[test]
    fn allow_is_pressed_and_deny_is_not() {
        let html = r#"<form><button name="d" value="deny">Don't allow</button>
                      <button name="d" value="ok">Allow access</button></form>"#;
        assert_eq!(filled(html).unwrap(), [("d".to_owned(), "ok".to_owned())]);
    }

    #[test]
    fn the_form_with_the_password_is_the_one() {
        let html = r#"<form><input name="q"><button>Search</button></form>
                      <form><input name="username"><input type="password" name="pw">
                      <button name="via" value="github">Continue with GitHub</button>
                      <button>Sign in</button></form>"#;
        let sent = filled(html).unwrap();
        assert_eq!(sent[0], ("username".to_owned(), "a@b.example".to_owned()));
        assert_eq!(sent[1], ("pw".to_owned(), "secret".to_owned()));
        assert_eq!(sent.len(), 2);
    }

    #[test]
    fn a_page_with_only_a_way_out_is_left_alone() {
        assert!(filled("<form><button>Cancel</button></form>").is_none());
        assert!(filled("<p>hello</p>").is_none());
    }
}
