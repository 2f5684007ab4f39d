//! Settings as meant. What was typed is read once, here, and every fault is told at once.

pub mod audit;
pub mod keys;
pub mod look;
pub mod outbound;
mod resources;
pub mod sweep;
pub mod upstream;

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use shared::{
    bounds::Bounds,
    database::{self, sqlite_path},
    env::{Env, Faults, Reader},
    limit, metrics,
    resource::{Resource, is_loopback},
    telemetry::Logs,
    tls::Tls,
};

use crate::{
    keys::secrets::Secrets,
    oauth::{allowlist::Allowlist, catalogue::Catalogue},
    settings::{
        audit::AuditTo, keys::KeyPlan, look::Look, outbound::Outbound, sweep::SweepPlan, upstream::SignInWays,
    },
};

/// Everything an operator can choose. README.md has the table.
pub struct Settings {
    /// Where to listen.
    pub listen: SocketAddr,
    /// What connections are encrypted with; none behind a proxy that does it.
    pub tls: Option<Tls>,
    /// The issuer, checked.
    pub issuer: Resource,
    /// What tokens are issued for.
    pub catalogue: Catalogue,
    /// Where clients may be sent back to.
    pub allowlist: Allowlist,
    /// `sqlite:…` or `postgres:…`.
    pub database_url: String,
    /// How many connections to it, and how long a start waits for it.
    pub database: database::Options,
    /// Where the master secrets are.
    pub secrets: SecretsFrom,
    /// When signing keys change.
    pub keys: KeyPlan,
    /// What the page calls this server.
    pub service_name: String,
    /// How its pages look.
    pub look: Look,
    /// How long things last.
    pub lifetimes: Lifetimes,
    /// Argon2id: memory in KiB and passes.
    pub argon2: (u32, u32),
    /// Whether a first start says how to make the first account.
    pub setup_link: bool,
    /// How often somebody may ask.
    pub limits: limit::Options,
    /// When the server forgets what is over.
    pub sweep: SweepPlan,
    /// What may be fetched of what clients publish.
    pub outbound: Outbound,
    /// How people sign in.
    pub sign_in: SignInWays,
    /// How much is taken on at one time.
    pub bounds: Bounds,
    /// HTTP threads.
    pub workers: usize,
    /// Where the metrics are shown.
    pub metrics_listen: Option<SocketAddr>,
    /// How to log.
    pub logs: Logs,
    /// Where events are told.
    pub audit: AuditTo,
}

/// How long things last.
#[derive(Clone, Copy, Debug)]
pub struct Lifetimes {
    /// An access token.
    pub access_token: Duration,
    /// A refresh token, from its last use.
    pub refresh_token: Duration,
    /// An authorization code: at most ten minutes (OAuth 2.1 §4.1.2).
    pub code: Duration,
    /// How long the predecessor of a refresh token is still answered.
    pub refresh_grace: Duration,
    /// A sign-in of a browser.
    pub session: Duration,
    /// A page that waits for a decision.
    pub page: Duration,
}

/// Where the master secrets are.
pub enum SecretsFrom {
    /// Given in the settings.
    Given(Secrets),
    /// In a file beside the SQLite database, made on first start.
    File(PathBuf),
    /// Taken out when the server opened.
    Taken,
}

impl Settings {
    /// Reads the settings.
    ///
    /// # Errors
    /// Every fault at once, each with its variable and an example.
    pub fn from_env(env: &Env) -> Result<Settings, Faults> {
        let mut reader = Reader::new(env);
        let settings = Self::read(&mut reader);
        reader.finish(settings)
    }

    /// Where a server with these settings listens, whatever else is wrong with them.
    ///
    /// # Errors
    /// It is no address.
    pub fn listen(env: &Env) -> Result<SocketAddr, Faults> {
        let mut reader = Reader::new(env);
        let listen = read_listen(&mut reader);
        reader.finish(Some(listen))
    }

    /// None where a fault was noted that leaves no value to go on with.
    fn read(reader: &mut Reader<'_>) -> Option<Settings> {
        let database_url = reader.text("DATABASE_URL", "sqlite:data/auth-server.db");
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let (listen, tls) = (read_listen(reader), Tls::read(reader));
        let workers = reader.parsed("WORKERS", cores, "2").max(1);
        let argon2_memory = reader.parsed("ARGON2_MEMORY_KIB", 19_456, "19456");
        let argon2_iterations = reader.parsed("ARGON2_ITERATIONS", 2, "2");
        let (lifetimes, logs) = (Lifetimes::read(reader), Logs::read(reader));
        let (issuer, catalogue) = (read_issuer(reader), resources::read(reader));
        let (allowlist, secrets) = (read_allowlist(reader), read_secrets(reader, &database_url));
        let outbound = Outbound::read(reader, issuer.as_ref());
        let (look, keys) = (Look::read(reader), KeyPlan::read(reader));
        let sign_in = SignInWays::read(reader);
        let (limits, sweep) = (limit::Options::read(reader), SweepPlan::read(reader));
        let audit = AuditTo::read(reader);
        let bounds = Bounds::read(reader);
        let setup_link = reader.is_on("SETUP_LINK", true);
        Some(Settings {
            listen,
            tls,
            issuer: issuer?,
            catalogue: catalogue?,
            allowlist: allowlist?,
            secrets: secrets?,
            keys,
            service_name: reader.text("SERVICE_NAME", "Gatehouse"),
            argon2: (argon2_memory, argon2_iterations),
            database_url,
            database: database::Options::read(reader),
            look,
            lifetimes,
            setup_link,
            bounds,
            limits,
            sweep,
            outbound,
            sign_in,
            workers,
            metrics_listen: metrics::listen(reader),
            logs,
            audit,
        })
    }
}

