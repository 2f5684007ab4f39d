//! The page of a link, on which somebody chooses a password, and the page that says how to go on.

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{Bytes, Path},
};
use askama::Template;

use super::{
    Gatehouse, page,
    person::{apologize, is_own_page, recognize, set_cookie},
    remembered,
    reply::{self, Message},
    words::Words,
};
use crate::{
    app::App,
    flow::{
        incidents::{Told, label::Label},
        links::{self, Followed, LinkError, Opened, Problem, Purpose, Typed, WELCOME},
    },
    login::browser::Browser,
    oauth::{catalogue::ProtectedResource, parameters::Parameters},
};

/// Where somebody chooses a password.
#[derive(Debug, Template)]
#[template(path = "welcome.html")]
struct WelcomePage<'a> {
    words: &'a Words,
    service_name: &'a str,
    style_path: &'a str,
    action: &'a str,
    purpose: Purpose,
    /// The address the link is for; none where the person chooses it.
    given: Option<&'a str>,
    /// What was typed before, or nothing.
    email: &'a str,
    problem: Option<&'a Told>,
    /// The link, sealed.
    link: &'a str,
}

/// What to connect to.
#[derive(Template)]
#[template(path = "connect.html")]
struct ConnectPage<'a> {
    words: &'a Words,
    service_name: &'a str,
    style_path: &'a str,
    user: Option<&'a str>,
    resources: Vec<&'a ProtectedResource>,
}

impl<'a> WelcomePage<'a> {
    fn heading(&self) -> &'a str {
        self.words.welcome.get(match self.purpose {
            Purpose::Setup => "setup_title",
            Purpose::Invitation => "invitation_title",
            Purpose::Reset => "reset_title",
        })
    }

    fn lead(&self) -> &'a str {
        self.words.welcome.get(match self.purpose {
            Purpose::Setup => "setup_text",
            Purpose::Invitation => "invitation_text",
            Purpose::Reset => "reset_text",
        })
    }
}

impl<'a> ConnectPage<'a> {
    fn signed_in_as(&self, person: &str) -> String {
        page::signed_in_as(&self.words.approve, person)
    }

    fn text(&self) -> &'a str {
        self.words.welcome.get(if self.resources.len() == 1 { "connect_text_one" } else { "connect_text" })
    }
}

/// Somebody follows a link. Nothing is used up.
pub(super) async fn open(app: Gatehouse, request: HttpRequest, token: Path<String>) -> HttpResponse {
    let words = Words::choose(None, request.headers());
    let shown = async {
        let browser = recognize(&app, &request).await?;
        let opened = links::open(&app, &token, &browser).await?;
        Ok((browser, opened.ok_or(LinkError::Gone)?))
    };
    match shown.await {
        Ok((browser, opened)) => show(&app, words, (&opened, &browser), None),
        Err(refusal) => refuse(&app, words, &refusal),
    }
}

/// The form of that page.
pub(super) async fn follow(app: Gatehouse, request: HttpRequest, body: Bytes) -> HttpResponse {
    let words = Words::choose(None, request.headers());
    let fields = Parameters::parse(&body).unwrap_or_default();
    let field = |name| fields.get(name).unwrap_or_default();
    let typed = Typed {
        sealed: field("link"),
        email: field("email"),
        password: field("password"),
        repeated: field("repeated"),
    };
    let followed = async {
        if !is_own_page(&app, &request) {
            return Err(LinkError::Forged);
        }
        let browser = recognize(&app, &request).await?;
        let followed = links::follow(&app, typed, &browser).await?;
        Ok((browser, followed))
    };
    match followed.await {
        Ok((browser, Followed::SignedIn { cookie, known })) => {
            let mut response = reply::redirect(&format!("{}{WELCOME}", reply::base(&app)));
            set_cookie(&app, &mut response, cookie);
            remembered::remember(&app, &mut response, &browser, known);
            response
        }
        Ok((browser, Followed::AskAgain { opened, problem })) => {
            show(&app, words, (&opened, &browser), Some((typed.email, problem)))
        }
        Err(refusal) => refuse(&app, words, &refusal),
    }
}

/// How to go on, for whoever has an account. It tells nothing that the metadata does not.
pub(super) async fn connect(app: Gatehouse, request: HttpRequest) -> HttpResponse {
    let words = Words::choose(None, request.headers());
    let browser = match recognize(&app, &request).await {
        Ok(browser) => browser,
        Err(failure) => return apologize(&app, words, &failure),
    };
    let page = ConnectPage {
        words,
        service_name: &app.settings.service_name,
        style_path: &reply::style_path(&app),
        user: browser.sign_in.as_ref().map(|sign_in| sign_in.user.email.as_str()),
        resources: app.settings.catalogue.iter().collect(),
    };
    reply::page(StatusCode::OK, &page)
}

