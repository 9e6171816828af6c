//! `uns3 delete`: names what it will delete, asks, and leaves alone what workflows use.

use clap::Args;
use futures_util::future::try_join_all;
use futures_util::{StreamExt, stream};
use serde_json::{Map, Value};

use crate::args::globals::Globals;
use crate::args::selection::TargetArgs;
use crate::context::Context;
use crate::domain::connector::Connector;
use crate::domain::names::SCRATCH;
use crate::domain::selection::Filter;
use crate::error::{Category, Error, Result};
use crate::ops::each::{self, Detail, Outcome, Reference, Status};
use crate::ops::session::{self, Pool, Session};
use crate::ops::targets::{self, Need, usable};
use crate::ops::workflows;
use crate::output::Column;

/// How many connectors are deleted side by side.
const AT_ONCE: usize = 8;

/// Delete connectors
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  uns3 delete invoices-out
  uns3 delete invoices-out old-out --yes --if-exists
  uns3 delete --all --match 'tmp-*' --dry-run")]
pub(crate) struct Delete {
    #[command(flatten)]
    on: TargetArgs,

    /// Do not ask
    #[arg(short, long)]
    yes: bool,

    /// Succeed where there is no such connector
    #[arg(long)]
    if_exists: bool,

    /// Only say which connectors would be deleted
    #[arg(long)]
    dry_run: bool,

    /// Delete even what workflows use, without looking
    #[arg(long)]
    force: bool,
}

impl Delete {
    /// Deletes them; one's failure stops no other.
    pub(crate) fn run(self, globals: &Globals, context: &Context) -> Result<()> {
        let filter = self.on.filter()?;
        if self.on.all && filter.is_empty() {
            return Err(Error::usage("--all deletes by a filter only: add --match or --bucket")
                .hint("to delete every connector all the same: --match '*'"));
        }
        session::open(globals, context, Pool::Many, async |session| {
            let (mut connectors, mut outcomes) = self.chosen(session, &filter).await?;
            if !self.force {
                workflows::refuse_used(session, &connectors, Some("--force")).await?;
            }
            if self.dry_run {
                outcomes.extend(
                    connectors.iter().map(|one| Outcome::new(one, Status::Planned, Deletion)),
                );
                return each::finish(context, outcomes);
            }
            if !self.yes && !connectors.is_empty() {
                if !context.confirm(&question(&connectors), "--yes").await? {
                    context.output.notice("nothing was deleted");
                    return each::finish::<Deletion>(context, Vec::new());
                }
                connectors = self.as_they_are_now(session, connectors, &mut outcomes).await?;
            }
            let deleted: Vec<_> = stream::iter(connectors)
                .map(|connector| self.one(session, connector))
                .buffered(AT_ONCE)
                .collect()
                .await;
            outcomes.splice(0..0, deleted);
            each::finish(context, outcomes)
        })
    }

    /// The connectors that are meant, and the outcomes of targets that name none.
    async fn chosen(
        &self,
        session: &Session<'_>,
        filter: &Filter,
    ) -> Result<(Vec<Connector>, Vec<Outcome<Deletion>>)> {
        let kinds = self.on.kinds();
        if self.on.all {
            let mut found = targets::select(&session.client, &kinds, filter).await?;
            // Scratch connectors are a rotation's, which may be at work.
            found.retain(|one| !one.name().starts_with(SCRATCH));
            if found.is_empty() {
                targets::warn_of_nothing(session.output(), &self.on)?;
            }
            return Ok((found, Vec::new()));
        }
        let found = targets::resolve(&session.client, kinds, &self.on.targets).await?;
        let absent = found.iter().filter(|one| one.connectors.is_empty());
        let absent = absent.map(|one| absent_outcome(&one.target)).collect();
        let need = Need { absent_ok: self.if_exists, ..Need::default() };
        Ok((usable(&session.client, found, kinds, need).await?, absent))
    }

    /// A question takes time: what changed meanwhile is no longer what was agreed to.
    async fn as_they_are_now(
        &self,
        session: &Session<'_>,
        agreed: Vec<Connector>,
        outcomes: &mut Vec<Outcome<Deletion>>,
    ) -> Result<Vec<Connector>> {
        let read = |connector: Connector| async {
            let now = session.client.get(connector.kind, connector.id()).await;
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
            workflows::refuse_used(session, &still, Some("--force")).await?;
        }
        Ok(still)
    }

    async fn one(&self, session: &Session<'_>, connector: Connector) -> Outcome<Deletion> {
        let what = format!("deleted {}", connector.title());
        match session.journal().write(&what, session.client.delete(&connector)).await {
            Ok(true) => {
                session.journal().done(&what);
                session.leases.forget(&connector);
                session.output().aside(&what);
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
fn question(connectors: &[Connector]) -> String {
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
    Outcome { connector, status, detail: Deletion, error: None }
}

/// A deletion has nothing to say beside its status.
struct Deletion;

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
