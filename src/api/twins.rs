//! What is there by the name of a connector that is to be made: found, taken for one's own or not,
//! and of several the one that stays.

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
use crate::domain::twins::{Standing, standing, tick};
use crate::error::{Category, Effect, Error, Result};

/// The waits before each further look, in milliseconds, where others of the name are to give way.
const AGAIN: &[u64] = &[1000, 2000];

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
    /// comes to its end. Where several are there, all but one may be about to give way.
    pub(super) async fn look_for(
        &self,
        wanted: &Wanted<'_>,
        looks: &[u64],
    ) -> Result<Option<Created>> {
        let mut found = Vec::new();
        for wait in looks {
            tokio::time::sleep(Duration::from_millis(*wait)).await;
            found = self.named(wanted.kind, wanted.name).await?;
            if found.len() == 1 {
                break;
            }
        }
        match found.len() {
            0 => Ok(None),
            1 => found.pop().map(|one| self.adopted(wanted, one)).transpose(),
            _ => Err(several(wanted.name, found.iter())),
        }
    }

    /// What was found where one was to be made, unless it cannot be that one.
    fn adopted(&self, wanted: &Wanted<'_>, found: Connector) -> Result<Created> {
        if let Some(why) = self.is_not_ours(wanted, &found) {
            let message = format!("someone else made {}{why}", found.title());
            return Err(Error::new(Category::Conflict, message).effect(Effect::Unknown));
        }
        let key = found.setting("key");
        let certain = !found.auth().has_keys() || !(key.is_empty() || is_mask(key));
        Ok(Created { connector: found, how: How::Found { certain } })
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

    /// After a POST that was sent again: if the first one was carried out too, two are there, and
    /// the one that was just made, which nothing can use yet, goes if it is the younger. An elder one
    /// never goes: somebody else may have made the younger one, and be about to delete it.
    pub(super) async fn only_one(
        &self,
        wanted: &Wanted<'_>,
        made: Connector,
        looks: &[u64],
    ) -> Result<Created> {
        let (mut others, mut gone) = (Vec::new(), false);
        for (at, wait) in looks.iter().chain(AGAIN).enumerate() {
            if at >= looks.len() && others.len() == usize::from(gone) {
                break;
            }
            tokio::time::sleep(Duration::from_millis(*wait)).await;
            let named = self.named(made.kind, made.name()).await;
            let named = named.map_err(|error| perhaps_two(&made, error))?;
            let goes = match standing(made.id(), &named) {
                Standing::Behind(_) => true,
                // Nobody else can have made one of such a name.
                Standing::First(_) => wanted.begun.is_none(),
                Standing::Alone | Standing::Unseen => false,
            };
            if goes && !gone {
                self.delete(&made).await.map_err(|error| perhaps_two(&made, error))?;
                gone = true;
            }
            others = named.into_iter().filter(|one| one.id() != made.id()).collect();
        }
        match (gone, others.len()) {
            (false, 0) => Ok(Created { connector: made, how: How::Made }),
            (true, 1) => self.adopted(wanted, others.remove(0)),
            (false, _) => Err(several(made.name(), others.iter().chain([&made]))),
            (true, _) => Err(several(made.name(), others.iter())),
        }
    }

    /// Looks, after connectors were made, whether others made some of the same names at the same
    /// time, by one list for all: what is not the first of its name is deleted. What is wrong with
    /// each, by its id.
    pub(crate) async fn give_way_to_twins(
        &self,
        kind: Kind,
        made: &[&Connector],
    ) -> Result<Vec<(String, Error)>> {
        tokio::time::sleep(made.iter().map(|one| tick(one)).max().unwrap_or_default()).await;
        let mut named = self.by_name(kind, made).await?;
        let (mut open, mut problems) = (made.to_vec(), Vec::new());
        for wait in AGAIN.iter().map(Some).chain([None]) {
            let mut left = Vec::new();
            for own in open {
                let named = named.get(own.name()).map_or(&[][..], Vec::as_slice);
                match standing(own.id(), named) {
                    Standing::Alone => {}
                    Standing::Behind(older) => {
                        problems.push((own.id().to_owned(), self.give_way(own, older).await));
                    }
                    Standing::First(_) | Standing::Unseen => left.push(own),
                }
            }
            open = left;
            let Some(wait) = wait.filter(|_| !open.is_empty()) else { break };
            tokio::time::sleep(Duration::from_millis(*wait)).await;
            // What is deleted is told in any case.
            let Ok(now) = self.by_name(kind, &open).await else { break };
            named = now;
        }
        let titles: Vec<String> = open.iter().map(|own| own.title()).collect();
        if !titles.is_empty() {
            self.warner()(&format!(
                "others of the same name may be there beside {}: look (uns3 list), and delete by its \
                 id what is too many",
                titles.join(", ")
            ));
        }
        Ok(problems)
    }

    /// All connectors of the names of some.
    async fn by_name(
        &self,
        kind: Kind,
        made: &[&Connector],
    ) -> Result<HashMap<String, Vec<Connector>>> {
        let listing = self.list(kind, false).await?;
        let names: HashSet<&str> = made.iter().map(|one| one.name()).collect();
        let mut named: HashMap<String, Vec<Connector>> = HashMap::new();
        for connector in listing.connectors()? {
            if names.contains(connector.name()) {
                named.entry(connector.name().to_owned()).or_default().push(connector);
            }
        }
        Ok(named)
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

    /// The S3 connectors of a name, of which all but one may be about to give way.
    pub(crate) async fn last_named(&self, kind: Kind, name: &str) -> Result<Vec<Connector>> {
        for wait in AGAIN {
            let found = self.named(kind, name).await?;
            if found.len() < 2 {
                return Ok(found);
            }
            tokio::time::sleep(Duration::from_millis(*wait)).await;
        }
        self.named(kind, name).await
    }

    /// The S3 connectors of a name.
    pub(crate) async fn named(&self, kind: Kind, name: &str) -> Result<Vec<Connector>> {
        let listing = self.list(kind, false).await?;
        listing.refuse_odd(|meant| meant == name)?;
        Ok(listing.connectors()?.filter(|one| one.name() == name).collect())
    }
}

/// The error of a connector that was made, where a second one may be there.
pub(super) fn perhaps_two(made: &Connector, error: Error) -> Error {
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
