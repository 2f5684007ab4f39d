//! What has to be there before a page can be seen: a world of its kind, a client and a browser that reads one language.

use std::{io::Write, time::Duration};

use auth_server::flow::accounts;
use conformance::{
    failure::Outcome,
    host::Host,
    world::{Builder, EMAIL, World},
};
use serde_json::json;
use tempfile::NamedTempFile;

use super::{
    chromium::Chromium,
    visit::{Client, Visit},
};
use crate::upstream::provider::Provider;

/// What a client asks for here.
pub(super) const RESOURCE: &str = "https://wiki.example.com/mcp";

const RESOURCES: &str = r#"
[[resource]]
resource = "https://wiki.example.com/mcp"
name = "Wiki"
scopes = [
    { name = "wiki:read", words = "Read pages", words_in = { de = "Seiten lesen" } },
    { name = "wiki:write", words = "Change pages", words_in = { de = "Seiten ändern" }, optional = true },
]
"#;

/// Monday, 2030-01-14 08:30 UTC: the days on the pages are the same whenever they are looked at.
const MORNING: i64 = 1_894_609_800;

/// A kind of world.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// One account with a password, applications and passkeys.
    Usual,
    /// Two providers beside it, one of which is down.
    Providers,
    /// A provider, and no local accounts.
    ProviderOnly,
    /// Nobody has an account.
    Nobody,
    /// Attempts are counted.
    Limited,
}

impl Stage {
    /// All of them.
    pub(super) const ALL: [Stage; 5] =
        [Stage::Usual, Stage::Providers, Stage::ProviderOnly, Stage::Nobody, Stage::Limited];

    fn settings(self, builder: Builder) -> Builder {
        match self {
            Stage::Usual | Stage::Nobody => builder,
            Stage::Providers => away(builder, "UPSTREAM_2", "Company account"),
            Stage::ProviderOnly => away(builder, "UPSTREAM", "Company account").auth("LOCAL_ACCOUNTS", "off"),
            Stage::Limited => builder.auth("RATE_LIMITS", "on"),
        }
    }
}

/// A provider where nobody listens.
fn away(builder: Builder, numbered: &str, name: &str) -> Builder {
    builder
        .auth(&format!("{numbered}_ISSUER"), "http://localhost:1")
        .auth(&format!("{numbered}_CLIENT_ID"), "gatehouse")
        .auth(&format!("{numbered}_CLIENT_SECRET"), "a secret")
        .auth(&format!("{numbered}_NAME"), name)
        .auth(&format!("{numbered}_ALLOW"), "anyone")
}

/// A stage with somebody on it.
pub(super) struct Tour {
    pub(super) visit: Visit,
    pub(super) language: &'static str,
    /// Publishes who a client is.
    pub(super) host: Host,
    _provider: Option<Provider>,
    _resources: NamedTempFile,
}

impl Tour {
    /// None, and a word about it, where something it needs is not installed.
    pub(super) async fn begin(stage: Stage, language: &'static str) -> Outcome<Option<Tour>> {
        let Some(chromium) = Chromium::start().await? else { return Ok(None) };
        let mut resources = NamedTempFile::new()?;
        resources.write_all(RESOURCES.as_bytes())?;
        let path = resources.path().display().to_string();
        let builder = World::builder().auth("RESOURCES", RESOURCE).auth("RESOURCES_FILE", &path);
        let mut builder = stage.settings(builder.auth("SUPPORT", "help@example.com"));
        let mut provider = None;
        if stage == Stage::Providers {
            let Some(started) = Provider::start().await? else { return Ok(None) };
            builder = started.settings(builder, "UPSTREAM", "example.com");
            provider = Some(started);
        }
        let world = builder.start().await?;
        if let Some(provider) = &mut provider {
            provider.serve(&world, json!({})).await?;
        }
        // The provider's clock is the real one, and its pages name no days.
        if stage != Stage::Providers {
            let until_morning = MORNING.saturating_sub(world.clock().now().seconds());
            world.advance(Duration::from_secs(u64::try_from(until_morning)?));
        }
        if stage == Stage::Nobody {
            let app = world.auth_app()?;
            accounts::remove(app, accounts::find(app, EMAIL).await?).await?;
        }
        chromium.look_away().await?;
        chromium.devtools("Network.enable", json!({})).await?;
        let headers = json!({"headers": {"Accept-Language": language}});
        chromium.devtools("Network.setExtraHTTPHeaders", headers).await?;
        let mut client = Client::register(world.stranger()?, "Notes helper").await?;
        client.actor.mcp_url = RESOURCE.to_owned();
        let host = Host::start(world.authority()).await?;
        let visit = Visit { chromium, world, client };
        Ok(Some(Tour { visit, language, host, _provider: provider, _resources: resources }))
    }
}
