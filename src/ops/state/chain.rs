//! A chain of numbered objects in a folder of a shared state: its newest one, and the next.

use std::time::Duration;

use futures_util::future::join_all;
use jiff::Timestamp;

use super::store::{Listed, Store};
use crate::domain::state::serial::{self, KEPT};
use crate::error::{Category, Error, Result};

/// An object that was listed and is gone is looked for again so often: its chain went on meanwhile.
const READINGS: usize = 10;

/// Where a chain's objects are.
pub(super) struct Chain<'a> {
    pub(super) store: &'a Store,
    /// The folder, with a slash at its end.
    pub(super) folder: &'a str,
}

/// The newest object of a chain, without what is in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Head {
    /// Its number; 0: the chain is empty.
    pub(super) number: u64,
    /// How long ago it was made, by the clock that dated it.
    pub(super) age: Duration,
}

impl Head {
    /// The newest of what was listed below a folder.
    pub(super) fn of(listed: &Listed, folder: &str) -> Self {
        let number = |name: &str| serial::number(name.strip_prefix(folder)?);
        let found = listed.objects.iter().find_map(|one| Some((number(&one.name)?, one.made)));
        let Some((number, made)) = found else { return Self::default() };
        Self { number, age: age(made, listed.now) }
    }
}

fn age(made: Option<Timestamp>, now: Timestamp) -> Duration {
    let age = made.map(|made| Duration::try_from(now.duration_since(made)).unwrap_or_default());
    age.unwrap_or_default()
}

impl Chain<'_> {
    fn path(&self, number: u64) -> String {
        format!("{}{}", self.folder, serial::name(number))
    }

    /// The newest object.
    pub(super) async fn head(&self) -> Result<Head> {
        Ok(Head::of(&self.store.list(self.folder).await?, ""))
    }

    /// The newest object and what is in it; without that where it is the one that is `known`.
    pub(super) async fn newest(&self, known: u64) -> Result<(Head, Option<Vec<u8>>)> {
        for _ in 0..READINGS {
            let head = self.head().await?;
            if head.number == known || head.number == 0 {
                return Ok((head, None));
            }
            if let Some(bytes) = self.read(head.number).await? {
                return Ok((head, Some(bytes)));
            }
        }
        let message = format!("what is listed below {} is not there", self.folder);
        Err(Error::new(Category::Unavailable, message))
    }

    /// What is in the object of a number.
    pub(super) async fn read(&self, number: u64) -> Result<Option<Vec<u8>>> {
        self.store.read(&self.path(number)).await
    }

    /// Makes the object of a number; `None`: another did. Old ones are removed.
    ///
    /// The listing is not for tidiness alone. Who was held up for long may make an object in the place
    /// of one that was removed: it follows nothing, and the newest one tells.
    pub(super) async fn make(&self, number: u64, bytes: &[u8]) -> Result<Option<Head>> {
        if !self.store.make(&self.path(number), bytes).await? {
            return Ok(None);
        }
        let listed = self.store.list(self.folder).await?;
        let head = Head::of(&listed, "");
        let old =
            listed.objects.iter().map(|one| &one.name).filter(|name| {
                serial::number(name).is_some_and(|number| number + KEPT <= head.number)
            });
        let old: Vec<String> = old.map(|name| format!("{}{name}", self.folder)).collect();
        // All of a few at once, not each time the one that has become too old.
        if old.len() as u64 >= KEPT {
            join_all(old.iter().map(|name| self.store.remove(name))).await;
        }
        Ok(Some(head))
    }
}
