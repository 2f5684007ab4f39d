//! An issuer on this machine: two documents and one key.

use std::net::TcpListener;

use actix_web::{App, HttpResponse, HttpServer, rt, web};
use aws_lc_rs::{
    rand::SystemRandom,
    rsa::KeySize,
    signature::{KeyPair, RSA_PKCS1_SHA256, RsaKeyPair},
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde_json::json;
use shared::{
    claims::{AccessTokenClaims, TYPE},
    clock::Timestamp,
    random,
};

/// The resource its tokens are for.
pub const RESOURCE: &str = "https://mcp.example.com/mcp";
/// As the auth-server names its keys: a SHA-256 in base64url.
const KID: &str = "JF2U4Dl_0EyT0pPnhGbMZ4EJGMG6cUDKhfQGqDYHPPo";
/// An hour.
const LIFETIME: i64 = 3600;

/// It signs whatever it is told to.
pub struct Issuer {
    /// Its URL.
    pub name: String,
    pair: RsaKeyPair,
}

impl Issuer {
    /// Answers from now on.
    pub async fn start() -> Issuer {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let name = format!("http://{}", listener.local_addr().unwrap());
        let issuer = Issuer { name, pair: RsaKeyPair::generate(KeySize::Rsa2048).unwrap() };
        let (n, e) = issuer.numbers();
        let key = json!({ "kty": "RSA", "alg": "RS256", "use": "sig", "kid": KID, "n": n, "e": e });
        let keys = json!({ "keys": [key] }).to_string();
        let metadata =
            json!({ "issuer": issuer.name, "jwks_uri": format!("{}/jwks", issuer.name) }).to_string();
        let documents = [("/.well-known/oauth-authorization-server", metadata), ("/jwks", keys)];
        let server = HttpServer::new(move || {
            documents.clone().into_iter().fold(App::new(), |app, (path, document)| {
                app.route(
                    path,
                    web::get().to(move || std::future::ready(HttpResponse::Ok().body(document.clone()))),
                )
            })
        });
        rt::spawn(server.workers(1).disable_signals().listen(listener).unwrap().run());
        issuer
    }

    /// Its public key, in PKCS#1 DER.
    pub fn public_key(&self) -> &[u8] {
        self.pair.public_key().as_ref()
    }

    /// Its public key, as a JWK has it.
    pub fn numbers(&self) -> (String, String) {
        let (public, number) = (self.pair.public_key(), |bytes: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(bytes));
        let (n, e) = (public.modulus(), public.exponent());
        (number(n.big_endian_without_leading_zero()), number(e.big_endian_without_leading_zero()))
    }

    /// A token as the auth-server makes them for ChatGPT, which registered itself there; no two are the same.
    pub fn token(&self, now: Timestamp) -> String {
        let id = BASE64_URL_SAFE_NO_PAD.encode([7; 112]);
        let claims = AccessTokenClaims {
            iss: self.name.clone(),
            sub: BASE64_URL_SAFE_NO_PAD.encode([7; 16]),
            aud: RESOURCE.to_owned(),
            client_id: format!("dcr_{id}"),
            scope: "notes:read notes:write meetings:read meetings:write".to_owned(),
            iat: now,
            exp: Timestamp(now.seconds() + LIFETIME),
            jti: BASE64_URL_SAFE_NO_PAD.encode(random::bytes::<20>()),
        };
        let header = json!({ "typ": TYPE, "alg": "RS256", "kid": KID }).to_string();
        let part = |text: String| BASE64_URL_SAFE_NO_PAD.encode(text);
        let message = format!("{}.{}", part(header), part(serde_json::to_string(&claims).unwrap()));
        let mut signature = vec![0; self.pair.public_modulus_len()];
        self.pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message.as_bytes(), &mut signature).unwrap();
        format!("{message}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature))
    }
}
