//! Every page somebody can meet: one list, walked by whoever holds the pages to rules and by whoever keeps their pictures.

use std::{collections::BTreeSet, path::Path};

use conformance::failure::Outcome;

use super::stage::Stage;

/// A page: how it is called, and the templates it is made of.
#[derive(Clone, Copy, Debug)]
pub(super) struct Page {
    pub(super) name: &'static str,
    pub(super) stage: Stage,
    templates: &'static [&'static str],
}

const fn page(stage: Stage, name: &'static str, templates: &'static [&'static str]) -> Page {
    Page { name, stage, templates }
}

const APPROVE: &[&str] = &["approve.html", "passkey_sign_in.html"];
const APPROVE_AGAIN: &[&str] = &["approve.html", "passkey_sign_in.html", "problem.html"];
const WITH_PROVIDERS: &[&str] = &["approve.html", "providers.html"];
const SIGN_IN: &[&str] = &["sign_in.html", "passkey_sign_in.html"];
const WELCOME: &[&str] = &["welcome.html"];
const MESSAGE: &[&str] = &["message.html"];
const PASSKEYS: &[&str] = &["passkeys_page.html", "passkeys.html"];

/// All of them, in the order in which a visit goes. The ways to them are in `ways.rs`.
pub(super) const PAGES: [Page; 27] = [
    page(Stage::Usual, "approve", APPROVE),
    page(Stage::Usual, "approve-published", APPROVE),
    page(Stage::Usual, "approve-long-name", APPROVE),
    page(Stage::Usual, "approve-wrong-password", APPROVE_AGAIN),
    page(Stage::Usual, "approve-signed-in", &["approve.html"]),
    page(Stage::Usual, "approve-not-you", APPROVE),
    page(Stage::Usual, "unknown-client", MESSAGE),
    page(Stage::Usual, "account-sign-in", SIGN_IN),
    page(Stage::Usual, "account-empty", &["account.html"]),
    page(Stage::Usual, "account", &["account.html"]),
    page(Stage::Usual, "account-many-browsers", &["account.html"]),
    page(Stage::Usual, "account-wrong-password", &["account.html"]),
    page(Stage::Usual, "account-ended", &["account.html"]),
    page(Stage::Usual, "passkeys-none", PASSKEYS),
    page(Stage::Usual, "passkeys", PASSKEYS),
    page(Stage::Usual, "invitation", WELCOME),
    page(Stage::Usual, "invitation-problem", WELCOME),
    page(Stage::Usual, "connect", &["connect.html"]),
    page(Stage::Usual, "spent-link", MESSAGE),
    page(Stage::Usual, "expired", MESSAGE),
    page(Stage::Providers, "providers", WITH_PROVIDERS),
    page(Stage::Providers, "provider-refuses", MESSAGE),
    page(Stage::Providers, "provider-away", MESSAGE),
    page(Stage::ProviderOnly, "provider-only", WITH_PROVIDERS),
    page(Stage::ProviderOnly, "provider-only-account", &["sign_in.html"]),
    page(Stage::Nobody, "first-account", WELCOME),
    page(Stage::Limited, "too-many-attempts", APPROVE),
];

#[test]
fn every_template_is_on_a_page() -> Outcome {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../auth-server/templates");
    let mut templates = BTreeSet::new();
    for entry in std::fs::read_dir(folder)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        // What every page stands in.
        if name.ends_with(".html") && name != "base.html" {
            templates.insert(name);
        }
    }
    let seen: BTreeSet<String> =
        PAGES.iter().flat_map(|page| page.templates).map(|&name| name.to_owned()).collect();
    assert_eq!(seen, templates);
    Ok(())
}

#[test]
fn every_page_has_its_pictures_and_there_are_no_others() -> Outcome {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("e2e/browser/pictures");
    let mut kept = BTreeSet::new();
    for entry in std::fs::read_dir(folder)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if let Some(name) = name.strip_suffix(".png") {
            kept.insert(name.to_owned());
        }
    }
    let looks = ["light", "dark", "phone"];
    let wanted = PAGES.iter().flat_map(|page| looks.map(|look| format!("{}-{look}", page.name)));
    assert_eq!(kept, wanted.collect());
    Ok(())
}
