//! The human's cookies: as much of RFC 6265 as a sign-in needs.

use url::Url;

/// Cookies by host and path. One jar is one browser profile.
#[derive(Clone, Debug, Default)]
pub struct Jar(Vec<Cookie>);

#[derive(Clone, Debug)]
struct Cookie {
    name: String,
    value: String,
    domain: String,
    is_host_only: bool,
    path: String,
    is_secure: bool,
}

impl Jar {
    /// Takes the `Set-Cookie` fields of a reply from `url`.
    pub fn store<'a>(&mut self, url: &Url, fields: impl IntoIterator<Item = &'a str>) {
        for field in fields {
            let Some((cookie, is_over)) = read(url, field) else { continue };
            self.0.retain(|own| {
                (&own.name, &own.domain, &own.path) != (&cookie.name, &cookie.domain, &cookie.path)
            });
            if !is_over {
                self.0.push(cookie);
            }
        }
    }

    /// The `Cookie` field for a request to `url`; none without a cookie that fits.
    pub fn field(&self, url: &Url) -> Option<String> {
        let pairs: Vec<String> = self
            .0
            .iter()
            .filter(|cookie| cookie.fits(url))
            .map(|cookie| format!("{}={}", cookie.name, cookie.value))
            .collect();
        (!pairs.is_empty()).then(|| pairs.join("; "))
    }

    /// The value of the cookie of that name, wherever it is for.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|cookie| cookie.name == name).map(|cookie| cookie.value.as_str())
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Throws all cookies away.
    pub fn clear(&mut self) {
        self.0.clear();
    }
}

impl Cookie {
    fn fits(&self, url: &Url) -> bool {
        let host = url.host_str().unwrap_or_default();
        let is_host = host == self.domain
            || (!self.is_host_only
                && host.strip_suffix(&self.domain).is_some_and(|rest| rest.ends_with('.')));
        let path = url.path();
        let is_path = path == self.path
            || path
                .strip_prefix(&self.path)
                .is_some_and(|rest| self.path.ends_with('/') || rest.starts_with('/'));
        is_host && is_path && (!self.is_secure || is_trustworthy(url))
    }
}

/// Browsers treat this machine's own http as secure.
fn is_trustworthy(url: &Url) -> bool {
    url.scheme() == "https" || shared::resource::is_loopback(url)
}

/// The cookie a field sets, and whether the field ends it instead.
fn read(url: &Url, field: &str) -> Option<(Cookie, bool)> {
    let mut parts = field.split(';').map(str::trim);
    let (name, value) = parts.next()?.split_once('=')?;
    let host = url.host_str()?;
    let default_path = url.path().rsplit_once('/').map_or("/", |(folder, _)| folder);
    let mut cookie = Cookie {
        name: name.trim().to_owned(),
        value: value.trim().to_owned(),
        domain: host.to_owned(),
        is_host_only: true,
        path: if default_path.is_empty() { "/".to_owned() } else { default_path.to_owned() },
        is_secure: false,
    };
    let mut is_over = false;
    for part in parts {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        match name.to_ascii_lowercase().as_str() {
            "domain" => {
                let domain = value.trim_start_matches('.').to_ascii_lowercase();
                let is_own =
                    host == domain || host.strip_suffix(&domain).is_some_and(|rest| rest.ends_with('.'));
                if !is_own {
                    return None;
                }
                (cookie.domain, cookie.is_host_only) = (domain, false);
            }
            "path" if value.starts_with('/') => cookie.path = value.to_owned(),
            "secure" => cookie.is_secure = true,
            "max-age" => is_over = value.parse::<i64>().is_ok_and(|seconds| seconds <= 0),
            // The one date servers use to end a cookie.
            "expires" => is_over |= value.contains("1970"),
            _ => {}
        }
    }
    let is_refused = cookie.is_secure && !is_trustworthy(url);
    (!is_refused && !cookie.name.is_empty()).then_some((cookie, is_over))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        text.parse().unwrap()
    }

    #[test]
    fn a_cookie_goes_back_to_its_host_and_path_only() {
        let mut jar = Jar::default();
        jar.store(&url("https://a.example/oauth/authorize"), ["s=1; Path=/oauth; HttpOnly", "t=2"]);
        assert_eq!(jar.field(&url("https://a.example/oauth/decision")).as_deref(), Some("s=1; t=2"));
        assert_eq!(jar.field(&url("https://a.example/oauthx")), None);
        assert_eq!(jar.field(&url("https://b.a.example/oauth")), None);
    }

    #[test]
    fn a_domain_reaches_below_and_a_stranger_sets_nothing() {
        let mut jar = Jar::default();
        jar.store(
            &url("https://id.example.org/"),
            ["s=1; Domain=example.org; Path=/", "x=1; Domain=evil.org"],
        );
        assert_eq!(jar.field(&url("https://www.example.org/")).as_deref(), Some("s=1"));
        assert_eq!(jar.field(&url("https://evil.org/")), None);
    }

    #[test]
    fn a_cookie_can_be_replaced_and_ended() {
        let mut jar = Jar::default();
        let home = url("http://localhost:9000/");
        jar.store(&home, ["s=1; Secure", "s=2; Secure"]);
        assert_eq!(jar.field(&home).as_deref(), Some("s=2"));
        jar.store(&home, ["s=; Max-Age=0"]);
        assert!(jar.is_empty());
    }
}
