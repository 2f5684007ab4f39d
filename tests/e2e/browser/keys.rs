//! A keyboard, and nothing else: what has the focus, and that it can be seen.

use conformance::failure::{Failure, Outcome};
use serde_json::Value;
use thirtyfour::prelude::*;

use super::chromium::{Chromium, until};

/// More controls than any page has.
const MANY: usize = 40;

/// What has the focus, what shows it, and where it is.
const FOCUS: &str = "
    const one = document.activeElement, style = getComputedStyle(one), place = one.getBoundingClientRect();
    const text = one.matches('button, a, summary') ? one.textContent.trim() : '';
    return {
        name: one.id || (one.type === 'checkbox' ? one.name : one.value) || text || one.tagName,
        outline: style.outlineStyle,
        width: parseFloat(style.outlineWidth),
        top: place.top + scrollY,
        bottom: place.bottom + scrollY,
        left: place.left,
        right: place.right,
        window: [scrollY, innerHeight],
        shown: place.top >= 0 && place.bottom <= innerHeight,
    }";

/// As if the page had just come, and nothing on it had asked for the focus.
const FROM_THE_TOP: &str = "
    document.body.tabIndex = -1;
    document.body.focus();
    document.body.removeAttribute('tabindex');
    scrollTo(0, 0);
    return [...document.querySelectorAll('a[href], button, input:not([type=hidden]), summary')]
        .filter(one => !one.disabled && one.checkVisibility()).length";

impl Chromium {
    pub(super) async fn press_key(&self, keys: impl Into<TypingData>) -> Outcome {
        Ok(self.driver.action_chain().send_keys(keys).perform().await?)
    }

    /// Presses Tab, and names what has the focus then. It must be seen.
    pub(super) async fn tab(&self) -> Outcome<String> {
        self.press_key(Key::Tab).await?;
        let focus = self.script(FOCUS).await?;
        assert_seen(&focus);
        Ok(name(&focus))
    }

    /// Presses Tab until this has the focus.
    pub(super) async fn tab_to(&self, wanted: &str) -> Outcome {
        let mut met = Vec::new();
        for _ in 0..MANY {
            self.press_key(Key::Tab).await?;
            let focus = self.script(FOCUS).await?;
            // Past the last control comes the page itself.
            if focus["name"] != "BODY" {
                assert_seen(&focus);
            }
            let focus = name(&focus);
            if focus == wanted {
                return Ok(());
            }
            met.push(focus);
        }
        Err(Failure::new(format!("Tab does not lead to {wanted}, only to {met:?}")))
    }

    /// Types into what has the focus after some Tabs.
    pub(super) async fn type_into(&self, field: &str, text: &str) -> Outcome {
        self.tab_to(field).await?;
        self.press_key(text).await
    }

    /// Presses Tab from the top to the end: every control there is, each one after the last, as one reads.
    pub(super) async fn walk_through(&self) -> Outcome<Vec<String>> {
        let controls = self.script(FROM_THE_TOP).await?.as_u64().unwrap_or_default();
        let mut walked: Vec<Value> = Vec::new();
        for _ in 0..controls {
            self.press_key(Key::Tab).await?;
            let focus = self.script(FOCUS).await?;
            // The window follows the focus.
            let what = format!("{focus} in the window");
            let is_shown = async || {
                let focus = self.script(FOCUS).await?;
                Ok((focus["shown"] == true).then_some(()))
            };
            until(&what, is_shown).await?;
            assert_seen(&focus);
            if let Some(before) = walked.last() {
                let number = |one: &Value, side: &str| one[side].as_f64().unwrap_or_default();
                let is_below = number(&focus, "bottom") >= number(before, "bottom") - 1.0;
                let is_right = number(&focus, "left") >= number(before, "right") - 1.0;
                assert!(is_below || is_right, "{focus} comes after {before}");
            }
            walked.push(focus);
        }
        if let Some(last) = walked.last() {
            self.press_key(Key::Tab).await?;
            let focus = self.script(FOCUS).await?;
            assert!(
                controls == 1 || focus["name"] != last["name"] || focus["top"] != last["top"],
                "{last} lets nobody go"
            );
        }
        Ok(walked.iter().map(name).collect())
    }
}

fn assert_seen(focus: &Value) {
    let is_seen = focus["outline"] != "none" && focus["width"].as_f64() >= Some(2.0);
    assert!(is_seen, "the focus cannot be seen: {focus}");
}

fn name(focus: &Value) -> String {
    focus["name"].as_str().unwrap_or_default().to_owned()
}
