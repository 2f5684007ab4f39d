//! Where somebody goes who signs in to see a page of their own: one of ours, and never an address that came from outside.

use serde::{Deserialize, Serialize};

/// A page of whoever is signed in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Destination {
    /// What they allowed and where they are signed in.
    #[default]
    Account,
    /// Their passkeys.
    Passkeys,
}

impl Destination {
    /// What a form calls it.
    pub const fn name(self) -> &'static str {
        match self {
            Destination::Account => "account",
            Destination::Passkeys => "passkeys",
        }
    }

    /// The one a form names; none where it names none of them.
    pub fn named(name: &str) -> Option<Destination> {
        [Destination::Account, Destination::Passkeys].into_iter().find(|own| own.name() == name)
    }
}
