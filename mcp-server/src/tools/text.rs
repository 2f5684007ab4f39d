//! Bounded texts and ids out of arguments.

use super::refusal::Refusal;

/// Letters of a title, of a name, and of what is searched for.
pub(super) const SHORT: usize = 200;

/// Letters of a body or a summary.
pub(super) const LONG: usize = 20_000;

/// Letters of a long text that a list shows.
const EXCERPT: usize = 200;

/// A text of at most `limit` letters.
pub(super) fn bounded(argument: &'static str, text: String, limit: usize) -> Result<String, Refusal> {
    if text.chars().count() > limit {
        return Err(Refusal::invalid(argument, format!("has more than {limit} characters")));
    }
    // PostgreSQL holds every character but this one.
    if text.contains('\0') {
        return Err(Refusal::invalid(argument, "has a NUL character"));
    }
    Ok(text)
}

/// A short text that says something, without the blanks around it.
pub(super) fn line(argument: &'static str, text: &str) -> Result<String, Refusal> {
    let text = text.trim();
    if text.is_empty() {
        Err(Refusal::invalid(argument, "is empty"))
    } else {
        bounded(argument, text.to_owned(), SHORT)
    }
}

/// The key behind an id that was given out.
pub(super) fn id(text: &str, what: &'static str) -> Result<i64, Refusal> {
    // What cannot be an id of ours is the id of nothing.
    text.parse().map_err(|_| Refusal::NotFound(what))
}

/// The beginning of a long text.
pub(super) fn excerpt(text: &str) -> String {
    match text.char_indices().nth(EXCERPT) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_counted_in_letters() {
        assert!(line("title", &"ä".repeat(SHORT)).is_ok());
        let refusal = line("title", &"ä".repeat(SHORT + 1)).unwrap_err();
        assert_eq!(refusal.to_string(), "title has more than 200 characters");
        assert_eq!(excerpt(&"ä".repeat(300)), format!("{}…", "ä".repeat(200)));
    }

    #[test]
    fn a_title_says_something() {
        assert_eq!(line("title", " a b ").unwrap(), "a b");
        assert!(line("title", " \n").is_err());
        assert!(line("title", "a\0b").is_err());
    }

    #[test]
    fn what_is_no_id_of_ours_is_not_found() {
        assert_eq!(id("42", "note").unwrap(), 42);
        for text in ["", "x", "99999999999999999999"] {
            assert_eq!(id(text, "note").unwrap_err().to_string(), "there is no note with this id");
        }
    }
}
