//! The scratch connectors of this machine's runs: noted before one is made, so that the next run
//! finds what a killed one left. A note is locked while its run lives, so that no run takes
//! another's.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::error::Result;
use crate::storage::files;

/// What a note says of a scratch connector.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Note {
    /// The service's address.
    pub(crate) service: String,
    /// `source` or `destination`.
    pub(crate) kind: String,
    /// The connector's name.
    pub(crate) name: String,
}

/// A note and its lock, held until it is dropped.
#[derive(Debug)]
pub(crate) struct Held {
    /// What it says.
    pub(crate) note: Note,
    path: PathBuf,
    file: File,
}

impl Held {
    /// Whether it was written so long ago that nothing can come of it any more.
    pub(crate) fn is_old(&self, than: Duration) -> bool {
        let written = self.file.metadata().and_then(|file| file.modified());
        written.ok().and_then(|time| time.elapsed().ok()).is_some_and(|age| age > than)
    }

    /// The scratch connector is gone: so is its note.
    pub(crate) fn erase(self) {
        // Closed first: Windows removes no open file. Should it stay, the next run looks again.
        let Self { path, file, .. } = self;
        drop(file);
        let _ = fs::remove_file(path);
    }
}

/// Notes a scratch connector that is about to be made.
pub(crate) fn note(state: &Path, note: Note) -> Result<Held> {
    let folder = state.join("scratch");
    files::make_folder(&folder)?;
    let path = folder.join(&note.name);
    // Written by the handle that holds the lock: on Windows no other may.
    let mut file = files::lock(&path)?;
    let text = serde_json::to_string(&note).map_err(anyhow::Error::from)?;
    let written = file.write_all(text.as_bytes());
    written.map_err(|error| files::cannot("write", &path, &error))?;
    Ok(Held { note, path, file })
}

/// The notes of runs on a service that are no more; each is locked for the caller.
pub(crate) fn left_over(state: &Path, service: &str) -> Vec<Held> {
    let Ok(folder) = fs::read_dir(state.join("scratch")) else { return Vec::new() };
    let held = folder.flatten().filter_map(|entry| {
        let path = entry.path();
        // Not made anew, should its run erase it just now.
        let mut file = File::options().read(true).write(true).open(&path).ok()?;
        file.try_lock().ok()?;
        let mut text = String::new();
        file.read_to_string(&mut text).ok()?;
        let note: Note = serde_json::from_str(&text).ok()?;
        (note.service == service).then_some(Held { note, path, file })
    });
    held.collect()
}
