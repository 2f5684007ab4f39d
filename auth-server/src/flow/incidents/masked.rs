//! What may be kept of a value: all of it, a little, or how long it was.
//!
//! Whoever mixes up parameters puts a secret where none belongs, so a long run without a break is shortened wherever it
//! stands. Only what is known to be harmless is kept at all.

/// Worth stealing, or about a person: only how long it was.
const SECRET: [&str; 20] = [
    "access_token",
    "actor_token",
    "assertion",
    "authorization",
    "client_assertion",
    "client_secret",
    "code",
    "code_verifier",
    "email",
    "id_token_hint",
    "login",
    "login_hint",
    "new_password",
    "passkey",
    "password",
    "refresh_token",
    "request",
    "subject_token",
    "token",
    "username",
];
/// A client's own: enough to recognize it.
const SHORTENED: [&str; 3] = ["code_challenge", "nonce", "state"];
/// Says what a client wants and how it describes itself.
const HARMLESS: [&str; 33] = [
    "application_type",
    "client_assertion_type",
    "client_id",
    "client_name",
    "client_uri",
    "code_challenge_method",
    "decision",
    "display",
    "grant_type",
    "grant_types",
    "id_token_signed_response_alg",
    "jwks_uri",
    "logo_uri",
    "max_age",
    "policy_uri",
    "post_logout_redirect_uris",
    "prompt",
    "redirect_uri",
    "redirect_uris",
    "resource",
    "response_mode",
    "response_type",
    "response_types",
    "scope",
    "software_id",
    "software_version",
    "subject_type",
    "token_endpoint_auth_method",
    "token_endpoint_auth_methods",
    "token_endpoint_auth_signing_alg",
    "token_type_hint",
    "tos_uri",
    "ui_locales",
];
/// A run of so many characters is taken for a secret: UUIDs have 36, every secret of ours 43 and more.
const LONG_RUN: usize = 40;
/// More of one text is not kept.
const MOST: usize = 400;

/// What is kept of a parameter's name.
pub(super) fn name(name: &str) -> String {
    text(name).chars().take(64).collect()
}

/// What is kept of a parameter's value.
pub(super) fn value(name: &str, value: &str) -> String {
    let length = value.chars().count();
    if HARMLESS.contains(&name) {
        text(value)
    } else if SHORTENED.contains(&name) {
        shortened(value)
    } else if SECRET.contains(&name) {
        format!("(hidden, {length} characters)")
    } else {
        format!("(not kept, {length} characters)")
    }
}

/// A text without long runs, without the user information of URLs, without control characters, and not too long.
pub(super) fn text(value: &str) -> String {
    let mut kept = String::new();
    let mut run = String::new();
    // A character that cannot stand in a token ends a run; the one after the end is for the last.
    for c in value.chars().filter(|c| !c.is_control()).take(4 * MOST).chain([' ']) {
        if c.is_ascii_alphanumeric() || "-_.~+%=".contains(c) {
            run.push(c);
            continue;
        }
        match c == '@' && kept.ends_with(['/', ':']) {
            true => kept.push_str("(hidden)"),
            false if run.len() >= LONG_RUN => kept.push_str(&shortened(&run)),
            false => kept.push_str(&run),
        }
        run.clear();
        kept.push(c);
    }
    kept.pop();
    match kept.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", &kept[..end]),
        None => kept,
    }
}

/// The first few characters, and how many there were; of a short text only that.
fn shortened(value: &str) -> String {
    let length = value.chars().count();
    let shown = if length >= 16 { 4 } else { 0 };
    let start: String = value.chars().filter(|c| !c.is_control()).take(shown).collect();
    format!("{start}… ({length} characters)")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_hidden_by_name_and_by_form() {
        let secret = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        for (name, sent, kept) in [
            ("code", "abc", "(hidden, 3 characters)"),
            ("password", "häuser", "(hidden, 6 characters)"),
            ("something", "abc", "(not kept, 3 characters)"),
            ("state", "short", "… (5 characters)"),
            ("state", secret, "dBjf… (43 characters)"),
            ("scope", "notes:read notes:write", "notes:read notes:write"),
            ("scope", secret, "dBjf… (43 characters)"),
            (
                "redirect_uri",
                "https://chatgpt.com/connector_platform_oauth",
                "https://chatgpt.com/connector_platform_oauth",
            ),
            ("redirect_uri", "https://user:pass@a.example/x", "https://user:(hidden)@a.example/x"),
            ("redirect_uri", "https://token@a.example/x", "https://(hidden)@a.example/x"),
            ("client_name", "line\nbreak", "linebreak"),
        ] {
            assert_eq!(value(name, sent), kept, "{name}");
        }
        let url = format!("https://a.example/{secret}?code={secret}#{secret}");
        assert_eq!(
            text(&url),
            "https://a.example/dBjf… (43 characters)?code… (48 characters)#dBjf… (43 characters)"
        );
        assert_eq!(text(&"a ".repeat(1000)).chars().count(), MOST + 1);
    }
}
