//! What pages say, in the language of whoever reads them: one file for each language, all with the same keys.

use std::{collections::BTreeMap, fmt::Write, sync::LazyLock};

use actix_web::http::header::{ACCEPT_LANGUAGE, HeaderMap};
use serde::Deserialize;

use crate::oauth::catalogue::ProtectedResource;

/// Every language, the first for whoever asks for none of them.
static LANGUAGES: LazyLock<Vec<Words>> = LazyLock::new(|| {
    #[expect(clippy::expect_used, reason = "the files are part of the program, and a test reads them")]
    let read = |text: &str| toml::from_str(text).expect("a file of words");
    vec![read(include_str!("../../languages/en.toml")), read(include_str!("../../languages/de.toml"))]
});

/// Everything that is said, in one language.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Words {
    /// Its tag: BCP 47.
    pub code: String,
    /// The page of the decision.
    pub approve: Section,
    /// What every page of a message has.
    pub message: Section,
    /// Why a page is shown again.
    pub problem: Section,
    /// Why an authorization request leads nowhere.
    pub request: Section,
    /// Why a decision is not carried out.
    pub decision: Section,
    /// Signing in with another provider.
    pub upstream: Section,
    /// The page of a link.
    pub welcome: Section,
    /// Our own faults.
    pub failure: Section,
    /// Passkeys.
    pub passkeys: Section,
    /// Scopes that go with every resource.
    pub scopes: Section,
    /// The account page and its sign-in.
    pub account: Section,
}

/// Phrases by their keys.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
pub struct Section(BTreeMap<String, String>);

impl Section {
    /// The phrase of that key; the key itself where there is none, which a test rules out.
    pub fn get<'a>(&'a self, key: &'a str) -> &'a str {
        self.find(key).unwrap_or(key)
    }

    /// The phrase of that key.
    pub fn find(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(String::as_str)
    }

    /// The phrase of that key with its places filled in, as text. Where one of something is said otherwise than many, the
    /// phrase for `1` has the key with `_one` behind it.
    pub fn fill(&self, key: &str, values: &[(&str, &str)]) -> String {
        let is_one = values.iter().any(|(_, value)| *value == "1");
        let one = is_one.then(|| self.find(&format!("{key}_one"))).flatten();
        filled(one.unwrap_or_else(|| self.get(key)), values, |text| text.to_owned(), |value| value.to_owned())
    }

    /// The same as HTML: everything escaped, and every value kept from turning the text around it.
    pub fn markup(&self, key: &str, values: &[(&str, &str)]) -> String {
        filled(self.get(key), values, escaped, |value| format!("<bdi>{}</bdi>", escaped(value)))
    }
}

impl Words {
    /// The language of a reader: `ui_locales` (OpenID Connect Core §3.1.2.1) before `Accept-Language` (RFC 9110 §12.5.4).
    pub(super) fn choose(ui_locales: Option<&str>, headers: &HeaderMap) -> &'static Words {
        let accepted = headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let wished = ui_locales.unwrap_or_default().split(' ').map(str::to_owned);
        let all: &'static [Words] = &LANGUAGES;
        wished.chain(by_preference(accepted)).find_map(|tag| with_tag(all, &tag)).unwrap_or(&all[0])
    }

    /// What a scope allows: in the words of its resource, in ours where it goes with every resource, else by its name.
    pub(super) fn scope<'a>(&'a self, entry: Option<&'a ProtectedResource>, name: &'a str) -> &'a str {
        let own = entry.and_then(|entry| entry.in_words(name, &self.code));
        own.or_else(|| self.scopes.find(name)).unwrap_or(name)
    }

    /// The language of that tag, for tests and where nobody is asked.
    pub fn with_code(code: &str) -> Option<&'static Words> {
        LANGUAGES.iter().find(|words| words.code == code)
    }
}

/// RFC 4647 §3.4: `de-AT` is served by `de`.
fn with_tag(all: &'static [Words], tag: &str) -> Option<&'static Words> {
    let primary = tag.split('-').next().unwrap_or_default();
    all.iter().find(|words| words.code.eq_ignore_ascii_case(primary))
}

/// The tags of an `Accept-Language`, the most wanted first. What is not wanted at all is left out, and so is what would be
/// too much.
fn by_preference(accepted: &str) -> Vec<String> {
    const MOST: usize = 32;
    let mut tags: Vec<(u16, String)> = accepted
        .split(',')
        .take(MOST)
        .filter_map(|range| {
            let mut parts = range.split(';').map(str::trim);
            let tag = parts.next().filter(|tag| !tag.is_empty())?;
            let quality = parts
                .find_map(|part| part.strip_prefix("q="))
                .map_or(Some(1.0), |q| q.parse::<f32>().ok())?;
            // Thousandths: RFC 9110 §12.4.2 has no finer ones.
            let thousandths = (quality.clamp(0.0, 1.0) * 1000.0) as u16;
            (thousandths > 0).then(|| (thousandths, tag.to_owned()))
        })
        .collect();
    tags.sort_by_key(|(quality, _)| std::cmp::Reverse(*quality));
    tags.into_iter().map(|(_, tag)| tag).collect()
}

/// Fills the places of a phrase: `{name}`. What is filled in is not looked at again.
fn filled(
    phrase: &str,
    values: &[(&str, &str)],
    text: impl Fn(&str) -> String,
    value: impl Fn(&str) -> String,
) -> String {
    let mut filled = String::new();
    let mut rest = phrase;
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(&text(before));
        let (name, after) = after.split_once('}').unwrap_or((after, ""));
        if let Some((_, given)) = values.iter().find(|(own, _)| *own == name) {
            filled.push_str(&value(given));
        }
        rest = after;
    }
    filled.push_str(&text(rest));
    filled
}

/// Text as HTML, for an element or a quoted attribute.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' | '<' | '>' | '"' | '\'' => {
                // Writing to a string cannot fail.
                let _ = write!(escaped, "&#{};", u32::from(c));
            }
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests;
