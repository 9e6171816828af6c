//! The scratch connectors of this machine's runs: noted before one is made, so that the next run
//! finds what a killed one left. A note is locked while its run lives, so that no run takes
//! another's.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::error::Result;
use crate::private;

/// What a note says of a scratch connector.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Note {
    /// The service's address.
    pub service: String,
    /// `source` or `destination`.
    pub kind: String,
    /// The connector's name.
    pub name: String,
}

/// A note and its lock, held until it is dropped.
#[derive(Debug)]
pub struct Held {
    /// What it says.
    pub note: Note,
    path: PathBuf,
    _lock: File,
}

impl Held {
    /// The scratch connector is gone: so is its note.
    pub fn erase(self) {
        // Should it stay, the next run looks for the connector and finds none.
        let _ = fs::remove_file(&self.path);
    }
}

/// Notes a scratch connector that is about to be made.
pub fn note(state: &Path, note: Note) -> Result<Held> {
    let folder = state.join("scratch");
    private::make_folder(&folder)?;
    let path = folder.join(&note.name);
    let lock = private::lock(&path)?;
    let text = serde_json::to_string(&note).map_err(anyhow::Error::from)?;
    private::append(&path, &text)?;
    Ok(Held { note, path, _lock: lock })
}

/// The notes of runs on a service that are no more; each is locked for the caller.
pub fn left_over(state: &Path, service: &str) -> Vec<Held> {
    let Ok(folder) = fs::read_dir(state.join("scratch")) else { return Vec::new() };
    let held = folder.flatten().filter_map(|entry| {
        let path = entry.path();
        // Not made anew, should its run erase it just now.
        let lock = File::options().read(true).write(true).open(&path).ok()?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock | TryLockError::Error(_)) => return None,
        }
        let note: Note = serde_json::from_str(&fs::read_to_string(&path).ok()?).ok()?;
        (note.service == service).then_some(Held { note, path, _lock: lock })
    });
    held.collect()
}
