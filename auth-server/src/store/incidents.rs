//! What was refused, kept for a while under a reference: two rings of a fixed number of rows, one for what belongs to a grant
//! and one for what anybody can send, so that the second never pushes out what stands in the first.

mod around;

use diesel::{
    ExpressionMethods, OptionalExtension, QueryDsl, QueryResult, Queryable, RunQueryDsl, delete, sql_query,
    sql_types::{BigInt, Nullable, Text},
};
use shared::{
    clock::Timestamp,
    database::{AnyConnection, DatabaseError},
};

pub use self::around::{GrantCourse, Person};
use super::{Store, schema::incidents};

/// The most rows there are: the migration has the same number.
pub const SLOTS: i64 = 5000;
/// The slots of what belongs to a grant; the others have the rest.
const GRANT_SLOTS: i64 = 2000;
/// How many earlier incidents of an attempt are told.
const MOST_RELATED: usize = 20;

/// A row.
#[derive(Clone, Debug, PartialEq, Eq, Queryable)]
pub struct Incident {
    /// Counts up; given when it is kept.
    pub id: i64,
    /// What the caller was told.
    pub reference: String,
    /// When, in seconds.
    pub noted_at: i64,
    /// Digest of the `client_id`.
    pub client: Option<String>,
    /// Digest of the browser.
    pub browser: Option<String>,
    /// The grant of the code or refresh token.
    pub grant_id: Option<i64>,
    /// What was sent and what was said.
    pub document: String,
}

impl Store {
    /// Keeps an incident in the next slot of its ring, in the place of the oldest once all are full, and forgets those that
    /// were noted before `oldest`.
    ///
    /// # Errors
    /// The database did not do it.
    pub async fn keep_incident(&self, incident: Incident, oldest: Timestamp) -> Result<(), DatabaseError> {
        self.0.write(move |connection| keep(connection, &incident, oldest)).await
    }

    /// The incident of a reference.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn incident(
        &self,
        reference: &str,
        oldest: Timestamp,
    ) -> Result<Option<Incident>, DatabaseError> {
        let reference = reference.to_owned();
        let find = move |connection: &mut _| {
            incidents::table
                .filter(incidents::reference.eq(&reference))
                .filter(incidents::noted_at.gt(oldest.seconds()))
                .order(incidents::id.desc())
                .select(columns())
                .first::<Incident>(connection)
                .optional()
        };
        self.0.read(find).await
    }

    /// What else was refused in the same attempt, as far as that is known, oldest first: of the same grant or browser, or of
    /// the same client where another browser does not speak against it.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn incidents_before(
        &self,
        last: &Incident,
        since: Timestamp,
    ) -> Result<Vec<Incident>, DatabaseError> {
        let id = last.id;
        let find = move |connection: &mut _| {
            incidents::table
                .filter(incidents::id.lt(id))
                .filter(incidents::noted_at.ge(since.seconds()))
                .order(incidents::id.desc())
                .select(columns())
                .load::<Incident>(connection)
        };
        let is_same = |other: &Incident| match (last.browser.as_ref(), other.browser.as_ref()) {
            _ if last.grant_id.is_some() && last.grant_id == other.grant_id => true,
            (Some(own), Some(other)) => own == other,
            _ => last.client.is_some() && last.client == other.client,
        };
        let all = self.0.read(find).await?;
        let mut found: Vec<Incident> = all.into_iter().filter(is_same).take(MOST_RELATED).collect();
        found.reverse();
        Ok(found)
    }
}

type Columns = (
    incidents::id,
    incidents::reference,
    incidents::noted_at,
    incidents::client,
    incidents::browser,
    incidents::grant_id,
    incidents::document,
);

const fn columns() -> Columns {
    (
        incidents::id,
        incidents::reference,
        incidents::noted_at,
        incidents::client,
        incidents::browser,
        incidents::grant_id,
        incidents::document,
    )
}

