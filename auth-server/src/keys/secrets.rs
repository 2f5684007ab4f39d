//! Master secrets: what they seal can be read by this server alone, what they authenticate was made by it.
//!
//! Sealed text is `number of the secret (1) · salt (16) · ciphertext · tag (16)` in base64url. Every message has a key of
//! its own, derived by HKDF-SHA256 from the master secret and a random salt, so the nonce can be constant. The purpose is
//! bound in: a sealed code does not open as a sealed registration.

use std::{fs, io::Write, path::Path};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use ring::{
    aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    digest::{SHA256, digest},
    hkdf::{HKDF_SHA256, Prk, Salt},
    hmac,
};
use shared::random;

const SALT: usize = 16;
const HEAD: usize = 1 + SALT;

/// One master secret of 256 bits.
struct Secret {
    bytes: [u8; 32],
    /// What the keys of MACs are derived from.
    macs: Box<Prk>,
    /// The first byte of its digest: says which secret to try first, proves nothing.
    number: u8,
}

/// All master secrets. The first seals and authenticates; every one opens and verifies.
pub struct Secrets {
    first: Secret,
    others: Vec<Secret>,
}

impl Secrets {
    /// Reads secrets separated by white space or commas, each 32 bytes in base64url.
    ///
    /// # Errors
    /// There is none, or one is of another form. The text itself is never repeated.
    pub fn parse(text: &str) -> Result<Secrets, MalformedSecrets> {
        let parts = text.split(|c: char| c.is_whitespace() || c == ',').filter(|part| !part.is_empty());
        let mut secrets = parts.map(Secret::parse).collect::<Option<Vec<_>>>().ok_or(MalformedSecrets)?;
        if secrets.is_empty() {
            return Err(MalformedSecrets);
        }
        let first = secrets.remove(0);
        Ok(Secrets { first, others: secrets })
    }

    /// A fresh secret, as [`parse`](Secrets::parse) reads it.
    pub fn fresh() -> String {
        BASE64_URL_SAFE_NO_PAD.encode(random::bytes::<32>())
    }

    /// The number of each secret, the first one's first. It says which secret is meant, and nothing of the secret.
    pub fn numbers(&self) -> Vec<u8> {
        self.all().map(|secret| secret.number).collect()
    }

    /// Reads the file, or makes it with one fresh secret, readable by its owner alone, and on disk before this returns.
    ///
    /// # Errors
    /// The file cannot be read or made, or holds something else.
    pub fn read_or_create(path: &Path) -> std::io::Result<Secrets> {
        if !path.exists() {
            create(path)?;
        }
        Secrets::parse(&fs::read_to_string(path)?)
            .map_err(|fault| std::io::Error::new(std::io::ErrorKind::InvalidData, fault))
    }

    /// Seals a message for `purpose`.
    pub fn seal(&self, purpose: &str, message: &[u8]) -> String {
        let salt = random::bytes::<SALT>();
        let mut sealed = Vec::with_capacity(HEAD + message.len() + AES_256_GCM.tag_len());
        sealed.push(self.first.number);
        sealed.extend_from_slice(&salt);
        let mut body = message.to_vec();
        let key = self.first.message_key(&salt, purpose);
        #[expect(clippy::expect_used, reason = "AES-GCM seals any message below 64 GiB")]
        key.seal_in_place_append_tag(nonce(), Aad::empty(), &mut body).expect("a short message seals");
        sealed.extend_from_slice(&body);
        BASE64_URL_SAFE_NO_PAD.encode(sealed)
    }

    /// Opens what [`seal`](Secrets::seal) made for the same purpose, under any secret we hold.
    pub fn open(&self, purpose: &str, text: &str) -> Option<Vec<u8>> {
        self.open_with(purpose, text).map(|(_, message)| message)
    }

    /// The same, with the place of the secret that opens it; that of the first is zero.
    pub fn open_with(&self, purpose: &str, text: &str) -> Option<(usize, Vec<u8>)> {
        let sealed = BASE64_URL_SAFE_NO_PAD.decode(text).ok()?;
        let (head, body) = sealed.split_at_checked(HEAD)?;
        let (number, salt) = head.split_first()?;
        self.all().enumerate().filter(|(_, secret)| secret.number == *number).find_map(|(place, secret)| {
            let mut body = body.to_vec();
            let key = secret.message_key(salt, purpose);
            let message = key.open_in_place(nonce(), Aad::empty(), &mut body).ok()?;
            Some((place, message.to_vec()))
        })
    }

