//! The forms of the account page: whose they are, for how long, and what a forged one is worth.

use conformance::{
    actor::Request,
    failure::{Failure, Outcome},
    world::World,
};
use reqwest::Method;

use super::{account, done, elsewhere, eve, is_signed_in, open, press, sign_in};
use crate::negative::check::{Row, no_cors, page, seconds};

#[tokio::test]
async fn a_forged_form_changes_nothing() -> Outcome {
    let world = World::start().await?;
    let mut actor = world.actor().await?;
    let tokens = actor.sign_in().await?;
    let shown = open(&mut actor).await?;
    let happy = press(&actor, &shown, "End access")?;
    let sealed = happy.parameter("ticket").ok_or_else(|| Failure::new("no ticket"))?.to_owned();
    let waiting = actor.open(actor.authorize_request()).await?;
    let waiting = actor.decision_request(&waiting, "allow")?;
    let middle = sealed.len() / 2;
    let flipped = if sealed.as_bytes()[middle] == b'A' { "B" } else { "A" };
    let changed = format!("{}{flipped}{}", &sealed[..middle], &sealed[middle + 1..]);
    let with = |text: &str| happy.clone().with("ticket", text);
    let from = |origin: &str| happy.clone().with_header("origin", origin);
    let issuer = world.issuer();
    let rows: Vec<Row> = vec![
        ("one character changed", with(&changed)),
        ("one character cut off", with(&sealed[..sealed.len() - 1])),
        ("a waiting request in its place", with(waiting.parameter("request").unwrap_or_default())),
        ("a registration in its place", with(actor.client.id.trim_start_matches("dcr_"))),
        ("nothing in its place", with("")),
        ("nothing sealed", happy.clone().without("ticket")),
        ("two of them", happy.clone().with_another("ticket", &sealed)),
        ("from another site", from("https://evil.com")),
        ("from a page that hides where it is", from("null")),
        ("from another port", from("http://localhost:1")),
        ("from a longer name", from(&format!("{issuer}.evil.com"))),
        ("as JSON", happy.clone().body(format!("{{\"ticket\":\"{sealed}\"}}"))),
    ];
    for (what, request) in rows {
        let reply = actor.send(request).await?;
        page(what, &reply, 400);
        assert_eq!(reply.header("set-cookie"), None, "{what}");
    }
    let by_put = happy.clone().method(Method::PUT);
    assert_eq!(actor.send(by_put).await?.status, 405);
    no_cors("a preflight", &actor.send(account(&actor).method(Method::OPTIONS)).await?);
    let tokens = actor.refresh(&tokens.refresh).await?;
    done(&mut actor, happy).await?;
    assert_eq!(actor.send(actor.refresh_request(&tokens.refresh)).await?.status, 400);
    Ok(())
}

/// A form is for one browser, for whoever was signed in there, and for half an hour.
#[tokio::test]
async fn a_form_is_for_its_browser_and_its_person_and_ends() -> Outcome {
    let world = World::start().await?;
    let mut actor = world.actor().await?;
    let tokens = actor.sign_in().await?;
    let mut other = elsewhere(&actor).await?;
    let mut eve = eve(&world, &actor).await?;
    let shown = open(&mut actor).await?;
    let labels = ["End access", "Sign out there", "Sign out everywhere else", "Sign out", "Change password"];
    let forms = labels.map(|label| press(&actor, &shown, label));
    let forms: Vec<Request> = forms.into_iter().collect::<Outcome<_>>()?;
    let mut nobody = world.stranger()?;
    for (label, form) in labels.iter().zip(&forms) {
        let form =
            form.clone().with("new_password", "taken over by eve").with("repeated", "taken over by eve");
        page(&format!("{label}, another browser"), &other.send(form.clone()).await?, 400);
        page(&format!("{label}, somebody else"), &eve.send(form.clone()).await?, 403);
        page(&format!("{label}, nobody"), &nobody.send(form.clone()).await?, 403);
    }
    // The same browser, where somebody else has signed in meanwhile.
    let mut shared = actor.clone();
    (shared.email, shared.password) = (eve.email.clone(), eve.password.clone());
    let request = shared.authorize_request().with("prompt", "login");
    shared.decide(request, "allow").await?.code()?;
    for (label, form) in labels.iter().zip(&forms) {
        let reply = shared.send(form.clone()).await?;
        page(&format!("{label}, after a change of person"), &reply, 403);
        assert!(reply.text().contains("made for somebody else"), "{label}: {}", reply.text());
    }
    let tokens = actor.refresh(&tokens.refresh).await?;

    actor.jar.clear();
    let shown = sign_in(&mut actor).await?;
    let late = press(&actor, &shown, "End access")?;
    world.advance(seconds(1800));
    let reply = actor.send(late).await?;
    page("an expired form", &reply, 400);
    assert!(reply.text().contains("open for too long"), "{}", reply.text());
    actor.refresh(&tokens.refresh).await?;
    // The page that came back is a good one.
    let end = press(&actor, &reply, "End access")?;
    done(&mut actor, end).await?;
    Ok(())
}

/// Nobody is signed in by a form that was laid out for them: the account would be somebody else's.
#[tokio::test]
async fn a_sign_in_form_is_for_its_browser_too() -> Outcome {
    let world = World::start().await?;
    let mut actor = world.stranger()?;
    let mut victim = world.stranger()?;
    open(&mut victim).await?;
    let shown = open(&mut actor).await?;
    let happy = press(&actor, &shown, "Sign in")?;
    page("in another browser", &victim.send(happy.clone()).await?, 403);
    page("from elsewhere", &actor.send(happy.clone().with_header("origin", "https://evil.com")).await?, 400);
    assert!(!is_signed_in(&mut victim).await? && !is_signed_in(&mut actor).await?);
    done(&mut actor, happy).await?;
    Ok(())
}

/// What the page says after an action is ours to say.
#[tokio::test]
async fn nobody_puts_words_into_the_page() -> Outcome {
    let world = World::start().await?;
    let mut actor = world.stranger()?;
    sign_in(&mut actor).await?;
    let mut other = elsewhere(&actor).await?;
    let shown = open(&mut actor).await?;
    let end = press(&actor, &shown, "Sign out everywhere else")?;
    let reply = actor.send(end.clone()).await?;
    let location = reply.header("location").unwrap_or_default().to_owned();
    let notice = "You are signed out everywhere else.";
    let here = Request::get(format!("{}{location}", actor.issuer)).by_human();
    assert!(actor.send(here.clone()).await?.text().contains(notice));
    assert!(!other.send(here).await?.text().contains(notice), "in another browser");
    let ticket = end.parameter("ticket").unwrap_or_default().to_owned();
    for made_up in [ticket.as_str(), "end_sessions", "<script>", ""] {
        let shown = actor.send(account(&actor).with("done", made_up)).await?;
        page(made_up, &shown, 200);
        assert!(!shown.text().contains("class=\"notice\"") && !shown.text().contains("<script"), "{made_up}");
    }
    Ok(())
}
