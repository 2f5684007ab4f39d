//! An authenticator in software, and the human whose script speaks to it. Everything it says can be changed before it is
//! sent.

use aws_lc_rs::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use conformance::{
    actor::{Actor, Request, expect},
    exchange::Reply,
    failure::{Failure, Outcome},
};
use ring::digest::{SHA256, digest};
use serde_json::{Value, json};

const PRESENT: u8 = 0x01;
const VERIFIED: u8 = 0x04;
const ATTESTED: u8 = 0x40;

/// A passkey, and what its authenticator says with every answer.
pub(crate) struct Authenticator {
    key: EcdsaKeyPair,
    id: Vec<u8>,
    /// Whose it is, as it was told.
    pub(crate) handle: String,
    /// The page it believes to be on.
    pub(crate) origin: String,
    /// The name its passkey is for.
    pub(crate) host: String,
    /// Counted up at each answer, unless it is 0.
    pub(crate) counter: u32,
    pub(crate) flags: u8,
}

impl Authenticator {
    pub(crate) fn fresh(origin: &str) -> Outcome<Authenticator> {
        Ok(Authenticator {
            key: EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING)?,
            id: shared::random::bytes::<32>().to_vec(),
            handle: String::new(),
            origin: origin.to_owned(),
            host: "localhost".to_owned(),
            counter: 0,
            flags: PRESENT | VERIFIED,
        })
    }

    /// The same passkey without a look at the person.
    pub(crate) fn without_a_look(self) -> Authenticator {
        Authenticator { flags: PRESENT, ..self }
    }

    /// Answers a question for a new passkey.
    pub(crate) fn create(&mut self, options: &Value) -> Value {
        self.handle = options["user"]["id"].as_str().unwrap_or_default().to_owned();
        let client_data = self.client_data("webauthn.create", options);
        let mut data = self.data(self.flags | ATTESTED);
        data.extend([0; 16]);
        data.extend((self.id.len() as u16).to_be_bytes());
        data.extend(&self.id);
        // COSE (RFC 9053 §7.1.1): an EC2 key for ES256 on P-256, from the uncompressed point.
        let point = self.key.public_key().as_ref();
        data.extend([0xa5, 1, 2, 3, 0x26, 0x20, 1, 0x21, 0x58, 32]);
        data.extend(&point[1..33]);
        data.extend([0x22, 0x58, 32]);
        data.extend(&point[33..65]);
        let mut attestation = b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x58".to_vec();
        attestation.push(data.len() as u8);
        attestation.extend(data);
        self.credential(json!({
            "clientDataJSON": encode(client_data.as_bytes()),
            "attestationObject": encode(&attestation),
        }))
    }

    /// Answers a question to sign in.
    pub(crate) fn get(&mut self, options: &Value) -> Outcome<Value> {
        if self.counter > 0 {
            self.counter += 1;
        }
        let client_data = self.client_data("webauthn.get", options);
        let data = self.data(self.flags);
        let signed = [data.as_slice(), digest(&SHA256, client_data.as_bytes()).as_ref()].concat();
        let signature = self.key.sign(&SystemRandom::new(), &signed)?;
        Ok(self.credential(json!({
            "clientDataJSON": encode(client_data.as_bytes()),
            "authenticatorData": encode(&data),
            "signature": encode(signature.as_ref()),
            "userHandle": self.handle,
        })))
    }

    fn client_data(&self, what: &str, options: &Value) -> String {
        let data = json!({"type": what, "challenge": options["challenge"], "origin": self.origin});
        data.to_string()
    }

    fn data(&self, flags: u8) -> Vec<u8> {
        let mut data = digest(&SHA256, self.host.as_bytes()).as_ref().to_vec();
        data.push(flags);
        data.extend(self.counter.to_be_bytes());
        data
    }

    fn credential(&self, response: Value) -> Value {
        let id = encode(&self.id);
        json!({
            "id": id, "rawId": id, "type": "public-key", "response": response,
            "clientExtensionResults": {},
        })
    }
}

fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// What the script of our page sends.
pub(crate) fn call(actor: &Actor, path: &str, content: Value) -> Request {
    let request = Request::json(format!("{}{path}", actor.issuer), content).by_human();
    request.with_header("origin", &actor.issuer).with_header("sec-fetch-site", "same-origin")
}

/// Question and sealed state.
pub(crate) async fn question(actor: &mut Actor, path: &str) -> Outcome<(Value, Value)> {
    let request = call(actor, path, json!({}));
    let reply = expect(actor.send(request).await?, 200)?;
    let said = reply.json().ok_or_else(|| Failure::new("no JSON"))?;
    Ok((said["options"].clone(), said["state"].clone()))
}

/// What the script says to sign in: seal and answer, with which nothing is wrong yet.
pub(crate) async fn sign_in_content(actor: &mut Actor, passkey: &mut Authenticator) -> Outcome<Value> {
    let (options, state) = question(actor, "/signin/passkey/question").await?;
    Ok(json!({"state": state, "credential": passkey.get(&options)?}))
}

/// The same as a request.
pub(crate) async fn sign_in_request(actor: &mut Actor, passkey: &mut Authenticator) -> Outcome<Request> {
    let content = sign_in_content(actor, passkey).await?;
    Ok(call(actor, "/signin/passkey", content))
}

/// What the script sends to add a passkey.
pub(crate) async fn new_request(
    actor: &mut Actor,
    passkey: &mut Authenticator,
    name: &str,
) -> Outcome<Request> {
    let (options, state) = question(actor, "/account/passkeys/question").await?;
    let credential = passkey.create(&options);
    let content = json!({"state": state, "name": name, "credential": credential});
    Ok(call(actor, "/account/passkeys/new", content))
}

/// Adds a fresh passkey to the account that is signed in.
pub(crate) async fn add(actor: &mut Actor, name: &str) -> Outcome<Authenticator> {
    let mut passkey = Authenticator::fresh(&actor.issuer)?;
    let request = new_request(actor, &mut passkey, name).await?;
    expect(actor.send(request).await?, 200)?;
    Ok(passkey)
}

/// The list of whoever is signed in.
pub(crate) async fn list(actor: &mut Actor) -> Outcome<Reply> {
    let request = Request::get(format!("{}/account/passkeys", actor.issuer)).by_human();
    actor.send(request).await
}
