//! The human at this machine's browser: the client only tells the address and waits at its own port.

use std::sync::{Arc, Mutex, PoisonError};

use conformance::{
    actor::Request,
    agent::Agent,
    browser::Listener,
    failure::{Failure, Outcome},
    human::Human,
    persona::{Draw, Persona},
    raw,
    run::run,
    world::World,
};

#[tokio::test]
async fn the_callback_is_caught_at_a_loopback_port() -> Outcome {
    let listener = Listener::bind().await?;
    let persona = Persona::on_this_machine(listener.redirect_uri());
    gets_in(persona, listener).await
}

#[tokio::test]
async fn a_client_that_listens_at_any_port_is_played_as_it_is() -> Outcome {
    let listener = Listener::bind().await?;
    let draw = Draw { port: listener.port(), ..Draw::of("https://mcp.example/mcp") };
    let codex = Persona::named("codex", &draw).ok_or_else(|| Failure::new("codex"))?;
    assert!(codex.redirect_uri().contains("/callback/"), "a path of its own");
    gets_in(codex, listener).await
}

/// Takes the seven steps as this client, whose human sits at a browser.
async fn gets_in(persona: Persona, listener: Listener) -> Outcome {
    let world = World::start().await?;
    let mut browser = world.stranger()?;
    let listener = Arc::new(listener);
    let (tell, told) = tokio::sync::oneshot::channel();
    let tell = Mutex::new(Some(tell));
    let announce = Arc::new(move |address: &str| {
        let tell = tell.lock().unwrap_or_else(PoisonError::into_inner).take();
        // The visit below waits for it, and fails when it does not come.
        let _ = tell.map(|tell| tell.send(address.to_owned()));
    });
    let human = Human::AtBrowser { listener, announce };
    let agent = Agent { clock: world.clock().clone(), ..Agent::new(persona, human)? };
    let visit = async {
        let address = told.await?;
        let landing = browser.decide(Request::get(address).by_human(), "allow").await?;
        raw::send("GET", &landing.url, &[], "").await
    };
    let nobody = &mut ();
    let (report, page) = tokio::join!(run(world.mcp_url(), &agent, nobody), visit);
    assert!(page?.text().contains("close this tab"));
    let report = report?;
    let last = report.steps.last().ok_or_else(|| Failure::new("no step"))?;
    assert!(report.conformant, "{}", last.text());
    Ok(())
}
