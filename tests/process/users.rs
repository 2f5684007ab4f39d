//! `auth-server users …`, beside a running server: what it says takes effect at once. And the first start.

use conformance::{
    actor::{Actor, Request, expect},
    failure::{Failure, Outcome},
    page::Page,
};

use crate::harness::{Deployment, assert_refused, note_ids};

const EMAIL: &str = "demo@example.com";
const NEW_PASSWORD: &str = "another password altogether";

/// What a command that succeeds says.
async fn done(deployment: &Deployment, arguments: &[&str], input: Option<&str>) -> Outcome<String> {
    let ended = deployment.auth.run(&[&["users"], arguments].concat(), input).await?;
    match ended.status.success() {
        true => Ok(ended.said),
        false => Err(Failure::new(format!("{arguments:?}: {}", ended.said))),
    }
}

/// A command that is refused, in a plain sentence.
async fn refused(deployment: &Deployment, arguments: &[&str], (code, told): (i32, &str)) -> Outcome {
    let ended = deployment.auth.run(&[&["users"], arguments].concat(), None).await?;
    assert_eq!(ended.status.code(), Some(code), "{arguments:?}: {}", ended.said);
    assert!(ended.said.contains(told) && !ended.said.contains("panicked"), "{arguments:?}: {}", ended.said);
    Ok(())
}

/// The link somebody was told.
fn link(said: &str) -> Outcome<String> {
    let words = said.split_whitespace();
    let link = words.filter(|word| word.contains("/welcome/")).map(str::to_owned).next();
    link.ok_or_else(|| Failure::new(format!("no link:\n{said}")))
}

/// Opens a link and chooses a password there.
async fn follow(actor: &mut Actor, link: &str, password: &str) -> Outcome {
    let shown = expect(actor.send(Request::get(link).by_human()).await?, 200)?;
    let page = Page::parse(&shown.text(), &actor.issuer.parse()?);
    let form = page.forms.first().ok_or_else(|| Failure::new("no form"))?;
    let mut request = Request::form(form.action.as_str()).by_human();
    for (name, value) in form.filled(&[("email", &actor.email)], None) {
        request.add(&name, &value);
    }
    let request = request.with("password", password).with("repeated", password).without("");
    expect(actor.send(request).await?, 303)?;
    Ok(())
}

#[tokio::test]
async fn a_first_start_tells_how_to_make_the_first_account() -> Outcome {
    let mut deployment = Deployment::prepare()?;
    deployment.auth.set("LOG", "trace");
    deployment.auth.start().await?;
    deployment.mcp.start().await?;
    let first = link(&deployment.auth.process()?.said())?;
    deployment.auth.crash().await?;
    let said = deployment.auth.process()?.said();
    let second = link(&said)?;
    assert_ne!(first, second, "each start tells a new one");
    let mut actor = deployment.actor().await?;
    (actor.email, actor.password) = ("first@example.com".to_owned(), NEW_PASSWORD.to_owned());
    follow(&mut actor, &second, NEW_PASSWORD).await?;
    assert_eq!(actor.send(Request::get(&second).by_human()).await?.status, 404);
    let tokens = actor.sign_in().await?;
    assert!(note_ids(&mut actor, &tokens.access).await?.is_empty(), "a tool was called");
    // Told once, to whoever started it, and never logged.
    let said = deployment.auth.process()?.said();
    let token = second.rsplit('/').next().unwrap_or_default();
    assert_eq!(said.matches(token).count(), 1, "{said}");
    assert!(said.contains("an account was made"), "the log is there: {said}");
    deployment.auth.crash().await?;
    assert!(!deployment.auth.process()?.said().contains("/welcome/"), "there is an account");
    Ok(())
}

#[tokio::test]
async fn whoever_wants_no_link_gets_none() -> Outcome {
    let mut deployment = Deployment::prepare()?;
    deployment.auth.set("SETUP_LINK", "off").start().await?;
    assert!(!deployment.auth.process()?.said().contains("/welcome/"));
    Ok(())
}