fn show(
    app: &App,
    words: &Words,
    (opened, browser): (&Opened, &Browser),
    sent: Option<(&str, Problem)>,
) -> HttpResponse {
    let told = sent.map(|(_, problem)| reply::problem(words.welcome.get(problem.key()), &problem));
    let page = WelcomePage {
        words,
        service_name: &app.settings.service_name,
        style_path: &reply::style_path(app),
        action: &format!("{}{WELCOME}", reply::base(app)),
        purpose: opened.link.purpose,
        given: (opened.link.purpose != Purpose::Setup).then_some(opened.link.email.as_str()),
        email: sent.map_or("", |(email, _)| email),
        problem: told.as_ref(),
        link: &opened.sealed,
    };
    let status = if sent.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let mut response = reply::page(status, &page);
    reply::keep(&mut response, told);
    if let Some(value) = browser.new_cookie.clone() {
        set_cookie(app, &mut response, value);
    }
    response
}

fn refuse(app: &App, words: &Words, refusal: &LinkError) -> HttpResponse {
    let (status, next) = match refusal {
        LinkError::Failed(failure) => return apologize(app, words, failure),
        LinkError::Gone => (StatusCode::NOT_FOUND, "gone_next"),
        LinkError::Exists => (StatusCode::CONFLICT, "exists_next"),
        LinkError::Forged | LinkError::OtherBrowser | LinkError::Expired => {
            (StatusCode::BAD_REQUEST, "open_again")
        }
    };
    let phrase = |key| words.welcome.get(key);
    let message =
        Message { words, title: phrase("no_title"), text: phrase(refusal.key()), next: phrase(next) };
    reply::message(app, status, message, (refusal.label(), &refusal.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page<'a>(words: &'a Words, purpose: Purpose) -> WelcomePage<'a> {
        let given = (purpose != Purpose::Setup).then_some("ada@example.com");
        let (service_name, style_path, action) = ("Gatehouse", "/style.css", "/welcome");
        WelcomePage {
            words,
            service_name,
            style_path,
            action,
            purpose,
            given,
            email: "",
            problem: None,
            link: "sealed",
        }
    }

    #[test]
    fn every_page_has_its_words_in_every_language_and_keeps_the_policy() {
        for words in ["en", "de"].map(|code| Words::with_code(code).unwrap()) {
            for purpose in [Purpose::Setup, Purpose::Invitation, Purpose::Reset] {
                let html = page(words, purpose).render().unwrap();
                assert!(!html.contains("_title") && !html.contains("_text"), "{html}");
                for banned in ["<script", "style=", "onclick", "src=\"http", "href=\"http"] {
                    assert!(!html.contains(banned), "{banned} in {html}");
                }
                assert_eq!(html.contains("name=\"email\""), purpose == Purpose::Setup, "{html}");
                assert!(html.contains("autocomplete=\"username\""), "for password managers: {html}");
            }
            use Problem::{Email, Password, PasswordIsEmail, Repeated};
            for problem in [Email, Password, PasswordIsEmail, Repeated] {
                assert!(words.welcome.find(problem.key()).is_some(), "{problem:?}");
            }
            use LinkError::{Exists, Expired, Forged, Gone, OtherBrowser};
            for refusal in [Gone, Exists, Forged, OtherBrowser, Expired] {
                assert!(words.welcome.find(refusal.key()).is_some(), "{refusal}");
            }
            for key in
                ["no_title", "gone_next", "exists_next", "open_again", "connect_text", "connect_text_one"]
            {
                assert!(words.welcome.find(key).is_some(), "{key}");
            }
            for template in
                [include_str!("../../templates/welcome.html"), include_str!("../../templates/connect.html")]
            {
                let calls = template.split("words.welcome.get(\"").skip(1);
                for key in calls.filter_map(|call| call.split_once('"')).map(|(key, _)| key) {
                    assert!(words.welcome.find(key).is_some(), "{key}");
                }
            }
        }
    }

    #[test]
    fn what_was_typed_is_text() {
        let hostile = r#""><script>alert('x')</script>"#;
        let words = Words::with_code("en").unwrap();
        let told = Told::on_page(hostile, ("test", "a test"));
        let setup = WelcomePage { email: hostile, problem: Some(&told), ..page(words, Purpose::Setup) };
        let invitation = WelcomePage { given: Some(hostile), ..page(words, Purpose::Invitation) };
        for html in [setup, invitation].map(|page| page.render().unwrap()) {
            assert!(html.contains("&#60;script&#62;") && !html.contains("<script"), "{html}");
        }
    }
}
