//! Updating a connector: a PUT replaces its whole config, so it rests on a reading that is fresh.

use std::collections::HashMap;

use reqwest::Method;
use tokio::time::Instant;

use super::ahead::{MANY, Reading, is_due, is_old};
use super::body::Body;
use super::limiter::Turn;
use super::request::{Call, path};
use super::response::{self, perhaps_written};
use super::transport::Client;
use crate::domain::connector::Connector;
use crate::domain::kind::Kind;
use crate::domain::s3::config::{Config, agree, disagreements};
use crate::error::{Category, Effect, Error, Result};
use crate::net::Attempt;

impl Client {
    /// Replaces a connector's whole config; safe to repeat, and repeated. Where `old` was read, at
    /// `read_at`, too long before the PUT, it is read again, so that nobody's change is undone.
    pub(crate) async fn update(
        &self,
        old: &Connector,
        config: &Config,
        mut read_at: Instant,
    ) -> Result<Connector> {
        let what = format!("update {}", old.title());
        let mut call = Call::new(Method::PUT, path(old.kind, old.id()), &what);
        call.body = Some(Body { name: None, config });
        let (mut lost, mut last) = (false, false);
        let sent = self.retry(&call).run(async || {
            lost |= last;
            let turn = self.limiter.turn().await;
            let fresh = self.refresh(&turn, old, config, &mut read_at).await;
            if let Err(error) = fresh.and_then(|()| self.may_write()) {
                return Attempt::Final(Err(error));
            }
            let outcome = self.send_once_in(&turn, &call).await;
            last = response::is_open(&outcome);
            self.attempted(outcome).map(Ok)
        });
        let (outcome, attempts) = sent.await;
        let written = outcome.and_then(|outcome| {
            let answer = self.answered(&call, outcome, attempts)?;
            let written = self.connector(old.kind, &answer, &what);
            written.map_err(|error| perhaps_written(&answer, error))
        });
        self.ahead.borrow_mut().forget(old, written.as_ref().ok());
        // An earlier attempt may have been carried out, whatever the last one came to.
        written.map_err(|error| if lost { error.effect(Effect::Unknown) } else { error })
    }

    /// Reads a connector again until the reading is fresh at the moment of the write, and refuses
    /// to go on where someone else changed it.
    async fn refresh(
        &self,
        turn: &Turn<'_>,
        old: &Connector,
        config: &Config,
        read_at: &mut Instant,
    ) -> Result<()> {
        turn.again().await;
        while let Some(reading) = self.later(turn, old, *read_at).await? {
            refuse_changed(old, config, reading.connector.as_ref())?;
            *read_at = reading.at;
            turn.again().await;
        }
        Ok(())
    }

    /// Says which connectors are to be written, so that a list can serve many of them.
    pub(crate) fn expect_writes<'a>(&self, connectors: impl Iterator<Item = &'a Connector>) {
        self.ahead.borrow_mut().expect(connectors);
    }

    /// The connectors that were written since, and which a later list, that was read for others,
    /// showed with another's values, by their ids.
    pub(crate) fn overwritten(&self) -> HashMap<String, (Connector, Error)> {
        let told = self.ahead.borrow_mut().overwritten();
        let problem = |(now, fields): (Connector, Vec<String>)| {
            let error = overwritten(&now, &fields);
            (now.id().to_owned(), (now, error))
        };
        told.into_iter().map(problem).collect()
    }

    /// A connector as it is now, read in a turn where the reading so far is old, or where it soon is
    /// and nobody asks for the next list yet. None: the reading so far is good.
    async fn later(
        &self,
        turn: &Turn<'_>,
        old: &Connector,
        read_at: Instant,
    ) -> Result<Option<Reading>> {
        let known = || {
            let reading = self.ahead.borrow().since(read_at, old);
            // What a list does not show is asked for by its id, before it is taken to be gone.
            reading.filter(|reading| reading.connector.is_some())
        };
        if let Some(reading) = known() {
            return Ok(Some(reading));
        }
        let many = self.ahead.borrow().count(old.kind) >= MANY;
        let early = !is_old(read_at);
        let one = match (early, many) {
            (false, true) => self.refreshing.lock().await,
            (false, false) => return self.read_again(turn, old).await.map(Some),
            (true, true) if is_due(read_at) && !self.limiter.is_limited() => {
                match self.refreshing.try_lock() {
                    Ok(one) => one,
                    Err(_) => return Ok(None),
                }
            }
            (true, _) => return Ok(None),
        };
        if let Some(reading) = known() {
            return Ok(Some(reading));
        }
        if let Err(error) = self.list_ahead(turn, old.kind).await {
            drop(one);
            if !early {
                return Err(error);
            }
            // It came for the sake of others: the reading so far may still be good when this one's
            // write can be sent.
            turn.again().await;
            return match is_old(read_at) {
                true => self.read_again(turn, old).await.map(Some),
                false => Ok(None),
            };
        }
        match known() {
            Some(reading) => Ok(Some(reading)),
            None => self.read_again(turn, old).await.map(Some),
        }
    }

    /// Lists for all that are still to be written.
    async fn list_ahead(&self, turn: &Turn<'_>, kind: Kind) -> Result<()> {
        let asked = Instant::now();
        let listing = self.list_in(Some(turn), kind, false).await?;
        let listed: Vec<Connector> = listing.connectors()?.collect();
        self.ahead.borrow_mut().take(kind, listed, asked);
        Ok(())
    }

    async fn read_again(&self, turn: &Turn<'_>, old: &Connector) -> Result<Reading> {
        let connector = self.get_in(Some(turn), old.kind, old.id()).await?;
        Ok(Reading { connector, at: Instant::now() })
    }
}

/// The error of a connector that was written, and then read with another's values.
fn overwritten(now: &Connector, fields: &[String]) -> Error {
    let (title, fields) = (now.title(), fields.join(", "));
    let message = format!("{title} was written, and then changed by someone else: {fields}");
    Error::new(Category::Conflict, message).hint("look at it (uns3 get), then try again")
}

/// Refuses to go on where a connector is neither as it was nor as it shall be.
fn refuse_changed(old: &Connector, config: &Config, now: Option<&Connector>) -> Result<()> {
    let title = old.title();
    let Some(now) = now else {
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
