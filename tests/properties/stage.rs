//! Where a property that needs the services is tried: both of them, a client, a stranger and a person.

use std::{future::Future, time::Duration};

use auth_server::{
    App,
    flow::{approve::issue_code, register::register},
    oauth::{
        authorization_request::AuthorizationRequest, client::Client, openid::Demands, parameters::Parameters,
        pkce::CodeChallenge, redirect::RedirectUri,
    },
    store::{sign_ins::SignIn, users::User},
};
use conformance::{pkce::Pkce, world::World};
use reqwest::redirect::Policy;
use serde_json::json;
use tokio::runtime::Runtime;
use url::form_urlencoded;

/// Where codes of the stage are sent.
pub const REDIRECT: &str = "http://127.0.0.1/callback";
/// What they are good for.
pub const GRANTED: &str = "notes:read notes:write";

/// Two running services on a clock that stands still, on SQLite or where `TEST_POSTGRES_URL` points.
pub struct Stage {
    world: World,
    runtime: Runtime,
    user: User,
}

impl Stage {
    /// With these settings of the auth-server beside the usual ones.
    pub fn start(settings: &[(&str, &str)]) -> Stage {
        let runtime = Runtime::new().unwrap();
        let builder = settings.iter().fold(World::builder(), |all, (name, value)| all.auth(name, value));
        let world = runtime.block_on(builder.start()).unwrap();
        let person = world.auth_app().unwrap().add_user("person@example.com", "correct horse battery");
        let user = runtime.block_on(person).unwrap();
        Stage { world, runtime, user }
    }

    /// Runs a future to its end.
    pub fn run<F: Future>(&self, future: F) -> F::Output {
        self.runtime.block_on(future)
    }

    /// The auth-server.
    pub fn app(&self) -> &App {
        self.world.auth_app().unwrap()
    }

    /// Both services.
    pub fn world(&self) -> &World {
        &self.world
    }

    /// Moves the clock ahead by whole seconds.
    pub fn wait(&self, seconds: u64) {
        self.world.advance(Duration::from_secs(seconds));
    }

    /// A public client with a name of its own.
    pub fn client(&self, name: &str) -> Client {
        let body = json!({
            "client_name": name, "redirect_uris": [REDIRECT], "token_endpoint_auth_method": "none",
        });
        self.run(register(self.app(), body.to_string().as_bytes())).unwrap().0
    }

    /// A code for the default resource, as if the person had just allowed it.
    pub fn code(&self, client: &Client, pkce: &Pkce) -> String {
        let app = self.app();
        let request = AuthorizationRequest {
            client_id: client.id.clone(),
            redirect_uri: RedirectUri::parse(REDIRECT).unwrap(),
            state: None,
            challenge: CodeChallenge::parse(Some(&pkce.challenge), Some("S256")).unwrap(),
            resource: self.world.mcp_url().to_owned(),
            scope: GRANTED.to_owned(),
            browser: String::new(),
            user: Some(self.user.id.clone()),
            demands: Demands::default(),
            nonce: None,
            ui_locales: None,
            expires_at: app.clock.now(),
        };
        let sign_in = SignIn { user: self.user.clone(), browser: String::new(), at: app.clock.now() };
        issue_code(app, &request, (&sign_in, app.clock.milliseconds())).unwrap()
    }
}

/// A client that follows nothing, and opens a connection for each request: one that a server is about to close would
/// look like a crash.
pub fn http() -> reqwest::Client {
    let builder = reqwest::Client::builder().redirect(Policy::none()).no_proxy();
    builder.pool_max_idle_per_host(0).build().unwrap()
}

/// Parameters as a request brings them.
pub fn parameters(pairs: &[(&str, &str)]) -> Parameters {
    let text = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    Parameters::parse(text.as_bytes()).unwrap()
}
