//! What a reference stands for.

use std::time::Duration;

use shared::{clock::Timestamp, database::DatabaseError};

use super::{
    ALPHABET, Document, Held, LIFETIME,
    expected::{Expectation, expected},
    timeline::{Around, Event, timeline},
};
use crate::{
    app::App,
    oauth::client::Client,
    store::incidents::{GrantCourse, Incident, Person},
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
    /// Since when it is shut out.
    pub blocked_at: Option<Timestamp>,
    /// Whose attempt it is; none when nobody was known, or the account is gone.
    pub person: Option<Person>,
    /// What would have been right.
    pub expected: Vec<Expectation>,
    /// What has become of the grant behind the code or the refresh token.
    pub grant: Option<GrantCourse>,
    /// What else was refused in the hour before, of the same attempt.
    pub before: Vec<Noted>,
    /// What happened when.
    pub timeline: Vec<Event>,
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
    let before: Vec<Noted> = before.into_iter().map(Noted::of).collect();
    let key = incident.grant_id;
    let grant = match key {
        Some(id) => app.store.grant_course(id).await?,
        None => None,
    };
    let noted = Noted::of(incident);
    let (client, blocked_at) = match &noted.document.client_id {
        Some(id) => (app.clients.known(id).await?, app.store.blocked_since(id).await?),
        None => (None, None),
    };
    let user = grant.as_ref().map(|grant| grant.user.clone()).or(noted.user());
    let person = match &user {
        Some(id) => app.store.person(id).await?,
        None => None,
    };
    let around = Around {
        grant: key.zip(grant.as_ref()),
        person: user.as_deref().map(|id| (id, person.as_ref())),
        blocked_at,
        before: &before,
    };
    let timeline = timeline(&noted, &around);
    let expected = expected(app, &noted.document, (client.as_ref(), grant.as_ref()));
    Ok(Some(Explanation { noted, client, blocked_at, person, expected, grant, before, timeline }))
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

    /// The account of a code or a page.
    fn user(&self) -> Option<String> {
        self.document.held.iter().find_map(|held| match held {
            Held::Code { user, .. } => Some(user.clone()),
            Held::Page { user, .. } => user.clone(),
            Held::RefreshToken { .. } | Held::Assertion { .. } => None,
        })
    }
}
