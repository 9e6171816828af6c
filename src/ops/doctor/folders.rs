//! The folders of profiles and of the state: where they are, and whether others can read them.

use std::path::Path;

use super::finding::Finding;
use crate::context::Context;
use crate::domain::names::quoted;
use crate::error::Result;
use crate::storage::profiles::Profiles;

/// The folder of profiles.
pub(super) fn config_folder(context: &Context) -> Finding {
    let read = || -> Result<String> {
        let folder = context.config_dir()?;
        let names = Profiles::load(&folder)?.names();
        let mode = mode(&folder);
        Ok(match names.as_slice() {
            [] => format!("{}{mode}, no profiles", folder.display()),
            names => format!("{}{mode}, profiles: {}", folder.display(), names.join(", ")),
        })
    };
    read().map_or_else(
        |error| Finding::failed("config", error),
        |message| Finding::ok("config", message),
    )
}

/// The folder of what is remembered.
pub(super) fn state_folder(context: &Context) -> Finding {
    let folder = match context.state_dir() {
        Ok(folder) => folder,
        Err(error) => return Finding::failed("state", error),
    };
    let shown = folder.display();
    if !folder.exists() {
        return Finding::ok("state", format!("{shown}, made when it is needed"));
    }
    let message = format!("{shown}{}", mode(&folder));
    if let Err(error) = tempfile::tempfile_in(&folder) {
        let message = format!("{message}: nothing can be written there: {error}");
        let hint = "expiries are not remembered: give it to this user, or set UNS3_STATE_DIR";
        return Finding::warning("state", message, hint);
    }
    if is_open_to_others(&folder) {
        let hint = format!("chmod 700 {}", quoted(&shown.to_string()));
        return Finding::warning("state", format!("{message}: others can read it"), &hint);
    }
    Finding::ok("state", message)
}

#[cfg(unix)]
fn bits(path: &Path) -> Option<u32> {
    use std::os::unix::fs::PermissionsExt;
    Some(std::fs::metadata(path).ok()?.permissions().mode() & 0o7777)
}

/// Windows keeps a user's own folders from others by itself.
#[cfg(not(unix))]
fn bits(_: &Path) -> Option<u32> {
    None
}

fn mode(path: &Path) -> String {
    bits(path).map_or_else(String::new, |bits| format!(" (mode {bits:04o})"))
}

fn is_open_to_others(path: &Path) -> bool {
    bits(path).is_some_and(|bits| bits & 0o077 != 0)
}
