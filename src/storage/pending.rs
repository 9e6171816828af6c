//! Changes to a shared state that it does not have yet: each lies in a file of its process before
//! anything else is done with it. What a killed process left is found by the next one. A file is
//! locked while its process lives, so that none takes another's.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use sha2::{Digest, Sha256};

use crate::domain::state::record::Record;
use crate::error::Result;
use crate::storage::files;

/// How long it is taken for granted that a server keeps conditions, once it was seen to.
const TRUSTED: Duration = Duration::from_secs(3600);

/// The folder of what this machine has for a shared state, by the words that name its place.
pub(crate) fn folder(state: &Path, place: &str) -> PathBuf {
    let digest = Sha256::digest(place.as_bytes());
    let name: String = digest[..8].iter().map(|byte| format!("{byte:02x}")).collect();
    state.join("shared").join(name)
}

/// A file of changes, locked until it is dropped.
pub(crate) struct Pending {
    path: PathBuf,
    file: File,
}

impl Pending {
    /// Makes this process's file.
    pub(crate) fn new(folder: &Path) -> Result<Self> {
        files::make_folder(folder)?;
        let path = folder.join(format!("{}.jsonl", uuid::Uuid::new_v4()));
        let file = files::lock(&path)?;
        Ok(Self { path, file })
    }

    /// Adds a change.
    pub(crate) fn add(&mut self, record: &Record) -> Result<()> {
        let mut line = serde_json::to_vec(record).map_err(anyhow::Error::from)?;
        line.push(b'\n');
        let added = self.file.write_all(&line);
        added.map_err(|error| files::cannot("write", &self.path, &error))
    }

    /// All of it lies in the shared state.
    pub(crate) fn clear(&self) {
        // Should it stay, the next run pushes it once more, which changes nothing.
        let _ = self.file.set_len(0);
    }

    /// All of it lies in the shared state, and nothing comes any more.
    pub(crate) fn erase(self) {
        // Closed first: Windows removes no open file.
        let Self { path, file } = self;
        drop(file);
        let _ = fs::remove_file(path);
    }
}

/// What processes that are no more left for a shared state; each file is locked for the caller.
pub(crate) fn left_over(folder: &Path) -> Vec<(Pending, Vec<Record>)> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let read = |path: PathBuf| -> Option<(Pending, Vec<Record>)> {
        path.extension().filter(|extension| *extension == "jsonl")?;
        let mut file = File::options().read(true).append(true).open(&path).ok()?;
        file.try_lock().ok()?;
        let mut text = String::new();
        file.read_to_string(&mut text).ok()?;
        // A line that a kill cut off is none.
        let records = text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
        Some((Pending { path, file }, records))
    };
    entries.flatten().filter_map(|entry| read(entry.path())).collect()
}

/// Whether the place was seen to keep conditions, not long ago.
pub(crate) fn is_trusted(folder: &Path) -> bool {
    let seen = || -> io::Result<Duration> {
        let modified = fs::metadata(mark(folder))?.modified()?;
        modified.elapsed().map_err(io::Error::other)
    };
    seen().is_ok_and(|age| age < TRUSTED)
}

/// Remembers that it does.
pub(crate) fn trust(folder: &Path) {
    // What cannot be remembered is tried again.
    let _ = files::make_folder(folder).and_then(|()| files::write(&mark(folder), b""));
}

fn mark(folder: &Path) -> PathBuf {
    folder.join("keeps-conditions")
}
