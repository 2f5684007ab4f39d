//! What was acknowledged, against what is there in the end.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::atomic::Ordering,
};

use conformance::failure::{Failure, Outcome};
use diesel::{Connection, PgConnection, RunQueryDsl, dsl::sql, select, sql_types::BigInt};

use super::{client::Client, journal::Journal};
use crate::{database::Cluster, harness::note_ids};

/// Every access that was given goes on, and what was ended stays so: of all clients there ever were.
pub(super) async fn go_on(clients: &mut [Client]) -> Outcome {
    for client in clients {
        for place in 0..client.live.len() {
            client.refresh(place).await?;
        }
        for place in 0..client.ended.len() {
            client.is_refused(place).await?;
        }
    }
    Ok(())
}

/// The rows, by number and by name.
pub(super) async fn compare(cluster: &Cluster, clients: &mut [Client]) -> Outcome {
    let mut auth = PgConnection::establish(&cluster.url("auth"))?;
    let sum = |count: fn(&Client) -> i64| clients.iter().map(count).sum::<i64>();
    for (what, query, acknowledged) in [
        ("codes that were redeemed", "count(*) FROM grants", sum(|client| client.codes)),
        (
            "grants that live",
            "count(*) FROM grants WHERE revoked_at IS NULL",
            sum(|client| client.live.len() as i64),
        ),
        ("refreshes", "sum(generation)::BIGINT FROM grants", sum(|client| client.refreshes)),
    ] {
        assert_eq!(number(&mut auth, query)?, acknowledged, "{what}");
    }
    let mut mcp = PgConnection::establish(&cluster.url("mcp"))?;
    assert_eq!(number(&mut mcp, "count(*) - count(DISTINCT title) FROM notes")?, 0, "notes written twice");
    let mut people: BTreeMap<String, Vec<&mut Client>> = BTreeMap::new();
    for client in clients {
        people.entry(client.actor.email.clone()).or_default().push(client);
    }
    for (person, mut clients) in people {
        let promised: BTreeSet<String> =
            clients.iter().flat_map(|client| client.notes.iter().cloned()).collect();
        let uncertain = clients.iter().map(|client| client.uncertain).sum::<usize>();
        let grant = clients[0].live.last_mut().map(|grant| (&mut grant.actor, &grant.tokens.access));
        let (actor, token) = grant.ok_or_else(|| Failure::new(format!("{person} has no access")))?;
        let kept = note_ids(actor, token).await?;
        let lost: Vec<_> = promised.difference(&kept).collect();
        assert!(lost.is_empty(), "{person}: acknowledged, and gone: {lost:?}");
        let others = kept.len() - promised.len();
        assert!(others <= uncertain, "{person}: {others} notes are there that nobody wrote");
    }
    Ok(())
}

fn number(connection: &mut PgConnection, query: &str) -> Outcome<i64> {
    Ok(select(sql::<BigInt>(&format!("(SELECT {query})"))).get_result(connection)?)
}

/// What happened, in figures.
pub(super) fn summary(journal: &Journal, clients: &[Client]) -> String {
    let sum = |count: fn(&Client) -> usize| clients.iter().map(count).sum::<usize>();
    format!(
        "{} requests answered, {} broken off, {} asked for patience; {} grants live, {} ended, {} notes",
        journal.answered.load(Ordering::Relaxed),
        journal.broken.load(Ordering::Relaxed),
        journal.unavailable.load(Ordering::Relaxed),
        sum(|client| client.live.len()),
        sum(|client| client.ended.len()),
        sum(|client| client.notes.len()),
    )
}
