//! Objects in a folder, each made whole and only where it is not there: by a hard link, which every
//! file system with links, NFS too, makes for exactly one of many who try.
//!
//! Unlike all else that is kept here it may be shared: with the machine's other users, if the folder
//! lets them in. There is no secret in it.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;
use std::time::{Duration, SystemTime};

use tempfile::NamedTempFile;

/// What the names of objects begin with that are being written.
const NEW: &str = ".new-";
/// By then nobody writes them any more.
const LEFT_OVER: Duration = Duration::from_secs(3600);

/// The names in a folder, in their order, each with when it was made; none where there is no folder.
/// What a killed process left of a write is removed.
pub(crate) fn list(folder: &Path, now: SystemTime) -> io::Result<Vec<(String, SystemTime)>> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry?;
        // One that was removed since is none.
        let (Ok(name), Ok(data)) = (entry.file_name().into_string(), entry.metadata()) else {
            continue;
        };
        let made = data.modified()?;
        if !name.starts_with(NEW) {
            found.push((name, made));
        } else if now.duration_since(made).is_ok_and(|age| age > LEFT_OVER) {
            let _ = fs::remove_file(entry.path());
        }
    }
    found.sort();
    Ok(found)
}

/// The whole of an object; `None`: there is none.
pub(crate) fn read(path: &Path) -> io::Result<Option<Vec<u8>>> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Makes an object; `false`: there is one already.
pub(crate) fn make(path: &Path, bytes: &[u8]) -> io::Result<bool> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let mut file = temporary(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    match fs::hard_link(file.path(), path) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        Err(_) => without_links(path, bytes),
    }
}

/// The same where a file system has no links: a reader may see it half written.
fn without_links(path: &Path, bytes: &[u8]) -> io::Result<bool> {
    match File::create_new(path) {
        Ok(mut file) => file.write_all(bytes).map(|()| true),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(error),
    }
}

/// The time by the clock that dates the folder's files, which may be another machine's; this
/// machine's where nothing may be written.
pub(crate) fn now(folder: &Path) -> SystemTime {
    let dated = || temporary(folder)?.as_file().metadata()?.modified();
    dated().unwrap_or_else(|_: io::Error| SystemTime::now())
}

/// A file that is gone when it is dropped; readable by those whom the folder lets in.
fn temporary(folder: &Path) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    let builder = {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(fs::Permissions::from_mode(0o660))
    };
    builder.prefix(NEW).tempfile_in(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_killed_writer_left_goes_and_what_one_writes_now_stays() -> io::Result<()> {
        let folder = tempfile::tempdir()?;
        assert!(make(&folder.path().join("one.json"), b"{}")?);
        let (now, left) = (SystemTime::now(), |name: &str| folder.path().join(name));
        for (name, age) in [(".new-old", 3700), (".new-young", 3500)] {
            File::create(left(name))?.set_modified(now - Duration::from_secs(age))?;
        }
        let names: Vec<String> =
            list(folder.path(), now)?.into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["one.json"]);
        assert_eq!((left(".new-old").exists(), left(".new-young").exists()), (false, true));
        Ok(())
    }
}
