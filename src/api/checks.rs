//! Connection checks: started, read, waited for.

use std::time::Duration;

use reqwest::Method;
use tokio::time::Instant;

use super::transport::{Call, Client};
use crate::domain::check::Check;
use crate::domain::connector::Connector;
use crate::domain::diagnosis;
use crate::domain::schedule;
use crate::error::{Category, Error, Result};

/// A check that was waited for.
#[derive(Clone, Debug)]
pub struct Waited {
    /// As it was read last; without a verdict where the deadline came first.
    pub check: Check,
    /// From its start to its verdict.
    pub elapsed: Duration,
}

/// How long to wait for a check, and for how long to start over.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// For one check's verdict.
    pub deadline: Duration,
    /// For how long to start over after each failure; `None`: the first verdict counts.
    pub retry_for: Option<Duration>,
}

impl Patience {
    /// What a check is waited for where nothing else is said.
    pub const USUAL: Self = Self { deadline: Duration::from_secs(300), retry_for: None };
}

impl Waited {
    /// Success, or the failure with the service's reason, what it usually means and the mend.
    pub fn verdict(&self, connector: &Connector) -> Result<()> {
        let title = connector.title();
        match self.check.verdict() {
            Some(true) => Ok(()),
            Some(false) => {
                let reason = self.check.reason.as_deref().unwrap_or("the service gave no reason");
                let message = format!("the connection check of {title} failed: {reason}");
                let error = Error::new(Category::CheckFailed, message);
                Err(error.hint(diagnosis::of_check(reason, connector)))
            }
            None => {
                let message = format!(
                    "the connection check of {title} has no verdict after {} s: it is {}",
                    self.elapsed.as_secs(),
                    self.check.status
                );
                let hint = "wait longer (uns3 test --timeout 15m), or look later (--last)";
                Err(Error::new(Category::Timeout, message).hint(hint))
            }
        }
    }
}

impl Client {
    /// Checks a connector: waits for the verdict, and, if asked to, starts over until it is good.
    pub async fn check(&self, connector: &Connector, patience: Patience) -> Result<Waited> {
        let begun = Instant::now();
        let until = patience.retry_for.unwrap_or_default();
        for round in 0.. {
            // The last one, too, has its whole time: its verdict is the answer.
            let mut waited = self.check_once(connector, patience.deadline).await?;
            waited.elapsed = begun.elapsed();
            let left = until.saturating_sub(waited.elapsed);
            if waited.check.verdict() == Some(true) || left.is_zero() {
                return Ok(waited);
            }
            let pause = schedule::restart(round).min(left);
            let reason = waited.check.reason.as_deref().unwrap_or("no verdict");
            self.notice(&format!(
                "{:?}: {reason}; starting over in {} s, for {} s more",
                connector.name(),
                pause.as_secs_f32().ceil(),
                left.as_secs()
            ));
            tokio::time::sleep(pause).await;
        }
        unreachable!("the time runs out")
    }

    /// Starts a check; safe to repeat, since only the most recent one counts.
    pub async fn start_check(&self, connector: &Connector) -> Result<Check> {
        let answer = self.send(&Call::new(Method::POST, path(connector))).await?;
        answer.json(&format!("start a check of {}", connector.title()), self.redactor())
    }

    /// The most recent check, whoever started it; `None` where there never was one.
    pub async fn latest_check(&self, connector: &Connector) -> Result<Option<Check>> {
        let what = format!("read the latest check of {}", connector.title());
        let answer = self.send(&Call::new(Method::GET, path(connector))).await?;
        match answer.json(&what, self.redactor()) {
            Err(Error { category: Category::NotFound, .. }) => Ok(None),
            other => other.map(Some),
        }
    }

    /// Starts a check and waits for its own verdict: an older check's answer is not one.
    async fn check_once(&self, connector: &Connector, deadline: Duration) -> Result<Waited> {
        let begun = Instant::now();
        let started = self.start_check(connector).await?;
        let mut check = started.clone();
        for look in 0.. {
            let elapsed = begun.elapsed();
            if check.verdict().is_some() || elapsed >= deadline {
                return Ok(Waited { check, elapsed });
            }
            tokio::time::sleep(schedule::poll(look).min(deadline - elapsed)).await;
            let left = deadline.saturating_sub(begun.elapsed()).max(schedule::LAST_LOOK);
            // A service that is slow to answer must not hold the user beyond the deadline.
            match tokio::time::timeout(left, self.latest_check(connector)).await {
                Ok(latest) => match latest? {
                    Some(latest) if latest.answers_for(&started) => check = latest,
                    Some(_) => {}
                    None => return Err(gone(connector)),
                },
                Err(_) => continue,
            }
        }
        unreachable!("the deadline comes")
    }
}

fn gone(connector: &Connector) -> Error {
    let message = format!("{} was deleted while its check was waited for", connector.title());
    Error::new(Category::NotFound, message)
}

fn path(connector: &Connector) -> String {
    format!("{}/{}/connection-check", connector.kind.collection(), connector.id())
}
