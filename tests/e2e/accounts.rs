//! Local accounts: the first one, invitations, new passwords, and their end.

mod ended;
mod links;

use auth_server::{App, flow::accounts};
use conformance::{
    actor::{Actor, Request},
    exchange::Reply,
    failure::{Failure, Outcome},
    page::Page,
    world::{EMAIL, World},
};

const NEW_PASSWORD: &str = "another password altogether";

/// A world in which nobody has an account.
async fn nobody() -> Outcome<World> {
    let world = World::start().await?;
    let app = world.auth_app()?;
    accounts::remove(app, accounts::find(app, EMAIL).await?).await?;
    Ok(world)
}

async fn set_up(app: &App) -> Outcome<String> {
    let link = auth_server::flow::links::set_up(app).await?;
    link.ok_or_else(|| Failure::new("no link to the first account"))
}

async fn invite(app: &App, email: &str) -> Outcome<String> {
    Ok(auth_server::flow::links::invite(app, email, std::time::Duration::from_secs(7 * 24 * 3600)).await?)
}

async fn reset(app: &App, named: &str) -> Outcome<String> {
    let account = accounts::find(app, named).await?;
    Ok(auth_server::flow::links::reset(app, account).await?.0)
}

/// Opens a link in the person's browser.
async fn open(actor: &mut Actor, link: &str) -> Outcome<Reply> {
    actor.send(Request::get(link).by_human()).await
}

/// What the form of a link's page sends, with this password twice.
fn filled(actor: &Actor, shown: &Reply, password: &str) -> Outcome<Request> {
    let page = Page::parse(&shown.text(), &actor.issuer.parse()?);
    let form = page.forms.first().ok_or_else(|| Failure::new(format!("no form: {}", shown.text())))?;
    let mut request = Request::form(form.action.as_str())
        .by_human()
        .with_header("origin", &form.action.origin().ascii_serialization())
        .with_header("sec-fetch-site", "same-origin");
    for (name, value) in form.filled(&[("email", &actor.email)], None) {
        if !name.is_empty() {
            request.add(&name, &value);
        }
    }
    Ok(request.with("password", password).with("repeated", password))
}

/// Opens a link and chooses a password there; what comes of it.
async fn follow(actor: &mut Actor, link: &str, password: &str) -> Outcome<Reply> {
    let shown = open(actor, link).await?;
    let request = filled(actor, &shown, password)?;
    actor.send(request).await
}

/// A client of a human who has not signed in.
async fn somebody(world: &World, email: &str, password: &str) -> Outcome<Actor> {
    let mut actor = world.actor().await?;
    (actor.email, actor.password) = (email.to_owned(), password.to_owned());
    Ok(actor)
}
