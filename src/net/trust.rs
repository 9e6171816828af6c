//! Whom TLS trusts: the system's certificates, or what the environment names instead of them, and
//! what is added. They are read once, whoever asks.
//!
//! On Unix other than Apple's, one bundle is read, as curl does: the platform verifier also reads
//! each of the hundred-odd files beside it, which costs more than the request. Apple's and
//! Microsoft's systems keep their certificates themselves, and the platform's verifier asks them.

use std::cell::OnceCell;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use tokio::sync::Mutex;
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use super::roots::{Roots, System, first_usable, in_folders};
use crate::error::{Error, Result};

/// A CA file that is a pipe, and has not been read by then, is given up.
const LIMIT: Duration = Duration::from_secs(60);
/// No bundle of certificates is larger: all that a system trusts is a fiftieth of it.
const LARGEST: u64 = 16 << 20;

/// Whether the system keeps its certificates in files.
const IN_FILES: bool = cfg!(all(unix, not(target_vendor = "apple")));

/// Where bundles are, by distribution. Source: Go, `crypto/x509/root_linux.go` and `root_bsd.go`.
const BUNDLES: [&str; 8] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/pki/tls/cacert.pem",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/ssl/cert.pem",
    "/usr/local/etc/ssl/cert.pem",
    "/usr/local/share/certs/ca-root-nss.crt",
];
/// Where they stand one by one, where there is no bundle.
const FOLDERS: [&str; 2] = ["/etc/ssl/certs", "/etc/pki/tls/certs"];

/// Where trusted certificates are. Clones share what was read.
#[derive(Clone, Debug, Default)]
pub(crate) struct Trust {
    /// What is trusted beside the system's.
    added: Vec<CertificateDer<'static>>,
    /// What the environment names instead of the system's: a bundle, and folders.
    file: Option<PathBuf>,
    folders: Vec<PathBuf>,
    system: Rc<OnceCell<Arc<System>>>,
    /// What was read of files that are trusted too: a pipe gives it once, and a server of files that
    /// goes away later is to hold nobody up.
    read: Rc<Mutex<HashMap<PathBuf, Vec<CertificateDer<'static>>>>>,
}

impl Trust {
    /// By the values of `SSL_CERT_FILE` and `SSL_CERT_DIR`, the latter several folders as in `PATH`.
    pub(crate) fn new(file: Option<&str>, folders: Option<&str>) -> Self {
        let folders = folders.map(std::env::split_paths).into_iter().flatten();
        let folders = folders.filter(|folder| !folder.as_os_str().is_empty()).collect();
        Self { file: file.map(PathBuf::from), folders, ..Self::default() }
    }

    /// With a PEM file that is trusted too. It may be a pipe that nobody writes to: one is read on a
    /// thread of its own, so that signals are heard, and not for ever.
    pub(crate) async fn with(&self, file: Option<PathBuf>) -> Result<Self> {
        let mut trust = self.clone();
        let Some(file) = file else { return Ok(trust) };
        // Held meanwhile: who asks at the same time waits for the one reading.
        let mut read = self.read.lock().await;
        let added = match read.entry(file) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => {
                let found = match new.key().is_file() {
                    true => pem_file(new.key())?,
                    false => pem_pipe(new.key().clone()).await?,
                };
                new.insert(found)
            }
        };
        trust.added.extend(added.iter().cloned());
        Ok(trust)
    }

    /// The certificates that are added. Where the system keeps its own to itself, they cannot be
    /// replaced, and those of the environment are added too.
    pub(crate) fn added(&self) -> Result<Vec<CertificateDer<'static>>> {
        let mut added = self.added.clone();
        if let Some(file) = self.file.as_ref().filter(|_| !IN_FILES) {
            added.extend(pem_file(file)?);
        }
        Ok(added)
    }

    /// All that is trusted, where the system keeps it in files; `None`: it has to be asked.
    pub(crate) fn roots(&self) -> Result<Option<Roots>> {
        if !IN_FILES {
            return Ok(None);
        }
        let system = match self.system.get() {
            Some(system) => system,
            None => {
                let read = self.read_system()?;
                self.system.get_or_init(|| Arc::new(read))
            }
        };
        let nothing = || {
            Error::usage("there are no trusted certificates on this system")
                .hint("name some by --ca-file FILE or SSL_CERT_FILE")
        };
        let roots = Roots::new(self.added()?, Arc::clone(system));
        roots.map(Some).ok_or_else(nothing)
    }

    fn read_system(&self) -> Result<System> {
        let folders = self.folders.clone();
        if let Some(file) = &self.file {
            return Ok(System::new(replacement(file)?, folders));
        }
        if !folders.is_empty() {
            return Ok(System::new(in_folders(&folders), Vec::new()));
        }
        let mut bundles = BUNDLES.into_iter().filter_map(|bundle| std::fs::read(bundle).ok());
        let pem =
            bundles.find(|pem| first_usable(pem).is_some()).unwrap_or_else(|| in_folders(&FOLDERS));
        Ok(System::new(pem, Vec::new()))
    }
}

