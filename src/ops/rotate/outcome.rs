//! What became of each target of a rotation.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::domain::connector::Connector;
use crate::domain::lease::Lease;
use crate::error::Error;
use crate::ops::each::{self, Detail, Status};
use crate::output::Column;

/// How far a step of the rotation came with a target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// It was taken, and well.
    Passed,
    /// It was taken, and not well.
    Failed,
    /// It was left out, as asked.
    Skipped,
}

impl Step {
    /// The name that results carry.
    fn name(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
        }
    }
}

/// What a rotation says of a target beside its status.
#[derive(Clone, Copy, Default)]
pub(crate) struct Rotated {
    /// The stage; `None`: it did not come to that.
    pub(crate) stage: Option<Step>,
    /// The check afterwards; `None`: it did not come to that.
    pub(crate) verify: Option<Step>,
    /// When the credentials end, where that is known.
    pub(crate) expires_at: Option<Timestamp>,
    /// Why it was skipped.
    pub(crate) reason: Option<&'static str>,
}

/// What became of a target of a rotation.
pub(crate) type Outcome = each::Outcome<Rotated>;

/// A target that would be rotated.
pub(crate) fn planned(connector: &Connector) -> Outcome {
    Outcome::new(connector, Status::Planned, Rotated::default())
}

/// A target that is passed over.
pub(crate) fn skipped(
    connector: &Connector,
    reason: &'static str,
    lease: Option<Lease>,
) -> Outcome {
    let expires_at = lease.and_then(|lease| lease.expires_at);
    let detail = Rotated { reason: Some(reason), expires_at, ..Rotated::default() };
    Outcome::new(connector, Status::Skipped, detail)
}

/// A target whose stage ended so, and which failed then or there.
pub(super) fn failed(connector: &Connector, stage: Option<Step>, error: Error) -> Outcome {
    Outcome::failed(connector, Rotated { stage, ..Rotated::default() }, error)
}

/// The outcome in a line.
pub(crate) fn line(outcome: &Outcome) -> String {
    let each::Reference { id, name, kind } = &outcome.connector;
    let Rotated { reason, expires_at, .. } = outcome.detail;
    let why = match (&outcome.error, reason, expires_at) {
        (Some(error), _, _) => format!(": {error}"),
        (None, Some(reason), _) => format!(": {reason}"),
        (None, None, Some(end)) => format!(", good until {end}"),
        (None, None, None) => String::new(),
    };
    let (kind, id) = (kind.unwrap_or_default(), id.as_deref().unwrap_or_default());
    format!("{} {kind} {name:?} ({id}){why}", outcome.status.name())
}

impl Detail for Rotated {
    const COLUMNS: &'static [Column<Outcome>] = &[
        each::profile(),
        each::name(),
        each::id(),
        each::kind(),
        each::status(),
        Column::new("stage", |one| name(one.detail.stage).into()),
        Column::new("verify", |one| name(one.detail.verify).into()),
        Column::new("expires_at", |one| {
            one.detail.expires_at.map(|end| end.to_string()).unwrap_or_default()
        }),
        // A terminal has the errors below the table, in full.
        Column::new("error", |one: &Outcome| match one.detail.reason {
            Some(reason) if one.error.is_none() => reason.into(),
            _ => one.message(),
        })
        .long()
        .rows(),
        Column::new("note", |one: &Outcome| one.detail.reason.unwrap_or_default().into())
            .long()
            .terminal(),
    ];

    fn add_to(&self, result: &mut Map<String, Value>) {
        result.insert("stage".into(), json!(self.stage.map(Step::name)));
        result.insert("verify".into(), json!(self.verify.map(Step::name)));
        result.insert("expires_at".into(), json!(self.expires_at));
        result.insert("reason".into(), json!(self.reason));
    }
}

fn name(step: Option<Step>) -> &'static str {
    step.map(Step::name).unwrap_or_default()
}
