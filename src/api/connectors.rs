//! Connectors: list, get, update, delete, and what a target names.

use std::borrow::Cow;
use std::rc::Rc;
use std::time::Duration;

use futures_util::future::try_join_all;
use reqwest::{Method, StatusCode};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use tokio::time::Instant;

use super::body::Body;
use super::limiter::LONG;
use super::response::Answer;
use super::transport::{Call, Client};
use crate::domain::connector::Connector;
use crate::domain::kind::Kind;
use crate::domain::redaction::Redactor;
use crate::domain::s3::config::{Config, agree, disagreements};
use crate::error::{Category, Effect, Error, Result};

/// The answer to a list, kept as it came: each connector is read when it is looked at, so that
/// ten thousand cost no more memory than their text.
pub(crate) struct Listing {
    kind: Kind,
    all_types: bool,
    answer: Answer,
    redactor: Rc<Redactor>,
}

impl Listing {
    /// Its connectors, in the service's order; only S3's, unless all types were asked for.
    pub(crate) fn connectors(&self) -> Result<impl Iterator<Item = Result<Connector>>> {
        self.sorted(|_| {})
    }

    /// The same by name, so that two lists can be compared.
    pub(crate) fn by_name(&self) -> Result<impl Iterator<Item = Result<Connector>>> {
        self.sorted(|items| items.sort_by_cached_key(|item| Key::of(item)))
    }

    fn sorted(
        &self,
        sort: impl FnOnce(&mut Vec<&RawValue>),
    ) -> Result<impl Iterator<Item = Result<Connector>>> {
        let what = format!("list {}", self.kind.collection());
        let mut items: Vec<&RawValue> = self.answer.json(&what, &self.redactor)?;
        sort(&mut items);
        let read = move |item: &RawValue| {
            let object = serde_json::from_str(item.get())
                .map_err(|_| "a connector that is no object".to_owned());
            let connector = object.and_then(|object| connector(self.kind, object, &self.redactor));
            connector.map_err(|problem| strange(&what, &problem))
        };
        let wanted =
            |one: &Result<Connector>| self.all_types || !one.as_ref().is_ok_and(|c| !c.is_s3());
        Ok(items.into_iter().map(read).filter(wanted))
    }
}

/// What a list is sorted by, read without the rest.
#[derive(Deserialize, PartialEq, Eq, PartialOrd, Ord, Default)]
struct Key<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
    #[serde(borrow)]
    id: Cow<'a, str>,
}

impl<'a> Key<'a> {
    fn of(item: &'a RawValue) -> Self {
        serde_json::from_str(item.get()).unwrap_or_default()
    }
}

fn connector(
    kind: Kind,
    object: Map<String, Value>,
    redactor: &Redactor,
) -> Result<Connector, String> {
    let connector = Connector::new(kind, object)?;
    // A service that masks badly shows secrets: from here on they are known, and never printed.
    for (field, value) in connector.config() {
        redactor.learn_field(field, value);
    }
    Ok(connector)
}

fn strange(what: &str, problem: &str) -> Error {
    Error::new(Category::Unavailable, format!("cannot {what}: the service's answer has {problem}"))
        .hint("check that the API URL is the Workflow Endpoint's (--api-url)")
}

impl Client {
    /// All connectors of a kind, in one request: the service does not page them.
    pub(crate) async fn list(&self, kind: Kind, all_types: bool) -> Result<Listing> {
        let what = format!("list {}", kind.collection());
        let mut call = Call::new(Method::GET, format!("{}/", kind.collection()), &what);
        if !all_types {
            let filter = match kind {
                Kind::Source => "source_type",
                Kind::Destination => "destination_type",
            };
            call.query.push((filter, "s3".into()));
        }
        let answer = self.send(&call).await?;
        if !answer.status.is_success() {
            let error = answer.refusal(&what, self.redactor());
            // A collection is always there: this is not the API.
            return Err(match error.category {
                Category::NotFound => Error { category: Category::Unavailable, ..error }
                    .hint("check that the API URL is the Workflow Endpoint's (--api-url)"),
                _ => error,
            });
        }
        Ok(Listing { kind, all_types, answer, redactor: self.shared_redactor() })
    }

    /// Lists several kinds, side by side.
    pub(crate) async fn list_all(&self, kinds: &[Kind], all_types: bool) -> Result<Vec<Listing>> {
        try_join_all(kinds.iter().map(|kind| self.list(*kind, all_types))).await
    }

