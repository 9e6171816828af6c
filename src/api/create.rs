//! Creating exactly one connector, whatever is lost on the way.
//!
//! A POST is never blindly repeated. Where its answer leaves open whether it was carried out, the
//! name is looked for, for as long as the service may still be at work: what is found is adopted,
//! and only what is not there then is sent again. After a time-out that is never certain.

use std::time::Duration;

use reqwest::Method;

use super::body::Body;
use super::response::{Answer, Failure};
use super::transport::{Call, Client};
use crate::domain::connector::Connector;
use crate::domain::kind::Kind;
use crate::domain::names::quoted;
use crate::domain::s3::config::{Config, disagreements};
use crate::error::{Category, Effect, Error, Result};

/// A connector that now is there.
pub(crate) struct Created {
    /// The connector.
    pub(crate) connector: Connector,
    /// Whether its making was not answered, and it was found by its name.
    pub(crate) adopted: bool,
}

/// The waits before each look for the name, in milliseconds: the longer, the likelier the service
/// is still at work. A 500 or 503 ends it; a gateway's 504, or a time-out, says that it goes on.
const AFTER_ERROR: &[u64] = &[0, 500, 1000];
const AFTER_LOSS: &[u64] = &[0, 500, 1000, 2000, 3000, 4000];
const AFTER_TIMEOUT: &[u64] = &[0, 1000, 2000, 4000, 8000];
/// After a second POST: the first may have been carried out in the very last moment.
const AFTER_SECOND: &[u64] = &[0, 2000, 4000];

/// What one POST came to.
enum Outcome {
    Made(Box<Connector>),
    /// Certainly not made.
    Refused(Error),
    /// Perhaps made: `error` says why it is not known, `looks` when to look, and `again` how often
    /// an absence is certain enough to send it again.
    Unknown {
        error: Error,
        looks: &'static [u64],
        again: Again,
    },
}

/// How often a POST whose outcome is not known is sent again, once it is seen not to be there.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Again {
    /// The service may be at work for any time.
    Never,
    /// It was perhaps begun: one more, not a row of them.
    Once,
    /// It came to an end.
    Often,
}

/// What is to be made, in each of its forms.
struct Wanted<'a> {
    kind: Kind,
    name: &'a str,
    config: &'a Config,
    call: Call<'a>,
}

impl Client {
    /// Creates a connector whose name the caller has just seen to be free.
    pub(crate) async fn create(&self, kind: Kind, name: &str, config: &Config) -> Result<Created> {
        let what = format!("create {} {name:?}", kind.name());
        let mut call = Call::new(Method::POST, format!("{}/", kind.collection()), what);
        call.body = Some(Body { name: Some(name), config });
        let wanted = Wanted { kind, name, config, call };
        let mut perhaps_made = false;
        for attempt in 0.. {
            let outcome = self.send_once(&wanted.call).await;
            let error = match self.judge(&wanted, &outcome) {
                Outcome::Made(made) if perhaps_made => return self.only_one(*made, config).await,
                Outcome::Made(made) => return Ok(Created { connector: *made, adopted: false }),
                // A name that is taken may be taken by the first POST.
                Outcome::Refused(error) if perhaps_made => {
                    match self.look_for(&wanted, &[0]).await {
                        Ok(Some(found)) => return Ok(found),
                        Ok(None) => wanted.unsure(error),
                        Err(looking) => return Err(wanted.unseen(error, looking)),
                    }
                }
                Outcome::Refused(error) => error,
                Outcome::Unknown { error, looks, again } => {
                    let repeated = std::mem::replace(&mut perhaps_made, true);
                    self.notice(&format!("{}; looking whether it was made", error.message));
                    let looks = if repeated { AFTER_ERROR } else { looks };
                    let again = again == Again::Often || (again == Again::Once && !repeated);
                    match self.look_for(&wanted, looks).await {
                        Ok(Some(found)) => return Ok(found),
                        Ok(None) if again => wanted.unsure(error),
                        Ok(None) => return Err(wanted.unsure(error)),
                        Err(looking) => return Err(wanted.unseen(error, looking)),
                    }
                }
            };
            if self.pause_before_retry(&wanted.call, &outcome, attempt).await.is_none() {
                return Err(error);
            }
        }
        unreachable!("the attempts are counted")
    }

