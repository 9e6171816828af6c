//! How results are written and when messages are coloured, by the names that users give.

/// How results are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Table,
    Wide,
    Json,
    Yaml,
    Csv,
    Markdown,
    Id,
}

impl Format {
    /// Each with its name and what it is.
    pub(crate) const ALL: [(Self, &'static str, &'static str); 7] = [
        (
            Self::Table,
            "table",
            "Columns that fit the terminal; tab-separated, without titles, where no terminal shows them",
        ),
        (Self::Wide, "wide", "The same with every column, and nothing cut"),
        (Self::Json, "json", "The API's own objects, secrets masked"),
        (Self::Yaml, "yaml", "The same as YAML"),
        (Self::Csv, "csv", "Columns, comma-separated, with titles"),
        (
            Self::Markdown,
            "markdown",
            "Columns as a Markdown table; a plan as a block of its differences",
        ),
        (Self::Id, "id", "Ids, a line each"),
    ];

    /// Whether it is for people to read.
    pub(crate) fn is_table(self) -> bool {
        matches!(self, Self::Table | Self::Wide)
    }
}

/// When messages are coloured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Color {
    Auto,
    Always,
    Never,
}

impl Color {
    /// Each with its name and what it is.
    pub(crate) const ALL: [(Self, &'static str, &'static str); 3] = [
        (Self::Auto, "auto", "On a terminal"),
        (Self::Always, "always", "Always"),
        (Self::Never, "never", "Never"),
    ];
}