fn keep(connection: &mut AnyConnection, incident: &Incident, oldest: Timestamp) -> QueryResult<()> {
    delete(incidents::table.filter(incidents::noted_at.le(oldest.seconds()))).execute(connection)?;
    // Two replicas at the same moment take the same number, and one incident is lost: the bound holds either way.
    let newest = incidents::table.order(incidents::id.desc()).select(incidents::id);
    let id = newest.first::<i64>(connection).optional()?.map_or(0, |newest| newest + 1);
    let (first, end) = if incident.grant_id.is_some() { (0, GRANT_SLOTS) } else { (GRANT_SLOTS, SLOTS) };
    let ring = incidents::table.filter(incidents::slot.ge(first)).filter(incidents::slot.lt(end));
    let last =
        ring.order(incidents::id.desc()).select(incidents::slot).first::<i64>(connection).optional()?;
    let slot = last.map(|last| last + 1).filter(|next| *next < end).unwrap_or(first);
    sql_query(
        "INSERT INTO incidents (slot, id, reference, noted_at, client, browser, grant_id, document)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
         ON CONFLICT (slot) DO UPDATE SET id = excluded.id, reference = excluded.reference,
         noted_at = excluded.noted_at, client = excluded.client, browser = excluded.browser,
         grant_id = excluded.grant_id, document = excluded.document",
    )
    .bind::<BigInt, _>(slot)
    .bind::<BigInt, _>(id)
    .bind::<Text, _>(&incident.reference)
    .bind::<BigInt, _>(incident.noted_at)
    .bind::<Nullable<Text>, _>(&incident.client)
    .bind::<Nullable<Text>, _>(&incident.browser)
    .bind::<Nullable<BigInt>, _>(incident.grant_id)
    .bind::<Text, _>(&incident.document)
    .execute(connection)
    .map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn incident(id: i64, noted_at: i64) -> Incident {
        Incident {
            id,
            reference: format!("R{id}"),
            noted_at,
            client: Some("client".to_owned()),
            browser: None,
            grant_id: None,
            document: "{}".to_owned(),
        }
    }

    async fn count(store: &Store) -> i64 {
        let rows = |connection: &mut _| incidents::table.count().get_result::<i64>(connection);
        store.0.read(rows).await.unwrap()
    }

    #[tokio::test]
    async fn the_ring_is_full_at_its_size_and_forgets_the_oldest() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&format!("sqlite:{}", folder.path().join("a.db").display())).unwrap();
        let fill = |connection: &mut AnyConnection| {
            (1..=5).try_for_each(|id| {
                let of_grant =
                    Incident { grant_id: Some(7), reference: format!("G{id}"), ..incident(id, 1000) };
                keep(connection, &of_grant, Timestamp(0))
            })?;
            (1..=3003).try_for_each(|id| keep(connection, &incident(id, 1000), Timestamp(0)))
        };
        store.0.write(fill).await.unwrap();
        assert_eq!(count(&store).await, SLOTS - GRANT_SLOTS + 5);
        let find = async |reference: &str| store.incident(reference, Timestamp(0)).await.unwrap();
        for (reference, is_there) in
            [("R3", false), ("R4", true), ("R3003", true), ("G1", true), ("G5", true)]
        {
            assert_eq!(find(reference).await.is_some(), is_there, "{reference}");
        }
        let last = find("R3003").await.unwrap();
        let before = store.incidents_before(&last, Timestamp(0)).await.unwrap();
        assert_eq!(before.last().map(|incident| incident.reference.as_str()), Some("R3002"));
        assert_eq!(before.len(), MOST_RELATED);
        // A week later the next one clears all of them away.
        store.keep_incident(incident(9000, 2000), Timestamp(1000)).await.unwrap();
        assert_eq!(count(&store).await, 1);
        assert_eq!(store.incident("R9000", Timestamp(2000)).await.unwrap(), None, "it is too old");
    }
}
