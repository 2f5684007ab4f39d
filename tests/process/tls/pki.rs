//! A certificate authority as the internet has them: a root somebody trusts, and one between it and every server.

use conformance::failure::Outcome;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use tokio_rustls::rustls::pki_types::CertificateDer;

/// The name every certificate is for: not that of the address it is served at.
pub(crate) const NAME: &str = "gatehouse.test";

pub(crate) struct Pki {
    root: CertificateDer<'static>,
    between: String,
    issuer: Issuer<'static, KeyPair>,
}

/// Files of PEM, as a server reads them.
pub(crate) struct Pair {
    /// The server's own, then the one between it and the root.
    pub(crate) chain: String,
    pub(crate) key: String,
}

impl Pki {
    pub(crate) fn new() -> Outcome<Pki> {
        let (root_key, between_key) = (KeyPair::generate()?, KeyPair::generate()?);
        let (root, between) = (authority("root"), authority("between"));
        let certificate = root.self_signed(&root_key)?;
        let root = Issuer::new(root, root_key);
        Ok(Pki {
            root: certificate.der().clone(),
            between: between.signed_by(&between_key, &root)?.pem(),
            issuer: Issuer::new(between, between_key),
        })
    }

    /// What a client trusts.
    pub(crate) fn root(&self) -> CertificateDer<'static> {
        self.root.clone()
    }

    /// A new key, and a certificate for it.
    pub(crate) fn pair(&self) -> Outcome<Pair> {
        let mut parameters = CertificateParams::new([NAME.to_owned()])?;
        parameters.extended_key_usages.push(ExtendedKeyUsagePurpose::ServerAuth);
        let key = KeyPair::generate()?;
        let own = parameters.signed_by(&key, &self.issuer)?.pem();
        Ok(Pair { chain: format!("{own}{}", self.between), key: key.serialize_pem() })
    }
}

fn authority(name: &str) -> CertificateParams {
    let mut parameters = CertificateParams::default();
    parameters.distinguished_name.push(DnType::CommonName, name);
    parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    parameters.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    parameters
}
