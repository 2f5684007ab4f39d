//! The account page: what somebody allowed, where they are signed in, and how they end it.
//!
//! | module | what it shows |
//! |---|---|
//! | [`apps`] | connected applications, and that nothing an ended one holds is good for anything |
//! | [`sessions`] | signed-in browsers, and their end |
//! | [`password`] | another password |
//! | [`forms`] | who may send a form, for how long, and what a forged one is worth |
//! | [`switch`] | "Not you?" on the page of a request |

mod apps;
mod forms;
mod password;
mod sessions;
mod switch;

use conformance::{
    actor::{Actor, Request},
    exchange::Reply,
    failure::{Failure, Outcome},
    page::{Form, Page},
    world::World,
};
use url::Url;

use crate::negative::check::page_headers;

/// Somebody else with an account.
pub(crate) const EVE: (&str, &str) = ("eve@example.com", "a password of her own");

/// The page, as the person's browser opens it.
fn account(actor: &Actor) -> Request {
    Request::get(format!("{}/account", actor.issuer)).by_human()
}

/// Opens the page, whether it asks to sign in or not.
pub(crate) async fn open(actor: &mut Actor) -> Outcome<Reply> {
    let shown = actor.send(account(actor)).await?;
    assert_eq!(shown.status, 200, "{}", shown.text());
    page_headers("the account page", &shown);
    Ok(shown)
}

/// What the first button of this label sends, with what the person knows typed in.
pub(crate) fn press(actor: &Actor, shown: &Reply, label: &str) -> Outcome<Request> {
    press_where(actor, shown, (label, |_: &Form| true))
}

/// The same of the first form that fits.
fn press_where(
    actor: &Actor,
    shown: &Reply,
    (label, fits): (&str, impl Fn(&Form) -> bool),
) -> Outcome<Request> {
    let page = Page::parse(&shown.text(), &Url::parse(&actor.issuer)?);
    let form = page.forms.iter().find(|form| form.buttons.iter().any(|own| own.label == label) && fits(form));
    let form = form.ok_or_else(|| Failure::new(format!("no button {label}: {}", shown.text())))?;
    let mut request = Request::form(form.action.as_str())
        .by_human()
        .with_header("origin", &form.action.origin().ascii_serialization())
        .with_header("sec-fetch-site", "same-origin");
    for (name, value) in form.filled(&[("email", &actor.email), ("password", &actor.password)], None) {
        request.add(&name, &value);
    }
    Ok(request)
}

/// Carried out: the browser is sent to the account page and nowhere else, and finds there what is given back.
async fn done(actor: &mut Actor, request: Request) -> Outcome<Reply> {
    let reply = actor.send(request).await?;
    assert_eq!(reply.status, 303, "{}", reply.text());
    let location = reply.header("location").unwrap_or_default().to_owned();
    let rest = location.strip_prefix("/account").filter(|rest| rest.is_empty() || rest.starts_with("?done="));
    assert!(rest.is_some(), "{location}");
    let shown = actor.send(Request::get(format!("{}{location}", actor.issuer)).by_human()).await?;
    assert_eq!(shown.status, 200, "{}", shown.text());
    Ok(shown)
}

/// Signs in on the account page itself.
pub(crate) async fn sign_in(actor: &mut Actor) -> Outcome<Reply> {
    let shown = open(actor).await?;
    let request = press(actor, &shown, "Sign in")?;
    done(actor, request).await
}

/// The same person at another browser, signed in there.
async fn elsewhere(actor: &Actor) -> Outcome<Actor> {
    let mut other = actor.clone();
    other.jar.clear();
    sign_in(&mut other).await?;
    Ok(other)
}

/// Somebody else, signed in at a browser of their own.
pub(crate) async fn eve(world: &World, actor: &Actor) -> Outcome<Actor> {
    world.add_user(EVE.0, EVE.1).await?;
    let mut eve = actor.clone();
    (eve.email, eve.password) = (EVE.0.to_owned(), EVE.1.to_owned());
    elsewhere(&eve).await
}

/// Whether this browser is signed in.
async fn is_signed_in(actor: &mut Actor) -> Outcome<bool> {
    let shown = open(actor).await?;
    Ok(!shown.text().contains("Sign in to your account"))
}
