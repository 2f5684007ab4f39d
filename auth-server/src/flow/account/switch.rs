//! "Not you?": the page of a request once more, for somebody who is not signed in yet.

use crate::{
    app::App,
    flow::{
        approve::{DecisionError, reopen},
        authorize::{Ask, ask},
    },
    login::browser::Browser,
    oauth::authorization_request::AuthorizationRequest,
};

/// The same request, for whoever signs in next. Whoever is signed in stays so elsewhere, until somebody else does here.
///
/// # Errors
/// The page has expired, is not ours, or belongs to another browser.
pub async fn switch(app: &App, sealed: &str, browser: &Browser) -> Result<Ask, DecisionError> {
    let (client, _, request) = reopen(app, sealed, browser).await?;
    Ok(ask(app, client, AuthorizationRequest { user: None, ..request })?)
}
