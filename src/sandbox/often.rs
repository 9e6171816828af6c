//! How often the sandbox is told to let something go wrong.

use anyhow::{Error, Result, bail};
use std::ops::RangeInclusive;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A probability from 0 to 1, `3x` (the first three times), `4-6` (the fourth to the sixth time) or
/// `4-` (from the fourth time on); by default always.
#[derive(Debug, Clone)]
pub struct Often {
    rate: f64,
    turns: RangeInclusive<usize>,
    /// How many came, of all clones.
    met: Arc<AtomicUsize>,
}

impl Often {
    /// Whether the next one is hit.
    #[must_use]
    pub fn hits(&self) -> bool {
        let turn = self.met.fetch_add(1, Ordering::Relaxed).saturating_add(1);
        self.turns.contains(&turn) && fastrand::f64() < self.rate
    }
}

impl Default for Often {
    fn default() -> Self {
        Self { rate: 1.0, turns: 1..=usize::MAX, met: Arc::default() }
    }
}

impl FromStr for Often {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        if let Some(turns) = turns(text) {
            return Ok(Self { turns, ..Self::default() });
        }
        let Ok(rate) = text.parse() else {
            bail!("the rate '{text}' is not a number, nor times such as 3x, 4-6 or 4-");
        };
        if !(0.0..=1.0).contains(&rate) {
            bail!("the rate {rate} is not between 0 and 1");
        }
        Ok(Self { rate, ..Self::default() })
    }
}

/// Counted from 1.
fn turns(text: &str) -> Option<RangeInclusive<usize>> {
    if let Some(times) = text.strip_suffix('x') {
        return Some(1..=times.parse().ok()?);
    }
    let (first, last) = text.split_once('-')?;
    let last = if last.is_empty() { usize::MAX } else { last.parse().ok()? };
    let turns = first.parse().ok().filter(|first| *first > 0)?..=last;
    (!turns.is_empty()).then_some(turns)
}