impl Lifetimes {
    fn read(reader: &mut Reader<'_>) -> Lifetimes {
        let code = reader.seconds("CODE_LIFETIME", 600);
        if code > Duration::from_secs(600) {
            reader.fault("CODE_LIFETIME", "is more than ten minutes", "600");
        }
        Lifetimes {
            access_token: reader.seconds("ACCESS_TOKEN_LIFETIME", 3600),
            refresh_token: reader.seconds("REFRESH_TOKEN_LIFETIME", 30 * 24 * 3600),
            code,
            refresh_grace: reader.seconds("REFRESH_GRACE", 120),
            session: reader.seconds("SESSION_LIFETIME", 12 * 3600),
            page: Duration::from_secs(1800),
        }
    }
}

fn read_listen(reader: &mut Reader<'_>) -> SocketAddr {
    reader.parsed("LISTEN", SocketAddr::from(([127, 0, 0, 1], 9000)), "127.0.0.1:9000")
}

fn read_issuer(reader: &mut Reader<'_>) -> Option<Resource> {
    let text = reader.text("ISSUER", "http://localhost:9000");
    let wrong = match Resource::parse(&text) {
        // RFC 8414 §2: https, no query, no fragment; the last two a resource identifier never has.
        Ok(issuer) if issuer.url().scheme() == "https" || is_loopback(issuer.url()) => return Some(issuer),
        Ok(_) => "must be https unless its host is this machine".to_owned(),
        Err(fault) => fault.to_string(),
    };
    reader.fault("ISSUER", &wrong, "https://auth.example.com");
    None
}

fn read_allowlist(reader: &mut Reader<'_>) -> Option<Allowlist> {
    Allowlist::parse(reader.optional("REDIRECT_URIS").unwrap_or_default())
        .map_err(|fault| reader.fault("REDIRECT_URIS", &fault, "https://app.example.com/callback"))
        .ok()
}

fn read_secrets(reader: &mut Reader<'_>, database_url: &str) -> Option<SecretsFrom> {
    const EXAMPLE: &str = "$(openssl rand -base64 32 | tr '+/' '-_' | tr -d '=')";
    let given = match (reader.optional("SECRET_KEYS"), reader.optional("SECRET_KEYS_FILE")) {
        (Some(text), _) => Ok(text.to_owned()),
        (None, Some(path)) => std::fs::read_to_string(path),
        (None, None) => match sqlite_path(database_url) {
            Some(path) => return Some(SecretsFrom::File(path.with_extension("secret"))),
            None => {
                reader.fault("SECRET_KEYS", "is required on PostgreSQL", EXAMPLE);
                return None;
            }
        },
    };
    match given
        .map_err(|fault| fault.to_string())
        .and_then(|text| Secrets::parse(&text).map_err(|f| f.to_string()))
    {
        Ok(secrets) => Some(SecretsFrom::Given(secrets)),
        Err(fault) => {
            reader.fault("SECRET_KEYS", &fault, EXAMPLE);
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &str)]) -> Result<Settings, Faults> {
        Settings::from_env(&pairs.iter().copied().collect())
    }

    #[test]
    fn nothing_set_is_a_working_development_server() {
        let settings = read(&[]).unwrap_or_else(|faults| panic!("{faults}"));
        assert_eq!(settings.issuer.as_str(), "http://localhost:9000");
        assert_eq!(settings.catalogue.iter().count(), 2);
        assert!(matches!(settings.secrets, SecretsFrom::File(path) if path.ends_with("auth-server.secret")));
    }

    #[test]
    fn a_resource_with_scopes_of_its_own_is_called_by_its_host() {
        let settings = read(&[("RESOURCES", "https://wiki.example.com/mcp"), ("SCOPES", "wiki:read")]);
        let settings = settings.unwrap_or_else(|faults| panic!("{faults}"));
        let names: Vec<_> = settings.catalogue.iter().map(|entry| entry.name.as_str()).collect();
        assert_eq!(names, ["wiki.example.com"]);
    }

    #[test]
    fn every_fault_is_told_at_once() {
        let faults = read(&[
            ("LISTEN", "here"),
            ("ISSUER", "http://auth.example.com"),
            ("RESOURCES", "http://mcp.example.com/mcp"),
            ("REDIRECT_URIS", "/callback"),
            ("DATABASE_URL", "postgres://db/auth"),
            ("CODE_LIFETIME", "601"),
            ("LOG_FORMAT", "xml"),
        ]);
        let text = faults.map(drop).unwrap_err().to_string();
        for name in
            ["LISTEN", "ISSUER", "RESOURCES", "REDIRECT_URIS", "SECRET_KEYS", "CODE_LIFETIME", "LOG_FORMAT"]
        {
            assert!(text.contains(name), "{name} is not in {text}");
        }
    }
}
