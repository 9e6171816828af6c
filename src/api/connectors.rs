//! Connectors: list, get, update, delete, and what a target names.

use std::rc::Rc;
use std::time::Duration;

use futures_util::future::{join_all, try_join_all};
use reqwest::{Method, StatusCode};
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};
use tokio::time::Instant;

use super::answer::Answer;
use super::pace::LONG;
use super::transport::{Call, Client};
use crate::domain::config::{agree, disagreements};
use crate::domain::connector::{Connector, Kind};
use crate::domain::names::{is_id, near};
use crate::domain::redaction::Redactor;
use crate::domain::selection::{Filter, Resolved, names};
use crate::error::{Category, Error, Result};

/// The answer to a list, kept as it came: each connector is read when it is looked at, so that
/// ten thousand cost no more memory than their text.
pub struct Listing {
    kind: Kind,
    all_types: bool,
    answer: Answer,
    redactor: Rc<Redactor>,
}

impl Listing {
    /// Its connectors, in the service's order; only S3's, unless all types were asked for.
    pub fn connectors(&self) -> Result<impl Iterator<Item = Result<Connector>>> {
        let what = format!("list {}", self.kind.collection());
        let items: Vec<&RawValue> = self.answer.json(&what, &self.redactor)?;
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
    pub async fn list(&self, kind: Kind, all_types: bool) -> Result<Listing> {
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
    pub async fn list_all(&self, kinds: &[Kind], all_types: bool) -> Result<Vec<Listing>> {
        try_join_all(kinds.iter().map(|kind| self.list(*kind, all_types))).await
    }

    /// One connector by its id; `None` where there is none.
    pub async fn get(&self, kind: Kind, id: &str) -> Result<Option<Connector>> {
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
    pub async fn update(
        &self,
        old: &Connector,
        config: &Map<String, Value>,
        mut read_at: Instant,
    ) -> Result<Connector> {
        let body = json!({"config": config});
        let what = format!("update {}", old.title());
        let mut call = Call::new(Method::PUT, path(old.kind, old.id()), &what);
        call.body = Some(&body);
        let mut waited = Duration::ZERO;
        for attempt in 0.. {
            if waited >= LONG || self.held_up_since(read_at) {
                read_at = Instant::now();
                self.refuse_changed(old, config).await?;
            }
            let outcome = self.send_once(&call).await;
            let Some(pause) = self.pause_before_retry(&call, &outcome, attempt).await else {
                let answer = self.answered(&call, outcome, attempt)?;
                let written = self.connector(old.kind, &answer, &what);
                return written.map_err(|error| perhaps_written(&answer, error));
            };
            waited = pause;
        }
        unreachable!("the attempts are counted")
    }

    /// Refuses to go on where a connector is neither as it was nor as it shall be.
    pub async fn refuse_changed(&self, old: &Connector, config: &Map<String, Value>) -> Result<()> {
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
    pub async fn delete(&self, connector: &Connector) -> Result<bool> {
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

    /// What each target names, by one list a kind, or by one reading where an id stands alone.
    pub async fn resolve(&self, kinds: &[Kind], targets: &[String]) -> Result<Vec<Resolved>> {
        if let [id] = targets
            && is_id(id)
        {
            let connectors = self.get_any(kinds, id).await?;
            if !connectors.is_empty() {
                return Ok(vec![Resolved { target: id.clone(), connectors, near: Vec::new() }]);
            }
        }
        let listings = self.list_all(kinds, false).await?;
        self.resolve_in(&listings, kinds, targets).await
    }

    /// What each target names, by lists that are there already.
    pub async fn resolve_in(
        &self,
        listings: &[Listing],
        kinds: &[Kind],
        targets: &[String],
    ) -> Result<Vec<Resolved>> {
        let mut found: Vec<Resolved> = targets
            .iter()
            .map(|target| Resolved { target: target.clone(), connectors: vec![], near: vec![] })
            .collect();
        for listing in listings {
            for connector in listing.connectors()? {
                let connector = connector?;
                for one in found.iter_mut().filter(|one| names(&one.target, &connector)) {
                    one.connectors.push(connector.clone());
                }
            }
        }
        for one in found.iter_mut().filter(|one| one.connectors.is_empty()) {
            if is_id(&one.target) {
                // Perhaps of another type, which the list does not show.
                one.connectors = self.get_any(kinds, &one.target).await?;
            }
            one.near = near_in(listings, &one.target)?;
        }
        Ok(found)
    }

    async fn get_any(&self, kinds: &[Kind], id: &str) -> Result<Vec<Connector>> {
        let found = join_all(kinds.iter().map(|kind| self.get(*kind, id))).await;
        found.into_iter().filter_map(Result::transpose).collect()
    }
}

/// The error of a write whose answer leaves open whether it was carried out.
fn perhaps_written(answer: &Answer, error: Error) -> Error {
    if answer.status.is_redirection() || !(answer.is_ambiguous() || answer.status.is_success()) {
        return error;
    }
    let message = format!("{}; it may have been carried out all the same", error.message);
    Error { message, ..error }.hint("run the command again, which is safe, or look (uns3 get)")
}

/// What resolved targets must be.
#[derive(Clone, Copy, Debug, Default)]
pub struct Need {
    /// A target may name nothing.
    pub absent_ok: bool,
    /// A target may be a connector of a type that uns3 does not manage.
    pub any_type: bool,
}

/// The connectors that targets name, each once, or all that is wrong with the targets.
pub fn usable(found: Vec<Resolved>, kinds: &[Kind], need: Need) -> Result<Vec<Connector>> {
    let wrong = |one: &&Resolved| !(need.absent_ok && one.connectors.is_empty());
    let mut problems: Vec<String> =
        found.iter().filter(wrong).filter_map(|one| one.problem(kinds)).collect();
    let named = !problems.is_empty();
    let all = || found.iter().flat_map(|one| &one.connectors);
    problems.extend(all().filter(|one| !need.any_type && !one.is_s3()).map(|one| {
        let (title, kind) = (one.title(), one.type_name());
        format!("{title} is a connector of type {kind:?}: uns3 manages S3 ones only")
    }));
    if !problems.is_empty() {
        let category = match found.iter().any(|one| one.ambiguous().is_some()) {
            true => Category::Conflict,
            false if named => Category::NotFound,
            false => Category::Usage,
        };
        let hint = "see what there is: uns3 list --kind all";
        return Err(Error { category, ..Error::problems(&problems) }.hint(hint));
    }
    let mut connectors: Vec<Connector> = Vec::new();
    for connector in found.into_iter().flat_map(|one| one.connectors) {
        if !connectors.iter().any(|one| one.id() == connector.id() && one.kind == connector.kind) {
            connectors.push(connector);
        }
    }
    Ok(connectors)
}

impl Client {
    /// The S3 connectors that targets name, or all that is wrong with the targets.
    pub async fn find(&self, kinds: &[Kind], targets: &[String]) -> Result<Vec<Connector>> {
        usable(self.resolve(kinds, targets).await?, kinds, Need::default())
    }

    /// All S3 connectors that a filter admits.
    pub async fn select(&self, kinds: &[Kind], filter: &Filter) -> Result<Vec<Connector>> {
        select_in(&self.list_all(kinds, false).await?, filter)
    }
}

/// The connectors of lists that a filter admits.
pub fn select_in(listings: &[Listing], filter: &Filter) -> Result<Vec<Connector>> {
    let mut selected = Vec::new();
    for listing in listings {
        for connector in listing.connectors()? {
            selected.push(connector?);
            selected.pop_if(|one| !filter.admits(one));
        }
    }
    Ok(selected)
}

fn near_in(listings: &[Listing], target: &str) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for listing in listings {
        for connector in listing.connectors()? {
            names.push(connector?.name().to_owned());
        }
    }
    Ok(near(target, names.iter().map(String::as_str)))
}

fn path(kind: Kind, id: &str) -> String {
    format!("{}/{id}", kind.collection())
}
