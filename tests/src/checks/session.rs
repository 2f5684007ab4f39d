//! Signing in: as few times as the checks need, and each sign-in is kept for all that look at it.

use serde_json::Value;
use url::{Url, form_urlencoded};

use super::{
    client::Client,
    deployment::Deployment,
    probe::{Pairs, value, with},
    verdict::{Seen, Stop, skip, wrong},
};
use crate::{
    exchange::{Exchange, Reply},
    human::Human,
    pkce::{self, Pkce},
};

/// Asked for when the authorization server advertises them, as ChatGPT does.
const IDENTITY: [&str; 3] = ["openid", "email", "offline_access"];

/// An authorization request before it is sent.
#[derive(Clone)]
pub(super) struct Asking {
    pub(super) client: Client,
    pub(super) pairs: Pairs,
    pub(super) pkce: Pkce,
}

/// What came back at the redirect URI.
#[derive(Clone)]
pub(super) struct Landing {
    pub(super) pairs: Pairs,
    /// The way there.
    pub(super) exchange: Exchange,
}

/// A user who is signed in by way of a client.
#[derive(Clone)]
pub(super) struct Session {
    pub(super) asking: Asking,
    pub(super) landing: Landing,
    /// What the code was redeemed with.
    pub(super) redemption: Pairs,
    /// The answer of the token endpoint.
    pub(super) reply: Reply,
    pub(super) tokens: Tokens,
}

/// The tokens of an answer.
#[derive(Clone, Default)]
pub(super) struct Tokens {
    pub(super) access: String,
    pub(super) refresh: Option<String>,
    pub(super) id: Option<String>,
    pub(super) scope: Vec<String>,
}

impl Tokens {
    /// Reads a token response; none when it was refused.
    pub(super) fn of(reply: &Reply) -> Option<Tokens> {
        let document = reply.json().filter(|_| reply.status == 200)?;
        let text = |name: &str| document[name].as_str().map(str::to_owned);
        let scope = document["scope"].as_str().unwrap_or_default();
        Some(Tokens {
            access: text("access_token")?,
            refresh: text("refresh_token"),
            id: text("id_token"),
            scope: scope.split_whitespace().map(str::to_owned).collect(),
        })
    }
}

impl Asking {
    /// The address of the authorization request.
    pub(super) fn address(&self, endpoint: &str) -> Seen<Url> {
        let mut url = Url::parse(endpoint)
            .or_else(|_| skip("the authorization endpoint is no absolute URL: see C3"))?;
        url.query_pairs_mut().extend_pairs(&self.pairs);
        Ok(url)
    }

    /// The same with another value of a parameter.
    pub(super) fn with(mut self, name: &str, value: &str) -> Asking {
        self.pairs = with(self.pairs, name, value);
        self
    }
}

