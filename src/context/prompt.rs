//! Questions on the terminal. They are waited for on a thread of their own, so that Ctrl-C is heard.

use std::io::{BufRead, BufReader};

use super::Context;
use crate::domain::secret::Secret;
use crate::error::{Error, Result};

impl Context {
    /// Asks a yes-or-no question on the terminal; `flag` is what answers it in a script.
    pub(crate) async fn confirm(&self, question: &str, flag: &str) -> Result<bool> {
        self.check_can_ask(question, flag)?;
        let Some(stdin) = self.stdin.take() else { return Ok(false) };
        self.output.ask(&format!("{question} [y/N] "));
        let line = elsewhere(move || {
            let mut line = String::new();
            BufReader::new(stdin).read_line(&mut line).map(|_| line)
        });
        let line = line.await?;
        self.output.answered();
        Ok(matches!(line.trim().to_lowercase().as_str(), "y" | "yes"))
    }

    /// Asks for a secret on the terminal, without showing it.
    pub(crate) async fn ask_secret(&self, question: &str, flag: &str) -> Result<Secret> {
        self.check_can_ask(&format!("{question}?"), flag)?;
        if !self.output.terminals().stderr {
            // Without a terminal to hide it on, nothing at all would be read.
            let message = format!("{question}? Standard error is no terminal to ask on.");
            return Err(Error::usage(message).hint(format!("answer it by {flag}")));
        }
        self.output.ask(&format!("{question}: "));
        let _echo = Echo::kept();
        let line = elsewhere(|| console::Term::stderr().read_secure_line()).await?;
        self.output.answered();
        Ok(self.learnt(line.trim()))
    }

    fn check_can_ask(&self, question: &str, flag: &str) -> Result<()> {
        if self.may_ask && self.output.terminals().stdin {
            return Ok(());
        }
        Err(Error::usage(format!("{question} Nobody is there to answer."))
            .hint(format!("answer it by {flag}")))
    }
}

async fn elsewhere<T: Send + 'static>(
    read: impl FnOnce() -> std::io::Result<T> + Send + 'static,
) -> Result<T> {
    let read = tokio::task::spawn_blocking(read).await.map_err(anyhow::Error::from)?;
    Ok(read.map_err(anyhow::Error::from)?)
}

/// Puts the terminal back as it was, whatever ends the question: who reads a secret hides what is
/// typed, and a signal would leave it so.
#[cfg(unix)]
struct Echo(Option<rustix::termios::Termios>);

#[cfg(unix)]
impl Echo {
    fn kept() -> Self {
        Self(rustix::termios::tcgetattr(std::io::stdin()).ok())
    }
}

#[cfg(unix)]
impl Drop for Echo {
    fn drop(&mut self) {
        use rustix::termios::{OptionalActions, tcsetattr};
        if let Some(settings) = &self.0 {
            let _ = tcsetattr(std::io::stdin(), OptionalActions::Now, settings);
        }
    }
}

/// The console of Windows belongs to the process that reads from it.
#[cfg(not(unix))]
struct Echo;

#[cfg(not(unix))]
impl Echo {
    fn kept() -> Self {
        Self
    }
}