    /// One connector by its id; `None` where there is none.
    pub(crate) async fn get(&self, kind: Kind, id: &str) -> Result<Option<Connector>> {
        let what = format!("read {} {id}", kind.name());
        let answer = self.send(&Call::new(Method::GET, path(kind, id), &what)).await?;
        match self.connector(kind, &answer, &what) {
            Err(error) if error.category == Category::NotFound => Ok(None),
            other => other.map(Some),
        }
    }

    /// Reads a connector out of an answer.
    pub(super) fn connector(&self, kind: Kind, answer: &Answer, what: &str) -> Result<Connector> {
        let object = answer.json(what, self.redactor())?;
        connector(kind, object, self.redactor()).map_err(|problem| strange(what, &problem))
    }

    /// Replaces a connector's whole config; safe to repeat, and repeated. Where long time passes
    /// between `read_at`, when `old` was read, and the write, the connector is read again, so that
    /// no one else's change is undone.
    pub(crate) async fn update(
        &self,
        old: &Connector,
        config: &Config,
        mut read_at: Instant,
    ) -> Result<Connector> {
        let what = format!("update {}", old.title());
        let mut call = Call::new(Method::PUT, path(old.kind, old.id()), &what);
        call.body = Some(Body { name: None, config });
        let (mut waited, mut lost) = (Duration::ZERO, false);
        // An earlier attempt may have been carried out, whatever the last one came to.
        let told = |lost: bool| {
            move |error: Error| if lost { error.effect(Effect::Unknown) } else { error }
        };
        for attempt in 0.. {
            if waited >= LONG || self.held_up_since(read_at) {
                read_at = Instant::now();
                self.refuse_changed(old, config).await.map_err(told(lost))?;
            }
            let outcome = self.send_once(&call).await;
            let Some(pause) = self.pause_before_retry(&call, &outcome, attempt).await else {
                let answer = self.answered(&call, outcome, attempt).map_err(told(lost))?;
                let written = self.connector(old.kind, &answer, &what);
                return written.map_err(|error| told(lost)(perhaps_written(&answer, error)));
            };
            lost |= outcome.as_ref().map_or_else(|failure| failure.was_sent, Answer::is_ambiguous);
            waited = pause;
        }
        unreachable!("the attempts are counted")
    }

    /// Refuses to go on where a connector is neither as it was nor as it shall be.
    pub(crate) async fn refuse_changed(&self, old: &Connector, config: &Config) -> Result<()> {
        let title = old.title();
        let Some(now) = self.get(old.kind, old.id()).await? else {
            let message = format!("{title} was deleted meanwhile");
            return Err(Error::new(Category::NotFound, message));
        };
        let as_it_was = agree(old.config(), now.config());
        if as_it_was || disagreements(config, now.config()).is_empty() {
            return Ok(());
        }
        let message = format!("{title} was changed by someone else meanwhile: left as it is now");
        Err(Error::new(Category::Conflict, message).hint("look at it (uns3 get), then try again"))
    }

    /// Deletes a connector; `false` where it was gone already. Gone after a lost answer is deleted.
    pub(crate) async fn delete(&self, connector: &Connector) -> Result<bool> {
        let what = format!("delete {}", connector.title());
        let call = Call::new(Method::DELETE, path(connector.kind, connector.id()), &what);
        let (answer, lost) = self.send_noting_loss(&call).await?;
        if !answer.status.is_success() {
            let error = answer.refusal(&what, self.redactor());
            return match error.category {
                Category::NotFound => Ok(lost),
                _ => Err(perhaps_written(&answer, error)),
            };
        }
        let is_json = serde_json::from_slice::<&RawValue>(&answer.body).is_ok();
        if answer.status == StatusCode::NO_CONTENT || is_json {
            return Ok(true);
        }
        // A success in no one's words: look whether it was one.
        match self.get(connector.kind, connector.id()).await? {
            None => Ok(true),
            Some(_) => Err(answer.not_the_api(&what, self.redactor())),
        }
    }
}

/// The error of a write whose answer leaves open whether it was carried out.
fn perhaps_written(answer: &Answer, error: Error) -> Error {
    if answer.status.is_redirection() {
        // Not meant to have been; but what stands before the service may not know.
        return error.effect(Effect::Unknown);
    }
    if !(answer.is_ambiguous() || answer.status.is_success()) {
        return error;
    }
    let message = format!("{}; it may have been carried out all the same", error.message);
    Error { message, ..error }
        .effect(Effect::Unknown)
        .hint("run the command again, which is safe, or look (uns3 get)")
}

fn path(kind: Kind, id: &str) -> String {
    format!("{}/{id}", kind.collection())
}
