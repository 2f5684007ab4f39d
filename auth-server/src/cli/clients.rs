//! `auth-server clients …`

use std::{
    error::Error,
    io::{self, Write},
    path::PathBuf,
};

use clap::{Args, Subcommand};
use serde_json::Value;

use super::shown;
use crate::{
    app::App,
    audit::{Entry, Kind},
    clients::new_client::NewClient,
    oauth::client::{AuthMethod, GrantType},
};

/// Who may ask.
#[derive(Subcommand)]
pub enum Clients {
    /// Makes a client, and says its client_id and, this once, its secret.
    Add(Box<Add>),
    /// Lists the clients that have a row: made here, too large to be their own id, or blocked.
    List,
    /// Shows what is known of a client of any kind, as JSON; never a secret.
    Show {
        /// Its client_id.
        id: String,
    },
    /// Removes a client that has a row, and revokes what it was granted.
    Remove {
        /// Its client_id.
        id: String,
    },
    /// Shuts a client of any kind out, at once, and revokes what it was granted.
    Block {
        /// Its client_id; of one that publishes a document, the https URL.
        id: String,
    },
    /// Lets a blocked client in again. What was revoked stays so.
    Unblock {
        /// Its client_id.
        id: String,
    },
}

/// A client to make.
#[derive(Args)]
pub struct Add {
    /// What it is called before a person.
    name: String,
    /// Its client_id; made up when left out.
    #[arg(long)]
    id: Option<String>,
    /// Where it may be answered; may be given many times. https, http on this machine, or a scheme of its own.
    #[arg(long = "redirect-uri", value_name = "URI")]
    redirect_uris: Vec<String>,
    /// none, client_secret_basic, client_secret_post or private_key_jwt. With keys private_key_jwt, else a secret.
    #[arg(long, value_name = "METHOD", value_parser = auth_method)]
    auth_method: Option<AuthMethod>,
    /// A file with its public keys: a JWK set.
    #[arg(long, value_name = "FILE")]
    jwks_file: Option<PathBuf>,
    /// The https URL of its public keys.
    #[arg(long, value_name = "URL")]
    jwks_uri: Option<String>,
    /// authorization_code, refresh_token or client_credentials; may be given many times. The first two when left out.
    #[arg(long = "grant", value_name = "GRANT", value_parser = grant)]
    grants: Vec<GrantType>,
    /// Scopes, separated by spaces: what it gets when it names none, and all it may have for itself.
    #[arg(long)]
    scope: Option<String>,
    /// The resource it serves: it may introspect tokens that were issued for that.
    #[arg(long, value_name = "URL")]
    resource_server: Option<String>,
}

fn auth_method(text: &str) -> Result<AuthMethod, String> {
    AuthMethod::parse(text).ok_or_else(|| one_of(&AuthMethod::ALL.map(AuthMethod::as_str)))
}

fn grant(text: &str) -> Result<GrantType, String> {
    GrantType::parse(text).ok_or_else(|| one_of(&GrantType::ALL.map(GrantType::as_str)))
}

fn one_of(words: &[&str]) -> String {
    format!("there are {}", words.join(", "))
}

impl Clients {
    pub(super) async fn run(self, app: App) -> Result<(), Box<dyn Error>> {
        let now = app.clock.now();
        match self {
            Clients::Add(add) => add.run(&app).await?,
            Clients::List => {
                for line in shown::list(&app.clients.list().await?) {
                    writeln!(io::stdout(), "{line}")?;
                }
            }
            Clients::Show { id } => {
                let client = app.clients.look_up(&id).await?;
                let document = shown::client(&client, app.clients.is_blocked(&id).await?);
                writeln!(io::stdout(), "{}", serde_json::to_string_pretty(&document)?)?;
            }
            Clients::Remove { id } => {
                let revoked = app.clients.remove(&id, now).await?;
                app.audit.note(Entry::of(Kind::ClientRemoved).client(&id).count(revoked));
                writeln!(io::stdout(), "removed {id}; grants that were revoked: {revoked}")?;
            }
            Clients::Block { id } => {
                let revoked = app.clients.block(&id, now).await?;
                app.audit.note(Entry::of(Kind::ClientBlocked).client(&id).count(revoked));
                writeln!(io::stdout(), "blocked {id}; grants that were revoked: {revoked}")?;
            }
            Clients::Unblock { id } => {
                app.clients.unblock(&id, app.clock.now()).await?;
                app.audit.note(Entry::of(Kind::ClientUnblocked).client(&id));
                writeln!(io::stdout(), "unblocked {id}")?;
            }
        }
        Ok(())
    }
}

impl Add {
    async fn run(self, app: &App) -> Result<(), Box<dyn Error>> {
        let new = NewClient {
            jwks: self.jwks_file.as_deref().map(read_jwks).transpose()?,
            name: self.name,
            id: self.id,
            redirect_uris: self.redirect_uris,
            auth_method: self.auth_method,
            jwks_uri: self.jwks_uri,
            grants: self.grants,
            scope: self.scope,
            resource_server: self.resource_server,
        };
        let (client, secret) =
            app.clients.preregister(&new, &app.settings.catalogue, app.clock.now()).await?;
        app.audit.note(Entry::of(Kind::ClientAdded).client(&client.id));
        writeln!(io::stdout(), "client_id: {}", client.id)?;
        if let Some(secret) = secret {
            writeln!(io::stdout(), "client_secret: {secret}")?;
            writeln!(io::stdout(), "Keep the secret now: it is not stored and cannot be shown again.")?;
        }
        Ok(())
    }
}

fn read_jwks(path: &std::path::Path) -> Result<Value, Box<dyn Error>> {
    let text = std::fs::read_to_string(path).map_err(|fault| format!("{}: {fault}", path.display()))?;
    Ok(serde_json::from_str(&text).map_err(|fault| format!("{} is not JSON: {fault}", path.display()))?)
}
