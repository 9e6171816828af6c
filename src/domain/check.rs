//! A connection check, as the service reports it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// One check of a connector by the platform. Source: the OpenAPI document, `DagNodeConnectionCheck`.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Check {
    /// Its id.
    pub id: String,
    /// `SCHEDULED`, `SUCCESS` or `FAILURE`; others may come.
    pub status: String,
    /// Why it failed, in the connector's own words.
    #[serde(default)]
    pub reason: Option<String>,
    /// When it was started, ISO 8601.
    pub created_at: String,
    /// When its verdict came, ISO 8601.
    #[serde(default)]
    pub reported_at: Option<String>,
}

impl Check {
    /// The verdict: passed or not; `None` while there is none.
    pub fn verdict(&self) -> Option<bool> {
        match self.status.as_str() {
            "SUCCESS" => Some(true),
            "FAILURE" => Some(false),
            _ => None,
        }
    }

    /// Whether this is a check that someone started after `started`, or at the same instant: only
    /// the most recent one can be read, so that `started` itself is seen no more.
    pub fn supersedes(&self, started: &Check) -> bool {
        let time = |text: &str| text.parse::<Timestamp>().ok();
        self.id != started.id
            && matches!((time(&self.created_at), time(&started.created_at)),
                (Some(this), Some(other)) if this >= other)
    }
}