    fn judge(&self, wanted: &Wanted<'_>, outcome: &Result<Answer, Failure>) -> Outcome {
        let what = &wanted.call.what;
        let answer = match outcome {
            Err(failure) => {
                let error = failure.to_error(what, true, self.address());
                let (looks, again) = match failure.timed_out {
                    true => (AFTER_TIMEOUT, Again::Never),
                    false => (AFTER_LOSS, Again::Once),
                };
                return match failure.was_sent {
                    true => Outcome::Unknown { error, looks, again },
                    false => Outcome::Refused(error),
                };
            }
            Ok(answer) => answer,
        };
        if answer.status.is_success() {
            let error = match self.connector(wanted.kind, answer, what) {
                Ok(connector) if connector.name() == wanted.name => {
                    return Outcome::Made(Box::new(connector));
                }
                Ok(_) => answer.not_the_api(what, self.redactor()),
                Err(error) => error,
            };
            return Outcome::Unknown { error, looks: AFTER_LOSS, again: Again::Never };
        }
        let error = answer.refusal(what, self.redactor());
        match answer.status.as_u16() {
            300..=399 => Outcome::Unknown { error, looks: &[0], again: Again::Never },
            408 | 504 | 520..=599 => {
                Outcome::Unknown { error, looks: AFTER_TIMEOUT, again: Again::Once }
            }
            502 => Outcome::Unknown { error, looks: AFTER_LOSS, again: Again::Once },
            500.. => Outcome::Unknown { error, looks: AFTER_ERROR, again: Again::Often },
            _ => Outcome::Refused(error),
        }
    }

    /// Looks for the name, several times; also when the command shall end, for this is how a write
    /// comes to its end.
    async fn look_for(&self, wanted: &Wanted<'_>, looks: &[u64]) -> Result<Option<Created>> {
        for wait in looks {
            tokio::time::sleep(Duration::from_millis(*wait)).await;
            let mut found = self.named(wanted.kind, wanted.name).await?;
            let Some(connector) = found.pop() else { continue };
            if !found.is_empty() {
                return Err(several(wanted.name, found.iter().chain([&connector])));
            }
            let differ = disagreements(wanted.config, connector.config());
            if !differ.is_empty() {
                let message = format!(
                    "someone else made {} meanwhile, with other settings: {}",
                    connector.title(),
                    differ.join(", ")
                );
                return Err(Error::new(Category::Conflict, message).effect(Effect::Unknown));
            }
            return Ok(Some(Created { connector, adopted: true }));
        }
        Ok(None)
    }

    /// After a POST that was sent again: if the first one was carried out late, two are there, and
    /// the one that was just made, which nothing can use yet, is deleted.
    async fn only_one(&self, made: Connector, config: &Config) -> Result<Created> {
        let unseen = |error: Error| Error {
            message: format!(
                "{} is made, but it is not known whether there are two now: {}",
                made.title(),
                error.message
            ),
            effect: Effect::Unknown,
            ..error
        };
        for wait in AFTER_SECOND {
            tokio::time::sleep(Duration::from_millis(*wait)).await;
            let found = self.named(made.kind, made.name()).await.map_err(unseen)?;
            let mut others = found.into_iter().filter(|one| one.id() != made.id());
            let Some(first) = others.next() else { continue };
            if others.next().is_some() || !disagreements(config, first.config()).is_empty() {
                return Err(several(made.name(), [&first, &made].into_iter()));
            }
            self.delete(&made).await.map_err(unseen)?;
            return Ok(Created { connector: first, adopted: true });
        }
        Ok(Created { connector: made, adopted: false })
    }

    /// The S3 connectors of a name.
    pub(crate) async fn named(&self, kind: Kind, name: &str) -> Result<Vec<Connector>> {
        let listing = self.list(kind, false).await?;
        let connectors = listing.connectors()?;
        connectors.filter(|one| one.as_ref().map_or(true, |one| one.name() == name)).collect()
    }
}

impl Wanted<'_> {
    /// The error of a connector that may have been made.
    fn unsure(&self, error: Error) -> Error {
        let name = quoted(self.name);
        let kind = if self.kind == Kind::Source { " --kind source" } else { "" };
        let look = format!(
            "it is not known whether {:?} was made: look (uns3 get {name}{kind}), or run the same \
             command with --if-not-exists in a minute",
            self.name
        );
        error.effect(Effect::Unknown).hint(look)
    }

    /// The same where looking for it came to nothing. A conflict is what was found.
    fn unseen(&self, error: Error, looking: Error) -> Error {
        if looking.category == Category::Conflict {
            return looking;
        }
        let message = format!("{}; looking for it failed too: {looking}", error.message);
        self.unsure(Error { message, ..error })
    }
}

fn several<'a>(name: &str, connectors: impl Iterator<Item = &'a Connector>) -> Error {
    let ids: Vec<&str> = connectors.map(Connector::id).collect();
    Error::new(
        Category::Conflict,
        format!("there are {} connectors named {name:?} now: {}", ids.len(), ids.join(", ")),
    )
    .effect(Effect::Unknown)
    .hint(
        "someone else made one meanwhile: look at them (uns3 get ID), delete one (uns3 delete ID)",
    )
}
