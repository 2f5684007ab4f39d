//! Who is the human: passwords, and the browser they sit at.

pub mod browser;
pub mod local;
pub mod passkeys;
pub mod upstream;
