//! The stream of what somebody may have to answer for.
//!
//! | module | what it shows |
//! |---|---|
//! | [`people`] | sign-ins, approvals and grants: each is told once, with where it came from and no secret |
//! | [`operator`] | accounts, clients and keys that are changed |
//! | [`page`] | the table in docs/operations.md is the one in the code |

mod operator;
mod page;
mod people;

use std::{collections::BTreeSet, fs, path::PathBuf};

use conformance::{
    failure::{Failure, Outcome},
    world::{Builder, World},
};
use serde_json::Value;
use tempfile::TempDir;

/// A world that tells what happens.
struct Told {
    world: World,
    file: PathBuf,
    _folder: TempDir,
}

impl Told {
    async fn start(builder: Builder) -> Outcome<Told> {
        let folder = TempDir::new()?;
        let file = folder.path().join("audit.log");
        let path = file.to_str().ok_or_else(|| Failure::new("a folder without a name"))?;
        let world = builder.auth("AUDIT_LOG", path).start().await?;
        Ok(Told { world, file, _folder: folder })
    }

    fn text(&self) -> Outcome<String> {
        Ok(fs::read_to_string(&self.file)?)
    }

    /// Every event, the oldest first. Whatever is told of one is in the table.
    fn events(&self) -> Outcome<Vec<Value>> {
        let lines: Result<Vec<Value>, _> = self.text()?.lines().map(serde_json::from_str).collect();
        let lines = lines?;
        let table = page::table();
        for line in &lines {
            let name = line["event"].as_str().unwrap_or_default();
            let fields = table.iter().find(|row| row.event == name).map(|row| &row.fields);
            let fields = fields.ok_or_else(|| Failure::new(format!("{name} is not in the table")))?;
            let always = ["time", "event", "address", "reference"].map(str::to_owned);
            let known: BTreeSet<&String> = fields.iter().chain(&always).collect();
            let told = line.as_object().into_iter().flat_map(|object| object.keys());
            let unknown: Vec<_> = told.filter(|key| !known.contains(key)).collect();
            assert!(unknown.is_empty(), "the table does not say that {name} has {unknown:?}");
        }
        Ok(lines)
    }

    /// What has happened since there were so many events.
    fn since(&self, before: usize) -> Outcome<Vec<Value>> {
        Ok(self.events()?.split_off(before))
    }
}

/// The names of events, in their order.
fn names(events: &[Value]) -> Vec<&str> {
    events.iter().map(|event| event["event"].as_str().unwrap_or_default()).collect()
}