/// The file that stands for the system's: as lenient as with the system's own.
fn replacement(file: &Path) -> Result<Vec<u8>> {
    let name = file.display();
    let pem = std::fs::read(file).map_err(|error| {
        Error::usage(format!("cannot read the file of SSL_CERT_FILE, {name}: {error}"))
    })?;
    match first_usable(&pem) {
        Some(_) => Ok(pem),
        None => {
            Err(Error::usage(format!("{name} (SSL_CERT_FILE) holds no certificate in PEM form")))
        }
    }
}

async fn pem_pipe(pipe: PathBuf) -> Result<Vec<CertificateDer<'static>>> {
    let name = pipe.display().to_string();
    let read = timeout(LIMIT, spawn_blocking(move || pem_file(&pipe))).await;
    let seconds = LIMIT.as_secs();
    let late = |_| Error::usage(format!("the CA file {name} did not end within {seconds} s"));
    read.map_err(late)?.map_err(anyhow::Error::from)?
}

/// The certificates of a file that is added: all of them, or an error.
fn pem_file(file: &Path) -> Result<Vec<CertificateDer<'static>>> {
    let name = file.display();
    let cannot = |error| Error::usage(format!("cannot read the CA file {name}: {error}"));
    let mut pem = Vec::new();
    let whole = File::open(file).and_then(|file| file.take(LARGEST + 1).read_to_end(&mut pem));
    if whole.map_err(cannot)? as u64 > LARGEST {
        return Err(Error::usage(format!("the CA file {name} is larger than 16 MiB")));
    }
    let broken = || Error::usage(format!("{name} holds a certificate that cannot be read"));
    let found = CertificateDer::pem_slice_iter(&pem).collect::<std::result::Result<Vec<_>, _>>();
    let found = found.map_err(|error| broken().caused_by(error))?;
    if found.is_empty() {
        return Err(Error::usage(format!("{name} holds no certificate in PEM form")));
    }
    let mut store = RootCertStore::empty();
    for one in &found {
        store.add(one.clone()).map_err(|error| broken().caused_by(error))?;
    }
    Ok(found)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_pipe_is_read_once_for_all_who_ask() {
        let folder = tempfile::tempdir().expect("a folder");
        let pipe = folder.path().join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status();
        assert!(made.is_ok_and(|status| status.success()));
        let pem = rcgen::generate_simple_self_signed(["a.example".to_owned()]);
        let pem = pem.expect("a certificate").cert.pem();
        let (trust, written) = (Trust::default(), pipe.clone());
        std::thread::spawn(move || std::fs::write(written, pem));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.expect("a runtime").block_on(async {
            let ask = async || {
                // Clones know of it too.
                let with = trust.clone().with(Some(pipe.clone())).await;
                with.expect("trust").added.len()
            };
            assert_eq!(futures_util::future::join(ask(), ask()).await, (1, 1));
            assert_eq!(ask().await, 1);
        });
    }
}
