//! Pictures of the pages, for people to look at: kept where `SCREENSHOTS` names a folder.

use std::{
    io::ErrorKind,
    path::{Path, PathBuf},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use conformance::failure::{Failure, Outcome};
use serde_json::json;
use tokio::process::Command;

use super::{chromium::Chromium, stage::Tour};

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

/// The pictures that are kept of a page.
const KEPT: [(&str, Look); 3] = [
    ("light", Look { scheme: "light", width: 1280, height: 800 }),
    ("dark", Look { scheme: "dark", width: 1280, height: 800 }),
    ("phone", Look { scheme: "light", width: 390, height: 844 }),
];

/// What is another in every run is the same in every picture: ports, references, and a caret that blinks.
const STEADY: &str = r"
    document.documentElement.style.caretColor = 'transparent';
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
        texts.currentNode.data = texts.currentNode.data.replace(/\b(localhost|127\.0\.0\.1):\d+/g, '$1');
    }
    document.querySelectorAll('.foot code, .reference').forEach(reference => { reference.textContent = 'GH-0123-4567'; });";

impl Look {
    fn is_phone(self) -> bool {
        self.width < 600
    }
}

impl Chromium {
    /// Looks at the open page in this way from now on.
    pub(super) async fn look(&self, look: Look) -> Outcome {
        self.see_colours(look.scheme).await?;
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
    pub(super) async fn look_away(&self) -> Outcome {
        self.see_colours("").await?;
        self.devtools("Emulation.clearDeviceMetricsOverride", json!({})).await.map(drop)
    }

    /// The colours of that scheme, without motion: amid a change of colours there are some that are nobody's choice.
    async fn see_colours(&self, scheme: &str) -> Outcome {
        let media = json!({"features": [
            {"name": "prefers-color-scheme", "value": scheme},
            {"name": "prefers-reduced-motion", "value": "reduce"},
        ]});
        self.devtools("Emulation.setEmulatedMedia", media).await.map(drop)
    }

    /// The whole open page as a PNG.
    async fn photograph(&self) -> Outcome<Vec<u8>> {
        let whole = json!({"format": "png", "captureBeyondViewport": true});
        let picture = self.devtools("Page.captureScreenshot", whole).await?;
        let data = picture["data"].as_str().ok_or_else(|| Failure::new("no picture came"))?;
        Ok(STANDARD.decode(data)?)
    }
}

impl Tour {
    /// Keeps pictures of the whole open page: `NAME-light.png` and so on, in German `NAME-de-light.png`.
    pub(super) async fn picture(&self, name: &str) -> Outcome {
        let Some(folder) = std::env::var_os("SCREENSHOTS").map(PathBuf::from) else { return Ok(()) };
        std::fs::create_dir_all(&folder)?;
        let chromium = &self.visit.chromium;
        chromium.script(STEADY).await?;
        let language = if self.language == "en" { String::new() } else { format!("-{}", self.language) };
        for (kind, look) in KEPT {
            chromium.look(look).await?;
            let file = folder.join(format!("{name}{language}-{kind}.png"));
            std::fs::write(&file, chromium.photograph().await?)?;
            press_flat(&file).await?;
        }
        chromium.look_away().await
    }
}

/// Makes a picture smaller where a program for that is installed: pages have few colours.
async fn press_flat(file: &Path) -> Outcome {
    let mut command = Command::new("pngquant");
    command.args(["--force", "--skip-if-larger", "--strip", "--speed", "1", "--ext", ".png", "64"]);
    match command.arg("--").arg(file).status().await {
        Err(fault) if fault.kind() == ErrorKind::NotFound => Ok(()),
        ended => ended.map(drop).map_err(Failure::from),
    }
}
