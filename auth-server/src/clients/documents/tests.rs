use shared::env::Env;
use tempfile::TempDir;

use super::*;
use crate::Settings;

const CLAUDE_CODE: &str = "https://claude.ai/oauth/claude-code-client-metadata";

/// The time is moved by the second value; the folder is gone with the third.
fn documents() -> (Documents, Clock, TempDir) {
    let folder = TempDir::new().unwrap();
    let store = Store::open(&format!("sqlite:{}", folder.path().join("a.db").display())).unwrap();
    let (clock, outbound) = (Clock::manual(), Settings::from_env(&Env::default()).unwrap().outbound);
    let fetcher = Arc::new(Fetcher::new(outbound, clock.clone()));
    let documents = Documents::new(store, clock.clone(), fetcher, Reach::Internet, &AuthMethod::ALL);
    (documents, clock, folder)
}

fn url(text: &str) -> ClientIdUrl {
    ClientIdUrl::parse(text, Reach::Internet).unwrap()
}

#[tokio::test]
async fn a_copy_of_our_own_comes_before_the_one_that_came_along() {
    let (documents, clock, _folder) = documents();
    let url = url(CLAUDE_CODE);
    let shipped = documents.older(&url, None).await.unwrap().unwrap();
    assert_eq!((shipped.origin, shipped.fetched_at()), (Copied::Shipped, None));
    assert_eq!(shipped.client.metadata.redirect_uris.len(), 2);
    assert_eq!(shipped.fresh_until, clock.now() + SHORTEST);

    let text = shipped.text.replace("Claude Code", "Claude Code of today");
    let store = &documents.store;
    store.keep_document(CLAUDE_CODE.to_owned(), text.clone(), Timestamp(7)).await.unwrap();
    let stored = documents.older(&url, None).await.unwrap().unwrap();
    assert_eq!((stored.origin, stored.fetched_at()), (Copied::Stored, Some(Timestamp(7))));
    assert_eq!(stored.client.metadata.name.as_deref(), Some("Claude Code of today"));

    // The same text is not written again, another one is.
    store.keep_document(CLAUDE_CODE.to_owned(), text, Timestamp(8)).await.unwrap();
    assert_eq!(store.kept_document(CLAUDE_CODE).await.unwrap().unwrap().1, Timestamp(7));
    store.keep_document(CLAUDE_CODE.to_owned(), "no document".to_owned(), Timestamp(9)).await.unwrap();
    assert_eq!(store.kept_document(CLAUDE_CODE).await.unwrap().unwrap().1, Timestamp(9));
    let unreadable = documents.older(&url, None).await.unwrap().unwrap();
    assert_eq!(unreadable.origin, Copied::Shipped);

    let fetched = DocumentCopy { origin: Copied::Fetched, fresh_until: Timestamp(1), ..shipped };
    let stale = documents.older(&url, Some(Arc::new(fetched))).await.unwrap().unwrap();
    assert_eq!((stale.origin, stale.fresh_until), (Copied::Fetched, clock.now() + SHORTEST));
}

#[tokio::test]
async fn a_stranger_has_no_copy() {
    let (documents, _clock, _folder) = documents();
    let url = url("https://client.example/oauth/client.json");
    assert!(documents.older(&url, None).await.unwrap().is_none());
}
