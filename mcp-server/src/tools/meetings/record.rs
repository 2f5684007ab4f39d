//! `record_meeting`

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Meeting, WRITE};
use crate::{
    store::{Owner, Store, meetings::Record},
    tools::{
        moment,
        refusal::Refusal,
        text,
        tool::{Effect, Tool},
    },
};

const MAX_ATTENDEES: usize = 100;

/// Records a meeting.
pub(in crate::tools) struct RecordMeeting;

#[derive(Deserialize, JsonSchema)]
pub(in crate::tools) struct Input {
    /// What it was about, in one line.
    #[schemars(length(min = 1, max = 200))]
    title: String,
    /// When it began, with an offset: 2026-11-22T09:30:00Z.
    #[schemars(extend("format" = "date-time"))]
    started_at: String,
    /// What was said. May be left out.
    #[schemars(length(max = 20_000))]
    summary: Option<String>,
    /// Who was there. May be left out.
    #[schemars(length(max = 100))]
    attendees: Option<Vec<String>>,
}

impl Tool for RecordMeeting {
    const NAME: &'static str = "record_meeting";
    const TITLE: &'static str = "Record a meeting";
    const DESCRIPTION: &'static str = "Records a meeting of the user and answers with it.";
    const SCOPES: &'static [&'static str] = WRITE;
    const EFFECT: Effect = Effect::Add;
    type Input = Input;
    type Output = Meeting;

    async fn call(store: &Store, owner: &Owner, input: Input) -> Result<Meeting, Refusal> {
        let attendees = input.attendees.unwrap_or_default();
        if attendees.len() > MAX_ATTENDEES {
            return Err(Refusal::invalid("attendees", format!("has more than {MAX_ATTENDEES} names")));
        }
        let attendees: Vec<String> =
            attendees.iter().map(|name| text::line("attendees", name)).collect::<Result<_, _>>()?;
        let record = Record {
            title: text::line("title", &input.title)?,
            started_at: moment::parse("started_at", &input.started_at)?,
            summary: text::bounded("summary", input.summary.unwrap_or_default(), text::LONG)?,
            attendees: serde_json::Value::from(attendees).to_string(),
        };
        Ok(store.record_meeting(owner, record).await?.into())
    }
}
