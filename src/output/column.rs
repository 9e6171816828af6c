//! What a kind of result is made of: its columns, registered once for the table and the CSV.

use std::borrow::Cow;

use serde_json::Value;

use super::table::{Cell, Gives, Heading, Tone};
use crate::domain::format::Format;

/// One column: its title, what stands in it, and where it is shown.
pub(crate) struct Column<T> {
    /// In lower case, as the CSV has it; the table shows it in capitals.
    pub(super) title: &'static str,
    text: Text<T>,
    place: Place,
    gives: Gives,
    may_go: bool,
    tone: Option<fn(&T) -> Option<Tone>>,
}

/// How a column gets the text for one item.
#[derive(Clone, Copy)]
enum Text<T> {
    Made(fn(&T) -> String),
    /// It stands in the item: ten thousand rows are written without a copy.
    Lent(for<'t> fn(&'t T) -> Cow<'t, str>),
    /// The same of several columns, by their titles.
    Titled(for<'t> fn(&'t T, &str) -> Cow<'t, str>),
}

/// Where a column is shown, beside `-o wide` and the CSV, which have all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// In every table.
    Tables,
    /// In the rows that programs read; a terminal has another column for it.
    Rows,
    /// In tables only: what it says is for people.
    Words,
    /// On a terminal only, for the rows have another column for it.
    Terminal,
    /// Nowhere else.
    Wide,
    /// Everywhere, but only where the results are of several profiles.
    Profiles,
}

impl<T> Column<T> {
    /// A column of every table.
    pub(crate) const fn new(title: &'static str, text: fn(&T) -> String) -> Self {
        Self::with(title, Text::Made(text))
    }

    /// The same, of a text that stands in the item as a rule.
    pub(crate) const fn lent(title: &'static str, text: for<'t> fn(&'t T) -> Cow<'t, str>) -> Self {
        Self::with(title, Text::Lent(text))
    }

    /// The same, where the title says which.
    pub(crate) const fn titled(
        title: &'static str,
        text: for<'t> fn(&'t T, &str) -> Cow<'t, str>,
    ) -> Self {
        Self::with(title, Text::Titled(text))
    }

    const fn with(title: &'static str, text: Text<T>) -> Self {
        let (place, gives) = (Place::Tables, Gives::Last);
        Self { title, text, place, gives, may_go: false, tone: None }
    }

    /// The text for one item.
    pub(super) fn text<'t>(&self, item: &'t T) -> Cow<'t, str> {
        match self.text {
            Text::Made(text) => text(item).into(),
            Text::Lent(text) => text(item),
            Text::Titled(text) => text(item, self.title),
        }
    }

    /// Shown by `-o wide` and in the CSV only.
    pub(crate) const fn wide(self) -> Self {
        Self { place: Place::Wide, ..self }
    }

    /// Shown in the rows that programs read, and not on a terminal.
    pub(crate) const fn rows(self) -> Self {
        Self { place: Place::Rows, ..self }
    }

    /// Shown in tables, and not in the CSV.
    pub(crate) const fn words(self) -> Self {
        Self { place: Place::Words, ..self }
    }

    /// Shown on a terminal only.
    pub(crate) const fn terminal(self) -> Self {
        Self { place: Place::Terminal, ..self }
    }

    /// Shown, and first, where the results are of several profiles.
    pub(crate) const fn of_profiles(self) -> Self {
        Self { place: Place::Profiles, ..self }
    }

    /// Left out on a terminal where it says the same in every row.
    pub(crate) const fn may_go(self) -> Self {
        Self { may_go: true, ..self }
    }

    /// Cut first where a terminal is narrow.
    pub(crate) const fn long(self) -> Self {
        Self { gives: Gives::First, ..self }
    }

    /// Cut only where nothing long is left to cut.
    pub(crate) const fn whole(self) -> Self {
        Self { gives: Gives::Late, ..self }
    }

    /// Coloured by what it says.
    pub(crate) const fn toned(self, tone: fn(&T) -> Option<Tone>) -> Self {
        Self { tone: Some(tone), ..self }
    }

    pub(super) fn is_in(&self, format: Format, terminal: bool, profiles: bool) -> bool {
        match self.place {
            Place::Profiles => profiles,
            Place::Tables => true,
            Place::Rows => format != Format::Table || !terminal,
            Place::Words => format.is_table(),
            Place::Terminal => format.is_table() && terminal,
            Place::Wide => format != Format::Table,
        }
    }

    pub(super) fn heading(&self) -> Heading {
        let title = self.title.replace('_', " ").to_uppercase();
        Heading { title, gives: self.gives, may_go: self.may_go }
    }

    /// The cell of an item, whose text is `clean`.
    pub(super) fn cell(&self, item: &T, clean: String) -> Cell {
        Cell { text: clean, tone: self.tone.and_then(|tone| tone(item)) }
    }
}

/// Whether a result is one object or an array of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// One: the table shows it as lines of a title and a text.
    One,
    /// An array, even of one or none.
    Many,
}

/// How a kind of item is shown in each format.
pub(crate) struct Rendering<'a, T> {
    /// One or many.
    pub(crate) shape: Shape,
    /// For the table and the CSV.
    pub(crate) columns: &'a [Column<T>],
    /// For JSON and YAML.
    pub(crate) json: &'a dyn Fn(&T) -> Value,
    /// For `-o id`.
    pub(crate) id: fn(&T) -> String,
}

/// The same but for JSON and YAML.
pub(super) struct Rows<'a, T> {
    pub(super) shape: Shape,
    pub(super) columns: &'a [Column<T>],
    pub(super) id: fn(&T) -> String,
    /// What is to be shown of one item beside its columns: a title and a text each.
    pub(super) more: fn(&T) -> Vec<(String, String)>,
}
