//! What a person sees of passkeys: a button where somebody signs in, a list where somebody is. Both stay without a script
//! what they are without passkeys.

use askama::Template;
use shared::clock::Timestamp;

use crate::{
    flow::passkeys::Own,
    http::{account::moment, page::signed_in_as, words::Words},
};

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
        let day = |at| moment::day_in_words(at, &self.words.account);
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
    /// The way back.
    pub account_path: &'a str,
}

impl PasskeysPage<'_> {
    fn signed_in_as(&self) -> String {
        signed_in_as(&self.words.approve, self.person)
    }
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
            NotFresh,
            Elsewhere,
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
}
