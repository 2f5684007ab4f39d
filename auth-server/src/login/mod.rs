//! Who is the human: passwords, and the browser they sit at.

pub mod attempts;
pub mod browser;
pub mod known;
pub mod local;
pub mod passkeys;
pub mod upstream;
