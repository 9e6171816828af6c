//! What is there by the name of a connector that is to be made: found, taken for one's own or not,
//! and of two the one that goes.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use jiff::Timestamp;
use reqwest::StatusCode;
use serde_json::Value;

use super::transport::Client;
use super::wanted::Wanted;
use crate::domain::connector::Connector;
use crate::domain::kind::Kind;
use crate::domain::s3::config::disagreements;
use crate::domain::s3::same::same;
use crate::domain::secret::{holds_mask, is_mask};
use crate::error::{Category, Effect, Error, Result};

/// A connector that now is there.
pub(crate) struct Created {
    /// The connector.
    pub(crate) connector: Connector,
    /// How it came to be there.
    pub(crate) how: How,
}

/// How a connector came to be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum How {
    /// The service said that it made it.
    Made,
    /// Its making was not answered, and it was found by its name.
    Found {
        /// Whether it has this command's credentials, as far as readings tell. Otherwise someone
        /// else may have made it.
        certain: bool,
    },
}

impl Client {
    /// Looks for the name, several times; also when the command shall end, for this is how a write
    /// comes to its end.
    pub(super) async fn look_for(
        &self,
        wanted: &Wanted<'_>,
        looks: &[u64],
    ) -> Result<Option<Created>> {
        for wait in looks {
            tokio::time::sleep(Duration::from_millis(*wait)).await;
            let mut found = self.named(wanted.kind, wanted.name).await?;
            let Some(connector) = found.pop() else { continue };
            if !found.is_empty() {
                return Err(several(wanted.name, found.iter().chain([&connector])));
            }
            if let Some(why) = self.is_not_ours(wanted, &connector) {
                let message = format!("someone else made {}{why}", connector.title());
                return Err(Error::new(Category::Conflict, message).effect(Effect::Unknown));
            }
            return Ok(Some(found_certain(connector)));
        }
        Ok(None)
    }

    /// Why a connector that was found cannot be the one that was to be made.
    fn is_not_ours(&self, wanted: &Wanted<'_>, found: &Connector) -> Option<String> {
        let made = found.created_at().parse::<Timestamp>();
        // By the service's clock, with some leave for one that does not tell the time.
        let begun = wanted.begun.map(|begun| self.service_time(begun));
        if made.is_ok_and(|made| begun.is_some_and(|begun| made < begun)) {
            return Some(format!(" before this command began, at {}", found.created_at()));
        }
        let mut differ = disagreements(wanted.config, found.config());
        let unasked = |(field, value): &(&String, &Value)| {
            !wanted.config.has(field) && !same(field, Some(value), None) && !holds_mask(value)
        };
        differ.extend(found.config().iter().filter(unasked).map(|(field, _)| field.clone()));
        let differ = differ.join(", ");
        (!differ.is_empty()).then(|| format!(" meanwhile, with other settings: {differ}"))
    }

    /// After a POST that was sent again: if the first one was carried out late, two are there, and
    /// the one that was just made, which nothing can use yet, is deleted.
    pub(super) async fn only_one(
        &self,
        wanted: &Wanted<'_>,
        made: Connector,
        looks: &[u64],
    ) -> Result<Created> {
        for wait in looks {
            tokio::time::sleep(Duration::from_millis(*wait)).await;
            let found = self.named(made.kind, made.name()).await;
            let found = found.map_err(|error| perhaps_two(&made, error))?;
            let mut others = found.into_iter().filter(|one| one.id() != made.id());
            let Some(first) = others.next() else { continue };
            if others.next().is_some() || self.is_not_ours(wanted, &first).is_some() {
                return Err(several(made.name(), [&first, &made].into_iter()));
            }
            self.delete(&made).await.map_err(|error| perhaps_two(&made, error))?;
            return Ok(found_certain(first));
        }
        Ok(Created { connector: made, how: How::Made })
    }

    /// What was just made, unless one of its name is there that is older: several that are created
    /// at the same time each see that the name is free. All sides come to the same judgement.
    pub(super) async fn without_older_twin(&self, made: Created) -> Result<Created> {
        let own = &made.connector;
        let found = match self.named(own.kind, own.name()).await {
            Ok(found) => found,
            Err(error) => {
                self.notice(&perhaps_two(own, error).message);
                return Ok(made);
            }
        };
        match older_twin(own, found.iter()) {
            None => Ok(made),
            Some(older) => Err(self.give_way(own, older).await),
        }
    }

    /// The same for many of a kind, which were made by [`Self::create_among`], by one list: a look
    /// for each would be as many lists as connectors. What is wrong with each, by its id.
    pub(crate) async fn give_way_to_twins(
        &self,
        kind: Kind,
        made: &[&Connector],
    ) -> Result<Vec<(String, Error)>> {
        let listing = self.list(kind, false).await?;
        let mut named: HashMap<String, Vec<Connector>> = HashMap::new();
        let names: HashSet<&str> = made.iter().map(|one| one.name()).collect();
        for connector in listing.connectors()? {
            let connector = connector?;
            if names.contains(connector.name()) {
                named.entry(connector.name().to_owned()).or_default().push(connector);
            }
        }
        let mut problems = Vec::new();
        for own in made {
            let found = named.get(own.name()).into_iter().flatten();
            if let Some(older) = older_twin(own, found) {
                problems.push((own.id().to_owned(), self.give_way(own, older).await));
            }
        }
        Ok(problems)
    }

    /// Deletes what was made beside an older one; the error that says so.
    async fn give_way(&self, own: &Connector, older: &Connector) -> Error {
        if let Err(error) = self.delete(own).await {
            return perhaps_two(own, error);
        }
        let message = format!(
            "{} exists: it was made at the same time, and the second one was deleted again",
            older.title()
        );
        // As a service would answer that allows a name once.
        let status = Some(StatusCode::CONFLICT.as_u16());
        Error { status, ..Error::new(Category::Conflict, message) }
    }

    /// The S3 connectors of a name.
    pub(crate) async fn named(&self, kind: Kind, name: &str) -> Result<Vec<Connector>> {
        let listing = self.list(kind, false).await?;
        listing.refuse_odd(|meant| meant == name)?;
        let connectors = listing.connectors()?;
        connectors.filter(|one| one.as_ref().map_or(true, |one| one.name() == name)).collect()
    }
}

/// The oldest of the connectors of a name that is older than one of them.
fn older_twin<'a>(
    own: &Connector,
    found: impl Iterator<Item = &'a Connector>,
) -> Option<&'a Connector> {
    let age = |one: &Connector| (one.created_at().parse::<Timestamp>().ok(), one.id().to_owned());
    let twins = found.filter(|one| one.id() != own.id() && age(one) < age(own));
    twins.min_by_key(|one| age(one))
}

/// A connector that was found where one was to be made.
fn found_certain(connector: Connector) -> Created {
    let key = connector.setting("key");
    let certain = !connector.auth().has_keys() || !(key.is_empty() || is_mask(key));
    Created { connector, how: How::Found { certain } }
}

/// The error of a connector that was made, where a second one may be there.
fn perhaps_two(made: &Connector, error: Error) -> Error {
    let message = format!(
        "{} is made, but it is not known whether there are two now: {}",
        made.title(),
        error.message
    );
    Error { message, effect: Effect::Unknown, ..error }
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
