//! A provider that answers as a test wants it, over http on this machine.

use std::{
    collections::HashMap,
    net::TcpListener,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use actix_web::{App, HttpRequest, HttpResponse, HttpServer, dev::ServerHandle, web};
use conformance::{
    actor::Landing,
    assertion::{Algorithm, Signer},
    failure::Outcome,
    world::{Builder, World},
};
use serde_json::{Value, json};
use shared::clock::Timestamp;

/// The provider. Dropping it stops it.
pub(crate) struct Fake {
    pub(crate) issuer: String,
    stage: Stage,
    handle: ServerHandle,
}

type Stage = Arc<Mutex<Acts>>;

/// How it answers.
pub(crate) struct Acts {
    /// Signs ID tokens.
    pub(crate) signer: Signer,
    /// What it publishes as its keys.
    pub(crate) keys: Value,
    /// Claims in the place of the good ones; `null` leaves one out.
    pub(crate) claims: Value,
    /// What its userinfo endpoint says; without it there is none.
    pub(crate) userinfo: Option<Value>,
    /// Members of its metadata in the place of the good ones.
    pub(crate) metadata: Value,
    /// The nonce it was sent.
    pub(crate) nonce: String,
    /// What every path is answered with instead.
    pub(crate) status: Option<u16>,
    /// How long it takes for every answer.
    pub(crate) pause: Duration,
    /// How often each path was asked for.
    pub(crate) asked: HashMap<String, usize>,
    /// The forms its token endpoint was sent.
    pub(crate) forms: Vec<String>,
    now: Timestamp,
}

impl Fake {
    /// Starts one.
    pub(crate) async fn start() -> Outcome<Fake> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let issuer = format!("http://localhost:{}", listener.local_addr()?.port());
        let signer = Signer::fresh(Algorithm::Es256)?;
        let acts = Acts {
            keys: signer.jwks(),
            signer,
            claims: json!({}),
            userinfo: None,
            metadata: json!({}),
            nonce: String::new(),
            status: None,
            pause: Duration::ZERO,
            asked: HashMap::new(),
            forms: Vec::new(),
            now: Timestamp(0),
        };
        let stage = Arc::new(Mutex::new(acts));
        let data = web::Data::new((issuer.clone(), Arc::clone(&stage)));
        let app = move || App::new().app_data(data.clone()).default_service(web::to(answer));
        let server = HttpServer::new(app).workers(1).disable_signals().listen(listener)?.run();
        let handle = server.handle();
        tokio::spawn(server);
        Ok(Fake { issuer, stage, handle })
    }

    /// A world whose people may sign in there.
    pub(crate) fn settings(&self, builder: Builder, numbered: &str) -> Builder {
        builder
            .auth(&format!("{numbered}_ISSUER"), &self.issuer)
            .auth(&format!("{numbered}_CLIENT_ID"), "gatehouse")
            .auth(&format!("{numbered}_CLIENT_SECRET"), "hidden")
            .auth(&format!("{numbered}_NAME"), "Example ID")
            .auth(&format!("{numbered}_ALLOW"), "anyone")
    }

    /// A world with that provider, and local accounts beside it.
    pub(crate) async fn world(&self) -> Outcome<World> {
        self.settings(World::builder(), "UPSTREAM").start().await
    }

    /// Changes how it answers, or looks at what it was asked.
    pub(crate) fn with<T>(&self, change: impl FnOnce(&mut Acts) -> T) -> T {
        change(&mut self.stage.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Signs somebody in who was sent there: what it knows of the request, and the time in that world.
    pub(crate) fn meet(&self, departure: &Landing, world: &World) {
        let nonce = departure.get("nonce").unwrap_or_default().to_owned();
        let now = world.clock().now();
        self.with(|acts| (acts.nonce, acts.now) = (nonce, now));
    }

    /// How often a path was asked for.
    pub(crate) fn asked(&self, path: &str) -> usize {
        self.with(|acts| acts.asked.get(path).copied().unwrap_or_default())
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        drop(tokio::spawn(self.handle.stop(false)));
    }
}

async fn answer(data: web::Data<(String, Stage)>, request: HttpRequest, body: web::Bytes) -> HttpResponse {
    let (issuer, stage) = data.get_ref();
    let (pause, answer) = {
        let mut acts = stage.lock().unwrap_or_else(PoisonError::into_inner);
        *acts.asked.entry(request.path().to_owned()).or_default() += 1;
        let answer = match (acts.status, request.path()) {
            (Some(status), _) => Err(status),
            (None, "/.well-known/openid-configuration") => Ok(acts.metadata(issuer)),
            (None, "/jwks") => Ok(acts.keys.clone()),
            (None, "/token") => {
                acts.forms.push(String::from_utf8_lossy(&body).into_owned());
                acts.tokens(issuer).map_err(|_| 500)
            }
            (None, "/userinfo") => acts.userinfo.clone().ok_or(404),
            _ => Err(404),
        };
        (acts.pause, answer)
    };
    tokio::time::sleep(pause).await;
    match answer {
        Ok(document) => HttpResponse::Ok().content_type("application/json").body(document.to_string()),
        Err(302) => HttpResponse::Found().insert_header(("Location", format!("{issuer}/elsewhere"))).finish(),
        Err(status) => {
            let status = actix_web::http::StatusCode::from_u16(status);
            HttpResponse::build(status.unwrap_or(actix_web::http::StatusCode::IM_A_TEAPOT)).finish()
        }
    }
}

impl Acts {
    fn metadata(&self, issuer: &str) -> Value {
        let mut metadata = json!({
            "issuer": issuer,
            "authorization_endpoint": format!("{issuer}/authorize"),
            "token_endpoint": format!("{issuer}/token"),
            "jwks_uri": format!("{issuer}/jwks"),
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["ES256", "RS256", "HS256", "none"],
        });
        if self.userinfo.is_some() {
            metadata["userinfo_endpoint"] = json!(format!("{issuer}/userinfo"));
        }
        replace(&mut metadata, &self.metadata);
        metadata
    }

    fn tokens(&self, issuer: &str) -> Outcome<Value> {
        let mut claims = self.signer.claims(issuer, "gatehouse", self.now);
        for (name, value) in [
            ("sub", json!("somebody")),
            ("nonce", json!(self.nonce)),
            ("email", json!("ada@example.com")),
            ("email_verified", json!(true)),
        ] {
            claims = claims.with(name, value);
        }
        for (name, value) in self.claims.as_object().into_iter().flatten() {
            claims = match name.strip_prefix("header:") {
                Some(name) => claims.with_header(name, value.clone()),
                None => claims.with(name, value.clone()),
            };
        }
        let token = self.signer.sign(&claims)?;
        Ok(json!({"access_token": "theirs", "token_type": "Bearer", "id_token": token}))
    }
}

fn replace(document: &mut Value, others: &Value) {
    for (name, value) in others.as_object().into_iter().flatten() {
        document[name] = value.clone();
    }
}
