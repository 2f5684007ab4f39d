//! What is on this machine: settings, database, secrets, signing key.

use shared::{clock::Timestamp, database::sqlite_path, env::Faults, resource::is_loopback};

use super::Finding;
use crate::{
    keys::{
        schedule::{Schedule, Standing},
        secrets::Secrets,
        signing_key::SigningKey,
    },
    settings::{SecretsFrom, Settings},
    store::{Store, reseal::Sealed, signing_keys::SealedKey},
};

/// What was found here, and the keys that sign or are published, if they could be read: the one that signs first.
pub(super) struct Local {
    pub(super) findings: Vec<Finding>,
    pub(super) kids: Vec<String>,
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

pub(super) async fn examine(settings: &Settings, now: Timestamp) -> Local {
    let mut local = Local { findings: Vec::new(), kids: Vec::new() };
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
            let (finding, kids) = signing_keys(settings, &store, now).await;
            local.findings.push(finding);
            local.kids = kids;
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

/// Whether the secrets open every key that signs or is published, and how these are called, the one that signs first.
async fn signing_keys(settings: &Settings, store: &Store, now: Timestamp) -> (Finding, Vec<String>) {
    const CHECK: &str = "signing keys";
    let stored = match store.signing_keys().await {
        Ok(stored) => stored,
        Err(error) => {
            let told = format!("they cannot be read: {error}");
            return (Finding::warn(CHECK, told, "start this auth-server, which makes them"), Vec::new());
        }
    };
    let schedule = Schedule { plan: settings.keys, lifetime: settings.lifetimes.access_token };
    let standings = schedule.standings(&stored, now).into_iter();
    let mut keys: Vec<(Standing, SealedKey)> = standings
        .zip(stored.into_iter().map(|stored| stored.key))
        .filter(|(does, _)| does.is_published())
        .collect();
    keys.sort_by_key(|(does, _)| *does != Standing::Signs);
    if keys.is_empty() {
        return (Finding::warn(CHECK, "there is none yet", "start auth-server, which makes it"), Vec::new());
    }
    let restore = "restore the secret file that belongs to the database, or set SECRET_KEYS to that secret";
    let fail = |told: String| (Finding::fail(CHECK, told, restore), Vec::new());
    let open = match opener(settings) {
        Ok(open) => open,
        Err(told) => return fail(told),
    };
    for (_, key) in &keys {
        let Some(der) = open(&key.sealed) else {
            return fail(format!("{} was written with another master secret", key.kid));
        };
        if let Err(error) = SigningKey::from_pkcs8(&der) {
            let told = format!("{}: {error}", key.kid);
            return (Finding::fail(CHECK, told, "restore a backup of the database"), Vec::new());
        }
    }
    let kids: Vec<String> = keys.into_iter().map(|(_, key)| key.kid).collect();
    let told = match kids.as_slice() {
        [signs] => format!("the secrets open it; it is called {signs}"),
        all => format!("the secrets open all {}; {} signs", all.len(), kids[0]),
    };
    (Finding::ok(CHECK, told), kids)
}

/// What is in a sealed key.
type Opener<'a> = Box<dyn Fn(&str) -> Option<Vec<u8>> + 'a>;

/// The secrets are read, never made.
fn opener(settings: &Settings) -> Result<Opener<'_>, String> {
    let purpose = Sealed::SigningKeys.purpose();
    match &settings.secrets {
        SecretsFrom::Given(secrets) => Ok(Box::new(|sealed| secrets.open(purpose, sealed))),
        SecretsFrom::File(path) if path.exists() => {
            let read =
                Secrets::read_or_create(path).map_err(|fault| format!("{}: {fault}", path.display()))?;
            Ok(Box::new(move |sealed| read.open(purpose, sealed)))
        }
        SecretsFrom::File(path) => {
            Err(format!("{} is missing, which the database was written with", path.display()))
        }
        SecretsFrom::Taken => Err("the secrets were taken before".to_owned()),
    }
}
