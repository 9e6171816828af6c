//! Deleting connectors: which are meant, whether they are still what was agreed to, and what became
//! of each.

use futures_util::future::try_join_all;
use futures_util::{StreamExt, stream};
use serde_json::{Map, Value};

use crate::args::selection::TargetArgs;
use crate::domain::connector::Connector;
use crate::domain::names::SCRATCH;
use crate::domain::selection::Filter;
use crate::error::{Category, Error, Result};
use crate::ops::each::{self, Detail, Outcome, Reference, Status};
use crate::ops::session::Session;
use crate::ops::targets::{self, Need, usable};
use crate::ops::workflows;
use crate::output::Column;

/// How many connectors are deleted side by side.
const AT_ONCE: usize = 8;

/// What is to be deleted, and how.
pub(crate) struct Deleting<'a> {
    pub(crate) session: &'a Session<'a>,
    pub(crate) on: &'a TargetArgs,
    /// Whether a target may name nothing.
    pub(crate) if_exists: bool,
    /// Whether what workflows use is deleted too.
    pub(crate) force: bool,
}

impl Deleting<'_> {
    /// The connectors that are meant, and the outcomes of targets that name none.
    pub(crate) async fn chosen(
        &self,
        filter: &Filter,
    ) -> Result<(Vec<Connector>, Vec<Outcome<Deletion>>)> {
        let kinds = self.on.kinds();
        if self.on.all {
            let mut found = targets::select(&self.session.client, &kinds, filter).await?;
            // Scratch connectors are a rotation's, which may be at work.
            found.retain(|one| !one.name().starts_with(SCRATCH));
            if found.is_empty() {
                targets::warn_of_nothing(self.session.output(), self.on)?;
            }
            return Ok((found, Vec::new()));
        }
        let found = targets::resolve(&self.session.client, kinds, &self.on.targets).await?;
        let absent = found.iter().filter(|one| one.connectors.is_empty());
        let absent = absent.map(|one| absent_outcome(&one.target)).collect();
        let need = Need { absent_ok: self.if_exists, ..Need::default() };
        Ok((usable(&self.session.client, found, kinds, need).await?, absent))
    }

    /// A question takes time: what changed meanwhile is no longer what was agreed to.
    pub(crate) async fn as_they_are_now(
        &self,
        agreed: Vec<Connector>,
        outcomes: &mut Vec<Outcome<Deletion>>,
    ) -> Result<Vec<Connector>> {
        let read = |connector: Connector| async {
            let now = self.session.client.get(connector.kind, connector.id()).await;
            now.map(|now| (connector, now))
        };
        let mut still = Vec::new();
        for (connector, now) in try_join_all(agreed.into_iter().map(read)).await? {
            match now {
                None => outcomes.push(self.gone(&connector)),
                Some(now) if now.agrees_with(&connector) => still.push(now),
                Some(now) => {
                    let message =
                        format!("{} was changed meanwhile: nothing was deleted", now.title());
                    return Err(Error::new(Category::Conflict, message).hint("look at it again"));
                }
            }
        }
        if !self.force {
            workflows::refuse_used(self.session, &still, Some("--force")).await?;
        }
        Ok(still)
    }

    /// Deletes them side by side.
    pub(crate) async fn all(&self, connectors: Vec<Connector>) -> Vec<Outcome<Deletion>> {
        let one = |connector| self.one(connector);
        stream::iter(connectors).map(one).buffered(AT_ONCE).collect().await
    }

    async fn one(&self, connector: Connector) -> Outcome<Deletion> {
        let what = format!("deleted {}", connector.title());
        match self.session.journal().write(&what, self.session.client.delete(&connector)).await {
            Ok(true) => {
                self.session.journal().done(&what);
                self.session.leases.forget(&connector);
                self.session.output().notice(&what);
                Outcome::new(&connector, Status::Deleted, Deletion)
            }
            Ok(false) => self.gone(&connector),
            Err(error) => Outcome::failed(&connector, Deletion, error),
        }
    }

    /// Someone else deleted it first.
    fn gone(&self, connector: &Connector) -> Outcome<Deletion> {
        let message = format!("{} was deleted meanwhile", connector.title());
        let error = (!self.if_exists).then(|| Error::new(Category::NotFound, message));
        Outcome { error, ..Outcome::new(connector, Status::Absent, Deletion) }
    }
}

/// What is asked before anything is deleted: each connector, and where it is.
pub(crate) fn question(connectors: &[Connector]) -> String {
    let titles = connectors.iter().map(|one| {
        let url = one.setting("remote_url");
        format!("{} on {url}", one.title())
    });
    match titles.collect::<Vec<_>>().as_slice() {
        [one] => format!("Delete {one}?"),
        many => format!("{}\nDelete these {} connectors?", many.join("\n"), many.len()),
    }
}

fn absent_outcome(target: &str) -> Outcome<Deletion> {
    let (connector, status) = (Reference::absent(target), Status::Absent);
    Outcome { connector, status, detail: Deletion, error: None, profile: None }
}

/// A deletion has nothing to say beside its status.
pub(crate) struct Deletion;

impl Detail for Deletion {
    const COLUMNS: &'static [Column<Outcome<Self>>] = &[
        each::name(),
        each::id(),
        each::kind(),
        each::status(),
        Column::new("error", Outcome::message).long().rows(),
    ];

    fn add_to(&self, _: &mut Map<String, Value>) {}
}
