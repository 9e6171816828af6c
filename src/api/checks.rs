//! Connection checks: started, read, waited for.

use std::time::Duration;

use reqwest::Method;
use tokio::time::{Instant, timeout};

use super::request::Call;
use super::transport::Client;
use crate::domain::check::Check;
use crate::domain::connector::Connector;
use crate::domain::s3::config::changed;
use crate::domain::s3::diagnosis;
use crate::domain::schedule;
use crate::error::{Category, Error, Result};

/// Who has so long to wait for a verdict lets others go first, once.
const LONG: Duration = Duration::from_secs(30);

/// A check that was waited for.
#[derive(Clone, Debug)]
pub(crate) struct Waited {
    /// As it was read last; without a verdict where the deadline came first.
    pub(crate) check: Check,
    /// From its start to its verdict.
    pub(crate) elapsed: Duration,
}

/// How long to wait for a check, and for how long to start over.
#[derive(Clone, Copy, Debug)]
pub(crate) struct WaitOptions {
    /// For one check's verdict.
    pub(crate) deadline: Duration,
    /// For how long to start over after each failure; `None`: the first verdict counts.
    pub(crate) retry_for: Option<Duration>,
}

impl WaitOptions {
    /// What a check is waited for where nothing else is said.
    pub(crate) const USUAL: Self = Self { deadline: Duration::from_secs(300), retry_for: None };
}

impl Waited {
    /// Success, or the failure with the service's reason, what it usually means and the mend.
    pub(crate) fn verdict(&self, connector: &Connector) -> Result<()> {
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
    pub(crate) async fn check(
        &self,
        connector: &Connector,
        patience: WaitOptions,
    ) -> Result<Waited> {
        let begun = Instant::now();
        let Some(retry_for) = patience.retry_for else {
            return self.check_once(connector, patience.deadline).await;
        };
        for round in 0.. {
            // The last one, too, has its whole time: its verdict is the answer.
            let mut waited = self.check_once(connector, patience.deadline).await;
            let left = retry_for.saturating_sub(begun.elapsed());
            let reason = match &mut waited {
                Ok(waited) => {
                    waited.elapsed = begun.elapsed();
                    if waited.check.verdict() == Some(true) {
                        return Ok(waited.clone());
                    }
                    waited.check.reason.clone().unwrap_or_else(|| "no verdict".into())
                }
                // Hours of patience outlast an outage of the service.
                Err(error) if error.category == Category::Unavailable => error.message.clone(),
                Err(_) => return waited,
            };
            let pause = schedule::restart(round).min(left);
            if left.is_zero() {
                return waited;
            }
            let (name, seconds) = (connector.name(), pause.as_secs_f32().ceil());
            let left = left.as_secs();
            self.notice(&format!(
                "{name:?}: {reason}; starting over in {seconds} s, for {left} s more"
            ));
            if !self.sleep(pause).await {
                return waited;
            }
        }
        unreachable!("the time runs out")
    }

    /// Starts a check; safe to repeat, since only the most recent one counts.
    pub(crate) async fn start_check(&self, connector: &Connector) -> Result<Check> {
        let what = format!("start a check of {}", connector.title());
        let answer = self.send(&Call::new(Method::POST, path(connector), &what)).await?;
        answer.json(&what, self.redactor()).map(|check| self.said(check))
    }

    /// A check whose reason, the service's own words, holds no secret, however short.
    fn said(&self, check: Check) -> Check {
        let reason = check.reason.map(|reason| self.redactor().redact_said(&reason).into_owned());
        Check { reason, ..check }
    }

    /// The most recent check, whoever started it; `None` where there never was one.
    pub(crate) async fn latest_check(&self, connector: &Connector) -> Result<Option<Check>> {
        self.look(connector, false).await
    }

    async fn look(&self, connector: &Connector, has_time: bool) -> Result<Option<Check>> {
        let what = format!("read the latest check of {}", connector.title());
        let mut call = Call::new(Method::GET, path(connector), &what);
        call.has_time = has_time;
        let answer = self.send(&call).await?;
        match answer.json(&what, self.redactor()) {
            Err(Error { category: Category::NotFound, .. }) => Ok(None),
            other => other.map(|check| Some(self.said(check))),
        }
    }

    /// The verdict of a newer check, that somebody else started, is this one's only if it was about
    /// the same config.
    async fn refuse_newer_config(&self, connector: &Connector, newer: &Check) -> Result<()> {
        let Some(now) = self.get(connector.kind, connector.id()).await? else {
            return Err(gone(connector));
        };
        let mut fields = changed(connector.config(), now.config());
        // Other credentials look the same; but somebody wrote them.
        if fields.is_empty() && now.last_written() > connector.last_written() {
            fields.push("updated_at".into());
        }
        if fields.is_empty() {
            return Ok(());
        }
        let message = format!(
            "a newer check has superseded that of {}, which was changed meanwhile ({}): its verdict \
             is {}",
            connector.title(),
            fields.join(", "),
            newer.status
        );
        Err(Error::new(Category::Conflict, message).hint("test it again (uns3 test)"))
    }

    /// Starts a check and waits for its own verdict: an older check's answer is not one.
    async fn check_once(&self, connector: &Connector, deadline: Duration) -> Result<Waited> {
        let begun = Instant::now();
        // A service that is slow to answer does not hold the user beyond the deadline.
        let started = timeout(deadline, self.start_check(connector)).await;
        let started = started.map_err(|_| unstarted(connector, deadline))??;
        let mut check = started.clone();
        for look in 0.. {
            let elapsed = begun.elapsed();
            if check.verdict().is_some() || elapsed >= deadline {
                return Ok(Waited { check, elapsed });
            }
            tokio::time::sleep(schedule::poll(look).min(deadline - elapsed)).await;
            let left = deadline.saturating_sub(begun.elapsed()).max(schedule::LAST_LOOK);
            // What was begun later has its check started sooner, so that, at the end of many, there are
            // others to look at while the last has its half second.
            let has_time = look == 0 && left > LONG;
            let Ok(latest) = timeout(left, self.look(connector, has_time)).await else { continue };
            match latest? {
                Some(latest) if latest.id == started.id => check = latest,
                Some(latest) if latest.supersedes(&started) && latest.verdict().is_some() => {
                    self.refuse_newer_config(connector, &latest).await?;
                    let name = connector.name();
                    let told = "a newer check has superseded this one: its verdict is taken";
                    self.notice(&format!("{name:?}: {told}"));
                    check = latest;
                }
                Some(_) => {}
                None => return Err(gone(connector)),
            }
        }
        unreachable!("the deadline comes")
    }
}

fn unstarted(connector: &Connector, deadline: Duration) -> Error {
    let (title, seconds) = (connector.title(), deadline.as_secs_f32());
    let message = format!("the service did not start a check of {title} within {seconds} s");
    Error::new(Category::Timeout, message).hint("wait longer: uns3 test --timeout 15m")
}

fn gone(connector: &Connector) -> Error {
    let message = format!("{} was deleted while its check was waited for", connector.title());
    Error::new(Category::NotFound, message)
}

fn path(connector: &Connector) -> String {
    format!("{}/{}/connection-check", connector.kind.collection(), connector.id())
}
