//! A certificate authority of this machine: whoever is told its certificate trusts the hosts it signs for.

use std::{fs, io::Write, os::unix::fs::OpenOptionsExt, path::Path, sync::Arc};

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use tokio_rustls::rustls::{
    ServerConfig,
    crypto::aws_lc_rs,
    pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
};

use crate::failure::Outcome;

/// Where it is kept in a folder.
const CERTIFICATE: &str = "conformance-ca.pem";
/// Its key, for the eyes of its owner only.
const KEY: &str = "conformance-ca.key";

/// A certificate authority.
pub struct Authority {
    certificate: String,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    /// A new one, known to nobody.
    ///
    /// # Errors
    /// The key or the certificate could not be made.
    pub fn fresh() -> Outcome<Authority> {
        let key = KeyPair::generate()?;
        let certificate = parameters().self_signed(&key)?.pem();
        Ok(Authority { certificate, issuer: Issuer::new(parameters(), key) })
    }

    /// The one a folder holds, made if it holds none: `conformance-ca.pem` and `conformance-ca.key`.
    ///
    /// # Errors
    /// The files cannot be read or written, or are none of ours.
    pub fn read_or_create(folder: &Path) -> Outcome<Authority> {
        let (certificate, key) = (folder.join(CERTIFICATE), folder.join(KEY));
        if !certificate.exists() || !key.exists() {
            let made = Authority::fresh()?;
            // A key without its certificate, or the other way round, is of no use to anybody.
            for old in [&certificate, &key].into_iter().filter(|old| old.exists()) {
                fs::remove_file(old)?;
            }
            let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&key)?;
            file.write_all(made.issuer.key().serialize_pem().as_bytes())?;
            fs::write(&certificate, &made.certificate)?;
            return Ok(made);
        }
        let key = KeyPair::from_pem(&fs::read_to_string(key)?)?;
        let certificate = fs::read_to_string(certificate)?;
        Ok(Authority { certificate, issuer: Issuer::new(parameters(), key) })
    }

    /// Its certificate (PEM): what `EXTRA_CA_FILE` holds.
    pub fn certificate(&self) -> &str {
        &self.certificate
    }

    /// What a server on this machine needs for TLS.
    pub(super) fn server(&self) -> Outcome<ServerConfig> {
        let mut parameters = CertificateParams::new(["localhost".to_owned(), "127.0.0.1".to_owned()])?;
        parameters.distinguished_name.push(DnType::CommonName, "localhost");
        parameters.extended_key_usages.push(ExtendedKeyUsagePurpose::ServerAuth);
        parameters.use_authority_key_identifier_extension = true;
        let key = KeyPair::generate()?;
        let certificate = parameters.signed_by(&key, &self.issuer)?.der().clone();
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let provider = Arc::new(aws_lc_rs::default_provider());
        Ok(ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key)?)
    }
}

/// What every authority of ours says of itself. The same each time, so that a certificate that was read needs no parsing.
fn parameters() -> CertificateParams {
    let mut parameters = CertificateParams::default();
    parameters.distinguished_name.push(DnType::CommonName, "Gatehouse conformance");
    parameters.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    parameters.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    parameters
}
