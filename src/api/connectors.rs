//! Connectors: list, get, delete.

use std::cell::Cell;

use futures_util::future::try_join_all;
use reqwest::{Method, StatusCode};
use serde_json::value::RawValue;

use super::limiter::Turn;
use super::listing::{Listing, connector, strange};
use super::request::{Call, path};
use super::response::{Answer, perhaps_written};
use super::transport::Client;
use crate::domain::connector::Connector;
use crate::domain::kind::Kind;
use crate::error::{Category, Error, Result};

impl Client {
    /// All connectors of a kind, in one request: the service does not page them.
    pub(crate) async fn list(&self, kind: Kind, all_types: bool) -> Result<Listing> {
        self.list_in(None, kind, all_types).await
    }

    /// The same in a turn that is kept.
    pub(super) async fn list_in(
        &self,
        turn: Option<&Turn<'_>>,
        kind: Kind,
        all_types: bool,
    ) -> Result<Listing> {
        let what = format!("list {}", kind.collection());
        let mut call = Call::new(Method::GET, format!("{}/", kind.collection()), &what);
        if !all_types {
            let filter = match kind {
                Kind::Source => "source_type",
                Kind::Destination => "destination_type",
            };
            call.query.push((filter, "s3".into()));
        }
        let answer = self.send_in(turn, &call).await?;
        if !answer.status.is_success() {
            let error = answer.refusal(&what, self.redactor());
            // A collection is always there: this is not the API.
            return Err(match error.category {
                Category::NotFound => Error { category: Category::Unavailable, ..error }
                    .hint("check that the API URL is the Workflow Endpoint's (--api-url)"),
                _ => error,
            });
        }
        let (redactor, warn) = (self.shared_redactor(), self.warner());
        Ok(Listing { kind, all_types, answer, redactor, warn, warned: Cell::default() })
    }

    /// Lists several kinds, side by side.
    pub(crate) async fn list_all(&self, kinds: &[Kind], all_types: bool) -> Result<Vec<Listing>> {
        try_join_all(kinds.iter().map(|kind| self.list(*kind, all_types))).await
    }

    /// One connector by its id; `None` where there is none.
    pub(crate) async fn get(&self, kind: Kind, id: &str) -> Result<Option<Connector>> {
        self.get_in(None, kind, id).await
    }

    /// The same in a turn that is kept.
    pub(super) async fn get_in(
        &self,
        turn: Option<&Turn<'_>>,
        kind: Kind,
        id: &str,
    ) -> Result<Option<Connector>> {
        let what = format!("read {} {id}", kind.name());
        let answer = self.send_in(turn, &Call::new(Method::GET, path(kind, id), &what)).await?;
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
