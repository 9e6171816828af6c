//! Takes away what a sandbox left in its folder.

use super::store::{self, in_use_file};
use crate::storage::files;
use anyhow::{Context, Result};
use std::fs;
use std::path::Path;

/// What a sandbox's folder holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Contents {
    /// Destinations and sources.
    pub connectors: usize,
    /// Workflows.
    pub workflows: usize,
    /// Objects in its S3.
    pub objects: usize,
    /// Whether `state.json` could not be read, so that neither connectors nor workflows are counted.
    pub damaged: bool,
}

/// What became of a folder that was to be reset.
#[derive(Debug, PartialEq, Eq)]
pub enum Reset {
    /// No sandbox has been there.
    Nothing,
    /// A sandbox runs on it: nothing was removed.
    InUse,
    /// This is gone.
    Removed(Contents),
}

/// What is in a folder; `None` where it is not a sandbox's.
#[must_use]
pub fn contents(folder: &Path) -> Option<Contents> {
    let buckets = fs::read_dir(store::s3_folder(folder)).into_iter().flatten().flatten();
    let buckets: Vec<_> = buckets.map(|entry| entry.path()).filter(|path| path.is_dir()).collect();
    let found = match store::load(folder) {
        Ok(None) if buckets.is_empty() => return None,
        // Some other program's file of that name stays.
        Err(_) if buckets.is_empty() => return None,
        Ok(None) => Contents::default(),
        Err(_) => Contents { damaged: true, ..Contents::default() },
        Ok(Some(data)) => Contents {
            connectors: data.state.destinations.len() + data.state.sources.len(),
            workflows: data.state.workflows.len(),
            ..Contents::default()
        },
    };
    let objects = buckets.iter().map(|bucket| files_below(bucket)).sum();
    Some(Contents { objects, ..found })
}

fn files_below(folder: &Path) -> usize {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .map(|entry| match entry.file_type() {
            Ok(kind) if kind.is_dir() => files_below(&entry.path()),
            _ => 1,
        })
        .sum()
}

/// Removes what a sandbox made in a folder, and the folder itself if nothing else is in it.
///
/// # Errors
/// A file that cannot be removed.
pub fn reset(folder: &Path) -> Result<Reset> {
    if contents(folder).is_none() {
        return Ok(Reset::Nothing);
    }
    let in_use = in_use_file(folder);
    let lock = files::options().open(&in_use);
    let lock = lock.with_context(|| format!("cannot open {}", in_use.display()))?;
    if lock.try_lock().is_err() {
        return Ok(Reset::InUse);
    }
    // Read again: what ended just now may have written. The state goes last, for by it the folder
    // is known as a sandbox's should this be interrupted.
    let Some(contents) = contents(folder) else { return Ok(Reset::Nothing) };
    let s3 = store::s3_folder(folder);
    gone(&s3, fs::remove_dir_all(&s3))?;
    let state = store::state_file(folder);
    gone(&state, fs::remove_file(&state))?;
    drop(lock);
    // Locks are empty files: one that stays, for another process has just taken it, does no harm.
    for lock in [store::lock_file(folder), in_use] {
        let _ = fs::remove_file(lock);
    }
    let _ = fs::remove_dir(folder);
    Ok(Reset::Removed(contents))
}

fn gone(path: &Path, removed: std::io::Result<()>) -> Result<()> {
    match removed {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove {}", path.display()))
        }
        _ => Ok(()),
    }
}
