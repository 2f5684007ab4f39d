//! Meetings: what was said, when, and by whom; latest first.

use diesel::prelude::*;
use shared::database::{AnyConnection, DatabaseError};

use super::{Owner, Page, Store, schema::meetings};

/// A meeting as it is stored. The attendees are a JSON array.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = meetings)]
pub(crate) struct Meeting {
    pub(crate) id: i64,
    pub(crate) title: String,
    pub(crate) started_at: i64,
    pub(crate) summary: String,
    pub(crate) attendees: String,
    pub(crate) recorded_at: i64,
}

#[derive(Clone, Insertable)]
#[diesel(table_name = meetings)]
struct NewMeeting {
    id: i64,
    owner: String,
    title: String,
    started_at: i64,
    summary: String,
    attendees: String,
    recorded_at: i64,
}

/// What is known of a meeting when it is recorded.
#[derive(Clone, Debug)]
pub(crate) struct Record {
    pub(crate) title: String,
    pub(crate) started_at: i64,
    pub(crate) summary: String,
    pub(crate) attendees: String,
}

/// Where the last page ended: the start and the key of its last meeting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Position {
    pub(crate) started_at: i64,
    pub(crate) id: i64,
}

impl Store {
    /// Writes a new meeting.
    pub(crate) async fn record_meeting(
        &self,
        owner: &Owner,
        record: Record,
    ) -> Result<Meeting, DatabaseError> {
        let recorded_at = self.clock.now().seconds();
        let Record { title, started_at, summary, attendees } = record;
        let row = NewMeeting {
            id: 0,
            owner: owner.0.clone(),
            title: title.clone(),
            started_at,
            summary: summary.clone(),
            attendees: attendees.clone(),
            recorded_at,
        };
        let insert = move |id, connection: &mut AnyConnection| {
            let row = NewMeeting { id, ..row.clone() };
            diesel::insert_into(meetings::table).values(row).execute(connection)
        };
        let id = self.insert_with_key(insert).await?;
        Ok(Meeting { id, title, started_at, summary, attendees, recorded_at })
    }

    /// One meeting of its owner's.
    pub(crate) async fn meeting(&self, owner: &Owner, id: i64) -> Result<Option<Meeting>, DatabaseError> {
        let owner = owner.0.clone();
        self.database
            .read(move |connection| {
                meetings::table
                    .filter(meetings::id.eq(id).and(meetings::owner.eq(&owner)))
                    .select(Meeting::as_select())
                    .first(connection)
                    .optional()
            })
            .await
    }

    /// The owner's meetings, the latest start first, from behind a position on.
    pub(crate) async fn recent_meetings(
        &self,
        owner: &Owner,
        behind: Option<Position>,
        limit: i64,
    ) -> Result<Page<Meeting>, DatabaseError> {
        let owner = owner.0.clone();
        let Position { started_at, id } = behind.unwrap_or(Position { started_at: i64::MAX, id: i64::MAX });
        let rows = self
            .database
            .read(move |connection| {
                let earlier = meetings::started_at.lt(started_at);
                let same_start = meetings::started_at.eq(started_at).and(meetings::id.lt(id));
                meetings::table
                    .filter(meetings::owner.eq(&owner).and(earlier.or(same_start)))
                    .order((meetings::started_at.desc(), meetings::id.desc()))
                    .limit(limit + 1)
                    .select(Meeting::as_select())
                    .load(connection)
            })
            .await?;
        Ok(Page::cut(rows, limit))
    }
}
