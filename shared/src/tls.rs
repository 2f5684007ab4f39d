//! TLS of our own, for a service that no proxy stands in front of: a certificate and its key from two files, read again when
//! they change. Connections that are open go on.

use std::{
    fmt, fs,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError, RwLock},
    time::Duration,
};

use ring::digest::{Context, SHA256};
use rustls::{
    Error, InconsistentKeys, ServerConfig,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
    version::{TLS12, TLS13},
};

use crate::env::Reader;

/// Whether, and with what, a service does TLS itself.
pub const CERTIFICATE_FILE: &str = "TLS_CERTIFICATE_FILE";
const KEY_FILE: &str = "TLS_KEY_FILE";
/// Values that would do.
const EXAMPLES: (&str, &str) = ("/etc/gatehouse/fullchain.pem", "/etc/gatehouse/privkey.pem");

/// How often the files are looked at.
const PERIOD: Duration = Duration::from_secs(2);

/// A certificate chain and its key, as the files held them when they last were a pair. Cheap to clone.
#[derive(Clone)]
pub struct Tls(Arc<Held>);

struct Held {
    certificate: PathBuf,
    key: PathBuf,
    current: RwLock<Arc<CertifiedKey>>,
    /// What the files held when they were last looked at, good or not.
    seen: Mutex<Content>,
}

/// Tells one content of the two files from another.
type Content = Vec<u8>;

impl Tls {
    /// Reads `TLS_CERTIFICATE_FILE` and `TLS_KEY_FILE`: both or neither.
    pub fn read(reader: &mut Reader<'_>) -> Option<Tls> {
        let (certificate, key) = match (reader.optional(CERTIFICATE_FILE), reader.optional(KEY_FILE)) {
            (None, None) => return None,
            (Some(certificate), Some(key)) => (PathBuf::from(certificate), PathBuf::from(key)),
            (Some(_), None) => {
                reader.fault(KEY_FILE, "is needed with TLS_CERTIFICATE_FILE", EXAMPLES.1);
                return None;
            }
            (None, Some(_)) => {
                reader.fault(CERTIFICATE_FILE, "is needed with TLS_KEY_FILE", EXAMPLES.0);
                return None;
            }
        };
        match Tls::open(certificate, key) {
            Ok(tls) => Some(tls),
            Err(fault) => {
                let (name, example) =
                    if fault.is_of_key { (KEY_FILE, EXAMPLES.1) } else { (CERTIFICATE_FILE, EXAMPLES.0) };
                reader.fault(name, &fault.to_string(), example);
                None
            }
        }
    }

    fn open(certificate: PathBuf, key: PathBuf) -> Result<Tls, PairFault> {
        let seen = Mutex::new(content(&certificate, &key));
        let current = RwLock::new(Arc::new(pair(&certificate, &key)?));
        Ok(Tls(Arc::new(Held { certificate, key, current, seen })))
    }

    /// What a listener needs: TLS 1.3 and 1.2, and the pair that is current when a connection begins. From now on the files
    /// are looked at. Called by a service that runs.
    ///
    /// # Errors
    /// The provider lacks a version, which it does not.
    pub fn server(self) -> Result<ServerConfig, Error> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&TLS13, &TLS12])?
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(self.clone()));
        tokio::spawn(self.keep_current());
        Ok(config)
    }

    /// Looks at the files for as long as the service runs.
    async fn keep_current(self) {
        loop {
            tokio::time::sleep(PERIOD).await;
            self.look();
        }
    }

    /// Takes what the files hold, if it has changed and is a pair. What is none leaves everything as it was, and is told
    /// once: while one file is new and the other is not yet, too.
    fn look(&self) {
        let Held { certificate, key, current, seen } = &*self.0;
        let content = content(certificate, key);
        let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
        if *seen == content {
            return;
        }
        *seen = content;
        match pair(certificate, key) {
            Ok(pair) => {
                *current.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(pair);
                tracing::info!(file = %certificate.display(), "new connections get the new certificate");
            }
            Err(fault) => tracing::error!(%fault, "the new certificate is of no use: the old one goes on"),
        }
    }
}

