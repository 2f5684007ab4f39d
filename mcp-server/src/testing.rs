//! For tests: an issuer that can sign anything, say anything and go away; and a server that trusts it.

use std::{
    net::TcpListener,
    sync::{Arc, LazyLock, Mutex},
};

use actix_web::{App as Service, HttpResponse, HttpServer, dev::ServerHandle, web};
use aws_lc_rs::{
    rand::SystemRandom,
    rsa::KeySize,
    signature::{KeyPair, RSA_PKCS1_SHA256, RsaKeyPair},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use shared::{clock::Clock, env::Env};
use tempfile::TempDir;

use crate::{App, Settings};

pub(crate) const RESOURCE: &str = "http://localhost:8000/mcp";

/// Made once: key generation is slow.
static KEYS: LazyLock<[RsaKeyPair; 2]> =
    LazyLock::new(|| [(); 2].map(|()| RsaKeyPair::generate(KeySize::Rsa2048).unwrap()));

/// What the issuer publishes, and how often it was asked.
#[derive(Default)]
struct Published {
    metadata: Value,
    keys: Value,
    fetches: usize,
}

/// An authorization server with two keys, `first` and `second`, of which only the first is published at the start.
pub(crate) struct Issuer {
    pub(crate) name: String,
    published: Arc<Mutex<Published>>,
    handle: ServerHandle,
}

impl Issuer {
    pub(crate) fn start() -> Issuer {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let name = format!("http://{}", listener.local_addr().unwrap());
        let published = Arc::new(Mutex::new(Published {
            metadata: json!({ "issuer": name, "jwks_uri": format!("{name}/jwks") }),
            keys: json!({ "keys": [public_key(0)] }),
            fetches: 0,
        }));
        let shown = Arc::clone(&published);
        let server = HttpServer::new(move || {
            let (metadata, keys) = (Arc::clone(&shown), Arc::clone(&shown));
            let metadata = move || {
                let text = metadata.lock().unwrap().metadata.to_string();
                async move { HttpResponse::Ok().body(text) }
            };
            let keys = move || {
                let mut published = keys.lock().unwrap();
                published.fetches += 1;
                let text = published.keys.to_string();
                async move { HttpResponse::Ok().body(text) }
            };
            Service::new()
                .route("/.well-known/oauth-authorization-server", web::get().to(metadata))
                .route("/jwks", web::get().to(keys))
        })
        .workers(1)
        .disable_signals()
        .listen(listener)
        .unwrap()
        .run();
        let handle = server.handle();
        actix_web::rt::spawn(server);
        Issuer { name, published, handle }
    }

    pub(crate) fn publish(&self, keys: &[usize]) {
        let keys: Vec<Value> = keys.iter().map(|&key| public_key(key)).collect();
        self.published.lock().unwrap().keys = json!({ "keys": keys });
    }

    pub(crate) fn rename(&self, issuer: &str) {
        self.published.lock().unwrap().metadata["issuer"] = issuer.into();
    }

    pub(crate) fn fetches(&self) -> usize {
        self.published.lock().unwrap().fetches
    }

    pub(crate) async fn stop(&self) {
        self.handle.stop(false).await;
    }

    /// The claims of a token that is good for an hour.
    pub(crate) fn claims(&self, clock: &Clock, scope: &str) -> Value {
        let now = clock.now().seconds();
        json!({
            "iss": self.name, "sub": "ada", "aud": RESOURCE, "client_id": "client", "scope": scope,
            "iat": now, "exp": now + 3600, "jti": "1",
        })
    }

    /// A good token.
    pub(crate) fn token(&self, clock: &Clock, scope: &str) -> String {
        sign(0, &header(), &self.claims(clock, scope))
    }
}

pub(crate) fn header() -> Value {
    json!({ "typ": "at+jwt", "alg": "RS256", "kid": "first" })
}

/// Signs any header and any claims with one of the two keys.
pub(crate) fn sign(key: usize, header: &Value, claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let message = format!("{}.{}", part(header), part(claims));
    let key = &KEYS[key];
    let mut signature = vec![0; key.public_modulus_len()];
    key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message.as_bytes(), &mut signature).unwrap();
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
}

pub(crate) fn public_key(key: usize) -> Value {
    let public = KEYS[key].public_key();
    let kid = ["first", "second"][key];
    let number = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    json!({
        "kty": "RSA", "alg": "RS256", "use": "sig", "kid": kid,
        "n": number(public.modulus().big_endian_without_leading_zero()),
        "e": number(public.exponent().big_endian_without_leading_zero()),
    })
}

/// A server that trusts an issuer, with a clock and a database of its own.
pub(crate) struct House {
    pub(crate) issuer: Issuer,
    pub(crate) clock: Clock,
    pub(crate) app: App,
    _folder: TempDir,
}

impl House {
    pub(crate) async fn open(pairs: &[(&str, &str)]) -> House {
        let issuer = Issuer::start();
        let clock = Clock::manual();
        let folder = tempfile::tempdir().unwrap();
        let database = format!("sqlite:{}", folder.path().join("mcp.db").display());
        let own = [("ISSUER", issuer.name.as_str()), ("DATABASE_URL", &database), ("RESOURCE", RESOURCE)];
        let env = Env::from_iter(own.iter().chain(pairs).copied());
        let app = App::open(Settings::from_env(&env).unwrap(), clock.clone()).await.unwrap();
        House { issuer, clock, app, _folder: folder }
    }
}
