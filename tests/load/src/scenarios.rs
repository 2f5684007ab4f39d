//! What clients do, each beside what limits it.

use conformance::{
    actor::{Actor, Registered, TokenSet},
    failure::{Failure, Outcome},
};

use crate::{
    callers::{Each, Refreshing, Same, Signing},
    measure::{Measured, Plan, median, piece},
    request, round,
    server::Server,
    stage::{ALIVE, Stage},
};

/// Grants that are refreshed: so many that no two callers meet, so few that they are all in memory.
const GRANTS: i64 = 1000;
/// Access tokens for a second in which each is shown once. A piece of a round ends when there is none left.
const TOKENS: f64 = 10_000.0;

const LIST: &str = r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#;
const CALL: &str =
    r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"list_notes","arguments":{}}}"#;

/// Everything that is asked, and who asks.
pub struct Scenarios<'a> {
    plan: Plan,
    stage: &'a Stage,
    ceiling: Server,
    bare: Server,
    actor: Actor,
    tokens: TokenSet,
}

impl<'a> Scenarios<'a> {
    /// Signs in, and starts what is measured beside.
    ///
    /// # Errors
    /// Something does not start, or was not answered with success.
    pub async fn set_up(plan: Plan, stage: &'a Stage) -> Outcome<Scenarios<'a>> {
        let own = std::env::current_exe()?;
        let mut ceiling = Server::new(&own, stage.folder(), plan.cores)?.acting_as("ceiling");
        ceiling.start(ALIVE).await?;
        let mut bare = Server::new(&own, stage.folder(), plan.cores)?.acting_as("bare");
        for (name, value) in stage.mcp.settings().filter(|(name, _)| *name != "LISTEN") {
            bare.set(name, value);
        }
        bare.start(ALIVE).await?;
        let (actor, tokens) = stage.sign_in("none").await?;
        Ok(Scenarios { plan, stage, ceiling, bare, actor, tokens })
    }

    /// The names of all.
    pub const NAMES: [&'static str; 12] = [
        "refresh",
        "code",
        "register",
        "authorize",
        "metadata",
        "jwks",
        "resource metadata",
        "introspect",
        "tools/list",
        "tools/list, new tokens",
        "tools/call",
        "challenge",
    ];

    /// Measures one.
    ///
    /// # Errors
    /// A request was not answered as it must be.
    pub async fn run(&self, name: &'static str) -> Outcome<Measured> {
        let (auth, mcp) = (self.stage.auth.target()?, self.stage.mcp.target()?);
        let ceiling = self.ceiling.target()?;
        let get = |path: &str| Same { request: request::get(path, &[]), status: 200 };
        match name {
            "refresh" => {
                self.plan
                    .beside_signatures(name, auth, &mut self.refreshing(GRANTS, self.plan.callers).await?)
                    .await
            }
            "code" => {
                let caller = Signing { authorize: self.authorize()?.request, actor: self.actor.clone() };
                self.plan.beside_signatures(name, auth, &mut vec![caller; self.plan.callers]).await
            }
            "register" => self.plan.beside_ceiling(name, (auth, ceiling), self.registration()).await,
            "authorize" => self.plan.beside_ceiling(name, (auth, ceiling), self.authorize()?).await,
            "metadata" => {
                let path = "/.well-known/oauth-authorization-server";
                self.plan.beside_ceiling(name, (auth, ceiling), get(path)).await
            }
            "jwks" => self.plan.beside_ceiling(name, (auth, ceiling), get("/.well-known/jwks.json")).await,
            "resource metadata" => {
                let path = "/.well-known/oauth-protected-resource/mcp";
                self.plan.beside_ceiling(name, (mcp, ceiling), get(path)).await
            }
            "introspect" => {
                let caller = self.introspection().await?;
                self.plan.beside_ceiling(name, (auth, ceiling), caller).await
            }
            "tools/list" => {
                let mut callers = vec![self.list(); self.plan.callers];
                round::run(mcp, &mut callers, self.plan.span / 4).await?;
                let beside = ("handler without auth", self.bare.target()?, &mut callers.clone());
                self.plan.beside(name, (mcp, &mut callers), beside).await
            }
            "tools/list, new tokens" => self.with_new_tokens(name).await,
            "tools/call" => {
                self.plan.beside_ceiling(name, (mcp, ceiling), self.mcp(&self.tokens.access, CALL)).await
            }
            "challenge" => {
                let request = request::json("/mcp", &[("host", &self.stage.mcp.host())], LIST);
                self.plan.beside_ceiling(name, (mcp, ceiling), Same { request, status: 401 }).await
            }
            _ => Err(Failure::new(format!("there is no scenario {name}"))),
        }
    }

    /// So many callers that refresh so many grants.
    ///
    /// # Errors
    /// They could not be made.
    pub async fn refreshing(&self, grants: i64, callers: usize) -> Outcome<Vec<Refreshing>> {
        let shares = self.stage.grants(&self.actor.client.id, grants).await?.shares(callers);
        Ok(shares
            .into_iter()
            .map(|tokens| Refreshing {
                client_id: self.actor.client.id.clone(),
                resource: self.actor.mcp_url.clone(),
                tokens,
                next: 0,
            })
            .collect())
    }

    /// Somebody who registers.
    pub fn registration(&self) -> Same {
        let document = self.actor.persona.registration().to_string();
        Same { request: request::json("/oauth/register", &[], &document), status: 201 }
    }

    /// The client that all of them use.
    pub fn client(&self) -> Registered {
        self.actor.client.clone()
    }

    /// A client whose session and grant answer for the person.
    fn authorize(&self) -> Outcome<Same> {
        let mut request = self.actor.authorize_request();
        request.set("state", "a-state-of-usual-length");
        let address = request.address()?;
        let cookie = self.actor.jar.field(&address).ok_or_else(|| Failure::new("nobody is signed in"))?;
        let target = address.as_str().strip_prefix(&self.actor.issuer).unwrap_or_default();
        // As a browser in which somebody opens a connector: not from another site's page.
        let fields = [("cookie", cookie.as_str()), ("sec-fetch-site", "none")];
        Ok(Same { request: request::get(target, &fields), status: 303 })
    }

    /// A client with a secret that asks about a token of its own.
    async fn introspection(&self) -> Outcome<Same> {
        let (actor, tokens) = self.stage.sign_in("client_secret_post").await?;
        let secret = actor.client.secret.as_deref().unwrap_or_default();
        let parameters =
            [("token", tokens.access.as_str()), ("client_id", &actor.client.id), ("client_secret", secret)];
        Ok(Same { request: request::form("/oauth/introspect", &parameters), status: 200 })
    }

    /// Somebody who lists the tools, with a token.
    pub fn list(&self) -> Same {
        self.mcp(&self.tokens.access, LIST)
    }

    fn mcp(&self, token: &str, message: &str) -> Same {
        let (bearer, host) = (format!("Bearer {token}"), self.stage.mcp.host());
        let fields = [("host", host.as_str()), ("authorization", &bearer)];
        Same { request: request::json("/mcp", &fields, message), status: 200 }
    }

    /// Again and again, each time with tokens of its own.
    async fn with_new_tokens(&self, name: &'static str) -> Outcome<Measured> {
        let (mcp, bare) = (self.stage.mcp.target()?, self.bare.target()?);
        let mut others = vec![self.list(); self.plan.callers];
        let mut measured = Vec::new();
        for span in self.plan.pieces() {
            let count = (TOKENS * span.as_secs_f64()).ceil() as usize;
            let tokens = self.stage.access_tokens(&self.actor.client.id, &self.tokens.scope, count)?;
            let requests: Vec<_> = tokens.iter().map(|token| self.mcp(token, LIST).request).collect();
            let shares = requests.chunks(count.div_ceil(self.plan.callers));
            let mut callers = shares.map(|requests| Each { requests: requests.to_owned() }).collect();
            let beside = ("handler without auth", bare, &mut others);
            measured.push(piece((name, span), (mcp, &mut callers), beside).await?);
        }
        median(measured)
    }
}

/// The goal that a scenario is for.
pub fn goal_of(name: &str) -> Option<u8> {
    match name {
        "refresh" => Some(1),
        "code" => Some(2),
        "register" => Some(3),
        "authorize" => Some(4),
        "metadata" | "jwks" | "resource metadata" => Some(5),
        "introspect" => Some(6),
        "tools/list" => Some(7),
        "tools/list, new tokens" => Some(8),
        "challenge" => Some(9),
        _ => None,
    }
}
