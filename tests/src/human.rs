//! The human of step 4: signs in and allows, on whatever page the server shows.
//!
//! Two of them: one who is played (fills in the forms by itself), and the one at this machine's browser.

mod choice;

use std::sync::Arc;

use url::Url;

use crate::{
    browser::Listener,
    cookies::Jar,
    exchange::{Body, Call, Exchange, Reply},
    page::Page,
    wire::{Outgoing, Wire},
};

/// Name of a call in which a page or a redirect is followed.
pub const VISIT: &str = "visit";
/// Name of a call in which a form is sent.
pub const SUBMIT: &str = "submit";
/// Forms and redirects until it is clear that this leads nowhere.
const LONGEST_WAY: usize = 24;
const FORMS: usize = 6;
/// A browser's: some servers show a page to browsers only.
const USER_AGENT: &str =
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36";

/// Who signs in.
#[derive(Clone)]
pub enum Human {
    /// Fills in the page with these.
    Played(Credentials),
    /// Sits at this machine's browser.
    AtBrowser {
        /// Waits for the browser to come back.
        listener: Arc<Listener>,
        /// Opens the page, or tells the human to.
        announce: Arc<dyn Fn(&str) + Send + Sync>,
    },
}

/// What the played human types.
#[derive(Clone)]
pub struct Credentials {
    /// E-mail address or user name.
    pub email: String,
    /// Password.
    pub password: String,
}

impl Human {
    /// Goes to the authorization endpoint and comes back at the redirect URI, or gets stuck.
    pub async fn visit(&self, wire: &Wire, authorize: &Url, redirect_uri: &Url) -> Exchange {
        let mut exchange = Exchange::default();
        match self {
            Human::Played(credentials) => {
                wire.secrets().learn(&credentials.password);
                let mut walk = Walk::new(wire, redirect_uri, credentials);
                match walk.go(authorize.clone(), &mut exchange).await {
                    Ok(callback) => exchange.callback = Some(callback),
                    Err(stuck) => exchange.stuck = Some(stuck),
                }
            }
            Human::AtBrowser { listener, announce } => {
                exchange.note(Call {
                    name: VISIT,
                    method: "GET",
                    url: authorize.to_string(),
                    body: Body::default(),
                    outcome: Err("opened in the browser".to_owned()),
                });
                announce(authorize.as_str());
                match listener.callback().await {
                    Ok(callback) => exchange.callback = Some(callback),
                    Err(stuck) => exchange.stuck = Some(stuck),
                }
            }
        }
        if let Some(callback) = &exchange.callback {
            wire.secrets().learn_url(callback);
        }
        exchange
    }
}

struct Walk<'a> {
    wire: &'a Wire,
    redirect_uri: &'a Url,
    credentials: &'a Credentials,
    jar: Jar,
    has_typed_password: bool,
}

enum Next {
    Visit(Url),
    Submit(Submission),
    Arrived(String),
}

/// A form, filled in.
pub(crate) struct Submission {
    pub(crate) action: Url,
    pub(crate) is_post: bool,
    pub(crate) pairs: Vec<(String, String)>,
    pub(crate) has_password: bool,
}

