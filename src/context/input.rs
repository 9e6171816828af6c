//! Secrets and credentials as files and standard input hold them: read on a thread of their own,
//! so that signals are heard, and neither without a limit in size nor, for files, in time.

use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::time::Duration;

use tokio::task::spawn_blocking;
use tokio::time::timeout;
use zeroize::Zeroizing;

use super::Context;
use crate::domain::secret::{Secret, may_be_secret};
use crate::error::{Error, Result};

/// A file that has not been read by then, such as a pipe that nobody writes to, is given up.
const LIMIT: Duration = Duration::from_secs(60);

/// No secret, and no set of credentials, is larger: a thousandth of it is usual.
const LARGEST: u64 = 1 << 20;

/// No manifest is larger: one of ten thousand connectors is a tenth of it.
const LARGEST_MANIFEST: u64 = 64 << 20;

impl Context {
    /// A secret from a file, or from standard input where the file is `-`: hidden, if somebody
    /// types it there.
    pub(crate) async fn read_secret(&self, file: &str, what: &str) -> Result<Secret> {
        match self.is_typed(file) {
            true => self.ask_secret(&question(what), "a file's name instead of -").await,
            false => self.read(file, what).await,
        }
    }

    /// The same for what may have many lines; `is_whole`: whether no further line can follow.
    pub(crate) async fn read_lines(
        &self,
        file: &str,
        what: &str,
        is_whole: fn(&str) -> bool,
    ) -> Result<Secret> {
        match self.is_typed(file) {
            true => self.ask_lines(&question(what), "a file's name instead of -", is_whole).await,
            false => self.read(file, what).await,
        }
    }

    fn is_typed(&self, file: &str) -> bool {
        file == "-" && self.output.terminals().stdin
    }

    async fn read(&self, file: &str, what: &str) -> Result<Secret> {
        let read = match file {
            "-" => {
                let stdin = self.stdin.take();
                let stdin = stdin.ok_or_else(|| Error::usage("only one flag can read from -"))?;
                // Whoever writes there may take their time.
                spawn_blocking(move || bounded(stdin, LARGEST))
                    .await
                    .map_err(anyhow::Error::from)?
            }
            file => self.read_file(file, LARGEST).await,
        };
        let text = read.map_err(|error| {
            if may_be_secret(file) {
                self.redactor.learn(file);
            }
            Error::usage(format!("cannot read {what} from {file:?}: {error}"))
                .hint("the flag takes a file's name, or - for standard input, not the value itself")
        })?;
        Ok(self.learnt(text.trim()))
    }

    /// A manifest, from a file, or from standard input where the file is `-`; the error says why not.
    pub(crate) async fn read_manifest(&self, file: &str) -> Result<String, String> {
        let read = match file {
            "-" => {
                let stdin = self.stdin.take();
                let stdin = stdin.ok_or("standard input (-) is read only once")?;
                let read = spawn_blocking(move || bounded(stdin, LARGEST_MANIFEST)).await;
                read.unwrap_or_else(|error| Err(io::Error::other(error)))
            }
            file => self.read_file(file, LARGEST_MANIFEST).await,
        };
        let name = if file == "-" { "standard input" } else { file };
        match read {
            Ok(text) => Ok(text.to_string()),
            Err(error) if error.to_string().contains("valid UTF-8") => {
                Err(format!("{name} is not UTF-8 text"))
            }
            Err(error) => Err(format!("cannot read {name}: {error}")),
        }
    }

    async fn read_file(&self, file: &str, largest: u64) -> io::Result<Zeroizing<String>> {
        let stuck = self.stuck.borrow_mut().remove(file);
        let mut reading = stuck.unwrap_or_else(|| {
            let file = file.to_owned();
            spawn_blocking(move || bounded(File::open(file)?, largest))
        });
        match timeout(LIMIT, &mut reading).await {
            Ok(read) => read.map_err(io::Error::other)?,
            Err(_) => {
                // A thread cannot be ended: the next look waits for the same one, and no threads
                // add up.
                self.stuck.borrow_mut().insert(file.to_owned(), reading);
                let what = format!("it did not end within {} s", LIMIT.as_secs());
                Err(io::Error::new(ErrorKind::TimedOut, what))
            }
        }
    }
}

fn bounded(source: impl Read, largest: u64) -> io::Result<Zeroizing<String>> {
    let mut text = Zeroizing::new(String::new());
    source.take(largest + 1).read_to_string(&mut text)?;
    match text.len() as u64 > largest {
        true => {
            let what = format!("it is larger than {} MiB", largest >> 20);
            Err(io::Error::new(ErrorKind::InvalidData, what))
        }
        false => Ok(text),
    }
}

/// What is read, as the question that asks for it: "the session token" by "Session token".
fn question(what: &str) -> String {
    let what = what.strip_prefix("the ").unwrap_or(what);
    let (first, rest) = what.split_at(what.len().min(1));
    first.to_uppercase() + rest
}
