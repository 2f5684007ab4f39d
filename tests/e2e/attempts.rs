//! Passwords can be tried only so often, and whoever tries them locks nobody else out.

use conformance::{
    actor::{Actor, Landing, Request},
    exchange::Reply,
    failure::{Failure, Outcome},
    page::Page,
    world::{EMAIL, World},
};

use crate::{
    incidents::reference,
    negative::check::{page, seconds},
};

/// Failed attempts after which one has to wait.
const FREE: usize = 10;

async fn limited() -> Outcome<World> {
    World::builder().auth("RATE_LIMITS", "on").start().await
}

/// The decision of a page with another password.
async fn attempt(actor: &mut Actor, (email, password): (&str, &str)) -> Outcome<Request> {
    let shown = actor.open(actor.authorize_request()).await?;
    let request = actor.decision_request(&shown, "allow")?;
    Ok(request.with("email", email).with("password", password))
}

async fn guess(actor: &mut Actor, email: &str) -> Outcome<Reply> {
    let request = attempt(actor, (email, "a wrong password")).await?;
    actor.send(request).await
}

/// Guesses until that is over; the page that says so.
async fn exhaust(actor: &mut Actor, email: &str) -> Outcome<Reply> {
    for _ in 0..FREE {
        page("a guess", &guess(actor, email).await?, 403);
    }
    guess(actor, email).await
}

/// Somebody else's browser.
fn elsewhere(actor: &Actor) -> Actor {
    let mut other = actor.clone();
    other.jar.clear();
    other
}

#[tokio::test]
async fn whoever_guesses_must_wait_longer_and_longer() -> Outcome {
    let world = limited().await?;
    let mut actor = world.actor().await?;
    let refused = exhaust(&mut actor, EMAIL).await?;
    page("a guess too many", &refused, 429);
    assert_eq!(refused.header("retry-after"), Some("1"));
    assert!(refused.text().contains("Wait one second and try again."), "{}", refused.text());
    // Not even the right password is looked at, and no work is done for it.
    let passwords = || world.auth_app().map(|app| app.passwords.computed());
    let before = passwords()?;
    let password = actor.password.clone();
    let right = attempt(&mut actor, (EMAIL, &password)).await?;
    page("the right one", &actor.send(right).await?, 429);
    assert_eq!(passwords()?, before);
    for wait in [1, 2, 4, 8] {
        let refused = guess(&mut actor, EMAIL).await?;
        assert_eq!(refused.header("retry-after"), Some(wait.to_string().as_str()));
        world.advance(seconds(wait - 1));
        page("a second too early", &guess(&mut actor, EMAIL).await?, 429);
        world.advance(seconds(1));
        page("in time", &guess(&mut actor, EMAIL).await?, 403);
    }
    world.advance(seconds(16));
    // The page that was refused is still good.
    let shown = actor.decision_request(&refused, "allow")?;
    Landing::of(&actor.send(shown).await?)?.code()?;
    actor.jar.clear();
    page("after a success", &guess(&mut actor, EMAIL).await?, 403);
    Ok(())
}

/// The same pages after the same work, whether there is such an account or not.
#[tokio::test]
async fn an_unknown_address_is_treated_as_a_known_one() -> Outcome {
    let world = limited().await?;
    let passwords = || world.auth_app().map(|app| app.passwords.computed());
    let mut seen = Vec::new();
    for email in [EMAIL, "nobody@example.com", "\u{1}@example.com"] {
        let mut actor = world.actor().await?;
        let before = passwords()?;
        let last = exhaust(&mut actor, email).await?;
        let wrong = last.text().replace(email, "ADDRESS");
        let sealed = actor.decision_request(&last, "deny")?;
        let text = wrong.replace(sealed.parameter("request").unwrap_or_default(), "SEALED");
        let reference = reference(&last).ok_or_else(|| Failure::new("no reference"))?;
        let text = text.replace(&reference, "REFERENCE");
        seen.push((passwords()? - before, last.status, last.header("retry-after").map(str::to_owned), text));
    }
    assert_eq!(seen[0].0, FREE as u64, "one hash an attempt, and none for the refused one");
    assert_eq!(seen[0], seen[1]);
    assert_eq!(seen[0].0, seen[2].0);
    Ok(())
}

