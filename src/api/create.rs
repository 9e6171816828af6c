//! Creating exactly one connector, whatever is lost on the way.
//!
//! A POST is never blindly repeated. Where its answer leaves open whether it was carried out, the
//! name is looked for: what is found is adopted, and only where it is certainly not there is the
//! POST sent again. After a time-out that is never certain, since the service may still be at work.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Map, Value, json};

use super::answer::{Answer, Failure};
use super::transport::{Call, Client};
use crate::domain::config::disagreements;
use crate::domain::connector::{Connector, Kind};
use crate::error::{Category, Error, Result};

/// A connector that now is there.
pub struct Created {
    /// The connector.
    pub connector: Connector,
    /// Whether its making was not answered, and it was found by its name.
    pub adopted: bool,
}

/// The waits before each look for the name, by how likely the service is still at work.
const AFTER_ERROR: &[u64] = &[0, 500, 1000];
const AFTER_LOSS: &[u64] = &[0, 500, 1000, 2000];
const AFTER_TIMEOUT: &[u64] = &[0, 500, 1000, 2000, 4000];

/// What one POST came to.
enum Outcome {
    Made(Box<Connector>),
    /// Certainly not made.
    Refused(Error),
    /// Perhaps made: `error` says why it is not known, `looks` when to look, and `again` whether
    /// an absence is certain enough to send it again.
    Unknown {
        error: Error,
        looks: &'static [u64],
        again: bool,
    },
}

impl Client {
    /// Creates a connector whose name the caller has just seen to be free.
    pub async fn create(
        &self,
        kind: Kind,
        name: &str,
        config: &Map<String, Value>,
    ) -> Result<Created> {
        let body = json!({"name": name, "type": "s3", "config": config});
        let mut call = Call::new(Method::POST, format!("{}/", kind.collection()));
        call.body = Some(&body);
        let mut perhaps_made = false;
        for attempt in 0.. {
            let outcome = self.send_once(&call).await;
            let wait = self.wait_before_retry(&outcome, attempt);
            let retry = match self.judge(kind, name, &outcome) {
                Outcome::Made(connector) if perhaps_made => {
                    return self.only_one(*connector, config).await;
                }
                Outcome::Made(connector) => {
                    return Ok(Created { connector: *connector, adopted: false });
                }
                Outcome::Refused(error) => {
                    if perhaps_made
                        && let Some(found) = self.look_for(kind, name, config, &[0]).await?
                    {
                        return Ok(found);
                    }
                    wait.ok_or(error)
                }
                Outcome::Unknown { error, looks, again } => {
                    perhaps_made = true;
                    self.notice(&format!("{}; looking whether it was made", error.message));
                    let unsure = |error: Error| {
                        let look = look_hint(kind, name);
                        let hint = error.hint.as_ref().map(|hint| format!("{hint}; {look}"));
                        error.hint(hint.unwrap_or(look))
                    };
                    match self.look_for(kind, name, config, looks).await {
                        Ok(Some(found)) => return Ok(found),
                        Ok(None) if again => wait.ok_or_else(|| unsure(error)),
                        Ok(None) => Err(unsure(error)),
                        Err(looking) if looking.category == Category::Conflict => Err(looking),
                        Err(looking) => Err(unsure(Error {
                            message: format!(
                                "{}; looking for it failed too: {looking}",
                                error.message
                            ),
                            ..error
                        })),
                    }
                }
            };
            self.pause(&outcome, retry?, attempt).await;
        }
        unreachable!("the attempts are counted")
    }

    fn judge(&self, kind: Kind, name: &str, outcome: &Result<Answer, Failure>) -> Outcome {
        let what = format!("create {} {name:?}", kind.name());
        let answer = match outcome {
            Err(failure) if !failure.was_sent => {
                return Outcome::Refused(failure.to_error(self.address(), 0));
            }
            Err(failure) => {
                let error = failure.to_error(self.address(), 0);
                let error = Error { message: format!("cannot {what}: {}", error.message), ..error };
                let looks = if failure.timed_out { AFTER_TIMEOUT } else { AFTER_LOSS };
                return Outcome::Unknown { error, looks, again: !failure.timed_out };
            }
            Ok(answer) => answer,
        };
        if answer.status.is_success() {
            return match self.connector(kind, answer, &what) {
                Ok(connector) if connector.name() == name => Outcome::Made(Box::new(connector)),
                Ok(_) => {
                    let error = answer.not_the_api(&what, self.redactor());
                    Outcome::Unknown { error, looks: AFTER_LOSS, again: false }
                }
                Err(error) => Outcome::Unknown { error, looks: AFTER_LOSS, again: false },
            };
        }
        let error = answer.refusal(&what, self.redactor());
        if answer.is_ambiguous() {
            Outcome::Unknown { error, looks: AFTER_ERROR, again: true }
        } else {
            Outcome::Refused(error)
        }
    }

    /// Looks for the name, several times, since what was asked for may still be under way.
    async fn look_for(
        &self,
        kind: Kind,
        name: &str,
        config: &Map<String, Value>,
        looks: &[u64],
    ) -> Result<Option<Created>> {
        for wait in looks {
            tokio::time::sleep(Duration::from_millis(*wait)).await;
            let mut found = self.named(kind, name).await?;
            let Some(connector) = found.pop() else { continue };
            let differ = disagreements(config, connector.config());
            if !found.is_empty() {
                return Err(several(name, found.iter().chain([&connector])));
            }
            if !differ.is_empty() {
                let message = format!(
                    "someone else made {} meanwhile, with other settings: {}",
                    connector.title(),
                    differ.join(", ")
                );
                return Err(Error::new(Category::Conflict, message));
            }
            return Ok(Some(Created { connector, adopted: true }));
        }
        Ok(None)
    }

    /// After a POST that was sent again: if the first one was carried out late, two are there, and
    /// the one that was just made, which nothing can use yet, is deleted.
    async fn only_one(&self, made: Connector, config: &Map<String, Value>) -> Result<Created> {
        let found = self.named(made.kind, made.name()).await?;
        let mut others = found.into_iter().filter(|one| one.id() != made.id());
        let Some(first) = others.next() else {
            return Ok(Created { connector: made, adopted: false });
        };
        if others.next().is_some() || !disagreements(config, first.config()).is_empty() {
            return Err(several(made.name(), [&first, &made].into_iter()));
        }
        self.delete(&made).await?;
        Ok(Created { connector: first, adopted: true })
    }

    /// The S3 connectors of a name.
    pub async fn named(&self, kind: Kind, name: &str) -> Result<Vec<Connector>> {
        let listing = self.list(kind, false).await?;
        let connectors = listing.connectors()?;
        connectors.filter(|one| one.as_ref().map_or(true, |one| one.name() == name)).collect()
    }
}

fn several<'a>(name: &str, connectors: impl Iterator<Item = &'a Connector>) -> Error {
    let ids: Vec<&str> = connectors.map(Connector::id).collect();
    Error::new(
        Category::Conflict,
        format!("there are {} connectors named {name:?} now: {}", ids.len(), ids.join(", ")),
    )
    .hint(
        "someone else made one meanwhile: look at them (uns3 get ID), delete one (uns3 delete ID)",
    )
}

fn look_hint(kind: Kind, name: &str) -> String {
    let kind = if kind == Kind::Source { " --kind source" } else { "" };
    format!(
        "it is not known whether {name:?} was made: look (uns3 get {name:?}{kind}), or run the \
         same command with --if-not-exists in a minute"
    )
}
