//! Where events are told that somebody may have to answer for.

use std::path::PathBuf;

use shared::env::Reader;

/// Where to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AuditTo {
    /// Nowhere but in the log.
    Nowhere,
    /// Standard error, among the lines of the log.
    Stderr,
    /// A file, at its end.
    File(PathBuf),
}

impl AuditTo {
    /// Reads `AUDIT_LOG`.
    pub(super) fn read(reader: &mut Reader<'_>) -> AuditTo {
        match reader.optional("AUDIT_LOG") {
            None | Some("off") => AuditTo::Nowhere,
            Some("stderr") => AuditTo::Stderr,
            Some(path) if path.starts_with('/') => AuditTo::File(path.into()),
            Some(_) => {
                let wrong = "is neither `off` nor `stderr` nor a path from the root";
                reader.fault("AUDIT_LOG", wrong, "/var/log/gatehouse/audit.log");
                AuditTo::Nowhere
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use shared::env::Env;

    use super::*;

    #[test]
    fn a_file_is_named_from_the_root() {
        let read = |value: &str| {
            let env = Env::from_iter([("AUDIT_LOG", value)]);
            let mut reader = Reader::new(&env);
            let to = AuditTo::read(&mut reader);
            reader.finish(Some(to)).map_err(|faults| faults.to_string())
        };
        assert_eq!(read(""), Ok(AuditTo::Nowhere));
        assert_eq!(read("off"), Ok(AuditTo::Nowhere));
        assert_eq!(read("stderr"), Ok(AuditTo::Stderr));
        assert_eq!(read("/tmp/audit.log"), Ok(AuditTo::File("/tmp/audit.log".into())));
        for wrong in ["on", "audit.log", "stdout"] {
            assert!(read(wrong).unwrap_err().contains("AUDIT_LOG=/var/log"), "{wrong}");
        }
    }
}
