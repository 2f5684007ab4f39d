//! Where the lines go.

use std::{
    fs::{File, OpenOptions},
    io::{self, Write},
    net::IpAddr,
    os::unix::fs::{MetadataExt, OpenOptionsExt},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use serde::Serialize;
use shared::clock::{Clock, Timestamp};

use super::{Entry, Request};
use crate::settings::audit::AuditTo;

/// Where events are told. Cheap to clone.
#[derive(Clone)]
pub struct Audit(Arc<Stream>);

struct Stream {
    clock: Clock,
    /// None: the log has them, and nothing else.
    to: Option<To>,
}

enum To {
    Stderr,
    File(Mutex<Open>),
}

/// An event and when it was.
pub(super) struct Noted {
    at: Timestamp,
    entry: Entry,
}

/// What a request adds to its events.
#[derive(Clone, Copy, Default)]
pub(super) struct Circumstances<'a> {
    pub(super) address: Option<IpAddr>,
    pub(super) reference: Option<&'a str>,
}

#[derive(Serialize)]
struct Line<'a> {
    time: String,
    #[serde(flatten)]
    entry: &'a Entry,
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<IpAddr>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reference: Option<&'a str>,
}

impl Audit {
    /// Opens what is to be written to.
    ///
    /// # Errors
    /// The file cannot be made or written.
    pub fn open(to: &AuditTo, clock: &Clock) -> io::Result<Audit> {
        let to = match to {
            AuditTo::Nowhere => None,
            AuditTo::Stderr => Some(To::Stderr),
            AuditTo::File(path) => Some(To::File(Mutex::new(Open::new(path)?))),
        };
        Ok(Audit(Arc::new(Stream { clock: clock.clone(), to })))
    }

    /// Whether there is more than the log.
    pub fn is_kept(&self) -> bool {
        self.0.to.is_some()
    }

    /// Tells an event: with the answer of the request it happens in, at once where there is none.
    pub fn note(&self, entry: Entry) {
        let noted = Noted { at: self.0.clock.now(), entry };
        if let Some(noted) = Request::keep(noted) {
            self.write(&noted, Circumstances::default());
        }
    }

    /// Tells an event that whoever asks at this moment has no part in.
    pub fn note_own(&self, entry: Entry) {
        let noted = Noted { at: self.0.clock.now(), entry };
        self.write(&noted, Circumstances::default());
    }

    pub(super) fn write(&self, noted: &Noted, circumstances: Circumstances<'_>) {
        let Some(to) = &self.0.to else { return log(&noted.entry) };
        let Circumstances { address, reference } = circumstances;
        let line = Line { time: noted.at.to_string(), entry: &noted.entry, address, reference };
        let mut text = serde_json::to_string(&line).unwrap_or_default();
        text.push('\n');
        let written = match to {
            To::Stderr => io::stderr().lock().write_all(text.as_bytes()),
            To::File(open) => open.lock().unwrap_or_else(PoisonError::into_inner).write(&text),
        };
        if let Err(error) = written {
            tracing::error!(%error, line = text.trim_end(), "an event could not be written to AUDIT_LOG");
        }
    }
}

/// The event as a line of the log, which more people read: without addresses.
fn log(entry: &Entry) {
    tracing::info!(
        target: "auth_server::audit",
        account = entry.account,
        client = entry.client,
        resource = entry.resource,
        scopes = entry.scopes,
        grant = entry.grant,
        key = entry.key,
        reason = entry.reason,
        way = entry.way.map(tracing::field::debug),
        by = entry.by.map(tracing::field::debug),
        count = entry.count,
        "{}",
        entry.event.words()
    );
}

/// A file that is written to.
struct Open {
    path: PathBuf,
    file: File,
    /// The last line may have been written in part.
    is_torn: bool,
}

impl Open {
    fn new(path: &Path) -> io::Result<Open> {
        Ok(Open { path: path.to_owned(), file: append_to(path)?, is_torn: false })
    }

    /// One line by one write. Several processes may append to one file.
    fn write(&mut self, line: &str) -> io::Result<()> {
        if !self.is_there() {
            *self = Open::new(&self.path)?;
        }
        let begin = if self.is_torn { "\n" } else { "" };
        self.is_torn = true;
        self.file.write_all(format!("{begin}{line}").as_bytes())?;
        self.is_torn = false;
        Ok(())
    }

    /// Whether the path still leads to the file: else it was moved away, by whoever rotates logs.
    fn is_there(&self) -> bool {
        let found = std::fs::metadata(&self.path).and_then(|there| Ok((there, self.file.metadata()?)));
        found.is_ok_and(|(there, here)| (there.dev(), there.ino()) == (here.dev(), here.ino()))
    }
}

/// For its owner alone when it is made here; a file that is there keeps its mode.
fn append_to(path: &Path) -> io::Result<File> {
    OpenOptions::new().append(true).create(true).mode(0o600).open(path)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_file_that_was_moved_away_is_made_anew_for_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let (path, moved) = (folder.path().join("audit.log"), folder.path().join("audit.log.1"));
        let mut open = Open::new(&path).unwrap();
        open.write("one\n").unwrap();
        std::fs::rename(&path, &moved).unwrap();
        open.write("two\n").unwrap();
        open.write("three\n").unwrap();
        assert_eq!(std::fs::read_to_string(&moved).unwrap(), "one\n");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "two\nthree\n");
        for file in [path, moved] {
            assert_eq!(std::fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }

    #[test]
    fn what_follows_a_torn_line_stands_on_one_of_its_own() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit.log");
        let mut open = Open::new(&path).unwrap();
        open.file.write_all(b"{\"to").unwrap();
        open.is_torn = true;
        open.write("whole\n").unwrap();
        open.write("whole\n").unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "{\"to\nwhole\nwhole\n");
    }

    /// Every write to it fails as on a full disk.
    #[test]
    fn a_full_disk_is_told_and_stops_nobody() {
        let mut open = Open::new(Path::new("/dev/full")).unwrap();
        assert_eq!(open.write("lost\n").unwrap_err().kind(), io::ErrorKind::StorageFull);
        let audit = Audit::open(&AuditTo::File("/dev/full".into()), &Clock::manual()).unwrap();
        audit.note(Entry::of(super::super::Kind::SignOut));
    }
}
