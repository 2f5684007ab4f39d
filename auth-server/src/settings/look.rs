//! How the pages look, as the operator wishes: a colour, a logo, and where to ask for help.

mod colour;

use shared::env::Reader;

pub use self::colour::{Accent, Colour};

/// A larger file is no logo.
const LARGEST_LOGO: usize = 64 * 1024;
const LONGEST_SUPPORT: usize = 200;

/// What an operator can choose of it.
#[derive(Clone, Debug, Default)]
pub struct Look {
    /// The colour of what can be pressed, instead of ours.
    pub accent: Option<Accent>,
    /// The picture at the head of each page, instead of ours.
    pub logo: Option<Logo>,
    /// Where a person finds help.
    pub support: Option<Support>,
}

/// A picture, and what it is.
#[derive(Clone, Debug)]
pub struct Logo {
    /// `image/svg+xml` or `image/png`.
    pub media_type: &'static str,
    /// The file.
    pub bytes: Vec<u8>,
}

/// Where a person finds help.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Support {
    /// What is read.
    pub text: String,
    /// Where it leads, if it is an address.
    pub link: Option<String>,
}

impl Look {
    /// Reads `ACCENT_COLOR`, `LOGO_FILE` and `SUPPORT`.
    pub(super) fn read(reader: &mut Reader<'_>) -> Look {
        let accent = read_with(reader, ("ACCENT_COLOR", "#136350"), Accent::parse);
        let logo = read_with(reader, ("LOGO_FILE", "logo.svg"), Logo::read);
        let support = read_with(reader, ("SUPPORT", "help@example.com"), Support::parse);
        Look { accent, logo, support }
    }
}

/// What a variable is read as, if it is set; a fault with its example where it cannot be.
fn read_with<T>(
    reader: &mut Reader<'_>,
    (name, example): (&str, &str),
    read: impl Fn(&str) -> Result<T, String>,
) -> Option<T> {
    let text = reader.optional(name)?.to_owned();
    read(&text).map_err(|fault| reader.fault(name, &fault, example)).ok()
}

impl Logo {
    fn read(path: &str) -> Result<Logo, String> {
        Logo::of(std::fs::read(path).map_err(|fault| fault.to_string())?)
    }

    /// What a file is, by what it begins with.
    fn of(bytes: Vec<u8>) -> Result<Logo, String> {
        if bytes.len() > LARGEST_LOGO {
            return Err(format!("is a file of {} bytes, and at most {LARGEST_LOGO} are served", bytes.len()));
        }
        let text = str::from_utf8(&bytes).unwrap_or_default().trim_start_matches('\u{feff}').trim_start();
        let is_svg = text.starts_with('<') && text.contains("<svg");
        match bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
            true => Ok(Logo { media_type: "image/png", bytes }),
            false if is_svg => Ok(Logo { media_type: "image/svg+xml", bytes }),
            false => Err("is neither an SVG nor a PNG file".to_owned()),
        }
    }
}

impl Support {
    /// An https address and an e-mail address lead somewhere; anything else is only read.
    fn parse(text: &str) -> Result<Support, String> {
        let text = text.trim();
        if text.is_empty() || text.chars().count() > LONGEST_SUPPORT || text.chars().any(char::is_control) {
            return Err(format!("is not one line of 1 to {LONGEST_SUPPORT} characters"));
        }
        let is_one_word = !text.contains(char::is_whitespace);
        let is_page = is_one_word && text.starts_with("https://");
        let is_email = text.split_once('@').is_some_and(|(name, host)| {
            !name.is_empty() && host.contains('.') && !text.contains(['/', ':', '?', '&'])
        });
        let link = match (is_page, is_email && is_one_word) {
            (true, _) => Some(text.to_owned()),
            (false, true) => Some(format!("mailto:{text}")),
            (false, false) => None,
        };
        Ok(Support { text: text.to_owned(), link })
    }
}

#[cfg(test)]
mod tests {
    use shared::env::Env;

    use super::*;

    fn read(pairs: &[(&str, &str)]) -> Result<Look, String> {
        let env: Env = pairs.iter().copied().collect();
        let mut reader = Reader::new(&env);
        let look = Look::read(&mut reader);
        reader.finish(Some(look)).map_err(|faults| faults.to_string())
    }

    #[test]
    fn nothing_set_looks_like_us() {
        let look = read(&[]).unwrap();
        assert!(look.accent.is_none() && look.logo.is_none() && look.support.is_none());
    }

    #[test]
    fn help_is_an_address_or_a_sentence() {
        let link = |text: &str| Support::parse(text).unwrap().link;
        assert_eq!(link("https://example.com/help").as_deref(), Some("https://example.com/help"));
        assert_eq!(link("help@example.com").as_deref(), Some("mailto:help@example.com"));
        for text in ["Ada, extension 12", "javascript:alert(1)", "mail help@example.com", "javascript:a@b.c"]
        {
            assert_eq!(link(text), None, "{text}");
        }
        assert!(Support::parse("two\nlines").is_err() && Support::parse(&"x".repeat(201)).is_err());
    }

    #[test]
    fn a_logo_is_what_its_first_bytes_say() {
        let media_type = |bytes: &[u8]| Logo::of(bytes.to_vec()).map(|logo| logo.media_type);
        assert_eq!(media_type(b"\x89PNG\r\n\x1a\n..."), Ok("image/png"));
        assert_eq!(media_type(b"<?xml version=\"1.0\"?>\n<svg/>"), Ok("image/svg+xml"));
        assert!(media_type(b"GIF89a").is_err() && media_type(b"").is_err());
        assert!(media_type(&[b"<svg>".as_slice(), &[b' '; LARGEST_LOGO]].concat()).is_err());
    }

    #[test]
    fn every_fault_names_its_variable() {
        let faults =
            read(&[("ACCENT_COLOR", "teal"), ("LOGO_FILE", "/nowhere/logo.svg"), ("SUPPORT", "\u{7}")]);
        let faults = faults.unwrap_err();
        for name in ["ACCENT_COLOR", "LOGO_FILE", "SUPPORT"] {
            assert!(faults.contains(name), "{name} is not in {faults}");
        }
    }
}
