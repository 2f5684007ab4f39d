//! Signed-in browsers: told apart, and ended.

use conformance::{
    actor::Request,
    failure::Outcome,
    world::{EMAIL, PASSWORD, World},
};

use super::{account, done, elsewhere, eve, is_signed_in, open, press, press_where, sign_in};
use crate::negative::check::{page, seconds};

const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";

#[tokio::test]
async fn signing_in_comes_back_to_the_page_and_nowhere_else() -> Outcome {
    let world = World::start().await?;
    let mut actor = world.stranger()?;
    let request = account(&actor).with("next", "https://evil.com/").with("done", "https://evil.com/");
    let shown = actor.send(request).await?;
    page("not signed in", &shown, 200);
    assert!(!shown.text().contains("evil"), "{}", shown.text());
    let happy = press(&actor, &shown, "Sign in")?;
    for (what, email, password) in [
        ("a wrong password", EMAIL, "wrong"),
        ("an unknown e-mail", "nobody@example.com", PASSWORD),
        ("neither", "", ""),
    ] {
        let reply = actor.send(happy.clone().with("email", email).with("password", password)).await?;
        page(what, &reply, 403);
        assert!(reply.text().contains("The e-mail or the password is not right."), "{what}");
        assert_eq!(reply.header("set-cookie"), None, "{what}");
    }
    let happy = happy.with("next", "https://evil.com/");
    let reply = actor.send(happy).await?;
    assert_eq!((reply.status, reply.header("location")), (303, Some("/account")));
    let shown = open(&mut actor).await?;
    assert!(shown.text().contains(&actor.email) && shown.text().contains("Your account"));
    Ok(())
}

#[tokio::test]
async fn browsers_are_called_by_their_names_and_this_one_is_marked() -> Outcome {
    let world = World::start().await?;
    let mut actor = world.stranger()?;
    sign_in(&mut actor).await?;
    let mut other = world.stranger()?;
    let shown = open(&mut other).await?;
    let request = press(&other, &shown, "Sign in")?.with_header("user-agent", FIREFOX);
    let shown = done(&mut other, request).await?;
    let html = shown.text();
    assert!(html.contains("Firefox on Linux <span class=\"badge\">this browser"), "{html}");
    assert!(html.contains("A browser that does not say its name"), "{html}");
    assert_eq!(html.matches("this browser").count(), 1, "{html}");
    Ok(())
}

#[tokio::test]
async fn one_of_them_is_ended_from_another() -> Outcome {
    let world = World::start().await?;
    let mut actor = world.stranger()?;
    sign_in(&mut actor).await?;
    let mut other = elsewhere(&actor).await?;
    let mut third = elsewhere(&actor).await?;
    let shown = open(&mut actor).await?;
    let end = press(&actor, &shown, "Sign out there")?;
    let shown = done(&mut actor, end.clone()).await?;
    assert!(shown.text().contains("You are signed out there."));
    let left = [is_signed_in(&mut other).await?, is_signed_in(&mut third).await?];
    assert!(left[0] != left[1], "{left:?}");
    // Once more it is not there, and nothing else happens.
    page("once more", &actor.send(end).await?, 404);
    assert_eq!(left, [is_signed_in(&mut other).await?, is_signed_in(&mut third).await?]);
    assert!(is_signed_in(&mut actor).await?);
    Ok(())
}

#[tokio::test]
async fn everywhere_else_is_everywhere_else() -> Outcome {
    let world = World::start().await?;
    let mut actor = world.actor().await?;
    let tokens = actor.sign_in().await?;
    let mut others = [elsewhere(&actor).await?, elsewhere(&actor).await?];
    let mut eve = eve(&world, &actor).await?;
    let shown = open(&mut actor).await?;
    let end = press(&actor, &shown, "Sign out everywhere else")?;
    let shown = done(&mut actor, end.clone()).await?;
    assert!(shown.text().contains("You are signed out everywhere else."));
    assert!(!shown.text().contains("Sign out everywhere else</button>"), "{}", shown.text());
    for other in &mut others {
        assert!(!is_signed_in(other).await?);
        // A request asks for the password there too.
        let shown = other.open(other.authorize_request()).await?;
        assert!(shown.text().contains("type=\"password\""));
    }
    assert!(is_signed_in(&mut actor).await? && is_signed_in(&mut eve).await?);
    done(&mut actor, end).await?;
    actor.refresh(&tokens.refresh).await?;
    Ok(())
}

#[tokio::test]
async fn somebody_else_s_browser_is_not_found() -> Outcome {
    let world = World::start().await?;
    let mut actor = world.stranger()?;
    sign_in(&mut actor).await?;
    let mut other = elsewhere(&actor).await?;
    let shown = open(&mut actor).await?;
    let mine = press(&actor, &shown, "Sign out there")?;
    let mut eve = eve(&world, &actor).await?;
    let mut hers = elsewhere(&eve).await?;
    let shown = open(&mut eve).await?;
    let end = press(&eve, &shown, "Sign out there")?;
    let cookie = actor.jar.value("gatehouse").unwrap_or_default().to_owned();
    for about in [mine.parameter("about").unwrap_or_default(), cookie.as_str(), "nobody", ""] {
        page(about, &eve.send(end.clone().with("about", about)).await?, 404);
    }
    for browser in [&mut actor, &mut other, &mut hers] {
        assert!(is_signed_in(browser).await?);
    }
    Ok(())
}

#[tokio::test]
async fn signing_out_ends_this_browser_and_no_grant() -> Outcome {
    let world = World::start().await?;
    let mut actor = world.actor().await?;
    let tokens = actor.sign_in().await?;
    let mut other = elsewhere(&actor).await?;
    let before = actor.jar.clone();
    let shown = open(&mut actor).await?;
    let out = press(&actor, &shown, "Sign out")?;
    let end = press(&actor, &shown, "End access")?;
    let shown = done(&mut actor, out.clone()).await?;
    assert!(shown.text().contains("You are signed out of this browser."), "{}", shown.text());
    assert!(shown.text().contains("Sign in to your account"));
    let mut kept = actor.clone();
    kept.jar = before;
    assert!(!is_signed_in(&mut kept).await?, "whoever kept the cookie");
    for request in [out, end] {
        let reply = actor.send(request).await?;
        page("a form from before", &reply, 403);
        assert!(reply.text().contains("not signed in any more"), "{}", reply.text());
    }
    assert!(is_signed_in(&mut other).await?);
    actor.refresh(&tokens.refresh).await?;
    Ok(())
}

/// A new sign-in takes the place of the one this browser had.
#[tokio::test]
async fn a_browser_is_listed_once() -> Outcome {
    let world = World::start().await?;
    let mut actor = world.actor().await?;
    sign_in(&mut actor).await?;
    for _ in 0..2 {
        let login = actor.authorize_request().with("prompt", "login");
        actor.decide(login, "allow").await?.code()?;
        world.advance(seconds(60));
    }
    let shown = open(&mut actor).await?;
    assert_eq!(shown.text().matches("Signed in").count(), 1, "{}", shown.text());
    assert!(press_where(&actor, &shown, ("Sign out there", |_| true)).is_err());
    // By GET nothing is ever ended.
    let page = Request::get(format!("{}/account?ticket=x&about=y", actor.issuer)).by_human();
    assert_eq!(actor.send(page).await?.status, 200);
    assert!(is_signed_in(&mut actor).await?);
    Ok(())
}
