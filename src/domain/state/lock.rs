//! The lock on the rotations of one service: who holds it, until when, and who may take it.
//!
//! It is a chain of records, of which the newest counts. To take, renew and release it is each to
//! make the next record; who finds that made by another does not hold it. A holder that is killed
//! renews nothing, and the lease lapses. Its age is told by one clock alone, the one that dates the
//! records, so that nobody's own clock matters.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::super::rotation::ABANDONED_AFTER;
use crate::domain::lease::later;

/// How long a record holds.
pub const LEASE: Duration = Duration::from_secs(120);
/// How often a holder renews it.
pub const RENEWAL: Duration = Duration::from_secs(30);
/// So long before its end a holder begins no write any more: the last one takes a while to arrive.
const MARGIN: Duration = Duration::from_secs(15);
/// Servers say times in whole seconds: so much later than it seems may be so.
const ROUNDING: Duration = Duration::from_secs(1);

/// A record of the chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LockRecord {
    /// The service's address.
    pub service: String,
    /// Who holds it; `None`: it was released.
    pub holder: Option<Holder>,
    /// What earlier holders may have left at the service.
    #[serde(default)]
    pub left: Vec<Left>,
}

/// Who holds the lock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// Different for each that ever held it; scratch connectors have names that begin with it.
    pub id: String,
    /// `user@host (pid N)`.
    pub owner: String,
    /// Since when.
    pub since: Timestamp,
    /// The fencing token, the number of the record by which it was taken, growing with each holder.
    pub fence: u64,
}

/// Scratch connectors that a holder noted, of whom it is not known that it removed them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Left {
    /// The holder's id.
    pub id: String,
    /// When it was found to be gone.
    pub at: Timestamp,
}

/// Whether a record of an age binds nobody any more.
pub fn is_lapsed(age: Duration) -> bool {
    age >= LEASE + ROUNDING
}

/// How long a lease may stand yet, as others see it.
pub fn remaining(age: Duration) -> Duration {
    (LEASE + ROUNDING).saturating_sub(age)
}

/// Whether a holder may still write, so long after it began to make its last record.
pub fn may_write(since: Duration) -> bool {
    since < LEASE - MARGIN
}

impl LockRecord {
    /// Who holds the lock, by a record of an age.
    pub fn held(&self, age: Duration) -> Option<&Holder> {
        self.holder.as_ref().filter(|_| !is_lapsed(age))
    }

    /// The record by which `holder` follows on this one, or by which it becomes free.
    #[must_use]
    pub fn followed_by(&self, holder: Option<Holder>, now: Timestamp) -> Self {
        let mut left = self.left.clone();
        // A scratch connector may come late: who is gone is remembered for as long as that takes.
        if let Some(before) = &self.holder
            && holder.as_ref().is_none_or(|next| next.id != before.id)
        {
            left.push(Left { id: before.id.clone(), at: now });
        }
        left.retain(|one| later(one.at, ABANDONED_AFTER) > now);
        Self { service: self.service.clone(), holder, left }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holder(id: &str, fence: u64) -> Holder {
        let (owner, since) = ("me@here (pid 1)".to_owned(), Timestamp::UNIX_EPOCH);
        Holder { id: id.into(), owner, since, fence }
    }

    /// Whatever the clocks' whole seconds hide, nobody writes when another may take over.
    #[test]
    fn no_holder_writes_when_its_lease_may_have_lapsed() {
        for seconds in 0..300 {
            let age = Duration::from_secs(seconds);
            let earliest = age + 2 * ROUNDING;
            assert!(!(may_write(earliest) && is_lapsed(age + ROUNDING)), "{seconds}");
            assert_eq!(is_lapsed(age), remaining(age).is_zero());
        }
        assert!(may_write(RENEWAL * 3), "three renewals may fail");
        assert!(is_lapsed(LEASE + Duration::from_secs(4)), "within five seconds more");
    }

    #[test]
    fn who_is_gone_is_remembered_until_nothing_of_it_can_come() {
        let now = Timestamp::UNIX_EPOCH;
        let free = LockRecord { service: "s".into(), holder: None, left: Vec::new() };
        let one = free.followed_by(Some(holder("one", 1)), now);
        assert!(one.left.is_empty());
        assert_eq!(one.followed_by(one.holder.clone(), now), one, "a renewal changes nothing");
        let two = one.followed_by(Some(holder("two", 2)), now);
        let three = two.followed_by(None, later(now, Duration::from_secs(1800)));
        let ids =
            |record: &LockRecord| record.left.iter().map(|one| one.id.clone()).collect::<Vec<_>>();
        assert_eq!(
            (ids(&two), ids(&three)),
            (vec!["one".into()], vec!["one".into(), "two".into()])
        );
        let late = three.followed_by(None, later(now, Duration::from_secs(3601)));
        assert_eq!(ids(&late), ["two"]);
    }
}
