//! Changes to a shared state that it does not have yet: each lies in a file of its process before
//! anything else is done with it. What a killed process left is found by the next one. A file is
//! locked while its process lives, so that none takes another's.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use sha2::{Digest, Sha256};

use crate::domain::state::record::Record;
use crate::error::Result;
use crate::storage::files;

/// How long it is taken for granted that a server keeps conditions, once it was seen to.
const TRUSTED: Duration = Duration::from_secs(3600);

/// A file that is so old, and has no name yet, will never have one: its process is no more.
const ABANDONED: Duration = Duration::from_secs(3600);
/// The ending of a file's name before others may find it.
const UNNAMED: &str = "new";

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
        let open = || {
            // Locked before it has the name by which others find it.
            let unnamed = path.with_extension(UNNAMED);
            let file = writable().create_new(true).open(&unnamed)?;
            file.lock()?;
            fs::rename(&unnamed, &path)?;
            Ok(file)
        };
        let file = open().map_err(|error| files::cannot("make", &path, &error))?;
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
        let _ = self.file.set_len(0).and_then(|()| (&self.file).rewind());
    }

    /// All of it lies in the shared state, and nothing comes any more.
    pub(crate) fn erase(self) {
        // Closed first: Windows removes no open file.
        let Self { path, file } = self;
        drop(file);
        let _ = fs::remove_file(path);
    }
}

/// How a file is opened: not for adding alone, for Windows does not cut such a one. Nobody else writes
/// to it.
fn writable() -> OpenOptions {
    let mut options = files::options();
    options.create(false).append(false).write(true);
    options
}

/// What processes that are no more left for a shared state; each file is locked for the caller.
pub(crate) fn left_over(folder: &Path) -> Vec<(Pending, Vec<Record>)> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let read = |path: PathBuf| -> Option<(Pending, Vec<Record>)> {
        if path.extension().is_some_and(|extension| extension == UNNAMED)
            && age(&path).is_ok_and(|age| age > ABANDONED)
        {
            let _ = fs::remove_file(&path);
        }
        path.extension().filter(|extension| *extension == "jsonl")?;
        let mut file = writable().open(&path).ok()?;
        file.try_lock().ok()?;
        let mut text = Vec::new();
        file.read_to_end(&mut text).ok()?;
        // A line that a kill cut off is none, and nothing that is added belongs to it.
        if text.last().is_some_and(|last| *last != b'\n') {
            file.write_all(b"\n").ok()?;
        }
        let lines = text.split(|byte| *byte == b'\n');
        let records = lines.filter_map(|line| serde_json::from_slice(line).ok()).collect();
        Some((Pending { path, file }, records))
    };
    entries.flatten().filter_map(|entry| read(entry.path())).collect()
}

/// Whether the place was seen to keep conditions, not long ago.
pub(crate) fn is_trusted(folder: &Path) -> bool {
    age(&mark(folder)).is_ok_and(|age| age < TRUSTED)
}

/// How long ago a file was written.
fn age(path: &Path) -> io::Result<Duration> {
    fs::metadata(path)?.modified()?.elapsed().map_err(io::Error::other)
}

/// Remembers that it does.
pub(crate) fn trust(folder: &Path) {
    // What cannot be remembered is tried again.
    let _ = files::make_folder(folder).and_then(|()| files::write(&mark(folder), b""));
}

fn mark(folder: &Path) -> PathBuf {
    folder.join("keeps-conditions")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(id: &str) -> Record {
        let (service, name) = ("s".into(), "ä".into());
        Record { service, id: id.into(), name, lease: None, at: None }
    }

    fn ids(folder: &Path) -> Vec<String> {
        let left = left_over(folder).into_iter().flat_map(|(_, records)| records);
        let mut ids: Vec<String> = left.map(|one| one.id).collect();
        ids.sort_unstable();
        ids
    }

    #[test]
    fn what_is_shared_is_cut_off_and_what_comes_after_it_is_kept() -> Result<()> {
        let folder = tempfile::tempdir().map_err(anyhow::Error::from)?;
        let mut pending = Pending::new(folder.path())?;
        assert!(ids(folder.path()).is_empty());
        pending.add(&record("one"))?;
        assert!(left_over(folder.path()).is_empty(), "its process lives");
        pending.clear();
        pending.add(&record("two"))?;
        drop(pending);
        assert_eq!(ids(folder.path()), ["two"]);
        Ok(())
    }

    /// In the middle of a letter, even; what was added to such a file was lost with it.
    #[test]
    fn a_line_that_was_cut_off_takes_no_other_with_it() -> Result<()> {
        let folder = tempfile::tempdir().map_err(anyhow::Error::from)?;
        let mut pending = Pending::new(folder.path())?;
        pending.add(&record("one"))?;
        let cut = |bytes: &[u8]| (&pending.file).write_all(bytes);
        cut(b"{\"service\":\"s\",\"name\":\"\xc3").map_err(anyhow::Error::from)?;
        drop(pending);
        for (mut pending, records) in left_over(folder.path()) {
            assert_eq!(records, [record("one")]);
            pending.add(&record("two"))?;
        }
        assert_eq!(ids(folder.path()), ["one", "two"]);
        Ok(())
    }

    /// Of a process that was killed before its file had a name.
    #[test]
    fn what_never_had_a_name_is_removed_once_it_is_old() -> Result<()> {
        let folder = tempfile::tempdir().map_err(anyhow::Error::from)?;
        let [young, old] = ["young.new", "old.new"].map(|name| folder.path().join(name));
        File::create(&young).map_err(anyhow::Error::from)?;
        let long_ago = std::time::SystemTime::now() - 2 * ABANDONED;
        let made = File::create(&old).and_then(|file| file.set_modified(long_ago));
        made.map_err(anyhow::Error::from)?;
        assert!(ids(folder.path()).is_empty());
        assert!(young.exists() && !old.exists());
        Ok(())
    }
}
