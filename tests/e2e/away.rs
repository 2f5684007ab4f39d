//! Connections to PostgreSQL that are cut: nobody is signed out, and at worst an answer asks for patience.
//!
//! On SQLite there is no connection to cut, and these tests have nothing to show.

use conformance::{
    actor::{Actor, TokenSet},
    exchange::Reply,
    failure::{Failure, Outcome},
    world::{World, schema::Schema},
};
use diesel::{Connection, PgConnection, RunQueryDsl, sql_query, sql_types::Text};
use futures_util::future::join_all;
use serde_json::json;

/// A world on schemas of its own, whose connections have a name.
struct Stage {
    world: World,
    name: String,
    connection: PgConnection,
    // Dropped last.
    _schemas: [Schema; 2],
}

impl Stage {
    async fn set() -> Outcome<Option<Stage>> {
        let (Some(auth), Some(mcp)) = (Schema::create()?, Schema::create()?) else {
            eprintln!("skipped: no TEST_POSTGRES_URL");
            return Ok(None);
        };
        let chance: String = shared::random::bytes::<6>().iter().map(|byte| format!("{byte:02x}")).collect();
        let name = format!("away_{chance}");
        let url = |schema: &Schema| format!("{}&application_name={name}", schema.url());
        let builder = World::builder()
            .auth("DATABASE_URL", &url(&auth))
            .auth("SECRET_KEYS", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")
            .mcp("DATABASE_URL", &url(&mcp));
        let world = builder.start().await?;
        let connection = PgConnection::establish(&auth.url())?;
        Ok(Some(Stage { world, name, connection, _schemas: [auth, mcp] }))
    }

    /// Cuts every connection of both services, and says how many there were.
    fn cut(&mut self) -> Outcome<usize> {
        let cut =
            sql_query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1");
        Ok(cut.bind::<Text, _>(&self.name).execute(&mut self.connection)?)
    }
}

#[tokio::test]
async fn idle_connections_that_were_cut_are_made_anew_unseen() -> Outcome {
    let Some(mut stage) = Stage::set().await? else { return Ok(()) };
    let mut actor = stage.world.actor().await?;
    let mut tokens = actor.sign_in().await?;
    for round in 0..5 {
        let cut = stage.cut()?;
        // Eight connections of each service at first, and then those that were needed again.
        assert!(if round == 0 { cut == 16 } else { cut > 0 }, "round {round}: {cut}");
        tokens = actor.refresh(&tokens.refresh).await?;
        let made = actor.tool_request("create_note", json!({"title": "t", "body": "b"}));
        let made = actor.send(made.bearer(&tokens.access)).await?;
        assert!(made.text().contains("structuredContent"), "round {round}: {}", made.text());
        assert_eq!(actor.call_tool(&tokens.access, "list_notes").await?.status, 200);
        // Many threads are asked at once, for each finds out by itself.
        let asked = (0..16).map(|_| {
            let mut actor = actor.clone();
            let request = actor.authorize_request();
            async move { actor.send(request).await }
        });
        for reply in join_all(asked).await {
            assert_eq!(reply?.status, 200, "round {round}");
        }
        stage.world.auth_app()?.store.answers().await?;
    }
    Ok(())
}

/// Refreshes as a client does: what was not answered is asked again.
async fn persist(actor: &mut Actor, tokens: &TokenSet) -> Outcome<TokenSet> {
    for _ in 0..500 {
        let request = actor.refresh_request(&tokens.refresh);
        let reply = actor.send(request).await?;
        if let Some(tokens) = judge(&reply)? {
            return Ok(tokens);
        }
    }
    Err(Failure::new("the database never came back"))
}

/// Tokens, or patience.
fn judge(reply: &Reply) -> Outcome<Option<TokenSet>> {
    match reply.status {
        200 => TokenSet::of(reply).map(Some),
        503 if reply.error().as_deref() == Some("temporarily_unavailable")
            && reply.header("retry-after").is_some() =>
        {
            Ok(None)
        }
        _ => Err(Failure::new(format!("neither tokens nor patience: {}", reply.line()))),
    }
}

/// Cut at every moment of a refresh, the commit among them: whoever asks again goes on where they were.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_is_signed_out_by_connections_cut_under_load() -> Outcome {
    let Some(mut stage) = Stage::set().await? else { return Ok(()) };
    let mut clients = Vec::new();
    for _ in 0..8 {
        let mut actor = stage.world.actor().await?;
        let tokens = actor.sign_in().await?;
        clients.push((actor, tokens));
    }
    let following = clients.into_iter().map(|(mut actor, mut tokens)| {
        tokio::spawn(async move {
            for _ in 0..60 {
                tokens = persist(&mut actor, &tokens).await?;
            }
            Ok::<_, Failure>((actor, tokens))
        })
    });
    let following: Vec<_> = following.collect();
    let mut cuts = 0;
    while following.iter().any(|task| !task.is_finished()) {
        cuts += stage.cut()?;
        // One answer of the server lies between two cuts.
        reqwest::get(format!("{}/healthz", stage.world.issuer())).await?;
    }
    for task in following {
        let (mut actor, tokens) = task.await??;
        persist(&mut actor, &tokens).await?;
    }
    println!("{cuts} connections were cut");
    assert!(cuts > 16, "only {cuts} connections were cut");
    Ok(())
}
