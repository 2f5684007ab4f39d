//! Authorize, exchange and refresh, all but the wire and the proof of who the client is.

use auth_server::{
    flow::{
        authorization_code,
        authorize::{Authorization, Start, authorize},
        refresh_token,
    },
    login::browser::Browser,
    oauth::{code::PURPOSE, parameters::Parameters, response::TokenResponse},
    store::sign_ins::SignIn,
};
use criterion::Criterion;
use url::form_urlencoded::Serializer;

use crate::house::{CHALLENGE, House, RESOURCE, SCOPE, VERIFIER};

pub fn bench(criterion: &mut Criterion) {
    let house = House::open();
    let tokens = || house.once(exchange(&house)).refresh_token.unwrap();
    // Its grant answers for the person from now on.
    tokens();
    let (requested, browser) = (request(&house), browser(&house));
    house.crowd(criterion, "authorize", String::new, async |location| {
        *location = authorize_again(&house, &requested, &browser).await;
    });
    house.crowd(criterion, "exchange", String::new, async |token| {
        *token = exchange(&house).await.refresh_token.unwrap();
    });
    house.crowd(criterion, "refresh", tokens, async |token| {
        *token = refresh(&house, token).await.refresh_token.unwrap();
    });
}

/// A query or a form, as it comes in.
fn form(pairs: &[(&str, &str)]) -> String {
    Serializer::new(String::new()).extend_pairs(pairs).finish()
}

/// Where ChatGPT sends the browser.
fn request(house: &House) -> String {
    form(&[
        ("response_type", "code"),
        ("client_id", &house.client.id),
        ("redirect_uri", house.client.metadata.redirect_uris[0].as_str()),
        ("scope", SCOPE),
        ("state", "oauth_s_69206b1c52b48191a0a8e8a9"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
        ("resource", RESOURCE),
    ])
}

/// A browser in which the user is signed in.
fn browser(house: &House) -> Browser {
    let mut browser = Browser::unknown();
    let (user, at) = (house.user.clone(), house.app.clock.now());
    browser.sign_in = Some(SignIn { user, browser: browser.binding().to_owned(), at });
    browser
}

/// A code, without a look: the user has let the client in before.
async fn authorize_again(house: &House, requested: &str, browser: &Browser) -> String {
    let parameters = Parameters::parse(requested.as_bytes()).unwrap();
    let mut browser = browser.clone();
    browser.began_at = house.app.clock.milliseconds();
    match authorize(&house.app, &parameters, &browser, Start::Direct).await {
        Ok(Authorization::Redirect(location)) => location,
        Ok(Authorization::Ask(_)) => unreachable!("the person is asked"),
        Err(refusal) => unreachable!("{refusal}"),
    }
}

/// Tokens for a code. It is made here: a person who is asked again and again has ever more grants to be looked through.
async fn exchange(house: &House) -> TokenResponse {
    let approval = serde_json::to_vec(&house.approval()).unwrap();
    let sent = form(&[
        ("grant_type", "authorization_code"),
        ("code", &house.app.secrets.seal(PURPOSE, &approval)),
        ("redirect_uri", house.client.metadata.redirect_uris[0].as_str()),
        ("client_id", &house.client.id),
        ("code_verifier", VERIFIER),
        ("resource", RESOURCE),
    ]);
    let parameters = Parameters::parse(sent.as_bytes()).unwrap();
    authorization_code::redeem(&house.app, &house.client, &parameters).await.unwrap()
}

/// Tokens for a refresh token.
async fn refresh(house: &House, token: &str) -> TokenResponse {
    let sent = form(&[
        ("grant_type", "refresh_token"),
        ("refresh_token", token),
        ("client_id", &house.client.id),
        ("resource", RESOURCE),
    ]);
    let parameters = Parameters::parse(sent.as_bytes()).unwrap();
    refresh_token::refresh(&house.app, &house.client, &parameters).await.unwrap()
}
