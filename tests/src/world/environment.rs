//! Where the services of a world keep their rows, and the environment they are started in.

use std::{collections::BTreeMap, path::Path};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use shared::env::Env;

use crate::{failure::Outcome, world::schema::Schema};

/// Two databases: SQLite files in the folder, or two schemas where `TEST_POSTGRES_URL` points.
pub(super) fn databases(folder: &Path) -> Outcome<([String; 2], Vec<Schema>)> {
    if let (Some(auth), Some(mcp)) = (Schema::create()?, Schema::create()?) {
        return Ok(([auth.url(), mcp.url()], vec![auth, mcp]));
    }
    let file = |name: &str| format!("sqlite:{}", folder.join(name).display());
    Ok(([file("auth-server.db"), file("mcp-server.db")], Vec::new()))
}

/// The usual variables, and those the test gave over them.
pub(super) fn environment<const N: usize>(
    usual: [(&str, &str); N],
    (schemas, given): (&[Schema], BTreeMap<String, String>),
) -> Env {
    let mut all: BTreeMap<String, String> =
        usual.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    all.insert("WORKERS".to_owned(), "1".to_owned());
    if !schemas.is_empty() {
        // On PostgreSQL no file lies beside the database.
        all.insert("SECRET_KEYS".to_owned(), URL_SAFE_NO_PAD.encode(shared::random::bytes::<32>()));
    }
    all.extend(given);
    Env::from_iter(all)
}
