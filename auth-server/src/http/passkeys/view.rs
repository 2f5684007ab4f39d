//! What a person sees of passkeys: a button where somebody signs in, a list where somebody is. Both stay without a script
//! what they are without passkeys.

use askama::Template;
use shared::clock::Timestamp;

use crate::{flow::passkeys::Own, http::words::Words};

/// The script of both.
pub const SCRIPT: &str = include_str!("../../../templates/passkeys.js");

/// A button that signs in with a passkey. Its page needs the policy of pages with a script.
#[derive(Clone, Copy, Debug, Template)]
#[template(path = "passkey_sign_in.html")]
pub struct PasskeySignIn<'a> {
    /// In whose language.
    pub words: &'a Words,
    /// Where the script is.
    pub script_path: &'a str,
    /// Where to go then; to the page of the authorization request where none is named.
    pub next: Option<&'a str>,
}

/// The passkeys of whoever is signed in. Its page needs the policy of pages with a script.
#[derive(Debug, Template)]
#[template(path = "passkeys.html")]
pub struct PasskeySection<'a> {
    /// In whose language.
    pub words: &'a Words,
    /// Where the script is.
    pub script_path: &'a str,
    /// Where the forms that remove one are sent.
    pub removal_path: &'a str,
    /// The passkeys.
    pub own: Vec<Own>,
}

impl PasskeySection<'_> {
    fn called<'b>(&'b self, own: &'b Own) -> &'b str {
        match own.passkey.name.as_str() {
            "" => self.words.passkeys.get("nameless"),
            name => name,
        }
    }

    fn history(&self, own: &Own) -> String {
        let added = day(own.passkey.created_at);
        match own.passkey.used_at {
            None => self.words.passkeys.fill("added", &[("added", &added)]),
            Some(used) => {
                let used = day(Timestamp(used));
                self.words.passkeys.fill("used", &[("added", &added), ("used", &used)])
            }
        }
    }

    fn removes(&self, own: &Own) -> String {
        self.words.passkeys.fill("remove_named", &[("name", self.called(own))])
    }
}

/// The page of the list.
#[derive(Debug, Template)]
#[template(path = "passkeys_page.html")]
pub struct PasskeysPage<'a> {
    /// In whose language.
    pub words: &'a Words,
    /// The operator's name for this service.
    pub service_name: &'a str,
    /// Where the stylesheet is.
    pub style_path: &'a str,
    /// Who is signed in.
    pub person: &'a str,
    /// The list.
    pub section: PasskeySection<'a>,
}

impl PasskeysPage<'_> {
    fn signed_in_as(&self) -> String {
        self.words.approve.markup("signed_in_as", &[("person", self.person)])
    }
}

/// The day of an instant in UTC, as ISO 8601 writes it: every reader can read it.
fn day(at: Timestamp) -> String {
    // Counted from the first of March of the year 0, so that a leap day is the last of its year.
    let days = at.seconds().div_euclid(86_400) + 719_468;
    let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * from_march + 2) / 5 + 1;
    let (month, later) = if from_march < 10 { (from_march + 3, 0) } else { (from_march - 9, 1) };
    format!("{:04}-{month:02}-{day:02}", year + era * 400 + later)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::passkeys::PasskeyError;

    #[test]
    fn every_refusal_and_every_phrase_of_a_page_is_said() {
        use PasskeyError::*;
        let words = Words::with_code("en").unwrap();
        for refusal in [
            Unavailable,
            SignedOut,
            Forged,
            OtherBrowser,
            Expired,
            Replayed,
            Unknown,
            Overtaken,
            Known,
            TooMany,
        ] {
            assert_eq!(words.passkeys.find(refusal.key()), Some(refusal.to_string().as_str()));
        }
        let pages = [
            include_str!("../../../templates/passkeys.html"),
            include_str!("../../../templates/passkeys_page.html"),
            include_str!("../../../templates/passkey_sign_in.html"),
        ];
        let calls = pages.iter().flat_map(|text| text.split("words.passkeys.get(\"").skip(1));
        let asked: Vec<&str> = calls.filter_map(|call| call.split('"').next()).collect();
        let others =
            ["refused", "failed", "nameless", "added", "used", "remove_named", "problem_title", "next"];
        for key in asked.into_iter().chain(others) {
            assert!(words.passkeys.find(key).is_some(), "{key}");
        }
    }

    #[test]
    fn days_are_those_of_the_calendar() {
        for (seconds, text) in [
            (0, "1970-01-01"),
            (951_782_399, "2000-02-28"),
            (951_782_400, "2000-02-29"),
            (951_868_800, "2000-03-01"),
            (1_795_305_600, "2026-11-22"),
            (4_107_542_399, "2100-02-28"),
            (4_107_542_400, "2100-03-01"),
        ] {
            assert_eq!(day(Timestamp(seconds)), text);
        }
    }
}
