//! Questions on the terminal. They are waited for on a thread of their own, so that Ctrl-C is heard.

use std::io::{BufRead, BufReader, Read};

use zeroize::Zeroizing;

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

    /// Asks for a secret on the terminal, without showing it; `flag` is what gives it in a script.
    pub(crate) async fn ask_secret(&self, question: &str, flag: &str) -> Result<Secret> {
        self.check_can_hide(question, flag)?;
        self.output.ask(&format!("{question}: "));
        let _echo = Echo::kept();
        let line = elsewhere(|| console::Term::stderr().read_secure_line()).await?;
        self.output.answered();
        Ok(self.learnt(line.trim()))
    }

    /// Asks for lines in the same way, until they are whole, one is empty, or the input ends.
    pub(crate) async fn ask_lines(
        &self,
        question: &str,
        flag: &str,
        is_whole: fn(&str) -> bool,
    ) -> Result<Secret> {
        self.check_can_hide(question, flag)?;
        let taken = self.stdin.take();
        let stdin = taken.ok_or_else(|| Error::usage("only one flag can read from -"))?;
        self.output.ask(&format!("{question} (hidden; an empty line ends them): "));
        let text = {
            let echo = Echo::kept();
            echo.hide();
            elsewhere(move || {
                let mut text = Zeroizing::new(String::new());
                let mut lines = HiddenLines::of(stdin);
                while !is_whole(&text) {
                    match lines.next()? {
                        Some(line) if line.trim().is_empty() && !text.is_empty() => break,
                        Some(line) => text.push_str(&line),
                        None => break,
                    }
                }
                Ok(text)
            })
            .await?
        };
        self.output.answered();
        self.output.notice("");
        Ok(self.learnt(text.trim()))
    }

    /// Whether somebody can answer a question.
    pub(crate) fn can_ask(&self) -> bool {
        self.may_ask && self.output.terminals().stdin
    }

    fn check_can_hide(&self, question: &str, flag: &str) -> Result<()> {
        self.check_can_ask(&format!("{question}?"), flag)?;
        if self.output.terminals().stderr {
            return Ok(());
        }
        // Without a terminal to hide it on, nothing at all would be read.
        let message = format!("{question}? Standard error is no terminal to ask on.");
        Err(Error::usage(message).hint(format!("answer it by {flag}")))
    }

    fn check_can_ask(&self, question: &str, flag: &str) -> Result<()> {
        if self.can_ask() {
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

    /// Hides what is typed from here on: all lines, for many may be pasted at once.
    fn hide(&self) {
        use rustix::termios::LocalModes;
        if let Some(mut settings) = self.0.clone() {
            settings.local_modes -= LocalModes::ECHO;
            set(&settings);
        }
    }
}

#[cfg(unix)]
impl Drop for Echo {
    fn drop(&mut self) {
        self.0.iter().for_each(set);
    }
}

#[cfg(unix)]
fn set(settings: &rustix::termios::Termios) {
    use rustix::termios::{OptionalActions, tcsetattr};
    let _ = tcsetattr(std::io::stdin(), OptionalActions::Now, settings);
}

/// The console of Windows belongs to the process that reads from it.
#[cfg(not(unix))]
struct Echo;

#[cfg(not(unix))]
impl Echo {
    fn kept() -> Self {
        Self
    }

    fn hide(&self) {}
}

/// Lines of a terminal that does not show them.
#[cfg(unix)]
struct HiddenLines(BufReader<Box<dyn Read + Send>>);

#[cfg(unix)]
impl HiddenLines {
    fn of(stdin: Box<dyn Read + Send>) -> Self {
        Self(BufReader::new(stdin))
    }

    fn next(&mut self) -> std::io::Result<Option<Zeroizing<String>>> {
        let mut line = Zeroizing::new(String::new());
        Ok((self.0.read_line(&mut line)? > 0).then_some(line))
    }
}

/// The console reads them key by key; its library knows how.
#[cfg(not(unix))]
struct HiddenLines;

#[cfg(not(unix))]
impl HiddenLines {
    fn of(_: Box<dyn Read + Send>) -> Self {
        Self
    }

    fn next(&mut self) -> std::io::Result<Option<Zeroizing<String>>> {
        let line = console::Term::stderr().read_secure_line()?;
        Ok(Some(Zeroizing::new(line + "\n")))
    }
}
