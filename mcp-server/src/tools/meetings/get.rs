//! `get_meeting`

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Meeting, READ};
use crate::{
    store::{Owner, Store},
    tools::{
        refusal::Refusal,
        text,
        tool::{Effect, Tool},
    },
};

/// Shows a meeting.
pub(in crate::tools) struct GetMeeting;

#[derive(Deserialize, JsonSchema)]
pub(in crate::tools) struct Input {
    /// The meeting's id, from another tool's answer.
    id: String,
}

impl Tool for GetMeeting {
    const NAME: &'static str = "get_meeting";
    const TITLE: &'static str = "Read a meeting";
    const DESCRIPTION: &'static str =
        "Answers with one meeting of the user, its summary and attendees included.";
    const SCOPES: &'static [&'static str] = READ;
    const EFFECT: Effect = Effect::Read;
    type Input = Input;
    type Output = Meeting;

    async fn call(store: &Store, owner: &Owner, input: Input) -> Result<Meeting, Refusal> {
        let id = text::id(&input.id, "meeting")?;
        let meeting = store.meeting(owner, id).await?.ok_or(Refusal::NotFound("meeting"))?;
        Ok(meeting.into())
    }
}