impl Deployment {
    /// What ChatGPT asks for.
    pub(super) fn asking(&self, client: &Client) -> Asking {
        let pkce = Pkce::fresh();
        self.agent.wire.secrets().learn(&pkce.verifier);
        let offered = self.listed("scopes_supported");
        let identity = IDENTITY.iter().map(|scope| (*scope).to_owned());
        let mut scopes: Vec<String> = identity.filter(|scope| offered.contains(scope)).collect();
        scopes.extend(self.resource_scopes());
        let state = pkce::state();
        let mut pairs: Pairs = [
            ("response_type", "code"),
            ("client_id", &client.id),
            ("redirect_uri", &client.redirect_uri),
            ("state", &state),
            ("code_challenge", &pkce.challenge),
            ("code_challenge_method", "S256"),
            ("resource", &self.target),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
        if !scopes.is_empty() {
            pairs.push(("scope".to_owned(), scopes.join(" ")));
        }
        Asking { client: client.clone(), pairs, pkce }
    }

    /// Sends the user to the authorization endpoint and waits for the way back.
    async fn visit(&self, asking: &Asking) -> Seen<Landing> {
        let address = asking.address(self.endpoint("authorization_endpoint")?)?;
        let Ok(redirect_uri) = Url::parse(&asking.client.redirect_uri) else {
            return skip("the redirect URI is no URL");
        };
        let mut exchange = self.agent.human.visit(&self.agent.wire, &address, &redirect_uri).await;
        let Some(callback) = exchange.callback.take() else {
            let stuck = exchange.stuck.unwrap_or_default();
            return Err(wrong("the user did not come back to the client")
                .expected("a redirect to the redirect URI with code, state and iss")
                .seen(stuck)
                .change("accept what ChatGPT asks for and lead the user back; `conform` without --checks tells more")
                .into());
        };
        let query = callback.split_once('?').map_or("", |(_, query)| query);
        let pairs: Pairs = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        Ok(Landing { pairs, exchange })
    }

    /// The same for a sign-in besides the first one: a human at a browser is not bothered again.
    pub(super) async fn visit_again(&self, asking: &Asking) -> Seen<Landing> {
        match self.agent.human {
            Human::Played(_) => self.visit(asking).await,
            Human::AtBrowser { .. } => skip("needs another sign-in, which is made with --user only"),
        }
    }

    /// Signs in and redeems the code.
    pub(super) async fn sign_in_again(&self, asking: Asking) -> Seen<Session> {
        let landing = self.visit_again(&asking).await?;
        self.redeem(asking, landing).await
    }

    async fn redeem(&self, asking: Asking, landing: Landing) -> Seen<Session> {
        let redemption = self.redemption(&asking, &landing)?;
        let reply = self.token(&asking.client, redemption.clone()).await?;
        let tokens = Tokens::of(&reply).ok_or_else(|| {
            wrong("a good code is not redeemed")
                .expected("200 with access_token, token_type, expires_in and scope")
                .seen(format!("{} with {}", reply.line(), asking.client.method))
                .change("redeem a fresh code for its client, with the method the client registered")
        })?;
        Ok(Session { asking, landing, redemption, reply, tokens })
    }

    /// The form that redeems what came back.
    pub(super) fn redemption(&self, asking: &Asking, landing: &Landing) -> Seen<Pairs> {
        let code = value(&landing.pairs, "code").ok_or_else(|| {
            wrong("the server answers with an error instead of a code")
                .expected("code")
                .seen(value(&landing.pairs, "error_description").unwrap_or("no code"))
                .change("see what the error names: the client asks for what the documents offer")
        })?;
        let pairs = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", &asking.client.redirect_uri),
            ("code_verifier", &asking.pkce.verifier),
            ("resource", &self.target),
        ];
        Ok(pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).into())
    }

    /// The sign-in that most checks look at, with every parameter ChatGPT may send and some nobody knows.
    pub(super) async fn main(&self) -> Result<&Session, Stop> {
        self.main_itself().await.map_err(|stop| stop.follows("E1"))
    }

    /// The same, told as it is when it fails.
    pub(super) async fn main_itself(&self) -> Result<&Session, &Stop> {
        let sign_in = async || {
            let client = self.client("client_secret_post").await?;
            let asking = self.asking(&client).with("nonce", &pkce::state()).with("ui_locales", "de en");
            let asking = asking.with("x_unknown", "of no meaning");
            let landing = self.visit(&asking).await?;
            let session = self.redeem(asking, landing).await?;
            self.greet(&session.tokens.access).await;
            Ok(session)
        };
        self.sessions.main.get_or_init(sign_in).await.as_ref()
    }

    /// Tokens for the first scope of the resource only.
    pub(super) async fn narrow(&self) -> Result<&Tokens, Stop> {
        let sign_in = async || {
            let scopes = self.resource_scopes();
            let [first, _, ..] = scopes.as_slice() else {
                return skip("the resource names one scope or none");
            };
            let asking = self.asking(&self.main().await?.asking.client).with("scope", first);
            let tokens = self.sign_in_again(asking).await?.tokens;
            if scopes.iter().all(|scope| tokens.scope.contains(scope)) {
                return skip("one scope was asked for and all were granted");
            }
            Ok(tokens)
        };
        self.sessions.narrow.get_or_init(sign_in).await.as_ref().map_err(|stop| stop.follows("J1.1"))
    }

    /// A refresh of this client, with more parameters.
    pub(super) async fn refresh(&self, client: &Client, token: &str, more: &[(&str, &str)]) -> Seen<Reply> {
        let usual = [("grant_type", "refresh_token"), ("refresh_token", token)];
        let pairs = usual.iter().chain(more).map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        self.token(client, pairs.collect()).await
    }
}

/// A member of a document, for what was seen.
pub(super) fn member(document: &Value, name: &str) -> String {
    document.get(name).map_or("nothing".to_owned(), Value::to_string)
}
