//! The human's part: the page, the sign-in, the decision, and the way back.

use url::{Url, form_urlencoded};

use crate::{
    actor::{Actor, Request, expect},
    exchange::Reply,
    failure::{Failure, Outcome},
    page::{Credential, Form, Page},
};

/// What arrived at the redirect URI.
#[derive(Clone, Debug)]
pub struct Landing {
    /// The whole URL, as the server wrote it.
    pub url: String,
    pairs: Vec<(String, String)>,
}

impl Landing {
    /// Reads a reply that redirects.
    ///
    /// # Errors
    /// It does not redirect.
    pub fn of(reply: &Reply) -> Outcome<Landing> {
        let status = if reply.status == 302 { 302 } else { 303 };
        let reply = expect(reply.clone(), status)?;
        let url = reply.header("location").ok_or_else(|| Failure::new("a redirect without Location"))?;
        let query = url.split_once('?').map_or("", |(_, query)| query);
        let pairs = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        Ok(Landing { url: url.to_owned(), pairs })
    }

    /// A parameter.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.pairs.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }

    /// The code.
    ///
    /// # Errors
    /// There is none.
    pub fn code(&self) -> Outcome<String> {
        self.get("code").map(str::to_owned).ok_or_else(|| Failure::new(format!("no code in {}", self.url)))
    }
}

impl Actor {
    /// The authorization request, as the human's browser opens it. Its fields are parameters of the query.
    pub fn authorize_request(&self) -> Request {
        Request::get(self.endpoint("authorize"))
            .by_human()
            .with("response_type", "code")
            .with("client_id", self.client.id.as_str())
            .with("redirect_uri", self.redirect_uri())
            .with("state", self.state.as_str())
            .with("code_challenge", self.pkce.challenge.as_str())
            .with("code_challenge_method", "S256")
            .with("resource", self.mcp_url.as_str())
    }

    /// What the form of a page sends when the human fills it in and presses the button with this value (`allow`,
    /// `deny`). Its fields are those of the form.
    ///
    /// # Errors
    /// The page has no form with such a button.
    pub fn decision_request(&self, page: &Reply, decision: &str) -> Outcome<Request> {
        let address = Url::parse(&self.endpoint("authorize"))?;
        let page = Page::parse(&page.text(), &address);
        let with_button = page.forms.iter().find_map(|form| {
            let chosen = |button: &&crate::page::Button| {
                button.pair.as_ref().is_some_and(|(_, value)| value == decision)
            };
            Some((form, form.buttons.iter().find(chosen)?))
        });
        let Some((form, button)) = with_button else {
            return Err(Failure::new(format!("the page \"{}\" has no button {decision}", page.title)));
        };
        let typed = self.typed(form);
        let typed: Vec<(&str, &str)> = typed.iter().map(|(name, value)| (name.as_str(), *value)).collect();
        let mut request = Request::form(form.action.as_str())
            .by_human()
            .with_header("origin", &form.action.origin().ascii_serialization())
            .with_header("sec-fetch-site", "same-origin");
        for (name, value) in form.filled(&typed, Some(button)) {
            request.add(&name, &value);
        }
        Ok(request)
    }

    fn typed(&self, form: &Form) -> Vec<(String, &str)> {
        let known =
            [(Credential::Email, self.email.as_str()), (Credential::Password, self.password.as_str())];
        let fields = known.into_iter().map(|(what, value)| (form.field_for(what), value));
        fields.filter_map(|(field, value)| Some((field?.name.clone(), value))).collect()
    }

    /// Opens the page of an authorization request.
    ///
    /// # Errors
    /// It was not answered with a page.
    pub async fn open(&mut self, authorize: Request) -> Outcome<Reply> {
        expect(self.send(authorize).await?, 200)
    }

    /// Opens the page of an authorization request, signs in if it asks for that, and decides.
    ///
    /// # Errors
    /// There was no page, or no redirect after it.
    pub async fn decide(&mut self, authorize: Request, decision: &str) -> Outcome<Landing> {
        let reply = self.send(authorize).await?;
        if matches!(reply.status, 302 | 303) {
            // The user approved this before.
            return Landing::of(&reply);
        }
        let page = expect(reply, 200)?;
        let request = self.decision_request(&page, decision)?;
        Landing::of(&self.send(request).await?)
    }

    /// Signs in and allows; the code.
    ///
    /// # Errors
    /// The way did not end with a code.
    pub async fn approve(&mut self) -> Outcome<String> {
        let request = self.authorize_request();
        self.decide(request, "allow").await?.code()
    }
}
