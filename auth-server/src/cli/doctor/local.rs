//! What is on this machine: settings, database, secrets, signing key.

use shared::{database::sqlite_path, env::Faults, resource::is_loopback};

use super::Finding;
use crate::{
    keys::{keeper::SIGNING_KEY, secrets::Secrets, signing_key::SigningKey},
    settings::{SecretsFrom, Settings},
    store::Store,
};

/// What was found here, and the key that signs, if it could be read.
pub(super) struct Local {
    pub(super) findings: Vec<Finding>,
    pub(super) kid: Option<String>,
}

/// A line a fault: each says what to change.
pub(super) fn faults(faults: &Faults) -> Vec<Finding> {
    let text = faults.to_string();
    let told = text
        .lines()
        .skip(1)
        .map(|line| line.trim().split_once("; for example ").unwrap_or((line.trim(), "")));
    told.map(|(told, example)| Finding::fail("settings", told, format!("set {example}"))).collect()
}

pub(super) fn settings(settings: &Settings) -> Finding {
    let issuer = settings.issuer.as_str();
    match is_loopback(settings.issuer.url()) {
        false => Finding::ok("settings", format!("ISSUER is {issuer}")),
        true => Finding::warn(
            "settings",
            format!("ISSUER is {issuer}, which is this machine and can be reached from nowhere else"),
            "set ISSUER to the https address that clients and browsers reach",
        ),
    }
}

pub(super) async fn examine(settings: &Settings) -> Local {
    let mut local = Local { findings: Vec::new(), kid: None };
    if let Some(path) = sqlite_path(&settings.database_url).filter(|path| !path.exists()) {
        let told = format!("there is none at {} yet", path.display());
        local.findings.push(Finding::warn(
            "database",
            told,
            "start auth-server, or set DATABASE_URL to where it is",
        ));
        return local;
    }
    match database(settings).await {
        Ok((store, finding)) => {
            local.findings.push(finding);
            let (finding, kid) = signing_key(settings, &store).await;
            local.findings.push(finding);
            local.kid = kid;
        }
        Err(finding) => local.findings.push(finding),
    }
    local
}

async fn database(settings: &Settings) -> Result<(Store, Finding), Finding> {
    const CHECK: &str = "database";
    let fail = |told: String| Finding::fail(CHECK, told, "check DATABASE_URL, and who may write there");
    let store = Store::open_as_it_is(&settings.database_url).map_err(|error| fail(error.to_string()))?;
    let inspection = store.inspect().await.map_err(|error| fail(error.to_string()))?;
    store.try_to_write().await.map_err(|error| fail(format!("it cannot be written: {error}")))?;
    if !inspection.unknown.is_empty() {
        let told = format!("a newer auth-server has changed it ({})", inspection.unknown.join(", "));
        return Err(Finding::fail(CHECK, told, "run that newer auth-server, or restore a backup"));
    }
    let finding = match inspection.missing.as_slice() {
        [] => Finding::ok(CHECK, "it can be read and written, and its schema is this program's"),
        missing => {
            let told = format!("{} changes of the schema are missing", missing.len());
            Finding::warn(CHECK, told, "back it up and start this auth-server, which applies them")
        }
    };
    Ok((store, finding))
}

async fn signing_key(settings: &Settings, store: &Store) -> (Finding, Option<String>) {
    const CHECK: &str = "signing key";
    let stored = match store.current_signing_key().await {
        Ok(Some(stored)) => stored,
        Ok(None) | Err(_) => {
            return (Finding::warn(CHECK, "there is none yet", "start auth-server, which makes it"), None);
        }
    };
    let restore = "restore the secret file that belongs to the database, or set SECRET_KEYS to that secret";
    let from_file;
    let secrets = match &settings.secrets {
        SecretsFrom::Given(secrets) => secrets,
        SecretsFrom::File(path) if path.exists() => match Secrets::read_or_create(path) {
            Ok(secrets) => {
                from_file = secrets;
                &from_file
            }
            Err(fault) => {
                return (Finding::fail(CHECK, format!("{}: {fault}", path.display()), restore), None);
            }
        },
        SecretsFrom::File(path) => {
            let told = format!("{} is missing, which the database was written with", path.display());
            return (Finding::fail(CHECK, told, restore), None);
        }
        SecretsFrom::Taken => return (Finding::fail(CHECK, "the secrets were taken before", restore), None),
    };
    let opened = secrets.open(SIGNING_KEY, &stored.sealed);
    match opened.map(|der| SigningKey::from_pkcs8(&der)) {
        Some(Ok(key)) => {
            let kid = key.kid().to_owned();
            (Finding::ok(CHECK, format!("the secrets open it; it is called {kid}")), Some(kid))
        }
        Some(Err(error)) => {
            (Finding::fail(CHECK, error.to_string(), "restore a backup of the database"), None)
        }
        None => (Finding::fail(CHECK, "the database was written with another master secret", restore), None),
    }
}
