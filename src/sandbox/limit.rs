//! A limit of requests that the sandbox is told to keep: the value of `--limit`.

use anyhow::{Context, Error, Result};
use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// So many requests in a time; what is beyond is answered 429: `MOST[/SECONDS][@SECONDS]`, by
/// default in each second, and to be tried again after one. It knows no bursts: a window begins
/// with the first request after the last one.
#[derive(Debug, Clone)]
pub struct Limit {
    most: usize,
    window: Duration,
    retry_after: Option<u32>,
    /// When this window began, and how many requests came in it; of all clones.
    seen: Arc<Mutex<Option<(Instant, usize)>>>,
}

impl Limit {
    /// At most so many in each window. Refusals say to come again after `retry_after` seconds, or
    /// nothing of it.
    #[must_use]
    pub fn new(most: usize, window: Duration, retry_after: Option<u32>) -> Self {
        Self { most, window, retry_after, seen: Arc::default() }
    }

    /// Takes a request.
    ///
    /// # Errors
    /// It is one too many: the seconds of `Retry-After`.
    pub fn admit(&self) -> Result<(), Option<u32>> {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let current = seen.filter(|(begun, _)| begun.elapsed() < self.window);
        let (begun, count) = current.unwrap_or_else(|| (Instant::now(), 0));
        *seen = Some((begun, count + 1));
        if count < self.most { Ok(()) } else { Err(self.retry_after) }
    }
}

impl FromStr for Limit {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let (rate, after) = text.split_once('@').unwrap_or((text, "1"));
        let (most, seconds) = rate.split_once('/').unwrap_or((rate, "1"));
        let number = |text: &str| {
            let number = text.parse::<u32>().ok().filter(|number| *number > 0);
            number.with_context(|| format!("'{text}' is not a number of at least 1"))
        };
        let window = Duration::from_secs(number(seconds)?.into());
        Ok(Self::new(usize::try_from(number(most)?)?, window, Some(number(after)?)))
    }
}
