//! Pictures of the pages, for people to look at: kept where `SCREENSHOTS` names a folder.

use std::path::PathBuf;

use base64::{Engine, engine::general_purpose::STANDARD};
use conformance::failure::{Failure, Outcome};
use serde_json::json;

use super::chromium::Chromium;

/// How a page is looked at.
#[derive(Clone, Copy, Debug)]
pub(super) struct Look {
    pub(super) scheme: &'static str,
    pub(super) width: u32,
    pub(super) height: u32,
}

/// A laptop and two phones, in light and dark.
pub(super) const LOOKS: [Look; 6] = [
    Look { scheme: "light", width: 1280, height: 800 },
    Look { scheme: "dark", width: 1280, height: 800 },
    Look { scheme: "light", width: 360, height: 740 },
    Look { scheme: "dark", width: 360, height: 740 },
    Look { scheme: "light", width: 320, height: 568 },
    Look { scheme: "dark", width: 320, height: 568 },
];

impl Look {
    fn is_phone(self) -> bool {
        self.width < 600
    }
}

impl Chromium {
    /// Looks at the open page in this way from now on.
    pub(super) async fn look(&self, look: Look) -> Outcome {
        // Without motion: a picture amid a change of colours shows some that are nobody's choice.
        let media = json!({"features": [
            {"name": "prefers-color-scheme", "value": look.scheme},
            {"name": "prefers-reduced-motion", "value": "reduce"},
        ]});
        self.devtools("Emulation.setEmulatedMedia", media).await?;
        let screen = json!({
            "width": look.width,
            "height": look.height,
            "screenWidth": look.width,
            "screenHeight": look.height,
            "deviceScaleFactor": if look.is_phone() { 2 } else { 1 },
            "mobile": look.is_phone(),
        });
        self.devtools("Emulation.setDeviceMetricsOverride", screen).await.map(drop)
    }

    /// Looks at the open page as it was looked at before any [`look`](Chromium::look).
    async fn look_away(&self) -> Outcome {
        self.devtools("Emulation.setEmulatedMedia", json!({"features": []})).await?;
        self.devtools("Emulation.clearDeviceMetricsOverride", json!({})).await.map(drop)
    }

    /// Keeps pictures of the whole open page, in every way to look at it.
    pub(super) async fn picture(&self, name: &str) -> Outcome {
        let Some(folder) = std::env::var_os("SCREENSHOTS").map(PathBuf::from) else { return Ok(()) };
        std::fs::create_dir_all(&folder)?;
        for look in LOOKS {
            self.look(look).await?;
            let whole = json!({"format": "png", "captureBeyondViewport": look.is_phone()});
            let picture = self.devtools("Page.captureScreenshot", whole).await?;
            let data = picture["data"].as_str().ok_or_else(|| Failure::new("no picture came"))?;
            let file = folder.join(format!("{name}-{}-{}.png", look.width, look.scheme));
            std::fs::write(file, STANDARD.decode(data)?)?;
        }
        self.look_away().await
    }
}
