//! The steps of a preflight as data: what was tried of what the platform does, and what came of it.

use std::time::Duration;

use serde_json::{Value, json};

use super::diagnosis::Diagnosis;

/// What a step tries, in the order in which they are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum StepName {
    /// The remote URL is understood.
    Url,
    /// The server's name resolves, and something accepts connections.
    Address,
    /// Its certificate is trusted.
    Tls,
    /// The bucket is there, in a region that answers.
    Bucket,
    /// Who the credentials are.
    Identity,
    /// A file is written, as the platform's check does.
    Write,
    /// The folder is listed, as the platform's jobs do.
    List,
    /// The first file is read.
    Read,
    /// What was written is removed.
    Remove,
}

/// What came of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StepStatus {
    /// It works.
    Passed,
    /// It does not.
    Failed,
    /// It was not tried, or tells nothing.
    Skipped,
}

/// A step that was taken.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    pub(crate) name: StepName,
    pub(crate) status: StepStatus,
    /// The server's error code.
    pub(crate) code: Option<String>,
    pub(crate) message: String,
    pub(crate) request_id: Option<String>,
    pub(crate) elapsed: Duration,
}

/// What a preflight found.
#[derive(Clone, Debug)]
pub(crate) struct Report {
    pub(crate) remote_url: String,
    pub(crate) endpoint_url: Option<String>,
    /// The bucket's region, where it is known.
    pub(crate) region: Option<String>,
    /// How the credentials authenticate, as results name it.
    pub(crate) auth: &'static str,
    pub(crate) key_id: Option<String>,
    pub(crate) account: Option<String>,
    pub(crate) arn: Option<String>,
    pub(crate) steps: Vec<Step>,
    pub(crate) diagnosis: Option<Diagnosis>,
}

impl StepName {
    /// Its name in results.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Url => "url",
            Self::Address => "address",
            Self::Tls => "tls",
            Self::Bucket => "bucket",
            Self::Identity => "identity",
            Self::Write => "write",
            Self::List => "list",
            Self::Read => "read",
            Self::Remove => "remove",
        }
    }

    /// Whether the platform can do without it: it asks nobody who its credentials are, and removes
    /// nothing.
    fn is_for_us_only(self) -> bool {
        matches!(self, Self::Identity | Self::Remove)
    }
}

impl StepStatus {
    /// Its name in results.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
        }
    }
}

impl Step {
    /// Whether it fails the preflight.
    pub(crate) fn is_fatal(&self) -> bool {
        self.status == StepStatus::Failed && !self.name.is_for_us_only()
    }

    /// A line for a person.
    pub(crate) fn line(&self) -> String {
        format!("{:8} {:7} {}", self.name.name(), self.status.name(), self.message)
    }

    fn to_json(&self) -> Value {
        json!({
            "step": self.name.name(),
            "status": self.status.name(),
            "code": self.code,
            "message": self.message,
            "request_id": self.request_id,
            "elapsed_ms": self.elapsed.as_millis() as u64,
        })
    }
}

impl Report {
    /// The first step that fails the preflight.
    pub(crate) fn failure(&self) -> Option<&Step> {
        self.steps.iter().find(|step| step.is_fatal())
    }

    /// The object that results carry.
    pub(crate) fn to_json(&self) -> Value {
        json!({
            "remote_url": self.remote_url,
            "endpoint_url": self.endpoint_url,
            "region": self.region,
            "credentials": {
                "kind": self.auth,
                "key_id": self.key_id,
                "account": self.account,
                "arn": self.arn,
            },
            "steps": self.steps.iter().map(Step::to_json).collect::<Vec<_>>(),
            "diagnosis": self.diagnosis.as_ref().map(Diagnosis::to_json),
        })
    }
}
