//! The only writer to standard output and standard error: results to the one, all else to the
//! other, no secret to either, and nothing that could steer a terminal.

mod connector;
mod preflight;
mod render;
mod repeat;

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::io::{self, Write};
use std::rc::Rc;

use anstyle::AnsiColor;
use clap::ValueEnum;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::json;

use crate::domain::redaction::Redactor;
use crate::error::{Category, Error, Result};

pub(crate) use connector::Shown;
pub(crate) use render::{Column, Rendering, Shape};

/// How results are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Columns for people; tab-separated, without titles, where no terminal shows them
    Table,
    /// The API's own objects, secrets masked
    Json,
    /// The same as YAML
    Yaml,
    /// Columns, comma-separated, with titles
    Csv,
    /// Ids, a line each
    Id,
}

/// When messages are coloured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    /// On a terminal
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// Which streams are terminals.
#[derive(Clone, Copy, Debug)]
pub struct Terminals {
    /// Standard input: somebody can answer.
    pub stdin: bool,
    /// Standard output: somebody reads the results.
    pub stdout: bool,
    /// Standard error: somebody watches the progress.
    pub stderr: bool,
}

/// How much is said, and how.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OutputOptions {
    /// How results are written.
    pub(crate) format: Format,
    /// Whether to say nothing but results and errors.
    pub(crate) quiet: bool,
    /// 0, 1 (more) or 2 (HTTP).
    pub(crate) verbose: u8,
    /// Whether messages are coloured.
    pub(crate) color: bool,
}

/// The streams of this process.
pub(crate) struct Output {
    stdout: RefCell<Box<dyn Write>>,
    stderr: RefCell<Box<dyn Write>>,
    terminals: Terminals,
    options: Cell<OutputOptions>,
    redactor: Rc<Redactor>,
    progress: RefCell<Option<ProgressBar>>,
    asking: Cell<bool>,
    /// The flags by which this command line says which service is meant.
    service_flags: RefCell<String>,
}

impl Output {
    /// Takes the streams over.
    pub(crate) fn new(
        stdout: Box<dyn Write>,
        stderr: Box<dyn Write>,
        terminals: Terminals,
        options: OutputOptions,
    ) -> Self {
        Self {
            stdout: RefCell::new(stdout),
            stderr: RefCell::new(stderr),
            terminals,
            options: Cell::new(options),
            redactor: Rc::default(),
            progress: RefCell::default(),
            asking: Cell::default(),
            service_flags: RefCell::default(),
        }
    }

    /// Sets what the flags ask for, once they are read.
    pub(crate) fn set_options(&self, options: OutputOptions) {
        self.options.set(options);
    }

    /// What knows the secrets that are taken out of all that is written.
    pub(crate) fn redactor(&self) -> Rc<Redactor> {
        Rc::clone(&self.redactor)
    }

    /// Which streams are terminals.
    pub(crate) fn terminals(&self) -> Terminals {
        self.terminals
    }

    /// How results are written.
    pub(crate) fn format(&self) -> Format {
        self.options.get().format
    }

    /// Something that the user should know.
    pub(crate) fn notice(&self, text: &str) {
        if !self.options.get().quiet {
            self.say("", None, text);
        }
    }

    /// Something that a user who watches should know: a program that reads JSON does not watch.
    pub(crate) fn aside(&self, text: &str) {
        match self.format() {
            Format::Json => self.detail(text),
            _ => self.notice(text),
        }
    }

    /// Something that the user should mind.
    pub(crate) fn warn(&self, text: &str) {
        if !self.options.get().quiet {
            self.say("warning: ", Some(AnsiColor::Yellow), text);
        }
    }

    /// Something that is said in any case, for someone has to act on it.
    pub(crate) fn alarm(&self, text: &str) {
        if self.format() == Format::Json {
            let object = json!({"warning": {"message": self.plain(text)}});
            let _ = writeln!(self.stderr.borrow_mut(), "{object}");
            return;
        }
        self.say("warning: ", Some(AnsiColor::Yellow), text);
    }

    /// Something for those who asked for more (`-v`).
    pub(crate) fn detail(&self, text: &str) {
        if self.options.get().verbose > 0 {
            self.say("", None, text);
        }
    }

    /// A line of HTTP traffic.
    pub(crate) fn trace(&self, line: &str) {
        self.say("", None, line);
    }

    /// Whether HTTP traffic is to be shown (`-vv`).
    pub(crate) fn traces(&self) -> bool {
        self.options.get().verbose > 1
    }

    /// A question on the terminal; the answer comes on the same line.
    pub(crate) fn ask(&self, question: &str) {
        self.end_progress();
        self.asking.set(true);
        let mut stderr = self.stderr.borrow_mut();
        let _ = write!(stderr, "{}", self.plain(question)).and_then(|()| stderr.flush());
    }