    /// A MAC over `message` for `purpose`: HMAC-SHA256, always the same for the same message.
    pub fn mac(&self, purpose: &str, message: &[u8]) -> Vec<u8> {
        hmac::sign(&self.first.mac_key(purpose), message).as_ref().to_vec()
    }

    /// Whether `mac` was made for that message and purpose, under any secret we hold. Constant time.
    pub fn verify_mac(&self, purpose: &str, message: &[u8], mac: &[u8]) -> bool {
        self.all().any(|secret| hmac::verify(&secret.mac_key(purpose), message, mac).is_ok())
    }

    fn all(&self) -> impl Iterator<Item = &Secret> {
        std::iter::once(&self.first).chain(&self.others)
    }
}

impl Secret {
    fn parse(text: &str) -> Option<Secret> {
        let bytes: [u8; 32] = BASE64_URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()?;
        let number = digest(&SHA256, &bytes).as_ref().first().copied()?;
        let macs = Box::new(Salt::new(HKDF_SHA256, b"gatehouse").extract(&bytes));
        Some(Secret { bytes, macs, number })
    }

    fn message_key(&self, salt: &[u8], purpose: &str) -> LessSafeKey {
        let derived = Salt::new(HKDF_SHA256, salt).extract(&self.bytes);
        let info = [b"gatehouse seal 1 ", purpose.as_bytes()];
        #[expect(clippy::expect_used, reason = "HKDF-SHA256 expands to 32 bytes whatever the input")]
        let key = derived.expand(&info, &AES_256_GCM).map(UnboundKey::from).expect("32 bytes");
        LessSafeKey::new(key)
    }

    fn mac_key(&self, purpose: &str) -> hmac::Key {
        let info = [b"gatehouse mac 1 ", purpose.as_bytes()];
        #[expect(clippy::expect_used, reason = "HKDF-SHA256 expands to 32 bytes whatever the input")]
        self.macs.expand(&info, hmac::HMAC_SHA256).map(hmac::Key::from).expect("32 bytes")
    }
}

/// Makes the file under its name only once it is whole, so that a start that is broken off leaves none; of two that make it
/// at the same time the first one's stays.
fn create(path: &Path) -> std::io::Result<()> {
    let draft = path.with_extension(format!("draft-{}", BASE64_URL_SAFE_NO_PAD.encode(random::bytes::<9>())));
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&draft)?;
    file.write_all(format!("{}\n", Secrets::fresh()).as_bytes())?;
    file.sync_all()?;
    // Unlike a renaming, a link never replaces what is there.
    let linked = fs::hard_link(&draft, path);
    fs::remove_file(&draft)?;
    match linked {
        Err(fault) if fault.kind() != std::io::ErrorKind::AlreadyExists => return Err(fault),
        _ => {}
    }
    // The name of the file must survive too.
    match path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        Some(folder) => fs::File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}

/// Constant, because no two messages share a key.
fn nonce() -> Nonce {
    Nonce::assume_unique_for_key([0; NONCE_LEN])
}

/// The master secrets are not of the right form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be one or more secrets of 32 bytes in base64url, separated by spaces")]
pub struct MalformedSecrets;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_older_secret_sealed_still_opens_and_no_other_purpose_does() {
        let (old, new) = (Secrets::fresh(), Secrets::fresh());
        let before = Secrets::parse(&old).unwrap();
        let (sealed, mac) = (before.seal("code", b"message"), before.mac("code", b"message"));
        let after = Secrets::parse(&format!("{new} {old}")).unwrap();
        assert_eq!(after.open("code", &sealed).as_deref(), Some(&b"message"[..]));
        assert_eq!(after.open_with("code", &sealed).map(|(place, _)| place), Some(1));
        assert_eq!(after.open_with("code", &after.seal("code", b"")).map(|(place, _)| place), Some(0));
        assert_eq!(after.numbers()[1..], before.numbers());
        assert_eq!(after.open("client", &sealed), None);
        assert!(after.verify_mac("code", b"message", &mac));
        assert!(!after.verify_mac("client", b"message", &mac));
        let stranger = Secrets::parse(&new).unwrap();
        assert_eq!(stranger.open("code", &sealed), None);
        assert!(!stranger.verify_mac("code", b"message", &mac));
    }

    #[test]
    fn the_file_is_made_once_and_for_its_owner_alone() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        let sealed = Secrets::read_or_create(&path).unwrap().seal("code", b"message");
        assert!(Secrets::read_or_create(&path).unwrap().open("code", &sealed).is_some());
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn what_is_no_secret_is_refused() {
        for text in ["", " , ", "short", &"A".repeat(42), &"A".repeat(44)] {
            assert!(Secrets::parse(text).is_err(), "{text}");
        }
    }
}
