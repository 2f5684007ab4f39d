//! What deploys to Azure: the script with stand-ins in place of Azure, and the templates as a tree.
//!
//! The Bicep compiler sees the templates on the machine that deploys; here they are parsed, and what matters is read from
//! the tree: every secret by reference, every parameter given, every name declared.

#![expect(
    clippy::unwrap_used,
    reason = "a file or a program that is not there fails the test that asked for it"
)]

mod images;
mod machine;
mod names;
mod script;
mod template;
mod templates;

use std::path::{Path, PathBuf};

/// Where the script stands.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().map(Path::to_path_buf).unwrap()
}
