//! What a command works with: a snapshot of the environment, the streams, the clock, and the
//! journal of what was written.

mod input;
mod journal;
mod prompt;

use std::cell::RefCell;
use std::collections::HashMap;
use std::ffi::OsString;
use std::io::{self, Read, Write};
use std::path::PathBuf;
use std::rc::Rc;

use jiff::Timestamp;
use tokio::task::JoinHandle;
use zeroize::Zeroizing;

use crate::domain::redaction::Redactor;
use crate::domain::secret::Secret;
use crate::env::{self, Environment};
use crate::error::{Error, Result};
use crate::net::Trust;
use crate::output::{Output, Terminals};

pub(crate) use journal::Journal;

/// What the process was given; `main` takes it from the operating system.
pub struct System {
    /// The environment's variables.
    pub environment: Vec<(OsString, OsString)>,
    /// Standard input.
    pub stdin: Box<dyn Read + Send>,
    /// Standard output: results only.
    pub stdout: Box<dyn Write + Send>,
    /// Standard error: all else.
    pub stderr: Box<dyn Write + Send>,
    /// Which of the three are terminals.
    pub terminals: Terminals,
    /// The clock.
    pub now: fn() -> Timestamp,
}

/// A file that is being read.
type Reading = JoinHandle<io::Result<Zeroizing<String>>>;

/// What the commands share; clones share it all.
#[derive(Clone)]
pub(crate) struct Context {
    /// The only way to say anything.
    pub(crate) output: Rc<Output>,
    /// What was written so far, for an interruption.
    pub(crate) journal: Rc<Journal>,
    /// The secrets of this process.
    pub(crate) redactor: Rc<Redactor>,
    environment: Rc<Environment>,
    trust: Trust,
    stdin: Rc<RefCell<Option<Box<dyn Read + Send>>>>,
    /// Files that did not end in time, and are still being read.
    stuck: Rc<RefCell<HashMap<String, Reading>>>,
    /// Whether a question may be asked where there is a terminal.
    may_ask: bool,
    now: fn() -> Timestamp,
}

impl Context {
    /// Joins what the process was given; the output's redactor knows its secrets.
    pub(crate) fn new(
        environment: Environment,
        stdin: Box<dyn Read + Send>,
        output: Rc<Output>,
        may_ask: bool,
        now: fn() -> Timestamp,
    ) -> Self {
        let trust =
            Trust::new(environment.get(env::SSL_CERT_FILE), environment.get(env::SSL_CERT_DIR));
        Self {
            redactor: output.redactor(),
            output,
            journal: Rc::default(),
            environment: Rc::new(environment),
            trust,
            stdin: Rc::new(RefCell::new(Some(stdin))),
            stuck: Rc::default(),
            may_ask,
            now,
        }
    }

    /// The same for one of several profiles: what it says names the profile.
    pub(crate) fn of_profile(&self, name: &str) -> Self {
        Self { output: Rc::new(self.output.of_profile(name)), ..self.clone() }
    }

    /// The time.
    pub(crate) fn now(&self) -> Timestamp {
        (self.now)()
    }

    /// What tells the time, for a thread of its own.
    pub(crate) fn clock(&self) -> fn() -> Timestamp {
        self.now
    }

    /// An environment variable of [`mod@env`]; an empty one counts as not set.
    pub(crate) fn variable(&self, name: &str) -> Option<&str> {
        self.environment.get(name)
    }

    /// The environment.
    pub(crate) fn environment(&self) -> &Environment {
        &self.environment
    }

    /// Whom TLS trusts, with a PEM file of certificates beside the system's.
    pub(crate) async fn trust(&self, added: Option<&PathBuf>) -> Result<Trust> {
        self.trust.with(added.cloned()).await
    }

    /// Where profiles are: `UNS3_CONFIG_DIR`, or `uns3` in the user's configuration folder.
    pub(crate) fn config_dir(&self) -> Result<PathBuf> {
        self.folder(env::CONFIG_DIR, dirs::config_dir)
    }

    /// Where the ledger, the notes of scratch connectors and the sandbox are: `UNS3_STATE_DIR`, or
    /// `uns3` in the user's state folder.
    pub(crate) fn state_dir(&self) -> Result<PathBuf> {
        self.folder(env::STATE_DIR, || dirs::state_dir().or_else(dirs::data_local_dir))
    }

    fn folder(&self, variable: &str, usual: fn() -> Option<PathBuf>) -> Result<PathBuf> {
        let usual = || usual().map(|folder| folder.join("uns3"));
        self.variable(variable).map(PathBuf::from).or_else(usual).ok_or_else(|| {
            Error::usage("this user has no home folder").hint(format!("set {variable}"))
        })
    }

    /// A secret that nothing will print from here on.
    pub(crate) fn learnt(&self, secret: &str) -> Secret {
        self.redactor.learn(secret);
        Secret::new(secret)
    }
}
