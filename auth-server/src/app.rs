//! What the settings become: the store, the keys and the clients, opened once and passed to every request.

use std::{ops::Deref, sync::Arc};

use shared::{clock::Clock, database::DatabaseError, readiness::Latest};

use crate::{
    audit::Audit,
    clients::Clients,
    flow::{incidents::Desk, upstream},
    keys::{keeper::KeysError, mint::Mint, rotation::Rotation, schedule::Schedule, secrets::Secrets},
    limits::Limits,
    login::{
        attempts::Attempts,
        local::{PasswordError, Passwords},
        passkeys::Passkeys,
        upstream::Upstreams,
    },
    metrics::Metrics,
    settings::{SecretsFrom, Settings},
    store::Store,
};

/// A running authorization server, without its listener. Cheap to clone.
#[derive(Clone)]
pub struct App(Arc<Parts>);

/// The parts of an [`App`].
pub struct Parts {
    /// As they were read; the secrets were taken out.
    pub settings: Settings,
    /// The time.
    pub clock: Clock,
    /// The rows.
    pub store: Store,
    /// Seals and MACs.
    pub secrets: Arc<Secrets>,
    /// Signs access tokens.
    pub mint: Mint,
    /// Keeps its keys up to date.
    pub rotation: Rotation,
    /// Knows every client.
    pub clients: Clients,
    /// The providers people may sign in with.
    pub upstreams: Upstreams,
    /// Hashes and verifies passwords.
    pub passwords: Passwords,
    /// Asks authenticators; none where the issuer has no name.
    pub passkeys: Option<Passkeys>,
    /// Counts how often they are tried.
    pub attempts: Attempts,
    /// Counts everything else.
    pub limits: Limits,
    /// Tells what happened.
    pub audit: Audit,
    /// Keeps what is refused.
    pub incidents: Desk,
    /// Counts what happens.
    pub metrics: Metrics,
    /// Whether it can do its work.
    pub readiness: Latest<bool>,
}

impl Deref for App {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl App {
    /// Opens the database, reads or makes the secrets and the signing key.
    ///
    /// # Errors
    /// What could not be opened, read or made.
    pub async fn open(mut settings: Settings, clock: Clock) -> Result<App, StartError> {
        // First: nothing is made that could not be told.
        let audit = Audit::open(&settings.audit, &clock).map_err(StartError::Audit)?;
        let store = Store::open_with(&settings.database_url, settings.database)?;
        let given = std::mem::replace(&mut settings.secrets, SecretsFrom::Taken);
        let secrets = Arc::new(match given {
            SecretsFrom::Given(secrets) => secrets,
            SecretsFrom::File(path) => Secrets::read_or_create(&path)
                .map_err(|fault| StartError::Secrets(format!("{}: {fault}", path.display())))?,
            SecretsFrom::Taken => return Err(StartError::Secrets("they were used before".to_owned())),
        });
        let schedule = Schedule { plan: settings.keys, lifetime: settings.lifetimes.access_token };
        let opened = (store.clone(), Arc::clone(&secrets), audit.clone());
        let rotation = Rotation::open(opened, schedule, clock.now()).await?;
        let (memory, iterations) = settings.argon2;
        Ok(App(Arc::new(Parts {
            mint: Mint::new(settings.issuer.as_str(), settings.lifetimes.access_token, rotation.rings()),
            rotation,
            clients: Clients::new(
                &settings.issuer,
                (store.clone(), Arc::clone(&secrets)),
                &settings.outbound,
                &clock,
            ),
            upstreams: open_upstreams(&settings, &clock),
            passwords: Passwords::new(memory, iterations)?,
            passkeys: Passkeys::new(settings.issuer.url(), &settings.service_name),
            incidents: Desk::default(),
            attempts: Attempts::new(settings.limits.are_on, &clock),
            limits: Limits::new(settings.limits.are_on, &clock),
            metrics: Metrics::default(),
            audit,
            readiness: Latest::default(),
            settings,
            clock,
            store,
            secrets,
        })))
    }
}

/// The providers of the settings, all of which answer at one address.
fn open_upstreams(settings: &Settings, clock: &Clock) -> Upstreams {
    let redirect_uri = upstream::redirect_uri(&settings.issuer);
    Upstreams::new(&settings.sign_in.providers, &settings.outbound, &redirect_uri, clock)
}

/// Why the server does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The database.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// Where events are told.
    #[error("cannot write to AUDIT_LOG: {0}")]
    Audit(std::io::Error),
    /// The master secrets.
    #[error("cannot read the master secrets: {0}")]
    Secrets(String),
    /// The signing keys.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// The parameters of Argon2.
    #[error(transparent)]
    Password(#[from] PasswordError),
}
