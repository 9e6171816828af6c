//! How results and messages are written: what the flags and the terminal say.

use clap::ValueEnum;

/// How results are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Columns that fit the terminal; tab-separated, without titles, where no terminal shows them
    Table,
    /// The same with every column, and nothing cut
    Wide,
    /// The API's own objects, secrets masked
    Json,
    /// The same as YAML
    Yaml,
    /// Columns, comma-separated, with titles
    Csv,
    /// Columns as a Markdown table; a plan as a block of its differences
    Markdown,
    /// Ids, a line each
    Id,
}

impl Format {
    /// Whether it is for people to read.
    pub(crate) fn is_table(self) -> bool {
        matches!(self, Self::Table | Self::Wide)
    }
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
