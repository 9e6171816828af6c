//! How results and messages are written: what the flags and the terminal say.

use crate::domain::format::Format;

/// Which streams are terminals, and how wide.
#[derive(Clone, Copy, Debug)]
pub struct Terminals {
    /// Standard input: somebody can answer.
    pub stdin: bool,
    /// Standard output: somebody reads the results.
    pub stdout: bool,
    /// Standard error: somebody watches the progress.
    pub stderr: bool,
    /// How many columns the terminal of standard output has; `None` where it does not say.
    pub columns: Option<usize>,
}

impl Terminals {
    /// With the width that the user asks for (`COLUMNS`), where it is one.
    pub(crate) fn as_wide_as(self, asked: Option<&str>) -> Self {
        let asked = asked.and_then(|text| text.trim().parse().ok()).filter(|columns| *columns > 0);
        Self { columns: asked.or(self.columns), ..self }
    }

    /// How many columns a table may take: 80 where the terminal does not say.
    pub(crate) fn width(self) -> usize {
        self.columns.unwrap_or(80)
    }
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
    /// Whether tables on a terminal are coloured.
    pub(crate) color_tables: bool,
}
