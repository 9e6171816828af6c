//! Work on many connectors: one outcome a target, one way to show them, one error for them all.

use serde_json::{Map, Value, json};

use crate::context::Context;
use crate::domain::connector::Connector;
use crate::error::{Error, Result};
use crate::ops::session::Session;
use crate::output::{Column, Rendering, Shape, Tone};

/// What became of one target.
pub(crate) struct Outcome<T> {
    /// Its id, name and kind.
    pub(crate) connector: Reference,
    /// What became of it.
    pub(crate) status: Status,
    /// What the command has to say beside that.
    pub(crate) detail: T,
    /// Why it failed.
    pub(crate) error: Option<Error>,
    /// The profile by which it was worked on, where there are several.
    pub(crate) profile: Option<String>,
}

/// A connector as results name it; without an id and a kind where there is none.
#[derive(Clone)]
pub(crate) struct Reference {
    pub(crate) id: Option<String>,
    pub(crate) name: String,
    pub(crate) kind: Option<&'static str>,
}

impl From<&Connector> for Reference {
    fn from(connector: &Connector) -> Self {
        Self {
            id: Some(connector.id().to_owned()),
            name: connector.name().to_owned(),
            kind: Some(connector.kind.name()),
        }
    }
}

impl Reference {
    /// A target that names nothing.
    pub(crate) fn absent(target: &str) -> Self {
        Self { id: None, name: target.to_owned(), kind: None }
    }

    fn json(&self) -> Value {
        json!({"id": self.id, "name": self.name, "kind": self.kind})
    }
}

/// What became of a target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    /// Its check passed.
    Passed,
    /// Its check was started, or is the latest, and has no verdict yet.
    Started,
    /// It was deleted.
    Deleted,
    /// There is none.
    Absent,
    /// It has new credentials.
    Rotated,
    /// It would have been worked on.
    Planned,
    /// It was passed over.
    Skipped,
    /// It failed; the outcome's error says why.
    Failed,
}

impl Status {
    /// The name that results carry.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Started => "started",
            Self::Deleted => "deleted",
            Self::Absent => "absent",
            Self::Rotated => "rotated",
            Self::Planned => "planned",
            Self::Skipped => "skipped",
            Self::Failed => "failed",
        }
    }

    /// How pressing it is.
    pub(crate) fn tone(self) -> Option<Tone> {
        match self {
            Self::Passed | Self::Rotated | Self::Deleted => Some(Tone::Good),
            Self::Failed => Some(Tone::Bad),
            Self::Started | Self::Absent | Self::Planned | Self::Skipped => None,
        }
    }
}

/// What a command has to say of each target beside its status.
pub(crate) trait Detail: Sized + 'static {
    /// The columns of a table, all of them.
    const COLUMNS: &'static [Column<Outcome<Self>>];

    /// Adds the fields of a result that are this command's own.
    fn add_to(&self, result: &mut Map<String, Value>);
}

/// The columns that every table of outcomes begins with.
pub(crate) const fn profile<T>() -> Column<Outcome<T>> {
    Column::new("profile", |one: &Outcome<T>| one.profile.clone().unwrap_or_default()).of_profiles()
}

pub(crate) const fn name<T>() -> Column<Outcome<T>> {
    Column::new("name", |one: &Outcome<T>| one.connector.name.clone()).long()
}

pub(crate) const fn id<T>() -> Column<Outcome<T>> {
    Column::new("id", |one: &Outcome<T>| one.connector.id.clone().unwrap_or_default()).whole()
}

pub(crate) const fn kind<T>() -> Column<Outcome<T>> {
    Column::new("kind", |one: &Outcome<T>| one.connector.kind.unwrap_or_default().into()).may_go()
}

pub(crate) const fn status<T>() -> Column<Outcome<T>> {
    Column::new("status", |one: &Outcome<T>| one.status.name().into())
        .toned(|one| one.status.tone())
}

impl<T> Outcome<T> {
    /// A target that came to its end without a failure.
    pub(crate) fn new(connector: &Connector, status: Status, detail: T) -> Self {
        Self { connector: connector.into(), status, detail, error: None, profile: None }
    }

    /// A target that failed.
    pub(crate) fn failed(connector: &Connector, detail: T, error: Error) -> Self {
        Self { error: Some(error), ..Self::new(connector, Status::Failed, detail) }
    }

    /// Why it failed, or nothing.
    pub(crate) fn message(&self) -> String {
        self.error.as_ref().map(|error| error.message.clone()).unwrap_or_default()
    }
}

/// The outcomes of several profiles, each with its own.
pub(crate) fn of_profiles<'f, T>(
    outcomes: impl IntoIterator<Item = (&'f Session<'f>, Vec<Outcome<T>>)>,
) -> Vec<Outcome<T>> {
    let named = |(session, outcomes): (&Session<'_>, Vec<Outcome<T>>)| {
        let profile = session.output().profile().map(str::to_owned);
        outcomes.into_iter().map(move |one| Outcome { profile: profile.clone(), ..one })
    };
    outcomes.into_iter().flat_map(named).collect()
}

impl<T: Detail> Outcome<T> {
    /// The outcome as a result.
    pub(crate) fn json(&self) -> Value {
        let mut result = Map::new();
        result.insert("connector".into(), self.connector.json());
        result.insert("status".into(), self.status.name().into());
        self.detail.add_to(&mut result);
        let error = self.error.as_ref().map(|error| error.message.as_str());
        result.insert("error".into(), error.into());
        if let Some(profile) = &self.profile {
            result.insert("uns3".into(), json!({"profile": profile}));
        }
        result.into()
    }
}

/// Shows all outcomes; the failures among them are the command's.
pub(crate) fn finish<T: Detail>(context: &Context, outcomes: Vec<Outcome<T>>) -> Result<()> {
    let tried = outcomes.iter().filter(|one| one.status != Status::Skipped).count();
    let failure = |one: &Outcome<T>| match (one.error.clone()?, &one.profile) {
        (error, Some(profile)) => Some(context.output.of_profile(profile).told_elsewhere(error)),
        (error, None) => Some(error),
    };
    let failures = outcomes.iter().filter_map(failure).collect();
    let how = Rendering {
        shape: Shape::Many,
        columns: T::COLUMNS,
        json: &Outcome::json,
        id: |one: &Outcome<T>| one.connector.id.clone().unwrap_or_default(),
    };
    // Who watches a quiet table, as cron does, is to hear of nothing where nothing was to be done.
    let silent = context.output.is_quiet() && context.output.format().is_table();
    let told = outcomes.into_iter().filter(|one| !(silent && one.status == Status::Skipped));
    context.output.items(told, &how)?;
    Error::of_many(failures, tried)
}
