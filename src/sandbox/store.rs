//! The sandbox on disk: who it is, which ports it had, and what was made in it.
//!
//! `state.json` is replaced whole, under a lock file, so that processes that share a folder see
//! each other's changes and lose none. A foreign secret never reaches it (see [`super::vault`]).

use super::{identity::Identity, state::State, target::follow, vault::Vault};
use crate::storage::files;
use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::SystemTime;

/// What `state.json` holds.
#[derive(Serialize, Deserialize)]
pub(super) struct Data {
    pub(super) identity: Identity,
    pub(super) api_port: Option<u16>,
    pub(super) s3_port: Option<u16>,
    /// The ports that the S3 server had last: connectors may still name them.
    pub(super) s3_ports: Vec<u16>,
    pub(super) state: State,
}

/// The way to the folder.
pub(super) struct Store {
    folder: PathBuf,
    vault: Vault,
    pub(super) identity: Identity,
    /// Where this process's S3 server listens, once it does.
    s3_port: OnceLock<u16>,
    /// What the file holds, while it is the one that this process read or wrote last: a thousand
    /// requests would else read it a thousand times.
    known: Mutex<Option<(Stamp, Data)>>,
    /// Held while this process lives, so that nobody takes the folder away.
    _in_use: File,
}

impl Store {
    /// Opens a folder, or makes it.
    pub(super) fn open(folder: &Path) -> Result<Self> {
        files::make_folder(folder)?;
        let in_use = in_use_file(folder);
        let shared = files::options().open(&in_use);
        let shared = shared.and_then(|file| file.lock_shared().map(|()| file));
        let _in_use = shared.with_context(|| format!("cannot lock {}", in_use.display()))?;
        let _lock = files::lock(&lock_file(folder))?;
        let saved = load(folder)?.map(|data| data.identity);
        let identity = saved.unwrap_or_else(Identity::generate);
        let vault = Vault::new(identity.values());
        let s3_port = OnceLock::new();
        let (folder, known) = (folder.to_owned(), Mutex::default());
        let store = Self { folder, vault, identity, s3_port, known, _in_use };
        let mut data = store.load()?;
        store.save(&mut data)?;
        Ok(store)
    }

    /// Where the objects of the S3 server are.
    pub(super) fn s3_folder(&self) -> PathBuf {
        s3_folder(&self.folder)
    }

    /// Remembers the ports that this process listens on; `asked` is whether the API's was asked for.
    pub(super) fn listens(&self, api_port: u16, asked: bool, s3_port: u16) -> Result<()> {
        let _ = self.s3_port.set(s3_port);
        // From here on connectors follow the port.
        self.known().take();
        self.update(|data| {
            // A port that was taken is most likely held by a sandbox on the same folder, and stays
            // the one to come back to.
            data.api_port = data.api_port.filter(|_| !asked).or(Some(api_port));
            data.s3_port = data.s3_port.or(Some(s3_port));
            data.s3_ports.retain(|port| *port != s3_port);
            data.s3_ports.push(s3_port);
            let surplus = data.s3_ports.len().saturating_sub(MOST_PORTS);
            data.s3_ports.drain(..surplus);
        })
    }

    /// Looks at the folder as it is now, and changes nothing.
    pub(super) fn read<T>(&self, look: impl FnOnce(&mut Data) -> T) -> Result<T> {
        let _lock = files::lock(&lock_file(&self.folder))?;
        let mut data = self.newest()?;
        let seen = look(&mut data);
        self.keep(data);
        Ok(seen)
    }

    /// Reads, changes and saves as one.
    pub(super) fn update<T>(&self, change: impl FnOnce(&mut Data) -> T) -> Result<T> {
        let _lock = files::lock(&lock_file(&self.folder))?;
        let mut data = self.newest()?;
        let result = change(&mut data);
        self.save(&mut data)?;
        self.keep(data);
        Ok(result)
    }

    /// What is known, if nobody else wrote since, or else what the file holds.
    fn newest(&self) -> Result<Data> {
        let known =
            self.known().take().filter(|(stamp, _)| Stamp::of(&self.folder) == Some(*stamp));
        known.map_or_else(|| self.load(), |(_, data)| Ok(data))
    }

    fn keep(&self, data: Data) {
        *self.known() = Stamp::of(&self.folder).map(|stamp| (stamp, data));
    }

    fn known(&self) -> MutexGuard<'_, Option<(Stamp, Data)>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn load(&self) -> Result<Data> {
        let mut data = load(&self.folder)?.unwrap_or_else(|| Data {
            identity: self.identity.clone(),
            api_port: None,
            s3_port: None,
            s3_ports: Vec::new(),
            state: State::default(),
        });
        data.state.open_to().for_each(|value| self.vault.open(value));
        if let Some(port) = self.s3_port.get() {
            data.state.configs().for_each(|config| follow(config, &data.s3_ports, *port));
        }
        Ok(data)
    }

    fn save(&self, data: &mut Data) -> Result<()> {
        data.state.open_to().for_each(|value| self.vault.seal(value));
        let text = serde_json::to_vec(data)?;
        data.state.open_to().for_each(|value| self.vault.open(value));
        Ok(files::write_unsynced(&state_file(&self.folder), &text)?)
    }
}

/// By what a file is told from the one that took its place.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Stamp {
    /// Where the system has one: each file that is put in place has another.
    inode: Option<u64>,
    modified: SystemTime,
    length: u64,
}

impl Stamp {
    fn of(folder: &Path) -> Option<Self> {
        let file = fs::metadata(state_file(folder)).ok()?;
        #[cfg(unix)]
        let inode = Some(std::os::unix::fs::MetadataExt::ino(&file));
        #[cfg(not(unix))]
        let inode = None;
        Some(Self { inode, modified: file.modified().ok()?, length: file.len() })
    }
}

/// How many of its ports the S3 server remembers.
const MOST_PORTS: usize = 64;

/// Where the objects of the S3 server are.
pub(super) fn s3_folder(folder: &Path) -> PathBuf {
    folder.join("s3")
}

/// What running sandboxes share and a reset has alone.
pub(super) fn in_use_file(folder: &Path) -> PathBuf {
    folder.join("in-use")
}

/// What stands for the right to change `state.json`.
pub(super) fn lock_file(folder: &Path) -> PathBuf {
    folder.join("lock")
}

pub(super) fn state_file(folder: &Path) -> PathBuf {
    folder.join("state.json")
}

pub(super) fn load(folder: &Path) -> Result<Option<Data>> {
    let path = state_file(folder);
    let text = match fs::read(&path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        read => read.with_context(|| format!("cannot read {}", path.display()))?,
    };
    serde_json::from_slice(&text)
        .map(Some)
        .with_context(|| format!("{} is damaged; deleting it resets the sandbox", path.display()))
}
