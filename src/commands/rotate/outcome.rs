//! What became of each target of a rotation.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::context::Context;
use crate::domain::connector::Connector;
use crate::domain::lease::Lease;
use crate::error::{Error, Result};
use crate::output::{Column, Rendering, Shape};

/// What became of one target.
pub(super) struct Outcome {
    pub(super) connector: Connector,
    /// `rotated`, `skipped`, `failed` or, in a dry run, `planned`.
    pub(super) status: &'static str,
    /// `passed`, `failed` or `skipped`; `None`: it did not come to that.
    pub(super) stage: Option<&'static str>,
    /// As `stage`.
    pub(super) verify: Option<&'static str>,
    pub(super) expires_at: Option<Timestamp>,
    /// Why it was skipped.
    pub(super) reason: Option<&'static str>,
    pub(super) error: Option<Error>,
}

impl Outcome {
    fn new(connector: Connector, status: &'static str) -> Self {
        let (stage, verify, expires_at, reason, error) = (None, None, None, None, None);
        Self { connector, status, stage, verify, expires_at, reason, error }
    }

    pub(super) fn planned(connector: Connector) -> Self {
        Self::new(connector, "planned")
    }

    pub(super) fn skipped(
        connector: Connector,
        reason: &'static str,
        lease: Option<Lease>,
    ) -> Self {
        let expires_at = lease.and_then(|lease| lease.expires_at);
        Self { reason: Some(reason), expires_at, ..Self::new(connector, "skipped") }
    }

    pub(super) fn failed(connector: Connector, error: Error) -> Self {
        Self { error: Some(error), ..Self::new(connector, "failed") }
    }

    pub(super) fn rotated(connector: Connector, expires_at: Option<Timestamp>) -> Self {
        Self { expires_at, ..Self::new(connector, "rotated") }
    }

    pub(super) fn json(&self) -> Value {
        json!({
            "connector": self.connector.reference(),
            "status": self.status,
            "stage": self.stage,
            "verify": self.verify,
            "expires_at": self.expires_at,
            "reason": self.reason,
            "error": self.error.as_ref().map(|error| &error.message),
        })
    }

    /// The outcome in a line.
    pub(super) fn line(&self) -> String {
        let title = self.connector.title();
        let why = match (&self.error, self.reason, self.expires_at) {
            (Some(error), _, _) => format!(": {error}"),
            (None, Some(reason), _) => format!(": {reason}"),
            (None, None, Some(end)) => format!(", good until {end}"),
            (None, None, None) => String::new(),
        };
        format!("{} {title}{why}", self.status)
    }
}

const COLUMNS: [Column<Outcome>; 8] = [
    Column { title: "name", shown: true, text: |one| one.connector.name().into() },
    Column { title: "id", shown: true, text: |one| one.connector.id().into() },
    Column { title: "kind", shown: true, text: |one| one.connector.kind.name().into() },
    Column { title: "status", shown: true, text: |one| one.status.into() },
    Column { title: "stage", shown: true, text: |one| one.stage.unwrap_or_default().into() },
    Column { title: "verify", shown: true, text: |one| one.verify.unwrap_or_default().into() },
    Column {
        title: "expires_at",
        shown: true,
        text: |one| one.expires_at.map(|end| end.to_string()).unwrap_or_default(),
    },
    Column {
        title: "error",
        shown: true,
        text: |one| match (&one.error, one.reason) {
            (Some(error), _) => error.message.clone(),
            (None, reason) => reason.unwrap_or_default().into(),
        },
    },
];

/// Shows all outcomes; the failures among them are the command's.
pub(super) fn finish(context: &Context, outcomes: Vec<Outcome>) -> Result<()> {
    let tried = outcomes.iter().filter(|one| one.status != "skipped").count();
    let failures = outcomes.iter().filter_map(|one| one.error.clone()).collect();
    let how = Rendering {
        shape: Shape::Many,
        columns: &COLUMNS,
        json: &Outcome::json,
        id: |one: &Outcome| one.connector.id().to_owned(),
    };
    context.output.items(outcomes.into_iter().map(Ok), &how)?;
    Error::of_many(failures, tried)
}
