//! A table that fits a terminal: columns that say nothing go, long cells are cut, no row wraps.

use anstyle::{AnsiColor, Style};

use super::text::{cut, width};

/// Columns are set apart by so much.
const GAP: usize = 2;

/// How a column gives way where the terminal is too narrow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Gives {
    /// First: its beginning says enough.
    First,
    /// Last but one: it is of use when it is whole, as an id is.
    Late,
    /// Last: its words are short.
    #[default]
    Last,
}

impl Gives {
    /// The columns that it keeps.
    fn least(self) -> usize {
        match self {
            Self::First => 12,
            Self::Late => 9,
            Self::Last => 3,
        }
    }
}

/// How pressing what a cell says is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tone {
    /// It is as it should be.
    Good,
    /// It will want attention.
    Soon,
    /// It wants attention now.
    Bad,
}

impl Tone {
    fn style(self) -> Style {
        match self {
            Self::Good => AnsiColor::Green,
            Self::Soon => AnsiColor::Yellow,
            Self::Bad => AnsiColor::Red,
        }
        .on_default()
    }
}

/// A column of a table.
#[derive(Clone)]
pub(super) struct Heading {
    pub(super) title: String,
    pub(super) gives: Gives,
    /// Whether it goes where it says the same in every row.
    pub(super) may_go: bool,
}

/// What stands in a row's column.
pub(super) struct Cell {
    pub(super) text: String,
    pub(super) tone: Option<Tone>,
}

/// A table of titles and rows.
pub(super) struct Table {
    pub(super) headings: Vec<Heading>,
    pub(super) rows: Vec<Vec<Cell>>,
}

impl Table {
    /// Takes out the columns that say nothing: all empty, or the same in every row where they may
    /// go for that.
    pub(super) fn without_idle_columns(self) -> Self {
        let Self { headings, rows } = self;
        let idle = |at: usize| {
            let mut texts = rows.iter().map(|row| &row[at].text);
            let first = texts.next();
            let same = first.is_some_and(|first| texts.all(|text| text == first));
            same && (headings[at].may_go || first.is_some_and(String::is_empty))
        };
        let kept: Vec<bool> = (0..headings.len()).map(|at| !idle(at)).collect();
        Self {
            headings: keep(headings, &kept),
            rows: rows.into_iter().map(|row| keep(row, &kept)).collect(),
        }
    }

    /// The table in lines of at most `columns`; `None`: as wide as it is.
    pub(super) fn lines(&self, columns: Option<usize>, color: bool) -> String {
        let natural: Vec<usize> = (0..self.headings.len())
            .map(|at| {
                let cells = self.rows.iter().map(|row| width(&row[at].text));
                cells.max().unwrap_or(0).max(width(&self.headings[at].title))
            })
            .collect();
        let widths = match columns {
            Some(columns) => self.fitted(natural, columns),
            None => natural,
        };
        let titles = self.headings.iter().map(|one| (one.title.as_str(), None));
        let mut text = line(titles, &widths, color);
        for row in &self.rows {
            text += &line(row.iter().map(|cell| (cell.text.as_str(), cell.tone)), &widths, color);
        }
        text
    }

    /// The widths with which a row takes no more than `columns`: of the columns that give way
    /// first the widest, until none is left that can.
    fn fitted(&self, mut widths: Vec<usize>, columns: usize) -> Vec<usize> {
        let gaps = GAP * widths.len().saturating_sub(1);
        for tier in [Gives::First, Gives::Late, Gives::Last] {
            while widths.iter().sum::<usize>() + gaps > columns {
                let least = tier.least();
                let gives = |at: &usize| self.headings[*at].gives == tier && widths[*at] > least;
                let Some(at) = (0..widths.len()).filter(gives).max_by_key(|at| widths[*at]) else {
                    break;
                };
                widths[at] -= 1;
            }
        }
        // A terminal so narrow shows the first columns.
        let mut left = columns;
        for one in &mut widths {
            *one = (*one).min(left);
            left = left.saturating_sub(*one + GAP);
        }
        widths
    }
}

