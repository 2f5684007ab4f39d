//! What an attacker would try with people, their sign-ins and what they allowed.
//!
//! | module | what is tried |
//! |---|---|
//! | [`seals`] | one sealed text in the place of another |
//! | [`providers`] | a provider that lies, and people whose names are alike |
//! | [`ended`] | what is on the way when an account ends |
//! | [`guesses`] | passwords, from where the count might not reach |
//! | [`places`] | addresses that are said, or that one has plenty of |
//! | [`exposed`] | what pages, links, logs and a terminal give away |
//! | [`faults`] | what once got in |

mod ended;
mod exposed;
mod faults;
mod guesses;
mod places;
mod providers;
mod seals;

use auth_server::{App, flow::accounts};
use conformance::{
    actor::{Actor, Landing, Request},
    exchange::Reply,
    failure::{Failure, Outcome},
    page::Page,
    world::{EMAIL, PASSWORD},
};

use crate::{passkeys::authenticator, upstream::fake};

/// The button of the first provider.
const FIRST: &str = "provider:1";
const NEW_PASSWORD: &str = "another password altogether";

/// A link to a new password.
async fn reset(app: &App, named: &str) -> Outcome<String> {
    let account = accounts::find(app, named).await?;
    Ok(auth_server::flow::links::reset(app, account).await?.0)
}

/// Opens an address of the issuer in the person's browser.
pub(crate) async fn look(actor: &mut Actor, path: &str) -> Outcome<Reply> {
    let address = if path.starts_with('/') { format!("{}{path}", actor.issuer) } else { path.to_owned() };
    actor.send(Request::get(address).by_human()).await
}

/// What the first form of a page sends that has this field, as the browser fills it in.
pub(crate) fn form(actor: &Actor, shown: &Reply, field: &str) -> Outcome<Request> {
    let page = Page::parse(&shown.text(), &actor.issuer.parse()?);
    let form = page.forms.iter().find(|form| form.fields.iter().any(|own| own.name == field));
    let form = form.ok_or_else(|| Failure::new(format!("no form with {field}: {}", shown.text())))?;
    let mut request = Request::form(form.action.as_str())
        .by_human()
        .with_header("origin", &form.action.origin().ascii_serialization())
        .with_header("sec-fetch-site", "same-origin");
    for (name, value) in form.filled(&[("email", &actor.email), ("password", &actor.password)], None) {
        if !name.is_empty() {
            request.add(&name, &value);
        }
    }
    Ok(request)
}

/// Allows what the client asks for with a provider's button: where the browser is sent.
async fn depart(actor: &mut Actor, button: &str) -> Outcome<Landing> {
    let authorize = actor.authorize_request();
    let page = actor.open(authorize).await?;
    let request = actor.decision_request(&page, button)?;
    Landing::of(&actor.send(request).await?)
}

/// What the browser asks for when it comes back with a code.
fn return_request(actor: &Actor, departure: &Landing) -> Request {
    let state = departure.get("state").unwrap_or_default();
    let address = format!("{}/signin/callback", actor.issuer);
    Request::get(address).by_human().with("code", "a-code").with("state", state)
}
