//! What a command works with: a snapshot of the environment, the streams, the clock; the profile
//! and the client, made when they are first needed.

mod asking;
mod checking;
mod connection;
mod globals;
mod journal;
mod knowledge;
mod runtime;

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::HashMap;
use std::io::{Read, Write};
use std::path::PathBuf;
use std::rc::Rc;

use jiff::Timestamp;

use crate::api::{Address, Client};
use crate::domain::redaction::Redactor;
use crate::domain::secret::{Secret, may_be_secret};
use crate::error::{Error, Result};
use crate::ledger::Ledger;
use crate::output::{Output, Terminals};
use crate::sandbox::Sandbox;

pub use globals::{Globals, duration};
pub use journal::Journal;

/// What the process was given; `main` takes it from the operating system.
pub struct System {
    /// The environment's variables.
    pub environment: HashMap<String, String>,
    /// Standard input.
    pub stdin: Box<dyn Read + Send>,
    /// Standard output: results only.
    pub stdout: Box<dyn Write>,
    /// Standard error: all else.
    pub stderr: Box<dyn Write>,
    /// Which of the three are terminals.
    pub terminals: Terminals,
    /// The clock.
    pub now: fn() -> Timestamp,
}

/// What the commands share.
pub struct Context {
    /// The flags that every command has.
    pub globals: Globals,
    /// The only way to say anything.
    pub output: Rc<Output>,
    /// What was written so far, for an interruption.
    pub journal: Rc<Journal>,
    /// The secrets of this process.
    pub redactor: Rc<Redactor>,
    environment: HashMap<String, String>,
    stdin: RefCell<Option<Box<dyn Read + Send>>>,
    terminals: Terminals,
    now: fn() -> Timestamp,
    service: OnceCell<(Address, Secret)>,
    many: Cell<bool>,
    /// Whether it was said that the ledger cannot be written.
    forgetful: Cell<bool>,
    client: OnceCell<Client>,
    ledger: OnceCell<RefCell<Ledger>>,
    sandbox: OnceCell<Sandbox>,
}

impl Context {
    /// Joins the flags and what the process was given; `redactor` knows its secrets.
    pub fn new(
        globals: Globals,
        environment: HashMap<String, String>,
        stdin: Box<dyn Read + Send>,
        output: Rc<Output>,
        now: fn() -> Timestamp,
    ) -> Self {
        Self {
            globals,
            redactor: output.redactor(),
            terminals: output.terminals(),
            output,
            journal: Rc::default(),
            environment,
            stdin: RefCell::new(Some(stdin)),
            now,
            service: OnceCell::new(),
            many: Cell::default(),
            forgetful: Cell::default(),
            client: OnceCell::new(),
            ledger: OnceCell::new(),
            sandbox: OnceCell::new(),
        }
    }

    /// The time.
    pub fn now(&self) -> Timestamp {
        (self.now)()
    }

    /// An environment variable; an empty one counts as not set.
    pub fn variable(&self, name: &str) -> Option<&str> {
        self.environment.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// Where profiles are: `UNS3_CONFIG_DIR`, or `uns3` in the user's configuration folder.
    pub fn config_dir(&self) -> Result<PathBuf> {
        self.folder("UNS3_CONFIG_DIR", dirs::config_dir())
    }

    /// Where the ledger, the notes of scratch connectors and the sandbox are: `UNS3_STATE_DIR`, or `uns3` in the user's state folder.
    pub fn state_dir(&self) -> Result<PathBuf> {
        self.folder("UNS3_STATE_DIR", dirs::state_dir().or_else(dirs::data_local_dir))
    }

    fn folder(&self, variable: &str, usual: Option<PathBuf>) -> Result<PathBuf> {
        let usual = || usual.map(|folder| folder.join("uns3"));
        self.variable(variable).map(PathBuf::from).or_else(usual).ok_or_else(|| {
            Error::usage("this user has no home folder").hint(format!("set {variable}"))
        })
    }

    /// A secret from a file, or from standard input where the file is `-`.
    pub fn read_secret(&self, file: &str, what: &str) -> Result<Secret> {
        let unreadable = |error: std::io::Error| {
            if may_be_secret(file) {
                self.redactor.learn(file);
            }
            Error::usage(format!("cannot read {what} from {file:?}: {error}"))
                .hint("the flag takes a file's name, or - for standard input, not the value itself")
        };
        let mut text = zeroize::Zeroizing::new(String::new());
        if file == "-" {
            let stdin = self.stdin.take();
            let mut stdin = stdin.ok_or_else(|| Error::usage("only one flag can read from -"))?;
            stdin.read_to_string(&mut text).map_err(unreadable)?;
        } else {
            std::fs::File::open(file)
                .and_then(|mut file| file.read_to_string(&mut text))
                .map_err(unreadable)?;
        }
        Ok(self.learnt(text.trim()))
    }

    /// A secret that nothing will print from here on.
    pub fn learnt(&self, secret: &str) -> Secret {
        self.redactor.learn(secret);
        Secret::new(secret)
    }
}
