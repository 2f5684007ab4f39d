//! What the pages look like, and that the operator has a say in it.

use std::io::Write;

use conformance::{actor::Request, failure::Outcome, world::World};
use tempfile::NamedTempFile;

#[tokio::test]
async fn nothing_set_shows_our_own_picture() -> Outcome {
    let world = World::start().await?;
    let mut actor = world.stranger()?;
    let logo = actor.send(Request::get(format!("{}/logo", world.issuer()))).await?;
    assert_eq!((logo.status, logo.header("content-type")), (200, Some("image/svg+xml")));
    assert!(logo.text().contains("prefers-color-scheme:dark"), "{}", logo.text());
    let policy = logo.header("content-security-policy").unwrap_or_default();
    assert!(policy.contains("default-src 'none'") && policy.contains("sandbox"), "{policy}");
    assert!(!policy.contains("script-src"), "{policy}");
    assert_eq!(logo.header("x-content-type-options"), Some("nosniff"));
    Ok(())
}

#[tokio::test]
async fn name_colour_logo_and_help_are_the_operator_s() -> Outcome {
    let picture =
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 1 1\"><script>alert(1)</script></svg>";
    let mut file = NamedTempFile::new()?;
    file.write_all(picture.as_bytes())?;
    let path = file.path().display().to_string();
    let builder = World::builder().auth("SERVICE_NAME", "Ada's <shop>").auth("ACCENT_COLOR", "#7A1F5C");
    let builder = builder.auth("LOGO_FILE", &path).auth("SUPPORT", "help@example.com");
    let world = builder.start().await?;
    let mut actor = world.actor().await?;
    let style = actor.send(Request::get(format!("{}/style.css", world.issuer()))).await?;
    assert!(style.text().contains("--accent: #7a1f5c;"), "{}", style.text());
    let logo = actor.send(Request::get(format!("{}/logo", world.issuer()))).await?;
    assert_eq!((logo.text().as_ref(), logo.header("content-type")), (picture, Some("image/svg+xml")));
    // What is in it runs nowhere: not in an `img`, and not where it is opened.
    assert!(logo.header("content-security-policy").is_some_and(|policy| policy.contains("sandbox")));
    let shown = actor.open(actor.authorize_request()).await?;
    assert!(shown.text().contains("Ada&#39;s &#60;shop&#62;</span>"), "{}", shown.text());
    assert!(shown.text().contains("<img class=\"mark\" src=\"/logo\" alt=\"\""), "{}", shown.text());
    let refused = actor.send(actor.authorize_request().with("client_id", "nobody")).await?;
    let help = "If that does not help: <a href=\"mailto:help@example.com\" rel=\"noreferrer\">";
    assert!(refused.text().contains(help), "{}", refused.text());
    Ok(())
}

#[tokio::test]
async fn a_colour_on_which_nothing_can_be_read_does_not_start() {
    let Err(fault) = World::builder().auth("ACCENT_COLOR", "#ffd400").start().await else {
        panic!("it started");
    };
    let fault = fault.to_string();
    assert!(fault.contains("ACCENT_COLOR") && fault.contains("needs 4.5"), "{fault}");
}
