//! An authorization server that signs whatever it is told to, counts who asks for its keys, and can go away.

use std::{
    net::TcpListener,
    sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError},
};

use actix_web::{App, HttpResponse, HttpServer, dev::ServerHandle, web};
use aws_lc_rs::{
    rand::SystemRandom,
    rsa::KeySize,
    signature::{KeyPair, RSA_PKCS1_SHA256, RsaKeyPair},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use conformance::{
    failure::{Failure, Outcome},
    world::World,
};
use serde_json::{Value, json};

/// Made once: it takes a while.
static KEYS: LazyLock<[Option<RsaKeyPair>; 2]> =
    LazyLock::new(|| [(); 2].map(|()| RsaKeyPair::generate(KeySize::Rsa2048).ok()));

/// What it publishes, and how often it was asked for its keys.
struct Published {
    issuer: String,
    jwks_uri: String,
    keys: Vec<Value>,
    fetches: usize,
}

/// It has two keys, 0 and 1, and publishes the first.
pub(super) struct Issuer {
    pub(super) name: String,
    published: Arc<Mutex<Published>>,
    handle: ServerHandle,
}

impl Issuer {
    pub(super) fn start() -> Outcome<Issuer> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let name = format!("http://127.0.0.1:{}", listener.local_addr()?.port());
        let (issuer, jwks_uri) = (name.clone(), format!("{name}/jwks"));
        let keys = vec![public_key(0)?];
        let published = Arc::new(Mutex::new(Published { issuer, jwks_uri, keys, fetches: 0 }));
        let shown = Arc::clone(&published);
        let server = HttpServer::new(move || {
            let (metadata, keys) = (Arc::clone(&shown), Arc::clone(&shown));
            let metadata = move || {
                let published = locked(&metadata);
                let text = json!({"issuer": published.issuer, "jwks_uri": published.jwks_uri}).to_string();
                async move { HttpResponse::Ok().body(text) }
            };
            let keys = move || {
                let mut published = locked(&keys);
                published.fetches += 1;
                let text = json!({"keys": published.keys}).to_string();
                async move { HttpResponse::Ok().body(text) }
            };
            App::new()
                .route("/.well-known/oauth-authorization-server", web::get().to(metadata))
                .route("/jwks", web::get().to(keys))
        })
        .workers(1)
        .disable_signals()
        .listen(listener)?
        .run();
        let handle = server.handle();
        tokio::spawn(server);
        Ok(Issuer { name, published, handle })
    }

    /// A world whose mcp-server trusts this issuer and no other.
    pub(super) async fn world(&self) -> Outcome<World> {
        World::builder().mcp("ISSUER", &self.name).start().await
    }

    /// Publishes these keys and no other.
    pub(super) fn publish(&self, keys: &[usize]) -> Outcome {
        let keys = keys.iter().map(|key| public_key(*key)).collect::<Outcome<_>>()?;
        locked(&self.published).keys = keys;
        Ok(())
    }

    /// Calls itself something else in its metadata.
    pub(super) fn rename(&self, issuer: &str) {
        issuer.clone_into(&mut locked(&self.published).issuer);
    }

    /// Has its keys somewhere else.
    pub(super) fn move_keys(&self, jwks_uri: &str) {
        jwks_uri.clone_into(&mut locked(&self.published).jwks_uri);
    }

    /// How often its keys were fetched.
    pub(super) fn fetches(&self) -> usize {
        locked(&self.published).fetches
    }

    pub(super) async fn stop(&self) {
        self.handle.stop(false).await;
    }

    /// The claims of a good token for the mcp-server of a world.
    pub(super) fn claims(&self, world: &World) -> Value {
        let now = world.clock().now().seconds();
        json!({
            "iss": self.name, "sub": "ada", "aud": world.mcp_url(), "client_id": "client",
            "scope": "notes:read notes:write", "iat": now, "exp": now + 3600, "jti": "1",
        })
    }

    /// A good token.
    pub(super) fn token(&self, world: &World) -> Outcome<String> {
        sign(0, &header(0), &self.claims(world))
    }
}

fn locked(published: &Mutex<Published>) -> MutexGuard<'_, Published> {
    published.lock().unwrap_or_else(PoisonError::into_inner)
}

fn key(which: usize) -> Outcome<&'static RsaKeyPair> {
    KEYS[which].as_ref().ok_or_else(|| Failure::new("no RSA key could be made"))
}

/// The header of a good token.
pub(super) fn header(key: usize) -> Value {
    json!({"typ": "at+jwt", "alg": "RS256", "kid": format!("key-{key}")})
}

/// The same document with one member more, or another value for it; `null` leaves it out.
pub(super) fn with(mut document: Value, member: &str, value: Value) -> Value {
    match (document.as_object_mut(), value) {
        (Some(members), Value::Null) => drop(members.remove(member)),
        (Some(members), value) => drop(members.insert(member.to_owned(), value)),
        (None, _) => {}
    }
    document
}

/// The signed part of a token.
pub(super) fn message(header: &Value, claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}", part(header), part(claims))
}

/// Any header and any claims, signed with one of the two keys.
pub(super) fn sign(which: usize, header: &Value, claims: &Value) -> Outcome<String> {
    let (key, message) = (key(which)?, message(header, claims));
    let mut signature = vec![0; key.public_modulus_len()];
    key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message.as_bytes(), &mut signature)?;
    Ok(format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature)))
}

/// One of the keys as a JWKS has it.
pub(super) fn public_key(which: usize) -> Outcome<Value> {
    let public = key(which)?.public_key();
    let number = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    Ok(json!({
        "kty": "RSA", "alg": "RS256", "use": "sig", "kid": format!("key-{which}"),
        "n": number(public.modulus().big_endian_without_leading_zero()),
        "e": number(public.exponent().big_endian_without_leading_zero()),
    }))
}