/// Whoever is guessed at signs in where they have signed in before.
#[tokio::test]
async fn the_owner_is_not_locked_out() -> Outcome {
    let mut world = limited().await?;
    let mut owner = world.actor().await?;
    owner.sign_in().await?;
    // The sign-in has ended; what the browser remembers has not.
    world.advance(seconds(30 * 24 * 3600));
    let mut guesser = elsewhere(&owner);
    page("a guess too many", &exhaust(&mut guesser, EMAIL).await?, 429);
    owner.fresh().sign_in().await?;
    page("the owner's success", &guess(&mut guesser, EMAIL).await?, 429);
    // Nor does knowing one account help with another.
    world.add_user("eve@example.com", "a password of her own").await?;
    page("somebody else's account", &exhaust(&mut guesser, "eve@example.com").await?, 429);
    world.advance(seconds(13 * 3600));
    page(
        "from the owner's browser, when the wait is over",
        &guess(&mut owner, "eve@example.com").await?,
        403,
    );
    page("and once more", &guess(&mut owner, "eve@example.com").await?, 429);
    // A browser that was let in before is counted too, by itself.
    world.advance(seconds(48 * 3600));
    page("a stolen browser", &exhaust(&mut owner, EMAIL).await?, 429);
    // What the browser remembers outlasts a restart, and nobody else can write it.
    world.restart_auth().await?;
    let mut forger = elsewhere(&owner);
    let cookie = format!("gatehouse-known={}", owner.jar.value("gatehouse-known").unwrap_or_default());
    let address = forger.issuer.parse()?;
    for (cookie, status) in [(cookie.replace('A', "B").replace('a', "b"), 429), (cookie, 403)] {
        page("a guess too many", &exhaust(&mut elsewhere(&owner), EMAIL).await?, 429);
        forger.jar.store(&address, [cookie.as_str()]);
        page("forged, or carried over", &guess(&mut forger, EMAIL).await?, status);
        world.advance(seconds(48 * 3600));
    }
    Ok(())
}

/// Only a password that fitted makes a browser known to an account, not a field that says so.
#[tokio::test]
async fn nobody_names_the_account_a_browser_is_known_to() -> Outcome {
    let world = limited().await?;
    world.add_user("eve@example.com", "a password of her own").await?;
    let mut actor = world.actor().await?;
    actor.sign_in().await?;
    let known = actor.jar.value("gatehouse-known").map(str::to_owned);
    let address = format!("{}/account", actor.issuer);
    let shown = actor.open(Request::get(&address).by_human()).await?;
    let page_of_account = Page::parse(&shown.text(), &address.parse()?);
    let mut tried = 0;
    for form in page_of_account.forms {
        for button in &form.buttons {
            let mut request = Request::form(form.action.as_str()).by_human();
            for (name, value) in form.filled(&[], Some(button)) {
                request.add(&name, &value);
            }
            let mut copy = actor.clone();
            let done = copy.send(request.with("email", "eve@example.com")).await?;
            tried += usize::from(done.status == 303);
            assert_eq!(copy.jar.value("gatehouse-known"), known.as_deref(), "{}", button.label);
        }
    }
    assert!(tried > 0, "nothing was done, so nothing was shown");
    page("the account itself", &exhaust(&mut elsewhere(&actor), "eve@example.com").await?, 429);
    Ok(())
}

/// Many at once get no further than one after another.
#[tokio::test]
async fn guessing_in_parallel_gains_nothing() -> Outcome {
    let world = limited().await?;
    let mut actor = world.actor().await?;
    let request = attempt(&mut actor, (EMAIL, "a wrong password")).await?;
    let before = world.auth_app()?.passwords.computed();
    let guesses = (0..40).map(|_| {
        let (mut actor, request) = (actor.clone(), request.clone());
        async move { actor.send(request).await.map(|reply| reply.status) }
    });
    let statuses = futures_util::future::try_join_all(guesses).await?;
    assert_eq!(statuses.iter().filter(|status| **status == 403).count(), FREE, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|status| **status == 429).count(), 40 - FREE, "{statuses:?}");
    assert_eq!(world.auth_app()?.passwords.computed() - before, FREE as u64);
    Ok(())
}

/// Many accounts from one address have an end too, but not for browsers that are known.
#[tokio::test]
async fn one_address_tries_only_so_many_accounts() -> Outcome {
    let world = limited().await?;
    let mut owner = world.actor().await?;
    owner.sign_in().await?;
    world.advance(seconds(13 * 3600));
    let mut guesser = elsewhere(&owner);
    let request = attempt(&mut guesser, ("", "a wrong password")).await?;
    for number in 0..300 {
        let guess = request.clone().with("email", format!("{number}@example.com"));
        assert_eq!(guesser.send(guess).await?.status, 403, "{number}");
    }
    page("one more", &guesser.send(request.clone().with("email", "new@example.com")).await?, 429);
    owner.fresh().sign_in().await?;
    world.advance(seconds(1));
    page("a second later", &guesser.send(request.with("email", "new@example.com")).await?, 403);
    Ok(())
}

#[tokio::test]
async fn it_can_be_switched_off() -> Outcome {
    let world = World::start().await?;
    let mut actor = world.actor().await?;
    page("a guess too many", &exhaust(&mut actor, EMAIL).await?, 403);
    actor.sign_in().await?;
    Ok(())
}