impl<'a> Walk<'a> {
    fn new(wire: &'a Wire, redirect_uri: &'a Url, credentials: &'a Credentials) -> Walk<'a> {
        Walk { wire, redirect_uri, credentials, jar: Jar::default(), has_typed_password: false }
    }

    async fn go(&mut self, start: Url, exchange: &mut Exchange) -> Result<String, String> {
        let (mut next, mut from, mut forms) = (Next::Visit(start), None, 0);
        for _ in 0..LONGEST_WAY {
            let (request, address) = match next {
                Next::Arrived(callback) => return Ok(callback),
                Next::Visit(address) => (Outgoing::get(VISIT, address.as_str()), address),
                Next::Submit(form) => {
                    forms += 1;
                    if forms > FORMS {
                        return Err(format!("after {FORMS} forms there was still no way back to the client"));
                    }
                    self.has_typed_password |= form.has_password;
                    form.request()
                }
            };
            let request = self.as_browser(request, &address, from.as_ref());
            let reply = self.wire.send(request, exchange).await.outcome.clone()?;
            self.jar.store(&address, reply.headers_named("set-cookie"));
            next = self.next(&reply, &address)?;
            from = Some(address);
        }
        Err(format!("{LONGEST_WAY} pages and redirects led nowhere"))
    }

    /// Adds what a browser sends with every navigation.
    fn as_browser(&self, request: Outgoing, address: &Url, from: Option<&Url>) -> Outgoing {
        let is_same = from.is_some_and(|from| from.origin() == address.origin());
        let mut request = request
            .header("user-agent", USER_AGENT)
            .header("accept", "text/html,application/xhtml+xml,*/*;q=0.8")
            .header("accept-language", "en-US,en;q=0.9")
            .header("sec-fetch-dest", "document")
            .header("sec-fetch-mode", "navigate")
            .header("sec-fetch-site", if is_same { "same-origin" } else { "cross-site" })
            .header("sec-fetch-user", "?1");
        if let Some(from) = from.filter(|_| request.is_post()) {
            request = request.header("origin", from.origin().ascii_serialization());
        }
        match self.jar.field(address) {
            Some(cookies) => request.header("cookie", cookies),
            None => request,
        }
    }

    fn next(&self, reply: &Reply, address: &Url) -> Result<Next, String> {
        if (300..400).contains(&reply.status) {
            let location = reply.header("location").ok_or("a redirect names no Location")?;
            let target = address.join(location).map_err(|_| "a redirect leads to no URL".to_owned())?;
            return Ok(self.towards(target, location));
        }
        let page = Page::parse(&reply.text(), address);
        // A link to the client without a code is the way out ("Cancel"), not the way back.
        let is_way_back = |link: &&Url| {
            is_callback(link, self.redirect_uri) && link.query_pairs().any(|(name, _)| name == "code")
        };
        if let Some(link) = page.links.iter().find(is_way_back) {
            return Ok(Next::Arrived(link.to_string()));
        }
        if self.has_typed_password && page.forms.iter().any(Submission::asks_for_password) {
            let said = page.alert.unwrap_or_else(|| page.title.clone());
            return Err(format!("the sign-in was refused with {}: \"{said}\"", reply.status));
        }
        if let Some(submission) = choice::fill(&page, self.credentials) {
            return Ok(Next::Submit(submission));
        }
        match page.refresh {
            Some(target) => Ok(self.towards(target.clone(), target.as_str())),
            None => Err(dead_end(reply, &page)),
        }
    }

    /// The callback is kept as written: re-printing a URL may change its bytes.
    fn towards(&self, target: Url, written: &str) -> Next {
        if is_callback(&target, self.redirect_uri) {
            Next::Arrived(written.to_owned())
        } else {
            Next::Visit(target)
        }
    }
}

impl Submission {
    fn asks_for_password(form: &crate::page::Form) -> bool {
        form.fields.iter().any(|field| field.kind == "password")
    }

    fn request(self) -> (Outgoing, Url) {
        if self.is_post {
            return (Outgoing::form(SUBMIT, self.action.as_str(), &self.pairs), self.action);
        }
        let mut address = self.action;
        address.query_pairs_mut().clear().extend_pairs(&self.pairs);
        (Outgoing::get(SUBMIT, address.as_str()), address)
    }
}

/// Whether `url` is the redirect URI with parameters added.
fn is_callback(url: &Url, redirect_uri: &Url) -> bool {
    url.origin() == redirect_uri.origin()
        && url.scheme() == redirect_uri.scheme()
        && url.path() == redirect_uri.path()
        && url.query().is_some()
}

fn dead_end(reply: &Reply, page: &Page) -> String {
    let said = page.alert.clone().unwrap_or_else(|| page.title.clone());
    let said = if said.is_empty() { reply.line() } else { format!("{} \"{said}\"", reply.status) };
    format!("the page has no form to sign in or allow with: {said}")
}

#[cfg(test)]
mod tests;
