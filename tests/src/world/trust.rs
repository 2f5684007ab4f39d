//! One certificate authority for all worlds of a process: making a key costs more than a world.

use std::{path::Path, sync::OnceLock};

use crate::{
    failure::{Failure, Outcome},
    host::Authority,
};

/// Where a world keeps its certificate, for `EXTRA_CA_FILE`.
const FILE: &str = "ca.pem";

/// The authority, its certificate written into this folder, and the path of that file.
pub(super) fn authority(folder: &Path) -> Outcome<(&'static Authority, String)> {
    static AUTHORITY: OnceLock<Result<Authority, String>> = OnceLock::new();
    let made = AUTHORITY.get_or_init(|| Authority::fresh().map_err(|fault| fault.to_string()));
    let authority = made.as_ref().map_err(Failure::new)?;
    let file = folder.join(FILE);
    std::fs::write(&file, authority.certificate())?;
    Ok((authority, file.display().to_string()))
}
