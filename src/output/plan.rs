//! Plans, manifests and what goes with them: texts whose words may look like secrets and are names.

use anstyle::{AnsiColor, Style};

use super::messages::Output;
use super::text::shown;
use crate::domain::format::Format;
use crate::domain::plan::Mark;
use crate::error::Result;

impl Output {
    /// A text that is a result, in which `secret: NAME` is the name of a variable: only secrets that
    /// are known are taken out.
    pub(crate) fn names(&self, text: &str) -> Result<()> {
        self.text(&self.without_known(text))
    }

    /// Such a text, for a file.
    pub(crate) fn without_known(&self, text: &str) -> String {
        shown(&self.redactor().redact_known(text))
    }

    /// A plan as the result, in colours on a terminal.
    pub(crate) fn plan(&self, lines: &[(Mark, String)]) -> Result<()> {
        self.text(&self.marked(lines, self.colors_tables()))
    }

    /// A plan that is about to be carried out, for those who watch; `asked`: somebody who has to
    /// answer must see it.
    pub(crate) fn preview(&self, lines: &[(Mark, String)], asked: bool) {
        if asked || (self.notices() && self.format() != Format::Json) {
            self.beside(&self.marked(lines, self.colors()));
        }
    }

    fn marked(&self, lines: &[(Mark, String)], colour: bool) -> String {
        let line = |(mark, line): &(Mark, String)| {
            let style = match mark {
                Mark::Added => AnsiColor::Green.on_default(),
                Mark::Changed => AnsiColor::Yellow.on_default(),
                Mark::Removed => AnsiColor::Red.on_default(),
                Mark::Plain => Style::new(),
            };
            let style = if colour { style } else { Style::new() };
            format!("{style}{}{style:#}\n", self.without_known(line))
        };
        lines.iter().map(line).collect()
    }

    /// A command for the runner that reads standard error; a program that reads JSON gets none.
    pub(crate) fn annotation(&self, command: &str) {
        if self.format() != Format::Json {
            self.beside(&(self.without_known(&command.replace('\n', " ")) + "\n"));
        }
    }
}
