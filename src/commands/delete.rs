//! `uns3 delete`: names what it will delete, asks, and leaves alone what workflows use.

use clap::Args;
use futures_util::future::try_join_all;
use futures_util::{StreamExt, stream};
use serde_json::{Value, json};

use super::settings::KindsArg;
use crate::api::{Client, Need, usable};
use crate::context::Context;
use crate::domain::connector::Connector;
use crate::error::{Category, Error, Result};
use crate::output::{Column, Rendering, Shape};

/// How many connectors are deleted side by side.
const AT_ONCE: usize = 8;

/// Delete connectors
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  uns3 delete invoices-out
  uns3 delete invoices-out old-out --yes --if-exists
  uns3 list --match 'tmp-*' -o id | xargs uns3 delete --yes")]
pub struct Delete {
    /// Names or ids of connectors
    #[arg(value_name = "TARGET", required = true)]
    targets: Vec<String>,

    #[command(flatten)]
    kinds: KindsArg,

    /// Do not ask
    #[arg(short, long)]
    yes: bool,

    /// Be content where there is no such connector
    #[arg(long)]
    if_exists: bool,

    /// Delete even what workflows use, without looking
    #[arg(long)]
    force: bool,
}

/// What became of one target.
struct Outcome {
    connector: Value,
    status: &'static str,
    error: Option<Error>,
}

impl Delete {
    /// Deletes them; one's failure stops no other.
    pub fn run(self, context: &Context) -> Result<()> {
        context.sign_in()?;
        context.expect_many();
        context.run(async {
            let client = context.client().await?;
            let kinds = self.kinds.kinds();
            let found = client.resolve(kinds, &self.targets).await?;
            let absent = found.iter().filter(|one| one.connectors.is_empty());
            let mut outcomes: Vec<Outcome> =
                absent.map(|one| Outcome::absent(&one.target)).collect();
            let need = Need { absent_ok: self.if_exists, ..Need::default() };
            let mut connectors = usable(found, kinds, need)?;
            if !self.force {
                refuse_used(client, &connectors).await?;
            }
            if !self.yes && !connectors.is_empty() {
                let titles: Vec<String> = connectors.iter().map(Connector::title).collect();
                if !context.confirm(&format!("Delete {}?", titles.join(", ")), "--yes").await? {
                    context.output.notice("nothing was deleted");
                    return show(context, Vec::new());
                }
                connectors = self.as_they_are_now(client, connectors, &mut outcomes).await?;
            }
            let deleted: Vec<Outcome> = stream::iter(connectors)
                .map(|connector| self.one(context, client, connector))
                .buffered(AT_ONCE)
                .collect()
                .await;
            outcomes.splice(0..0, deleted);
            let all = outcomes.len();
            let failures = outcomes.iter().filter_map(|one| one.error.clone()).collect();
            show(context, outcomes)?;
            Error::of_many(failures, all)
        })
    }

    /// A question takes time: what changed meanwhile is no longer what was agreed to.
    async fn as_they_are_now(
        &self,
        client: &Client,
        agreed: Vec<Connector>,
        outcomes: &mut Vec<Outcome>,
    ) -> Result<Vec<Connector>> {
        let read = |connector: Connector| async {
            let now = client.get(connector.kind, connector.id()).await;
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
            refuse_used(client, &still).await?;
        }
        Ok(still)
    }

    async fn one(&self, context: &Context, client: &Client, connector: Connector) -> Outcome {
        match context
            .journal
            .write(&format!("deleted {}", connector.title()), client.delete(&connector))
            .await
        {
            Ok(true) => {
                let title = connector.title();
                context.journal.done(format!("deleted {title}"));
                context.forget(&connector);
                context.output.aside(&format!("deleted {title}"));
                Outcome { connector: connector.reference(), status: "deleted", error: None }
            }
            Ok(false) => self.gone(&connector),
            Err(error) => {
                Outcome { connector: connector.reference(), status: "failed", error: Some(error) }
            }
        }
    }

    /// Someone else deleted it first.
    fn gone(&self, connector: &Connector) -> Outcome {
        let message = format!("{} was deleted meanwhile", connector.title());
        let error = (!self.if_exists).then(|| Error::new(Category::NotFound, message));
        Outcome { connector: connector.reference(), status: "absent", error }
    }
}

async fn refuse_used(client: &Client, connectors: &[Connector]) -> Result<()> {
    let used: Vec<(&Connector, Result<Vec<String>>)> = stream::iter(connectors)
        .map(|connector| async move { (connector, client.workflows_using(connector).await) })
        .buffered(AT_ONCE)
        .collect()
        .await;
    let mut problems = Vec::new();
    for (connector, workflows) in used {
        let workflows = workflows.map_err(|error| {
            let force = "--force deletes without looking";
            let hint = error.hint.as_ref().map(|hint| format!("{hint}; {force}"));
            error.hint(hint.unwrap_or_else(|| force.into()))
        })?;
        if !workflows.is_empty() {
            let names = workflows.join(", ");
            problems.push(format!("{} is used by workflows: {names}", connector.title()));
        }
    }
    if problems.is_empty() {
        return Ok(());
    }
    let error = Error { category: Category::Conflict, ..Error::problems(&problems) };
    Err(error.hint(
        "nothing was deleted: take it out of them first, or delete it all the same by --force",
    ))
}

impl Outcome {
    fn absent(target: &str) -> Self {
        let connector = json!({"id": null, "name": target, "kind": null});
        Self { connector, status: "absent", error: None }
    }

    fn text(&self, field: &str) -> String {
        self.connector[field].as_str().unwrap_or_default().into()
    }

    fn message(&self) -> Option<&str> {
        self.error.as_ref().map(|error| error.message.as_str())
    }

    fn json(&self) -> Value {
        json!({"connector": self.connector, "status": self.status, "error": self.message()})
    }
}

const COLUMNS: [Column<Outcome>; 5] = [
    Column { title: "name", shown: true, text: |one| one.text("name") },
    Column { title: "id", shown: true, text: |one| one.text("id") },
    Column { title: "kind", shown: true, text: |one| one.text("kind") },
    Column { title: "status", shown: true, text: |one| one.status.into() },
    Column { title: "error", shown: true, text: |one| one.message().unwrap_or_default().into() },
];

fn show(context: &Context, outcomes: Vec<Outcome>) -> Result<()> {
    let how = Rendering {
        shape: Shape::Many,
        columns: &COLUMNS,
        json: &Outcome::json,
        id: |one: &Outcome| one.text("id"),
    };
    context.output.items(outcomes.into_iter().map(Ok), &how)
}
