//! What this server may fetch: the documents and keys that clients publish.

use std::time::Duration;

use reqwest::Certificate;
use shared::{
    env::Reader,
    resource::{Resource, is_loopback},
};

use crate::oauth::client_id_url::Reach;

/// What may be fetched, and how.
#[derive(Clone, Debug)]
pub struct Outbound {
    /// Whether a `client_id` may be the URL of a metadata document.
    pub documents: bool,
    /// From where.
    pub reach: Reach,
    /// Certificate authorities that are trusted beside the system's.
    pub extra_roots: Vec<Certificate>,
    /// The whole of one fetch.
    pub timeout: Duration,
}

impl Outbound {
    /// Reads `CIMD`, `CIMD_TIMEOUT`, `CIMD_ALLOW_LOOPBACK` and `EXTRA_CA_FILE`. The last two are for one machine: with an
    /// issuer that others can reach they are faults.
    pub(super) fn read(reader: &mut Reader<'_>, issuer: Option<&Resource>) -> Outbound {
        let documents = reader.is_on("CIMD", true);
        let timeout = reader.seconds("CIMD_TIMEOUT", 5);
        if !(1..=60).contains(&timeout.as_secs()) {
            reader.fault("CIMD_TIMEOUT", "is not between 1 and 60 seconds", "5");
        }
        let reach = match reader.is_on("CIMD_ALLOW_LOOPBACK", false) {
            true => Reach::AndThisMachine,
            false => Reach::Internet,
        };
        let extra_roots = read_roots(reader);
        let is_public = issuer.is_some_and(|issuer| !is_loopback(issuer.url()));
        for (name, is_set, left_out) in [
            ("CIMD_ALLOW_LOOPBACK", reach == Reach::AndThisMachine, "off"),
            ("EXTRA_CA_FILE", reader.optional("EXTRA_CA_FILE").is_some(), ""),
        ] {
            if is_set && is_public {
                reader.fault(name, "is for an ISSUER on this machine only: leave it out", left_out);
            }
        }
        Outbound { documents, reach, extra_roots, timeout }
    }
}

fn read_roots(reader: &mut Reader<'_>) -> Vec<Certificate> {
    let Some(path) = reader.optional("EXTRA_CA_FILE") else { return Vec::new() };
    let wrong = match std::fs::read(path).map(|text| Certificate::from_pem_bundle(&text)) {
        Ok(Ok(roots)) if !roots.is_empty() => return roots,
        Ok(Ok(_)) => "holds no certificate".to_owned(),
        Ok(Err(fault)) => fault.to_string(),
        Err(fault) => fault.to_string(),
    };
    reader.fault("EXTRA_CA_FILE", &wrong, "conformance-ca.pem");
    Vec::new()
}

#[cfg(test)]
mod tests {
    use shared::env::Env;

    use super::*;

    fn read(issuer: &str, pairs: &[(&str, &str)]) -> Result<Outbound, String> {
        let env: Env = pairs.iter().copied().collect();
        let mut reader = Reader::new(&env);
        let issuer = Resource::parse(issuer).unwrap();
        let outbound = Outbound::read(&mut reader, Some(&issuer));
        reader.finish(Some(outbound)).map_err(|faults| faults.to_string())
    }

    #[test]
    fn nothing_set_reaches_the_internet_and_no_further() {
        let outbound = read("https://auth.example.com", &[]).unwrap();
        assert!(outbound.documents && outbound.extra_roots.is_empty());
        assert_eq!((outbound.reach, outbound.timeout.as_secs()), (Reach::Internet, 5));
        let development =
            read("http://localhost:9000", &[("CIMD_ALLOW_LOOPBACK", "on"), ("CIMD", "off")]).unwrap();
        assert_eq!((development.reach, development.documents), (Reach::AndThisMachine, false));
    }

    #[test]
    fn a_public_issuer_does_not_start_with_what_is_for_one_machine() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let path = file.path().display().to_string();
        let faults = read(
            "https://auth.example.com",
            &[
                ("CIMD_ALLOW_LOOPBACK", "on"),
                ("EXTRA_CA_FILE", &path),
                ("CIMD", "yes"),
                ("CIMD_TIMEOUT", "0"),
            ],
        );
        let faults = faults.unwrap_err();
        for name in ["CIMD_ALLOW_LOOPBACK", "EXTRA_CA_FILE", "CIMD (", "CIMD_TIMEOUT", "holds no certificate"]
        {
            assert!(faults.contains(name), "{name} is not in {faults}");
        }
        let missing = read("http://localhost:9000", &[("EXTRA_CA_FILE", "/nowhere/ca.pem")]).unwrap_err();
        assert!(missing.contains("EXTRA_CA_FILE"), "{missing}");
    }
}
