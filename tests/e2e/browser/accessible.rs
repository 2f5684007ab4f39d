//! Every page under the rules of axe-core, in light and dark, on a laptop and a phone, in English and German.

use std::{
    io::Write,
    path::{Path, PathBuf},
};

use conformance::failure::{Failure, Outcome};
use serde_json::{Value, json};

use super::{
    pages::{PAGES, Page},
    pictures::LOOKS,
    stage::{Stage, Tour},
};

const RUN: &str = "
    const done = arguments[arguments.length - 1];
    const told = found => found.violations.map(rule => [rule.id, rule.help, rule.nodes.map(node => node.html)]);
    axe.run({resultTypes: ['violations']}).then(found => done(told(found)), fault => done([String(fault)]));";

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

/// Holds the open page to every rule, in every look.
async fn inspect(tour: &Tour, page: &Page, axe: &str) -> Outcome {
    let chromium = &tour.visit.chromium;
    chromium.find("main").await?;
    let language = chromium.script("return document.documentElement.lang").await?;
    assert_eq!(language, json!(tour.language), "{page:?}");
    chromium.driver.execute(axe, Vec::new()).await?;
    for look in &LOOKS[..4] {
        chromium.look(*look).await?;
        let found: Value = chromium.driver.execute_async(RUN, Vec::new()).await?.json().clone();
        assert_eq!(found, json!([]), "{page:?}, {} in {look:?}: {found:#}", tour.language);
        let wide = chromium.script("return document.documentElement.scrollWidth <= screen.width").await?;
        assert_eq!(wide, json!(true), "{page:?}, {} in {look:?} scrolls sideways", tour.language);
    }
    chromium.look_away().await
}

async fn inspect_all(language: &'static str) -> Outcome {
    let Some(axe) = axe()? else { return Ok(()) };
    for stage in Stage::ALL {
        let Some(mut tour) = Tour::begin(stage, language).await? else { continue };
        for page in PAGES.iter().filter(|page| page.stage == stage) {
            tour.reach(page).await.map_err(|fault| Failure::new(format!("{page:?}: {fault}")))?;
            inspect(&tour, page, &axe).await?;
            tour.picture(page.name).await?;
        }
    }
    Ok(())
}

#[tokio::test]
async fn no_rule_is_broken_in_english() -> Outcome {
    inspect_all("en").await
}

#[tokio::test]
async fn no_rule_is_broken_in_german() -> Outcome {
    inspect_all("de").await
}
