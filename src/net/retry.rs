//! Trying again: the one loop of attempts, with its pauses and its end.

use std::time::Duration;

use tokio::time::{Instant, sleep, sleep_until};

use super::Cancellation;
use crate::domain::schedule;

/// No two attempts follow each other faster, whatever the service says: `Retry-After: 0`, or a date
/// that has passed, would send them all at once.
const LEAST: Duration = Duration::from_millis(100);

/// For how long, once the command shall end, what cleans up may go on trying.
const GRACE: Duration = Duration::from_secs(10);

/// What one attempt came to.
pub(crate) enum Attempt<T> {
    /// The outcome.
    Final(T),
    /// The outcome if nothing is tried any more; another attempt may have a better one.
    MayPass {
        /// What there is so far.
        outcome: T,
        /// Why it is not better, in words: `the service answered 503`.
        why: String,
        /// The pause that the service asks for.
        asked: Option<Duration>,
    },
}

impl<T> Attempt<T> {
    /// The same with another form of outcome.
    pub(crate) fn map<U>(self, form: impl FnOnce(T) -> U) -> Attempt<U> {
        match self {
            Self::Final(outcome) => Attempt::Final(form(outcome)),
            Self::MayPass { outcome, why, asked } => {
                Attempt::MayPass { outcome: form(outcome), why, asked }
            }
        }
    }
}

/// How attempts are repeated.
pub(crate) struct Retry<'a> {
    /// How often after the first, at the most.
    pub(crate) most: u32,
    /// The word that the command shall end.
    pub(crate) stop: &'a Cancellation,
    /// Whether that ends it at once. Otherwise it cleans up, and has a little while for that.
    pub(crate) stops_at_once: bool,
    /// Takes a sentence before each pause.
    pub(crate) notice: &'a dyn Fn(&str),
}

impl Retry<'_> {
    /// Attempts until an outcome is final or nothing more is to be tried: what remains, and how
    /// many attempts there were.
    pub(crate) async fn run<T>(self, mut attempt: impl AsyncFnMut() -> Attempt<T>) -> (T, u32) {
        for number in 1.. {
            let (outcome, why, asked) = match attempt().await {
                Attempt::Final(outcome) => return (outcome, number),
                Attempt::MayPass { outcome, why, asked } => (outcome, why, asked),
            };
            let wait = pause(number - 1, asked);
            // More patience than a user has: the outcome is shown instead.
            if number > self.most || wait > schedule::PATIENCE {
                return (outcome, number);
            }
            (self.notice)(&format!(
                "{why}: trying again in {:.1} s ({number} of {})",
                wait.as_secs_f64(),
                self.most
            ));
            if !self.sleep(wait).await {
                return (outcome, number);
            }
        }
        unreachable!("the attempts are counted")
    }

    /// Sleeps; `false`: the command shall end.
    async fn sleep(&self, wait: Duration) -> bool {
        let until = Instant::now() + wait;
        tokio::select! {
            biased;
            () = self.stop.wait() => {}
            () = sleep_until(until) => return true,
        }
        let end = self.stop.since().map(|since| since + GRACE);
        if self.stops_at_once || end.is_none_or(|end| end < until) {
            return false;
        }
        sleep(until.saturating_duration_since(Instant::now())).await;
        true
    }
}

/// The pause before the `n`th repetition (from 0): what is asked for, or longer.
fn pause(n: u32, asked: Option<Duration>) -> Duration {
    schedule::backoff(n, fastrand::f64()).max(asked.unwrap_or_default()).max(LEAST)
}
