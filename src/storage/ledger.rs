//! The ledger: what was written to which connector of which service, and until when it is good.
//!
//! A file of JSON lines, each added in one write, so that many processes can do it at once; the
//! last line of a connector counts. It holds no secret. It is a memory, not a function: what is
//! damaged or lost is said once and then unknown.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use crate::domain::connector::Connector;
use crate::domain::lease::Lease;
use crate::domain::s3::auth::AuthKind;
use crate::domain::state::record::Record;
use crate::error::{Error, Result};
use crate::storage::files;

/// A file that is larger is rewritten with the last line of each connector only.
const LARGE: u64 = 4 << 20;

/// The known leases of one service.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    /// `None`: this user has no folder for it.
    folder: Option<PathBuf>,
    service: String,
    leases: HashMap<String, Lease>,
    /// The size of the file after this process shortened it.
    shortened: u64,
}

impl Ledger {
    /// Reads what is known of a service's connectors, and, in words, what cannot be read.
    pub(crate) fn load(folder: Option<PathBuf>, service: String) -> (Self, Option<String>) {
        let Some(folder) = folder else { return (Self::default(), None) };
        let (lines, problem) = all(&folder);
        let leases = HashMap::new();
        let mut ledger = Self { folder: Some(folder), service, leases, shortened: 0 };
        for line in lines {
            if line.service == ledger.service {
                ledger.keep(line.id, line.lease);
            }
        }
        (ledger, problem)
    }

    /// Reads again what other processes may have written since. What this one could not write stays.
    pub(crate) fn reload(&mut self) {
        let (now, _) = Self::load(self.folder.clone(), self.service.clone());
        for (id, lease) in now.leases {
            let newer = |own: &Lease| own.written_at > lease.written_at;
            if !self.leases.get(&id).is_some_and(newer) {
                self.leases.insert(id, lease);
            }
        }
    }

    fn keep(&mut self, id: String, lease: Option<Lease>) {
        match lease {
            Some(lease) => self.leases.insert(id, lease),
            None => self.leases.remove(&id),
        };
    }

    /// What is known of the credentials of a connector of this id, where that still holds, by how it
    /// authenticates and when it was last written.
    pub(crate) fn lease(
        &self,
        id: &str,
        auth: AuthKind,
        last_written: impl Fn() -> Option<Timestamp>,
    ) -> Option<&Lease> {
        self.leases.get(id).filter(|lease| lease.holds_for(auth, last_written()))
    }

    /// Whether anything is remembered of a connector.
    pub(crate) fn knows(&self, connector: &Connector) -> bool {
        self.leases.contains_key(connector.id())
    }

    /// Remembers a lease, or, without one, that nothing is known any more. It is remembered for
    /// this process even where the file cannot be written.
    pub(crate) fn record(&mut self, line: &Record) -> Result<()> {
        self.keep(line.id.clone(), line.lease.clone());
        let none = || Error::usage("this user has no home folder").hint("set UNS3_STATE_DIR");
        let folder = self.folder.as_ref().ok_or_else(none)?;
        add(folder, &[line])?;
        let path = file(folder);
        let size = || fs::metadata(&path).map_or(0, |file| file.len());
        if size() > LARGE.max(2 * self.shortened) {
            let _held = lock(folder)?;
            shorten(&path)?;
            self.shortened = size();
        }
        Ok(())
    }
}

/// All lines of the file, of all services; and, in words, what cannot be read.
pub(crate) fn all(folder: &Path) -> (Vec<Record>, Option<String>) {
    let path = file(folder);
    match fs::read(&path) {
        Ok(bytes) => {
            let (lines, damaged) = lines(&bytes);
            let problem = format!("{damaged} damaged line(s) in {} are ignored", path.display());
            (lines, (damaged > 0).then_some(problem))
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => (Vec::new(), None),
        Err(error) => (Vec::new(), Some(files::cannot("read", &path, &error).message)),
    }
}

/// Adds lines to the file.
pub(crate) fn add(folder: &Path, records: &[&Record]) -> Result<()> {
    let lines: String = records.iter().copied().map(text).collect::<Result<_>>()?;
    files::make_folder(folder)?;
    let _held = lock(folder)?;
    files::append(&file(folder), &lines)
}

fn lock(folder: &Path) -> Result<fs::File> {
    files::lock_soon(&folder.join("ledger.lock"))
}

/// Keeps the file small: only the last line of each connector, and none that says nothing.
fn shorten(path: &Path) -> Result<()> {
    let content = fs::read(path).map_err(|error| files::cannot("read", path, &error))?;
    let last: HashMap<(String, String), Record> = lines(&content)
        .0
        .into_iter()
        .map(|line| ((line.service.clone(), line.id.clone()), line))
        .collect();
    let kept = last.values().filter(|line| line.lease.is_some());
    let kept: String = kept.map(text).collect::<Result<_>>()?;
    files::write(path, kept.as_bytes())
}

fn file(folder: &Path) -> PathBuf {
    folder.join("ledger.jsonl")
}

/// The lines that can be read, and how many cannot.
fn lines(bytes: &[u8]) -> (Vec<Record>, usize) {
    // What is no text is damaged, and only the line that it stands in.
    let text = String::from_utf8_lossy(bytes);
    let read = text.lines().filter(|line| !line.trim().is_empty()).map(serde_json::from_str);
    let (good, bad): (Vec<_>, Vec<_>) = read.partition(|line: &Result<Record, _>| line.is_ok());
    (good.into_iter().flatten().collect(), bad.len())
}

/// A line begins on a new line even after one that a killed process left without its end: the
/// empty lines that this makes are nothing.
fn text(line: &Record) -> Result<String> {
    let line = serde_json::to_string(line).map_err(anyhow::Error::from)?;
    Ok(format!("\n{line}\n"))
}
