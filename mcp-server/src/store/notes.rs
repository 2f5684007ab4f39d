//! Notes: short texts with a title, newest first.

use diesel::prelude::*;
use shared::database::{AnyConnection, DatabaseError};

use super::{Owner, Page, Store, fold, schema::notes};

/// A note as it is stored.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = notes)]
pub(crate) struct Note {
    pub(crate) id: i64,
    pub(crate) title: String,
    pub(crate) body: String,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
}

#[derive(Clone, Insertable)]
#[diesel(table_name = notes)]
struct NewNote {
    id: i64,
    owner: String,
    title: String,
    body: String,
    title_folded: String,
    body_folded: String,
    created_at: i64,
    updated_at: i64,
}

/// What of a note becomes different; what is none stays.
#[derive(Clone, AsChangeset)]
#[diesel(table_name = notes)]
struct Changes {
    title: Option<String>,
    body: Option<String>,
    title_folded: Option<String>,
    body_folded: Option<String>,
    updated_at: i64,
}

/// Which notes a list shows: those older than a key, and those that hold a text.
#[derive(Clone, Debug, Default)]
pub(crate) struct Selection {
    pub(crate) before: Option<i64>,
    pub(crate) containing: Option<String>,
    pub(crate) limit: i64,
}

impl Store {
    /// Writes a new note.
    pub(crate) async fn create_note(
        &self,
        owner: &Owner,
        title: String,
        body: String,
    ) -> Result<Note, DatabaseError> {
        let now = self.clock.now().seconds();
        let row = NewNote {
            id: 0,
            owner: owner.0.clone(),
            title_folded: fold(&title),
            body_folded: fold(&body),
            title: title.clone(),
            body: body.clone(),
            created_at: now,
            updated_at: now,
        };
        let insert = move |id, connection: &mut AnyConnection| {
            let row = NewNote { id, ..row.clone() };
            diesel::insert_into(notes::table).values(row).execute(connection)
        };
        let id = self.insert_with_key(insert).await?;
        Ok(Note { id, title, body, created_at: now, updated_at: now })
    }

    /// One note of its owner's.
    pub(crate) async fn note(&self, owner: &Owner, id: i64) -> Result<Option<Note>, DatabaseError> {
        let owner = owner.0.clone();
        self.database
            .read(move |connection| {
                notes::table
                    .filter(notes::id.eq(id).and(notes::owner.eq(&owner)))
                    .select(Note::as_select())
                    .first(connection)
                    .optional()
            })
            .await
    }

    /// The owner's notes, newest first.
    pub(crate) async fn notes(
        &self,
        owner: &Owner,
        selection: Selection,
    ) -> Result<Page<Note>, DatabaseError> {
        let owner = owner.0.clone();
        let before = selection.before.unwrap_or(i64::MAX);
        let pattern = selection.containing.as_deref().map(pattern);
        let limit = selection.limit;
        let rows = self
            .database
            .read(move |connection| {
                let mut query = notes::table
                    .filter(notes::owner.eq(&owner).and(notes::id.lt(before)))
                    .order(notes::id.desc())
                    .limit(limit + 1)
                    .select(Note::as_select())
                    .into_boxed();
                if let Some(pattern) = &pattern {
                    let in_title = notes::title_folded.like(pattern).escape('\\');
                    query = query.filter(in_title.or(notes::body_folded.like(pattern).escape('\\')));
                }
                query.load(connection)
            })
            .await?;
        Ok(Page::cut(rows, limit))
    }

    /// Changes a note of its owner's and gives it as it is then; none when there is no such note.
    pub(crate) async fn update_note(
        &self,
        owner: &Owner,
        id: i64,
        title: Option<String>,
        body: Option<String>,
    ) -> Result<Option<Note>, DatabaseError> {
        let owner = owner.0.clone();
        let (title_folded, body_folded) = (title.as_deref().map(fold), body.as_deref().map(fold));
        let updated_at = self.clock.now().seconds();
        let changes = Changes { title, body, title_folded, body_folded, updated_at };
        self.database
            .write(move |connection| {
                let note = notes::table.filter(notes::id.eq(id).and(notes::owner.eq(&owner)));
                diesel::update(note)
                    .set(&changes)
                    // A tuple, for a selectable type is tied to one of the two databases.
                    .returning((notes::id, notes::title, notes::body, notes::created_at, notes::updated_at))
                    .get_result(connection)
                    .optional()
            })
            .await
    }

    /// Removes a note of its owner's, and says whether there was one.
    pub(crate) async fn delete_note(&self, owner: &Owner, id: i64) -> Result<bool, DatabaseError> {
        let owner = owner.0.clone();
        self.database
            .write(move |connection| {
                let note = notes::table.filter(notes::id.eq(id).and(notes::owner.eq(&owner)));
                diesel::delete(note).execute(connection).map(|removed| removed > 0)
            })
            .await
    }
}

/// A LIKE pattern for "holds this text", in which the text's own wildcards are letters.
fn pattern(text: &str) -> String {
    let mut pattern = String::from("%");
    for letter in fold(text).chars() {
        if matches!(letter, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(letter);
    }
    pattern.push('%');
    pattern
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_of_the_query_are_letters() {
        assert_eq!(pattern("50%_Ä\\"), "%50\\%\\_ä\\\\%");
    }
}
