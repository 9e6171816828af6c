//! What is known of one connector's credentials, and which of two such records is the newer one.

use std::cmp::Ordering;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::domain::lease::Lease;

/// What is known of a connector's credentials; without a lease, that nothing is known any more,
/// which keeps an older record elsewhere from coming back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// The service's address.
    pub service: String,
    /// The connector's id.
    pub id: String,
    /// The connector's name, for those who read it.
    pub name: String,
    /// The credentials as they were written.
    pub lease: Option<Lease>,
    /// When this came to be, where that is not when the lease was written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
}

impl Record {
    /// Dates what is known: now, and in any case after what was known `before`, however far ahead
    /// the clock was that dated that.
    #[must_use]
    pub fn dated(mut self, now: Timestamp, before: Option<&Self>) -> Self {
        let after = before.map(|one| one.time().saturating_add(SignedDuration::from_nanos(1)));
        let now = after.and_then(Result::ok).map_or(now, |after| after.max(now));
        self.at = (self.lease.as_ref().map(|lease| lease.written_at) != Some(now)).then_some(now);
        self
    }

    /// When this came to be; a record of old without a time came before all others.
    pub fn time(&self) -> Timestamp {
        let written = self.lease.as_ref().map(|lease| lease.written_at);
        self.at.or(written).unwrap_or(Timestamp::MIN)
    }

    /// Whether this one is kept where both are known. Of two of one time it is the same one on every
    /// machine, whichever that is.
    pub fn is_newer(&self, other: &Self) -> bool {
        let text = |one: &Self| format!("{:?}", one.lease);
        match self.time().cmp(&other.time()) {
            Ordering::Equal => self != other && text(self) > text(other),
            order => order == Ordering::Greater,
        }
    }
}