fn keep<T>(items: Vec<T>, kept: &[bool]) -> Vec<T> {
    items.into_iter().zip(kept).filter(|(_, kept)| **kept).map(|(item, _)| item).collect()
}

fn line<'a>(
    cells: impl Iterator<Item = (&'a str, Option<Tone>)>,
    widths: &[usize],
    color: bool,
) -> String {
    let mut text = String::new();
    // Blanks are written before what follows them only: no line ends in any.
    let mut blanks = 0;
    for ((cell, tone), most) in cells.zip(widths) {
        let cell = cut(cell, *most);
        if !cell.is_empty() {
            let style = tone.filter(|_| color).map(Tone::style).unwrap_or_default();
            text += &format!("{:blanks$}{style}{cell}{style:#}", "");
            blanks = 0;
        }
        blanks += most - width(&cell) + GAP;
    }
    text + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "2b7a1c1e-55a4-4dd0-8ed5-2f0a8f0b7c11";

    fn table(rows: &[[&str; 5]]) -> Table {
        let heading = |title: &str, gives, may_go| Heading { title: title.into(), gives, may_go };
        let headings = vec![
            heading("NAME", Gives::First, false),
            heading("ID", Gives::Late, false),
            heading("KIND", Gives::Last, true),
            heading("REMOTE URL", Gives::First, false),
            heading("AUTH", Gives::Last, false),
        ];
        let cell = |text: &&str| Cell { text: (*text).into(), tone: None };
        let rows = rows.iter().map(|row| row.iter().map(cell).collect()).collect();
        Table { headings, rows }.without_idle_columns()
    }

    #[test]
    fn no_row_is_wider_than_the_terminal() {
        let long = "s3://a-bucket-with-a-long-name/and/a/folder/below/it/";
        for name in ["invoices", "請求書の出力コネクタ、とても長い名前のもの", "👩‍👩‍👧‍👦👩‍👩‍👧‍👦👩‍👩‍👧‍👦👩‍👩‍👧‍👦"]
        {
            let table = table(&[[name, ID, "destination", long, "keys"]]);
            for columns in 1..200 {
                let text = table.lines(Some(columns), false);
                assert!(text.lines().all(|line| width(line) <= columns), "{columns}:\n{text}");
            }
        }
    }

    #[test]
    fn ids_stay_whole_where_they_can() {
        let table = table(&[["a-name-of-some-length", ID, "source", "s3://bucket/out/", "keys"]]);
        assert!(table.lines(Some(80), false).contains(ID));
        assert!(!table.lines(Some(60), false).contains(ID));
        let all = table.lines(Some(200), false);
        assert!(all.contains("a-name-of-some-length") && all.contains("s3://bucket/out/"), "{all}");
    }

    #[test]
    fn what_is_the_same_in_every_row_goes() {
        let one = ["one", ID, "source", "s3://b/", "keys"];
        assert!(!table(&[one, one]).lines(None, false).contains("KIND"));
        let other = ["two", ID, "destination", "s3://b/", "keys"];
        assert!(table(&[one, other]).lines(None, false).contains("KIND"));
        let empty = ["one", ID, "source", "s3://b/", ""];
        assert!(!table(&[empty, empty]).lines(None, false).contains("AUTH"));
    }

    #[test]
    fn a_tone_takes_no_columns() {
        let mut table = table(&[["one", ID, "source", "s3://b/", "keys"]]);
        let plain = table.lines(Some(60), true);
        table.rows[0][1].tone = Some(Tone::Bad);
        let red = table.lines(Some(60), true);
        assert_ne!(plain, red);
        let bare = red.replace("\u{1b}[31m", "").replace("\u{1b}[0m", "");
        assert_eq!(bare, plain);
    }
}
