//! A browser in words a person knows, from what it calls itself.

use crate::http::words::Section;

/// Browsers by what they alone say, those that also say the names of others first.
const BROWSERS: [(&str, &str); 11] = [
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Vivaldi/", "Vivaldi"),
    ("YaBrowser/", "Yandex Browser"),
    ("FxiOS/", "Firefox"),
    ("Firefox/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("HeadlessChrome/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
];

/// Systems by what they say, those that also say the names of others first.
const SYSTEMS: [(&str, &str); 8] = [
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("CrOS", "ChromeOS"),
    ("Mac OS X", "macOS"),
    ("Macintosh", "macOS"),
    ("Linux", "Linux"),
];

/// "Firefox on Windows"
pub(super) fn in_words(user_agent: &str, words: &Section) -> String {
    let name = |names: &[(&str, &'static str)]| {
        names.iter().find(|(mark, _)| user_agent.contains(mark)).map(|(_, name)| *name)
    };
    match (name(&BROWSERS), name(&SYSTEMS)) {
        (Some(browser), Some(system)) => words.fill("device", &[("browser", browser), ("system", system)]),
        (Some(name), None) => name.to_owned(),
        (None, Some(system)) => words.fill("device_system", &[("system", system)]),
        (None, None) => words.get("device_unknown").to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::words::Words;

    #[test]
    fn browsers_and_systems_are_called_by_their_names() {
        for (user_agent, english, german) in [
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0",
                "Firefox on Windows",
                "Firefox auf Windows",
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 \
                 Safari/537.36 Edg/140.0.0.0",
                "Edge on Windows",
                "Edge auf Windows",
            ),
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) \
                 Version/18.0 Safari/605.1.15",
                "Safari on macOS",
                "Safari auf macOS",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) \
                 CriOS/140.0 Mobile/15E148 Safari/604.1",
                "Chrome on iPhone",
                "Chrome auf iPhone",
            ),
            (
                "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile \
                 Safari/537.36",
                "Chrome on Android",
                "Chrome auf Android",
            ),
            ("curl/8.5 (Linux)", "A browser on Linux", "Ein Browser auf Linux"),
            ("", "A browser that does not say its name", "Ein Browser, der seinen Namen nicht sagt"),
        ] {
            let said = |code: &str| in_words(user_agent, &Words::with_code(code).unwrap().account);
            assert_eq!((said("en").as_str(), said("de").as_str()), (english, german));
        }
    }
}
