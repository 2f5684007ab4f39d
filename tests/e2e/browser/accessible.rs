//! Every page under the rules of axe-core, in light and dark, on a laptop and a phone, in English and German.

use std::{
    io::Write,
    path::{Path, PathBuf},
};

use conformance::{
    actor::{Registered, Request},
    failure::{Failure, Outcome},
    host::{Host, Served},
    world::World,
};
use serde_json::{Value, json};
use tempfile::NamedTempFile;

use super::{
    chromium::Chromium,
    pictures::LOOKS,
    visit::{Client, Visit},
};

const RUN: &str = "
    const done = arguments[arguments.length - 1];
    const told = found => found.violations.map(rule => [rule.id, rule.help, rule.nodes.map(node => node.html)]);
    axe.run({resultTypes: ['violations']}).then(found => done(told(found)), fault => done([String(fault)]));";

const RESOURCES: &str = r#"
[[resource]]
resource = "https://wiki.example.com/mcp"
name = "Wiki"
scopes = [
    { name = "wiki:read", words = "Read pages", words_in = { de = "Seiten lesen" } },
    { name = "wiki:write", words = "Change pages", words_in = { de = "Seiten ändern" }, optional = true },
]
"#;

/// The source of axe-core; none, and a word about it, where it is not installed.
fn axe() -> Outcome<Option<String>> {
    let place = "accessibility/node_modules/axe-core/axe.min.js";
    let path: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join(place);
    if path.is_file() {
        return Ok(Some(std::fs::read_to_string(path)?));
    }
    if std::env::var_os("NO_SKIP").is_some_and(|value| value == "1") {
        return Err(Failure::new("axe-core is not installed in tests/accessibility, and NO_SKIP=1 is set"));
    }
    writeln!(std::io::stderr(), "SKIPPED: axe-core is not installed: npm ci --prefix tests/accessibility")?;
    Ok(None)
}

/// A visit in one language, and the rules.
struct Inspection {
    visit: Visit,
    axe: String,
    language: &'static str,
}

impl Inspection {
    async fn begin(language: &'static str) -> Outcome<Option<Inspection>> {
        let Some(axe) = axe()? else { return Ok(None) };
        let Some(chromium) = Chromium::start().await? else { return Ok(None) };
        let mut file = NamedTempFile::new()?;
        file.write_all(RESOURCES.as_bytes())?;
        let path = file.path().display().to_string();
        let builder = World::builder().auth("RESOURCES_FILE", &path).auth("SUPPORT", "help@example.com");
        let world = builder.start().await?;
        let mut client = Client::register(world.stranger()?, "Notes helper").await?;
        client.actor.mcp_url = "https://wiki.example.com/mcp".to_owned();
        Ok(Some(Inspection { visit: Visit { chromium, world, client }, axe, language }))
    }

    fn request(&self) -> Request {
        self.visit.client.actor.authorize_request().with("ui_locales", self.language)
    }

    async fn open(&self, request: Request, name: &str) -> Outcome {
        self.visit.chromium.driver.goto(request.address()?.as_str()).await?;
        self.inspect(name).await
    }

    /// Holds the open page to every rule, in every look.
    async fn inspect(&self, name: &str) -> Outcome {
        let chromium = &self.visit.chromium;
        chromium.find("main").await?;
        let language = chromium.script("return document.documentElement.lang").await?;
        assert_eq!(language, json!(self.language), "{name}");
        chromium.driver.execute(self.axe.as_str(), Vec::new()).await?;
        for look in &LOOKS[..4] {
            chromium.look(*look).await?;
            let found: Value = chromium.driver.execute_async(RUN, Vec::new()).await?.json().clone();
            assert_eq!(found, json!([]), "{name}, {} in {look:?}: {found:#}", self.language);
        }
        chromium.picture(&format!("{name}-{}", self.language)).await
    }
}

async fn inspect_all(language: &'static str) -> Outcome {
    let Some(mut inspection) = Inspection::begin(language).await? else { return Ok(()) };
    inspection.open(inspection.request(), "program").await?;
    let chromium = &inspection.visit.chromium;
    chromium.fill_in("not the password").await?;
    chromium.press("[type=checkbox]").await?;
    chromium.press("button.allow").await?;
    chromium.find("[role=alert]").await?;
    inspection.inspect("problem").await?;
    inspection.visit.chromium.sign_in_and_allow().await?;
    inspection.visit.client.callback().await?;
    inspection.open(inspection.request(), "known-person").await?;
    inspection.open(inspection.request().with("client_id", "nobody-knows-this"), "error").await?;

    let host = Host::start(inspection.visit.world.authority()).await?;
    let (id, redirect_uri) = (host.url("/client.json"), "https://client.example/callback");
    let document = json!({"client_id": id, "client_name": "Notizbuch", "redirect_uris": [redirect_uri]});
    host.publish("/client.json", Served::json(&document));
    inspection.visit.client.actor.client = Registered { id, ..Registered::default() };
    let published = inspection.request().with("redirect_uri", redirect_uri);
    inspection.open(published, "published").await
}

#[tokio::test]
async fn no_rule_is_broken_in_english() -> Outcome {
    inspect_all("en").await
}

#[tokio::test]
async fn no_rule_is_broken_in_german() -> Outcome {
    inspect_all("de").await
}
