//! Colours, and whether a text can be read on them: WCAG 2.2.

use std::fmt;

/// What a text needs (WCAG 2.2 §1.4.3).
const READABLE: f64 = 4.5;
/// What the lighter colour of the dark pages is made to have: as much as our own.
const IN_THE_DARK: f64 = 7.0;

/// Red, green and blue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Colour([u8; 3]);

impl Colour {
    /// What is written on the button of a light page.
    pub const WHITE: Colour = Colour([255; 3]);
    /// What is written on the button of a dark page: the page's own ground.
    pub const NIGHT: Colour = Colour([0x0b, 0x11, 0x0f]);

    /// Reads `#rrggbb`.
    pub fn parse(text: &str) -> Option<Colour> {
        let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6 && digits.is_ascii())?;
        let part = |at: usize| u8::from_str_radix(digits.get(at..at + 2)?, 16).ok();
        let is_hex = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        is_hex.then_some(Colour([part(0)?, part(2)?, part(4)?]))
    }

    /// From 1 for the same colour to 21 for black and white.
    pub fn contrast(self, other: Colour) -> f64 {
        let (one, two) = (self.luminance(), other.luminance());
        (one.max(two) + 0.05) / (one.min(two) + 0.05)
    }

    fn luminance(self) -> f64 {
        let linear = |part: u8| match f64::from(part) / 255.0 {
            low if low <= 0.04045 => low / 12.92,
            high => ((high + 0.055) / 1.055).powf(2.4),
        };
        let [red, green, blue] = self.0.map(linear);
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }

    /// So many percent of the way to another colour.
    fn towards(self, other: Colour, percent: u16) -> Colour {
        let mixed = |own: u8, other: u8| {
            let sum = u16::from(own) * (100 - percent) + u16::from(other) * percent;
            u8::try_from(sum / 100).unwrap_or(u8::MAX)
        };
        let ([r, g, b], [red, green, blue]) = (self.0, other.0);
        Colour([mixed(r, red), mixed(g, green), mixed(b, blue)])
    }
}

impl fmt::Display for Colour {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [red, green, blue] = self.0;
        write!(formatter, "#{red:02x}{green:02x}{blue:02x}")
    }
}

/// The colour of what can be pressed: as it was chosen on light pages, lighter on dark ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Accent {
    /// On a light page, and under the pointer.
    pub light: [Colour; 2],
    /// On a dark page, and under the pointer.
    pub dark: [Colour; 2],
}

impl Accent {
    /// Reads `#rrggbb`, if white can be read on it.
    ///
    /// # Errors
    /// What is wrong, and by how much.
    pub fn parse(text: &str) -> Result<Accent, String> {
        let chosen = Colour::parse(text).ok_or("is no colour of the form #rrggbb")?;
        let contrast = chosen.contrast(Colour::WHITE);
        if contrast < READABLE {
            // Rounded down: 4.49 must not read as 4.5.
            let shown = (contrast * 100.0).floor() / 100.0;
            let better = (1..=100).map(|percent| chosen.towards(Colour([0; 3]), percent));
            let better = better.into_iter().find(|colour| colour.contrast(Colour::WHITE) >= READABLE);
            return Err(format!(
                "is too light: the white text of its buttons has a contrast of {shown:.2} and needs {READABLE}; \
                 {} would do",
                better.unwrap_or(Colour([0; 3]))
            ));
        }
        let lighter = (0..=100).map(|percent| chosen.towards(Colour::WHITE, percent));
        let dark = lighter.into_iter().find(|colour| colour.contrast(Colour::NIGHT) >= IN_THE_DARK);
        let dark = dark.unwrap_or(Colour::WHITE);
        Ok(Accent {
            light: [chosen, chosen.towards(Colour([0; 3]), 20)],
            dark: [dark, dark.towards(Colour::WHITE, 25)],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn colour(text: &str) -> Colour {
        Colour::parse(text).unwrap()
    }

    #[test]
    fn a_colour_is_written_one_way() {
        assert_eq!(colour("#0Af19c").to_string(), "#0af19c");
        for text in ["", "#fff", "#12345g", "123456", "#+12345", "#1234567", "#12é45", "red"] {
            assert_eq!(Colour::parse(text), None, "{text}");
        }
    }

    #[test]
    fn contrast_is_that_of_the_guidelines() {
        let rounded = |one: &str, two: &str| (colour(one).contrast(colour(two)) * 100.0).round() / 100.0;
        assert_eq!(rounded("#000000", "#ffffff"), 21.0);
        assert_eq!(rounded("#777777", "#ffffff"), 4.48);
        assert_eq!(rounded("#ffffff", "#767676"), 4.54);
    }

    #[test]
    fn a_colour_that_hides_its_text_is_refused_with_one_that_does_not() {
        let fault = Accent::parse("#ffd400").unwrap_err();
        assert!(fault.contains("a contrast of 1.4") && fault.contains("needs 4.5"), "{fault}");
        let better = fault.split_whitespace().find(|word| word.starts_with('#')).unwrap();
        assert!(Accent::parse(better).is_ok(), "{fault}");
        assert!(Accent::parse("#777777").unwrap_err().contains("4.47"));
    }

    /// Every colour that is let in, in steps.
    #[test]
    fn what_is_written_on_a_button_can_be_read_in_light_and_dark() {
        // The grounds the ring of the focus is drawn on: `--card` of the stylesheet (WCAG 2.2 §1.4.11).
        let [light_card, dark_card] = [colour("#fdfefd"), colour("#19231f")];
        let steps = || (0..=255u8).step_by(15);
        for (red, green, blue) in
            steps().flat_map(|r| steps().flat_map(move |g| steps().map(move |b| (r, g, b))))
        {
            let Ok(accent) = Accent::parse(&Colour([red, green, blue]).to_string()) else { continue };
            assert!(accent.light.iter().all(|own| own.contrast(Colour::WHITE) >= READABLE), "{accent:?}");
            assert!(accent.dark.iter().all(|own| own.contrast(Colour::NIGHT) >= READABLE), "{accent:?}");
            assert!(accent.light[0].contrast(light_card) >= 3.0, "{accent:?}");
            assert!(accent.dark[0].contrast(dark_card) >= 3.0, "{accent:?}");
        }
    }
}
