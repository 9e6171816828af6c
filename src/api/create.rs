//! Creating exactly one connector, whatever is lost on the way.
//!
//! A POST is never blindly repeated. Where its answer leaves open whether it was carried out, the
//! name is looked for, for as long as the service may still be at work: what is found is adopted,
//! and only what is not there then is sent again. After a time-out that is never certain.

use jiff::Timestamp;
use reqwest::Method;

use super::body::Body;
use super::request::Call;
use super::response::{self, Answer, Failure};
use super::transport::Client;
use super::twins::{Created, How, perhaps_two};
use super::wanted::Wanted;
use crate::domain::connector::Connector;
use crate::domain::kind::Kind;
use crate::domain::s3::config::Config;
use crate::error::{Effect, Error, Result};
use crate::net::Attempt;

/// The waits before each look for the name, in milliseconds: the longer, the likelier the service
/// is still at work. A 500 or 503 ends it; a gateway's 504, or a time-out, says that it goes on.
const AFTER_ERROR: &[u64] = &[0, 500, 1000];
const AFTER_LOSS: &[u64] = &[0, 500, 1000, 2000, 3000, 4000];
const AFTER_TIMEOUT: &[u64] = &[0, 1000, 2000, 4000, 8000];
/// After a second POST: the first may have been carried out in the very last moment.
const AFTER_SECOND: &[u64] = &[0, 2000, 4000];

/// After an answer that certainly was a refusal but for a service that is badly made: 429, a redirect.
const AT_ONCE: &[u64] = &[0];

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

impl Client {
    /// Creates a connector whose name the caller has just seen to be free, and looks afterwards
    /// whether someone else had the same idea: of several, the oldest stays.
    pub(crate) async fn create_only(
        &self,
        kind: Kind,
        name: &str,
        config: &Config,
    ) -> Result<Created> {
        let made = self.make(kind, name, config, Some(Timestamp::now())).await?;
        // What was only found may be another's, and is never deleted.
        if made.how == How::Made {
            match self.give_way_to_twins(kind, &[&made.connector]).await {
                Ok(problems) => problems.into_iter().try_for_each(|(_, error)| Err(error))?,
                Err(error) => self.notice(&perhaps_two(&made.connector, error).message),
            }
        }
        Ok(made)
    }

    /// The same as one of many: whether others made one of the name at the same time is looked for
    /// when all are made ([`Self::give_way_to_twins`]).
    pub(crate) async fn create_among(
        &self,
        kind: Kind,
        name: &str,
        config: &Config,
    ) -> Result<Created> {
        self.make(kind, name, config, Some(Timestamp::now())).await
    }

    /// Creates a connector whose name nobody else can have come upon.
    pub(crate) async fn create(&self, kind: Kind, name: &str, config: &Config) -> Result<Created> {
        self.make(kind, name, config, None).await
    }

    async fn make(
        &self,
        kind: Kind,
        name: &str,
        config: &Config,
        begun: Option<Timestamp>,
    ) -> Result<Created> {
        let what = format!("create {} {name:?}", kind.name());
        let mut call = Call::new(Method::POST, format!("{}/", kind.collection()), what);
        call.body = Some(Body { name: Some(name), config });
        let wanted = Wanted { kind, name, config, call, begun };
        let mut doubt: &[u64] = &[];
        let sent = self.retry(&wanted.call).run(async || self.attempt(&wanted, &mut doubt).await);
        sent.await.0
    }

    /// One POST, and the looks that its answer asks for. `doubt`: when to look again after the next
    /// one that is answered well, since an earlier one may have been carried out; empty: never.
    async fn attempt(
        &self,
        wanted: &Wanted<'_>,
        doubt: &mut &'static [u64],
    ) -> Attempt<Result<Created>> {
        let outcome = match self.post(wanted, doubt).await {
            Ok(outcome) => outcome,
            Err(ended) => return Attempt::Final(ended),
        };
        let (looks, again, error) = match self.judge(wanted, &outcome) {
            Outcome::Made(made) if doubt.is_empty() => {
                return Attempt::Final(Ok(Created { connector: *made, how: How::Made }));
            }
            Outcome::Made(made) => {
                return Attempt::Final(self.only_one(wanted, *made, doubt).await);
            }
            // A name that is taken may be taken by the first POST.
            Outcome::Refused(error) if !doubt.is_empty() => (AT_ONCE, Again::Often, error),
            Outcome::Refused(error) => return Attempt::Final(Err(error)),
            Outcome::Unknown { error, looks, again } => {
                let repeated = *doubt == AFTER_SECOND;
                let looks = if repeated { AFTER_ERROR } else { looks };
                if looks != AT_ONCE {
                    *doubt = AFTER_SECOND;
                    self.notice(&format!("{}; looking whether it was made", error.message));
                } else if doubt.is_empty() {
                    *doubt = AT_ONCE;
                }
                let again = match again {
                    Again::Once if repeated => Again::Never,
                    again => again,
                };
                (looks, again, error)
            }
        };
        let error = match self.look_for(wanted, looks).await {
            Ok(Some(found)) => return Attempt::Final(Ok(found)),
            Ok(None) if *doubt == AT_ONCE => error,
            Ok(None) => wanted.unsure(error),
            Err(looking) => return Attempt::Final(Err(wanted.unseen(error, looking))),
        };
        match again != Again::Never && response::may_pass(&outcome) {
            true => Attempt::MayPass {
                outcome: Err(error),
                why: response::told(&outcome),
                asked: response::asked(&outcome),
            },
            false => Attempt::Final(Err(error)),
        }
    }

    /// Sends the POST. What redirects it may have carried it out: it is looked for before it is
    /// sent there; `Err`: that was the end.
    async fn post(
        &self,
        wanted: &Wanted<'_>,
        doubt: &mut &'static [u64],
    ) -> Result<Result<Answer, Failure>, Result<Created>> {
        let (call, url) = (&wanted.call, self.url(&wanted.call));
        let turn = self.limiter.turn().await;
        let outcome = self.exchange(&turn, call, url.clone()).await;
        drop(turn);
        let target = outcome.as_ref().ok().and_then(|one| self.redirect_target(call, &url, one));
        let Some(target) = target else { return Ok(outcome) };
        match self.look_for(wanted, AT_ONCE).await {
            Ok(Some(found)) => return Err(Ok(found)),
            Ok(None) => {}
            Err(looking) => return Err(Err(looking.effect(Effect::Unknown))),
        }
        if doubt.is_empty() {
            *doubt = AT_ONCE;
        }
        let turn = self.limiter.turn().await;
        Ok(self.exchange(&turn, call, target).await)
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
            300..=399 => Outcome::Unknown { error, looks: AT_ONCE, again: Again::Never },
            429 => Outcome::Unknown { error, looks: AT_ONCE, again: Again::Often },
            408 | 504 | 520..=599 => {
                Outcome::Unknown { error, looks: AFTER_TIMEOUT, again: Again::Once }
            }
            502 => Outcome::Unknown { error, looks: AFTER_LOSS, again: Again::Once },
            500.. => Outcome::Unknown { error, looks: AFTER_ERROR, again: Again::Often },
            _ => Outcome::Refused(error),
        }
    }
}
