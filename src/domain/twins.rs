//! Of connectors of one name that were made at the same time, which one stays.
//!
//! Several creates that each saw a name free have each made one. Each looks again, and deletes its own
//! where that is not the first. All read the same order, and nobody deletes what somebody else made:
//! so the first of all stays, however their requests mingle, and whatever their lists leave out.

use std::time::Duration;

use jiff::Timestamp;

use crate::domain::connector::Connector;

/// How one's own connector stands among those of its name.
pub enum Standing<'a> {
    /// There is no other.
    Alone,
    /// It is the first. The others are to go, of which this is the next.
    First(&'a Connector),
    /// This one is the first, and one's own is to go.
    Behind(&'a Connector),
    /// Nothing is known by a list that does not show one's own.
    Unseen,
}

/// How the connector of an id stands, by a list of all of its name. What the answer to the POST said
/// of it does not count: others read the list, and a time that is told them less exactly would give
/// them another order.
pub fn standing<'a>(own: &str, named: &'a [Connector]) -> Standing<'a> {
    let (own, others): (Vec<_>, Vec<_>) = named.iter().partition(|one| one.id() == own);
    let Some(own) = own.first() else { return Standing::Unseen };
    match others.into_iter().min_by(|one, other| age(one).cmp(&age(other))) {
        None => Standing::Alone,
        Some(first) if age(first) < age(own) => Standing::Behind(first),
        Some(next) => Standing::First(next),
    }
}

/// The order: by time, and those of one time by id. What bears no time counts as the oldest.
fn age(one: &Connector) -> (Option<Timestamp>, &str) {
    (one.created_at().parse().ok(), one.id())
}

/// For how long after a connector was made others may still be made that bear the same time, and of
/// which one's own is not the first: a clock goes on by a step of the last digit that it shows. Who
/// looks later sees them all. A step of less than a millisecond is over when the next request comes.
pub fn tick(made: &Connector) -> Duration {
    let Ok(time) = made.created_at().parse::<Timestamp>() else { return Duration::ZERO };
    let steps = [1_000_000_000, 100_000_000, 10_000_000, 1_000_000];
    let step = steps.into_iter().find(|step| time.subsec_nanosecond() % step == 0);
    Duration::from_nanos(step.unwrap_or_default().unsigned_abs().into())
}
