//! When to try again: pure decisions on (attempt, answer), with chance as an argument.

use std::time::Duration;

use jiff::Timestamp;

/// The first bound of the random wait between two attempts.
const BASE: Duration = Duration::from_millis(250);
/// No random wait is longer.
const LONGEST: Duration = Duration::from_secs(10);
/// A service that asks for more patience than this is given up on, in its own words.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// Full-jitter backoff: a random share (`chance`, 0 to 1) of a bound that doubles each attempt.
pub fn backoff(attempt: u32, chance: f64) -> Duration {
    BASE.saturating_mul(1 << attempt.min(16)).min(LONGEST).mul_f64(chance)
}

/// The wait that a `Retry-After` header asks for: seconds, or an HTTP date.
/// Source: RFC 9110, section 10.2.3.
pub fn retry_after(header: &str, now: Timestamp) -> Option<Duration> {
    let header = header.trim();
    if let Ok(seconds) = header.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = Timestamp::try_from(httpdate::parse_http_date(header).ok()?).ok()?;
    Some(Duration::try_from(date.duration_since(now)).unwrap_or_default())
}

/// Whether a status says that the same request may succeed later.
pub fn is_transient(status: u16) -> bool {
    matches!(status, 408 | 429 | 500..)
}

/// The wait before the `n`th look (from 0) at a check that has no verdict: from 0.5 s up to 5 s.
pub fn poll(n: u32) -> Duration {
    Duration::from_millis(500).mul_f64(1.5_f64.powi(n.min(8) as i32)).min(Duration::from_secs(5))
}

/// The wait before a failed check is started over for the `n`th time (from 0): 1 s up to 1 m.
pub fn restart(n: u32) -> Duration {
    Duration::from_secs(1 << n.min(6)).min(Duration::from_secs(60))
}

/// What the last look at a check may take, though the deadline has come.
pub const LAST_LOOK: Duration = Duration::from_secs(2);
