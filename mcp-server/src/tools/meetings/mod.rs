//! The tools for meetings.

mod get;
mod list_recent;
mod record;

pub(super) use {get::GetMeeting, list_recent::ListRecentMeetings, record::RecordMeeting};

use schemars::JsonSchema;
use serde::Serialize;

use super::moment;
use crate::store::meetings;

const READ: &[&str] = &["meetings:read"];
const WRITE: &[&str] = &["meetings:write"];

/// A meeting.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Meeting {
    /// Identifies the meeting.
    id: String,
    /// What it was about.
    title: String,
    /// When it began.
    #[schemars(extend("format" = "date-time"))]
    started_at: String,
    /// What was said.
    summary: String,
    /// Who was there.
    attendees: Vec<String>,
    /// When it was recorded here.
    #[schemars(extend("format" = "date-time"))]
    recorded_at: String,
}

impl From<meetings::Meeting> for Meeting {
    fn from(row: meetings::Meeting) -> Meeting {
        Meeting {
            id: row.id.to_string(),
            title: row.title,
            started_at: moment::format(row.started_at),
            summary: row.summary,
            // `record_meeting` wrote the array.
            attendees: serde_json::from_str(&row.attendees).unwrap_or_default(),
            recorded_at: moment::format(row.recorded_at),
        }
    }
}