#[tokio::test]
async fn links_of_commands_work_beside_a_running_server_and_are_not_logged() -> Outcome {
    let mut deployment = Deployment::prepare()?;
    deployment.auth.set("LOG", "trace").set("SETUP_LINK", "off");
    deployment.auth.start().await?;
    deployment.mcp.start().await?;
    deployment.add_user().await?;
    let invitation = link(&done(&deployment, &["invite", "Eve@Example.com", "--days", "1"], None).await?)?;
    let said = done(&deployment, &["reset-password", EMAIL], None).await?;
    assert!(said.contains("revoked: 0"), "{said}");
    for (link, email) in [(invitation, "eve@example.com"), (link(&said)?, EMAIL)] {
        let mut actor = deployment.actor().await?;
        (actor.email, actor.password) = (email.to_owned(), NEW_PASSWORD.to_owned());
        follow(&mut actor, &link, NEW_PASSWORD).await?;
        actor.jar.clear();
        actor.sign_in().await?;
        let log = deployment.auth.process()?.said();
        assert!(!log.contains(link.rsplit('/').next().unwrap_or_default()), "{log}");
        assert!(!log.contains(NEW_PASSWORD) && log.contains("signed in"), "{log}");
    }
    Ok(())
}

#[tokio::test]
async fn an_account_is_listed_disabled_enabled_and_removed_over_a_crash() -> Outcome {
    let mut deployment = Deployment::start().await?;
    let mut actor = deployment.actor().await?;
    let tokens = actor.sign_in().await?;
    let state = async |deployment: &Deployment| -> Outcome<Vec<String>> {
        let said = done(deployment, &["list"], None).await?;
        let line = said.lines().find(|line| line.contains(EMAIL)).unwrap_or_default().to_owned();
        Ok(line.split('\t').map(str::to_owned).collect())
    };
    let listed = state(&deployment).await?;
    assert_eq!((listed[2].as_str(), listed[4].as_str(), listed[5].as_str()), ("local", "active", "1"));
    let said = done(&deployment, &["disable", "Demo@example.com"], None).await?;
    assert!(said.contains("revoked: 1\n"), "{said}");
    deployment.auth.crash().await?;
    assert_refused(&mut actor, &tokens).await?;
    let listed_then = state(&deployment).await?;
    assert!(listed_then[4].starts_with("disabled 20") && listed_then[5] == "0", "{listed_then:?}");
    refused(&deployment, &["disable", EMAIL], (1, "disabled already")).await?;
    refused(&deployment, &["reset-password", EMAIL], (1, "enable it first")).await?;
    done(&deployment, &["enable", &listed[0]], None).await?;
    refused(&deployment, &["enable", EMAIL], (1, "not disabled")).await?;
    assert_refused(&mut actor, &tokens).await?;
    let tokens = actor.fresh().sign_in().await?;
    let input = format!("{NEW_PASSWORD}\n");
    let arguments = ["reset-password", EMAIL, "--password-stdin"];
    let said = done(&deployment, &arguments, Some(&input)).await?;
    assert!(said.contains("revoked: 1, passkeys that were removed: 0\n"), "{said}");
    assert!(!said.contains("/welcome/"), "{said}");
    assert_refused(&mut actor, &tokens).await?;
    actor.jar.clear();
    actor.password = NEW_PASSWORD.to_owned();
    let tokens = actor.fresh().sign_in().await?;
    let said = done(&deployment, &["remove", &listed[0]], None).await?;
    assert!(said.contains(EMAIL) && said.contains("revoked: 1\n"), "{said}");
    assert_refused(&mut actor, &tokens).await?;
    assert!(state(&deployment).await?.len() < 6, "gone");
    Ok(())
}

#[tokio::test]
async fn what_is_wrong_is_said_plainly() -> Outcome {
    let deployment = Deployment::prepare()?;
    deployment.add_user().await?;
    for (arguments, answer) in [
        (vec!["invite", "nobody"], (1, "not an e-mail")),
        (vec!["invite", EMAIL], (1, "has an account already")),
        (vec!["invite", "eve@example.com", "--days", "0"], (2, "1..=365")),
        (vec!["disable", "nobody@example.com"], (1, "no such account")),
        (vec!["enable", EMAIL], (1, "not disabled")),
        (vec!["remove", "user_nobody"], (1, "no such account")),
        (vec!["reset-password", "nobody"], (1, "no such account")),
        (vec!["reset-password", EMAIL, "--password-stdin"], (1, "8 to 1024")),
        (vec!["add", "eve@example.com"], (2, "--password-stdin")),
        (vec!["disable"], (2, "Usage")),
        (vec![], (2, "Usage")),
    ] {
        refused(&deployment, &arguments, answer).await?;
    }
    let said = deployment
        .auth
        .run(&["users", "add", "eve@example.com", "--password-stdin"], Some("EVE@example.com\n"));
    assert!(said.await?.said.contains("must not be the e-mail"), "the address is no secret");
    Ok(())
}