    /// The question was answered, by a line.
    pub(crate) fn answered(&self) {
        self.asking.set(false);
    }

    /// The failure that ends the command.
    pub(crate) fn error(&self, error: &Error) {
        self.end_progress();
        if self.asking.take() {
            // The question was not: its line is still open.
            let _ = writeln!(self.stderr.borrow_mut());
        }
        if self.format() == Format::Json {
            let object = json!({"error": {
                "category": error.category.name(),
                "message": self.plain(&error.message),
                "hint": error.hints_joined().map(|hint| self.plain(&hint)),
                "status": error.status,
                "request_id": error.request_id.as_deref().map(|id| self.plain(id)),
            }});
            let _ = writeln!(self.stderr.borrow_mut(), "{object}");
            return;
        }
        self.say("error: ", Some(AnsiColor::Red), &error.message);
        if let Some(id) = &error.request_id {
            self.say("  ", None, &format!("request id: {id}"));
        }
        let mut cause = std::error::Error::source(error);
        while let Some(error) = cause {
            self.detail(&format!("  caused by: {error}"));
            cause = error.source();
        }
        for hint in &error.hints {
            self.say("hint: ", Some(AnsiColor::Cyan), hint);
        }
    }

    /// Help, completions and the like: text that is a result.
    pub(crate) fn text(&self, text: &str) -> Result<()> {
        self.to_stdout(|stdout| stdout.write_all(text.as_bytes()))
    }

    /// Shows what is waited for, on a terminal only, until [`Self::end_progress`].
    pub(crate) fn progress(&self, text: &str) {
        let options = self.options.get();
        if !self.terminals.stderr || options.quiet || options.verbose > 1 {
            return;
        }
        let text = self.plain(text);
        if let Some(bar) = self.progress.borrow().as_ref() {
            return bar.set_message(text);
        }
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} ({elapsed})") {
            bar.set_style(style);
        }
        bar.set_message(text);
        bar.enable_steady_tick(std::time::Duration::from_millis(120));
        *self.progress.borrow_mut() = Some(bar);
    }

    /// Shows how many of many are done, on a terminal only.
    pub(crate) fn progress_bar(&self, text: &str, done: usize, all: usize) {
        self.progress(text);
        if let Some(bar) = self.progress.borrow().as_ref() {
            if let Ok(style) =
                ProgressStyle::with_template("{msg} {bar:30} {pos} of {len} ({elapsed})")
            {
                bar.set_style(style);
            }
            bar.set_length(all as u64);
            bar.set_position(done as u64);
        }
    }

    /// One of many is done: a line for logs, where no progress is shown.
    pub(crate) fn step(&self, text: &str) {
        if self.progress.borrow().is_none() {
            self.aside(text);
        }
    }

    /// Clears what [`Self::progress`] showed.
    pub(crate) fn end_progress(&self) {
        if let Some(bar) = self.progress.borrow_mut().take() {
            bar.finish_and_clear();
        }
    }

    fn say(&self, label: &str, color: Option<AnsiColor>, text: &str) {
        let text = self.plain(text);
        let style =
            color.filter(|_| self.options.get().color).map(|color| color.on_default().bold());
        let style = style.unwrap_or_default();
        let print = || {
            // Standard error is gone: there is nobody left to tell.
            let _ = writeln!(self.stderr.borrow_mut(), "{style}{label}{style:#}{text}");
        };
        match self.progress.borrow().as_ref() {
            Some(bar) => bar.suspend(print),
            None => print(),
        }
    }

    /// Sets the flags that commands in messages need as well, so that they can be pasted.
    pub(crate) fn repeat_flags(&self, flags: String) {
        *self.service_flags.borrow_mut() = flags;
    }

    /// The text without secrets, and without control characters other than the end of a line.
    pub(crate) fn plain(&self, text: &str) -> String {
        let flags = self.service_flags.borrow();
        let text = match flags.as_str() {
            "" => Cow::Borrowed(text),
            flags => Cow::Owned(repeat::with_flags(text, flags)),
        };
        self.redactor.redact(&text).chars().map(|c| if c == '\n' { c } else { shown(c) }).collect()
    }

    /// Writes a result. A reader that has gone away, such as `head`, has seen enough.
    fn to_stdout(&self, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<()> {
        self.end_progress();
        let mut stdout = self.stdout.borrow_mut();
        match write(&mut **stdout).and_then(|()| stdout.flush()) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                let message = format!("cannot write to standard output: {error}");
                Err(Error::new(Category::Internal, message))
            }
            _ => Ok(()),
        }
    }
}

/// A character as it may be shown: none that steers a terminal, or the direction of writing, by
/// which a text could pretend to be another.
fn shown(c: char) -> char {
    let steers = matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    if c.is_control() || steers { '\u{fffd}' } else { c }
}