impl ResolvesServerCert for Tls {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0.current.read().unwrap_or_else(PoisonError::into_inner)))
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Tls").field("certificate", &self.0.certificate).finish_non_exhaustive()
    }
}

fn content(certificate: &Path, key: &Path) -> Content {
    let mut digest = Context::new(&SHA256);
    for file in [certificate, key] {
        match fs::read(file) {
            Ok(bytes) => {
                digest.update(&bytes.len().to_be_bytes());
                digest.update(&bytes);
            }
            Err(error) => digest.update(error.kind().to_string().as_bytes()),
        }
    }
    digest.finish().as_ref().to_vec()
}

fn pair(certificate: &Path, key: &Path) -> Result<CertifiedKey, PairFault> {
    let of_certificate = |what: &str| PairFault::new(certificate, what, false);
    let of_key = |what: &str| PairFault::new(key, what, true);
    let read = |file: &Path| fs::read(file).map_err(|error| format!("cannot be read ({})", error.kind()));
    let chain = read(certificate).map_err(|what| of_certificate(&what))?;
    // What is wrong with a line of PEM is not told: the line would be.
    let chain = CertificateDer::pem_slice_iter(&chain).collect::<Result<Vec<_>, _>>();
    let chain = chain.map_err(|_| of_certificate("is no PEM"))?;
    if chain.is_empty() {
        return Err(of_certificate("holds no certificate in PEM"));
    }
    let secret = read(key).map_err(|what| of_key(&what))?;
    let secret = PrivateKeyDer::from_pem_slice(&secret).map_err(|_| of_key("holds no private key in PEM"))?;
    let secret = aws_lc_rs::sign::any_supported_type(&secret);
    let pair = CertifiedKey::new(chain, secret.map_err(|_| of_key("holds a key of no kind we know"))?);
    match pair.keys_match() {
        Ok(()) => Ok(pair),
        Err(Error::InconsistentKeys(InconsistentKeys::KeyMismatch)) => {
            Err(of_key("is not the key of the first certificate in TLS_CERTIFICATE_FILE"))
        }
        Err(_) => Err(of_certificate("begins with something that is no certificate")),
    }
}

/// Why two files are no pair. It names the file, never what it holds.
#[derive(Debug, thiserror::Error)]
#[error("{file} {what}")]
struct PairFault {
    file: String,
    what: String,
    is_of_key: bool,
}

impl PairFault {
    fn new(file: &Path, what: &str, is_of_key: bool) -> PairFault {
        PairFault { file: file.display().to_string(), what: what.to_owned(), is_of_key }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::env::Env;

    fn faults(pairs: &[(&str, &str)]) -> String {
        let env = pairs.iter().copied().collect::<Env>();
        let mut reader = Reader::new(&env);
        let tls = Tls::read(&mut reader);
        assert!(tls.is_none());
        reader.finish(Some(())).map_or_else(|faults| faults.to_string(), |()| String::new())
    }

    #[test]
    fn both_files_or_neither_and_a_fault_names_the_file_and_never_its_content() {
        assert_eq!(faults(&[]), "");
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str, text: &str| {
            let path = folder.path().join(name);
            fs::write(&path, text).unwrap();
            path.display().to_string()
        };
        let (empty, away) = (file("empty", ""), folder.path().join("away").display().to_string());
        let broken = file("broken", "-----BEGIN CERTIFICATE-----\nhidden!\n-----END CERTIFICATE-----\n");
        let wrong = file("wrong", "-----BEGIN CERTIFICATE-----\naGlkZGVu\n-----END CERTIFICATE-----\n");
        for (certificate, key, named) in [
            ("", &*empty, "TLS_CERTIFICATE_FILE (absent)"),
            (&*empty, "", "TLS_KEY_FILE (absent)"),
            (&away, &empty, "away cannot be read"),
            (&empty, &empty, "empty holds no certificate"),
            (&broken, &empty, "broken is no PEM"),
            (&wrong, &away, "away cannot be read"),
            (&wrong, &empty, "empty holds no private key"),
        ] {
            let told = faults(&[(CERTIFICATE_FILE, certificate), (KEY_FILE, key)]);
            assert!(told.contains(named), "{named} is not in {told}");
            assert!(!told.contains("hidden") && !told.contains("aGlk"), "{told}");
        }
    }
}
