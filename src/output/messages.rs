//! What is said beside the results, and the streams that all is written to.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::collections::HashSet;
use std::io::{self, Write};
use std::rc::Rc;

use anstyle::AnsiColor;
use serde_json::{Value, json};

use super::options::{OutputOptions, Terminals};
use super::progress::Progress;
use super::repeat;
use super::text::shown;
use super::unblocked::Unblocked;
use crate::domain::format::Format;
use crate::domain::names::quoted;
use crate::domain::redaction::Redactor;
use crate::error::{Category, Error, Result};

type Stream = Rc<RefCell<Box<dyn Write + Send>>>;

/// The streams of this process.
pub(crate) struct Output {
    stdout: Stream,
    pub(super) stderr: Stream,
    terminals: Terminals,
    options: Cell<OutputOptions>,
    pub(super) redactor: Rc<Redactor>,
    progress: Rc<Progress>,
    pub(super) asking: Rc<Cell<bool>>,
    /// The flags by which this command line says which service is meant.
    service_flags: RefCell<String>,
    /// What was said and is not said again.
    said: Rc<RefCell<HashSet<String>>>,
    /// Warnings that wait while a part of a result is out.
    pub(super) held: RefCell<Option<Vec<String>>>,
    /// The profile that is spoken of, where there are several.
    pub(super) profile: Option<String>,
    /// Whether results are of several.
    profiles: Cell<bool>,
}

impl Output {
    /// Takes the streams over.
    pub(crate) fn new(
        stdout: Box<dyn Write + Send>,
        stderr: Box<dyn Write + Send>,
        terminals: Terminals,
        options: OutputOptions,
    ) -> Self {
        Self {
            stdout: Rc::new(RefCell::new(stdout)),
            stderr: Rc::new(RefCell::new(stderr)),
            terminals,
            options: Cell::new(options),
            redactor: Rc::default(),
            progress: Rc::default(),
            asking: Rc::default(),
            service_flags: RefCell::default(),
            said: Rc::default(),
            held: RefCell::default(),
            profile: None,
            profiles: Cell::default(),
        }
    }

    /// The same streams for one of several profiles, which all that is said there names.
    pub(crate) fn of_profile(&self, name: &str) -> Self {
        let flags = format!("--profile {} {}", quoted(name), self.service_flags.borrow());
        let flags = flags.trim_end().to_owned();
        Self {
            stdout: Rc::clone(&self.stdout),
            stderr: Rc::clone(&self.stderr),
            terminals: self.terminals,
            options: self.options.clone(),
            redactor: self.redactor(),
            progress: Rc::clone(&self.progress),
            asking: Rc::clone(&self.asking),
            service_flags: RefCell::new(flags),
            said: Rc::clone(&self.said),
            held: RefCell::default(),
            profile: Some(name.to_owned()),
            profiles: Cell::default(),
        }
    }

    /// An error of one of several profiles, for another place to tell: it names the profile, and its
    /// commands can be pasted.
    pub(crate) fn told_elsewhere(&self, error: Error) -> Error {
        let flags = self.service_flags.borrow();
        let with_flags = |text: &String| repeat::with_flags(text, &flags);
        let message = format!("{}{}", self.label(), with_flags(&error.message));
        Error { message, hints: error.hints.iter().map(with_flags).collect(), ..error }
    }

    /// The profile that is spoken of, where there are several.
    pub(crate) fn profile(&self) -> Option<&str> {
        self.profile.as_deref()
    }

    /// From here on, tables have a column for the profile.
    pub(crate) fn show_profiles(&self) {
        self.profiles.set(true);
    }

    /// Whether they have.
    pub(super) fn shows_profiles(&self) -> bool {
        self.profiles.get()
    }

    pub(super) fn label(&self) -> String {
        self.profile.as_ref().map_or_else(String::new, |name| format!("{name}: "))
    }

