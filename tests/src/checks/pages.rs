//! The page of the authorization endpoint as a stranger's browser sees it, and its forms sent in ways no user would.

use url::Url;

use super::{
    deployment::Deployment,
    probe::{Pairs, Probe},
    session::Asking,
    verdict::{Seen, Stop, skip},
};
use crate::{
    cookies::Jar,
    exchange::Reply,
    human::Human,
    page::{Button, Credential, Form, Page},
};

const HOPS: usize = 6;
const ALLOW: [&str; 9] =
    ["allow", "approve", "accept", "authorize", "continue", "yes", "sign in", "log in", "agree"];
const DENY: [&str; 7] = ["deny", "cancel", "decline", "reject", "refuse", "don't", "no"];

/// The page that was opened.
#[derive(Clone)]
pub(super) struct Opened {
    pub(super) asking: Asking,
    pub(super) reply: Reply,
    pub(super) page: Page,
    pub(super) address: Url,
    jar: Jar,
}

impl Opened {
    /// The form that lets the client in, as the user would send it.
    pub(super) fn allowing(&self, human: &Human) -> Option<(&Form, Pairs)> {
        let with_button = |form: &&Form| press(form, &ALLOW).is_some() && form.is_post;
        let form = self.page.forms.iter().find(with_button)?;
        let Human::Played(credentials) = human else { return None };
        let mut typed = Vec::new();
        if let Some(field) = form.field_for(Credential::Email) {
            typed.push((field.name.as_str(), credentials.email.as_str()));
        }
        if let Some(field) = form.field_for(Credential::Password) {
            typed.push((field.name.as_str(), credentials.password.as_str()));
        }
        Some((form, form.filled(&typed, press(form, &ALLOW))))
    }

    /// The form that turns the client away.
    pub(super) fn denying(&self) -> Option<(&Form, Pairs)> {
        let form = self.page.forms.iter().find(|form| press(form, &DENY).is_some())?;
        Some((form, form.filled(&[], press(form, &DENY))))
    }

    /// A form as this page's browser sends it.
    pub(super) fn submit(&self, form: &Form, pairs: &Pairs) -> Probe {
        let probe = as_browser(Probe::form(form.action.as_str(), pairs));
        let probe = probe.header("origin", form.action.origin().ascii_serialization());
        let probe = probe.header("sec-fetch-site", "same-origin");
        match self.jar.field(&form.action) {
            Some(cookies) => probe.header("cookie", cookies),
            None => probe,
        }
    }

    /// The same form as another site's page makes the browser send it: no cookie that keeps to its site comes along.
    pub(super) fn submit_from_elsewhere(form: &Form, pairs: &Pairs) -> Probe {
        as_browser(Probe::form(form.action.as_str(), pairs))
            .header("origin", "https://attacker.example")
            .header("sec-fetch-site", "cross-site")
    }
}

fn press<'a>(form: &'a Form, words: &[&str]) -> Option<&'a Button> {
    form.buttons.iter().find(|button| {
        let (_, value) = button.pair.clone().unwrap_or_default();
        let said = format!(" {} {value} ", button.label).to_lowercase();
        let is_away = DENY.iter().any(|word| said.contains(&format!(" {word} ")));
        let is_meant = words.iter().any(|word| said.contains(&format!(" {word} ")));
        is_meant && (words.contains(&"deny") || !is_away)
    })
}

/// Adds what a browser sends when it opens a page.
fn as_browser(probe: Probe) -> Probe {
    probe
        .header("user-agent", "Mozilla/5.0 (X11; Linux x86_64) Chrome/140.0.0.0 Safari/537.36")
        .header("sec-fetch-mode", "navigate")
        .header("sec-fetch-dest", "document")
}

impl Deployment {
    /// Opens an authorization request in a browser without cookies, and goes no further than the first answer.
    pub(super) async fn open(&self, asking: &Asking) -> Seen<Reply> {
        let address = asking.address(self.endpoint("authorization_endpoint")?)?;
        let probe = as_browser(Probe::get(address.as_str()).header("accept", "text/html"));
        self.send(&probe.header("sec-fetch-site", "cross-site")).await
    }

    /// The page of the usual request.
    pub(super) async fn page(&self) -> Result<&Opened, Stop> {
        let open = async || {
            let client = self.main().await?.asking.client.clone();
            let asking = self.asking(&client);
            let mut address = asking.address(self.endpoint("authorization_endpoint")?)?;
            let mut jar = Jar::default();
            for _ in 0..HOPS {
                let mut probe = as_browser(Probe::get(address.as_str()).header("accept", "text/html"));
                if let Some(cookies) = jar.field(&address) {
                    probe = probe.header("cookie", cookies);
                }
                let reply = self.send(&probe).await?;
                jar.store(&address, reply.headers_named("set-cookie"));
                let next = reply.header("location").and_then(|location| address.join(location).ok());
                match next.filter(|_| (300..400).contains(&reply.status)) {
                    Some(next) => address = next,
                    None => {
                        let page = Page::parse(&reply.text(), &address);
                        return Ok(Opened { asking, reply, page, address, jar });
                    }
                }
            }
            skip("the authorization endpoint redirects without end")
        };
        self.sessions.page.get_or_init(open).await.as_ref().map_err(|stop| stop.follows("E3.1"))
    }
}
