//! Files for their owner only: folders at 0700, files at 0600, written whole, and locks between
//! processes. On Windows a user's own folders are kept from other users by the system.

use std::fs::{self, File, TryLockError};
use std::io::{self, Read, Write};
use std::path::Path;
use std::time::Duration;

use crate::error::{Category, Error, Result};

/// Makes a folder, and those above it, for its owner only. One that is there becomes so, unless it
/// is shared with others on purpose or with anything that is not uns3's, such as `/tmp`.
pub(crate) fn make_folder(folder: &Path) -> Result<()> {
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    let made = builder.recursive(true).create(folder).and_then(|()| close_to_others(folder));
    made.map_err(|error| cannot("make", folder, &error))
}

#[cfg(unix)]
fn close_to_others(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    const SHARED: u32 = 0o1002;
    let mode = fs::metadata(folder)?.permissions().mode();
    if mode & 0o077 == 0 || mode & SHARED != 0 || !holds_only_ours(folder)? {
        return Ok(());
    }
    fs::set_permissions(folder, fs::Permissions::from_mode(mode & 0o700))
}

#[cfg(unix)]
fn holds_only_ours(folder: &Path) -> io::Result<bool> {
    const OURS: [&str; 8] = [
        "config.toml",
        "config.lock",
        "ledger.jsonl",
        "ledger.lock",
        "sandbox",
        "scratch",
        "shared",
        "complete",
    ];
    for entry in fs::read_dir(folder)? {
        if !OURS.iter().any(|ours| entry.as_ref().is_ok_and(|one| one.file_name() == *ours)) {
            return Ok(false);
        }
    }
    Ok(true)
}

#[cfg(not(unix))]
fn close_to_others(_: &Path) -> io::Result<()> {
    Ok(())
}

/// Waits for the lock that a file stands for; held until the value is dropped.
pub(crate) fn lock(path: &Path) -> Result<File> {
    let locked = options().open(path).and_then(|file| file.lock().map(|()| file));
    locked.map_err(|error| cannot("lock", path, &error))
}

/// The same for a lock that others hold for a moment only: what is not had soon is not waited for.
pub(crate) fn lock_soon(path: &Path) -> Result<File> {
    let file = options().open(path).map_err(|error| cannot("lock", path, &error))?;
    for _ in 0..40 {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) => std::thread::sleep(Duration::from_millis(50)),
            Err(TryLockError::Error(error)) => return Err(cannot("lock", path, &error)),
        }
    }
    let held = io::Error::new(io::ErrorKind::WouldBlock, "another process holds it");
    Err(cannot("lock", path, &held))
}

/// Writes a file whole: a random temporary file beside it, which the library makes for the owner
/// only, is put in its place. What a killed process left of an earlier write is removed.
pub(crate) fn write(path: &Path, content: &[u8]) -> Result<()> {
    put(path, content, true)
}

/// The same for what a crash of the system may take with it.
pub(crate) fn write_unsynced(path: &Path, content: &[u8]) -> Result<()> {
    put(path, content, false)
}

fn put(path: &Path, content: &[u8], synced: bool) -> Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let prefix = format!(".{name}.");
    remove_left_over(folder, &prefix);
    let whole = || -> io::Result<()> {
        let mut builder = tempfile::Builder::new();
        let mut file = builder.prefix(&prefix).suffix(SUFFIX).tempfile_in(folder)?;
        // By the lock others know that it is being written.
        file.as_file().lock()?;
        file.write_all(content)?;
        if synced {
            file.as_file().sync_all()?;
        }
        file.persist(path)?;
        Ok(())
    };
    whole().map_err(|error| cannot("write", path, &error))
}

const SUFFIX: &str = ".tmp";

/// Removes the temporary files of a name whose process is no more; none that is being written.
fn remove_left_over(folder: &Path, prefix: &str) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with(prefix)
            && name.ends_with(SUFFIX)
            && File::open(entry.path()).is_ok_and(|file| file.try_lock().is_ok())
        {
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// Reads a small file of text whole; one without an end is refused, and so is what is no file.
pub(crate) fn read(file: File) -> io::Result<String> {
    const LARGEST: u64 = 1 << 20;
    let mut text = String::new();
    file.take(LARGEST + 1).read_to_string(&mut text)?;
    match text.len() as u64 > LARGEST {
        true => Err(io::Error::new(io::ErrorKind::InvalidData, "it is larger than 1 MiB")),
        false => Ok(text),
    }
}

/// Adds a line to a file in one write.
pub(crate) fn append(path: &Path, line: &str) -> Result<()> {
    let added = options().open(path).and_then(|mut file| file.write_all(line.as_bytes()));
    added.map_err(|error| cannot("write", path, &error))
}

/// How files are opened here: made where they are not there, added to, never cut.
pub(crate) fn options() -> fs::OpenOptions {
    let mut options = File::options();
    options.create(true).read(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// What kept a file from being used.
pub(crate) fn cannot(what: &str, path: &Path, error: &io::Error) -> Error {
    Error::new(Category::Internal, format!("cannot {what} {}: {error}", path.display()))
}