    /// From here on, what is written waits for no reader: what nobody reads is dropped.
    pub(crate) fn never_wait(&self) {
        for stream in [&self.stdout, &self.stderr] {
            let inner = stream.replace(Box::new(io::sink()));
            stream.replace(Box::new(Unblocked::new(inner)));
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

    /// Whether results are whole objects, not rows of texts.
    pub(crate) fn shows_objects(&self) -> bool {
        matches!(self.format(), Format::Json | Format::Yaml)
    }

    /// Whether little is to be said (`--quiet`).
    pub(crate) fn is_quiet(&self) -> bool {
        self.options.get().quiet
    }

    /// Whether messages are coloured.
    pub(super) fn colors(&self) -> bool {
        self.options.get().color
    }

    /// Writes to standard error what is no message: it is as it shall be already.
    pub(super) fn beside(&self, text: &str) {
        self.progress.suspend(|| {
            let _ = self.stderr.borrow_mut().write_all(text.as_bytes());
        });
    }

    /// Whether tables are coloured.
    pub(super) fn colors_tables(&self) -> bool {
        self.options.get().color_tables
    }

    /// Whether [`Self::notice`] says anything: a program that reads JSON does not watch.
    pub(crate) fn notices(&self) -> bool {
        let OutputOptions { quiet, verbose, .. } = self.options.get();
        match self.format() {
            Format::Json => verbose > 0,
            _ => !quiet,
        }
    }

    /// Something that a user who watches should know.
    pub(crate) fn notice(&self, text: &str) {
        if self.notices() {
            self.tell("notice", None, text);
        }
    }

    /// The same once, by however many profiles it comes.
    pub(crate) fn notice_once(&self, text: &str) {
        if self.said.borrow_mut().insert(text.to_owned()) {
            self.notice(text);
        }
    }

    /// Something that the user should mind.
    pub(crate) fn warn(&self, text: &str) {
        if !self.options.get().quiet {
            self.alarm(text);
        }
    }

    /// Something that is said in any case, for someone has to act on it.
    pub(crate) fn alarm(&self, text: &str) {
        match &mut *self.held.borrow_mut() {
            Some(held) => held.push(text.to_owned()),
            None => self.tell("warning", Some(AnsiColor::Yellow), text),
        }
    }

    /// Something for those who asked for more (`-v`).
    pub(crate) fn detail(&self, text: &str) {
        if self.options.get().verbose > 0 {
            self.tell("notice", None, text);
        }
    }

    /// A line of HTTP traffic.
    pub(crate) fn trace(&self, line: &str) {
        self.tell("trace", None, line);
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

    /// Help, completions and the like: text that is a result.
    pub(crate) fn text(&self, text: &str) -> Result<()> {
        self.to_stdout(|stdout| stdout.write_all(text.as_bytes()))
    }

    /// Shows what is waited for, on a terminal only, until [`Self::end_progress`].
    pub(crate) fn progress(&self, text: &str) {
        if self.shows_progress() {
            self.progress.show(&self.plain(text), self.terminals.width());
        }
    }

    /// Shows how many of many are done, on a terminal only.
    pub(crate) fn progress_bar(&self, text: &str, done: usize, all: usize) {
        if self.shows_progress() {
            self.progress.show_share(&self.plain(text), done, all);
        }
    }

    fn shows_progress(&self) -> bool {
        let OutputOptions { format, quiet, verbose, .. } = self.options.get();
        self.terminals.stderr && !quiet && verbose < 2 && format != Format::Json
    }

    /// One of many is done: a line for logs, where no progress is shown.
    pub(crate) fn step(&self, text: &str) {
        if !self.progress.is_shown() {
            self.notice(text);
        }
    }

    /// Clears what [`Self::progress`] showed.
    pub(crate) fn end_progress(&self) {
        self.progress.end();
    }

    /// What a program that reads JSON may want to know beside the results, and asked for more; in
    /// words it is said elsewhere.
    pub(crate) fn record(&self, what: &str, mut object: Value) {
        if self.format() == Format::Json && self.notices() {
            if let Some(profile) = &self.profile {
                object["profile"] = profile.as_str().into();
            }
            let object = json!({what: object});
            let _ = writeln!(self.stderr.borrow_mut(), "{object}");
        }
    }

    /// Says something: a line of words, or, beside results in JSON, an object on a line of its own.
    fn tell(&self, what: &str, color: Option<AnsiColor>, text: &str) {
        if self.format() == Format::Json {
            let mut object = json!({what: {"message": self.plain(text)}});
            if let Some(profile) = &self.profile {
                object[what]["profile"] = profile.as_str().into();
            }
            let _ = writeln!(self.stderr.borrow_mut(), "{object}");
            return;
        }
        let label = if color.is_some() { format!("{what}: ") } else { String::new() };
        self.say(&label, color, &format!("{}{text}", self.label()));
    }

    pub(super) fn say(&self, label: &str, color: Option<AnsiColor>, text: &str) {
        let text = self.plain(text);
        let style =
            color.filter(|_| self.options.get().color).map(|color| color.on_default().bold());
        let style = style.unwrap_or_default();
        self.progress.suspend(|| {
            // Standard error is gone: there is nobody left to tell.
            let _ = writeln!(self.stderr.borrow_mut(), "{style}{label}{style:#}{text}");
        });
    }

    /// Sets the flags that commands in messages need as well, so that they can be pasted.
    pub(crate) fn repeat_flags(&self, flags: String) {
        *self.service_flags.borrow_mut() = flags;
    }

    /// A message without secrets, and without what steers a terminal.
    pub(crate) fn plain(&self, text: &str) -> String {
        let flags = self.service_flags.borrow();
        let text = match flags.as_str() {
            "" => Cow::Borrowed(text),
            flags => Cow::Owned(repeat::with_flags(text, flags)),
        };
        shown(&self.redactor.redact(&text))
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
