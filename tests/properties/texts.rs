//! Texts to try: any at all, such that mean something to a parser, and such that are almost another one.

use proptest::{collection::vec, prelude::*, sample::select};

/// Any characters, control characters and the far planes included.
pub fn any_text(longest: usize) -> impl Strategy<Value = String> {
    let any = vec(any::<char>(), 0..=longest);
    let loaded = vec(select(LOADED.chars().collect::<Vec<_>>()), 0..=longest);
    prop_oneof![any, loaded].prop_map(|characters| characters.into_iter().collect())
}

/// What parsers of URLs, forms, headers and JSON stumble over.
const LOADED: &str =
    "aZ09 /\\?#&=%+:;@.,~-_[](){}<>\"'`|^*!$\t\r\n\0\u{7f}\u{a0}äß漢\u{202e}\u{200b}\u{ff0f}\u{3002}";

/// `text` with one character replaced, put in or taken out; never `text` itself.
pub fn almost(text: &str) -> BoxedStrategy<String> {
    let characters: Vec<char> = text.chars().collect();
    let places = characters.len();
    let character = prop_oneof![select(LOADED.chars().collect::<Vec<_>>()), any::<char>()];
    (0..=places, 0..3, character)
        .prop_map(move |(place, kind, character)| {
            let mut changed = characters.clone();
            match kind {
                0 if place < places => changed[place] = character,
                1 if place < places => drop(changed.remove(place)),
                _ => changed.insert(place, character),
            }
            changed.into_iter().collect::<String>()
        })
        .prop_filter("the text itself", {
            let text = text.to_owned();
            move |changed| *changed != text
        })
        .boxed()
}

/// Whether `error_description` may hold it: RFC 6749 §5.2 leaves out quotes, backslashes, controls and what is not
/// ASCII.
pub fn is_description(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, 0x20..=0x21 | 0x23..=0x5B | 0x5D..=0x7E))
}
