//! The connection to PostgreSQL breaks in the middle of the commit that redeems a code: nobody is signed out, and no code is
//! good twice.
//!
//! On SQLite there is no connection to lose, and this test has nothing to show.

mod front;

use conformance::{
    actor::{TokenSet, expect},
    failure::Outcome,
    world::{World, schema::Schema},
};

use self::front::{Cut, Front};
use crate::negative::check::refused;

/// Before the commit has reached the database and after; with the database there again at once, and after a while.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_code_whose_commit_was_cut_is_redeemed_once_and_answered_with_its_tokens() -> Outcome {
    let Some(schema) = Schema::create()? else {
        eprintln!("skipped: no TEST_POSTGRES_URL");
        return Ok(());
    };
    let front = Front::before(&schema.url()).await?;
    let builder = World::builder().auth("DATABASE_URL", &front.url);
    let world = builder.auth("SECRET_KEYS", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA").start().await?;
    let mut actor = world.actor().await?;
    for (cut, refused_after) in [(Cut::Before, 0), (Cut::After, 0), (Cut::Before, 6), (Cut::After, 6)] {
        let what = format!("{cut:?}, {refused_after}");
        let code = actor.fresh().approve().await?;
        front.arm(cut, refused_after);
        let request = actor.token_request(&code);
        let tokens = TokenSet::of(&expect(actor.send(request.clone()).await?, 200)?)?;
        assert!(front.has_cut(), "{what}");
        let tokens = actor.refresh(&tokens.refresh).await?;
        assert_eq!(actor.call_tool(&tokens.access, "list_notes").await?.status, 200, "{what}");
        // It was used, and whoever shows it now is no friend.
        refused(&what, &actor.send(request).await?, (400, "invalid_grant"));
        let refresh = actor.refresh_request(&tokens.refresh);
        refused(&what, &actor.send(refresh).await?, (400, "invalid_grant"));
    }
    Ok(())
}
