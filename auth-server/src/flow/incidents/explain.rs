//! What a reference stands for.

use std::time::Duration;

use shared::{clock::Timestamp, database::DatabaseError};

use super::{
    ALPHABET, Document, LIFETIME,
    expected::{Expectation, expected},
};
use crate::{
    app::App,
    oauth::client::Client,
    store::incidents::{GrantCourse, Incident},
};

/// How long before an incident its attempt may have begun.
const ATTEMPT: Duration = Duration::from_secs(3600);

/// An incident as it was kept.
pub struct Noted {
    /// What the caller was told.
    pub reference: String,
    /// When.
    pub at: Timestamp,
    /// What was sent and what was said.
    pub document: Document,
}

/// An incident, and what is known around it.
pub struct Explanation {
    /// The incident.
    pub noted: Noted,
    /// Who asked, as known here now.
    pub client: Option<Client>,
    /// Whether it is shut out now.
    pub is_blocked: bool,
    /// What would have been right.
    pub expected: Vec<Expectation>,
    /// What has become of the grant behind the code or the refresh token.
    pub grant: Option<GrantCourse>,
    /// What else was refused in the hour before, of the same attempt.
    pub before: Vec<Noted>,
}

/// Looks a reference up, however it is spelled; none when it was never kept or is older than a week.
///
/// # Errors
/// The database did not answer.
pub async fn explain(app: &App, reference: &str) -> Result<Option<Explanation>, DatabaseError> {
    let reference: String =
        reference.chars().map(|c| c.to_ascii_uppercase()).filter(is_of_alphabet).collect();
    let oldest = app.clock.now() - LIFETIME;
    let Some(incident) = app.store.incident(&reference, oldest).await? else { return Ok(None) };
    let since = Timestamp(incident.noted_at) - ATTEMPT;
    let before = app.store.incidents_before(&incident, since).await?;
    let grant = match incident.grant_id {
        Some(id) => app.store.grant_course(id).await?,
        None => None,
    };
    let noted = Noted::of(incident);
    let (client, is_blocked) = match &noted.document.client_id {
        Some(id) => (app.clients.known(id).await?, app.clients.is_blocked(id).await?),
        None => (None, false),
    };
    let expected = expected(app, &noted.document, client.as_ref());
    let before = before.into_iter().map(Noted::of).collect();
    Ok(Some(Explanation { noted, client, is_blocked, expected, grant, before }))
}

fn is_of_alphabet(c: &char) -> bool {
    u8::try_from(*c).is_ok_and(|byte| ALPHABET.contains(&byte))
}

impl Noted {
    fn of(incident: Incident) -> Noted {
        let Incident { reference, noted_at, document, .. } = incident;
        // It was a `Document` when it was kept.
        let document = serde_json::from_str(&document).unwrap_or_default();
        Noted { reference, at: Timestamp(noted_at), document }
    }
}
