//! `uns3 state`: what many machines share.

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use crate::args::globals::Globals;
use crate::context::Context;
use crate::domain::state::record::Record;
use crate::error::Result;
use crate::ops::runtime;
use crate::ops::service;
use crate::ops::state::{Locked, Shared};
use crate::output::{Column, Format, Rendering, Shape};

/// Look at the state that machines share, copy it, unlock it
#[derive(Args, Debug)]
#[command(
    after_help = "The state is named by --state, UNS3_STATE or the profile; without any, it is this user's own folder.

Examples:
  uns3 state show --state s3://my-bucket/uns3/
  uns3 state push --state s3://my-bucket/uns3/"
)]
pub(crate) struct StateCommand {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand, Debug)]
enum Verb {
    /// Show where it is, who has the lock, and what is known
    Show,
    #[command(after_help = "Examples:
  uns3 state push --state s3://my-bucket/uns3/
  uns3 state push --state /mnt/shared/uns3")]
    /// Add what this user's own folder knows to the shared state; the newest of two records wins
    Push,
    #[command(after_help = "Examples:
  uns3 state pull --state s3://my-bucket/uns3/
  uns3 status                                      # the same without it from then on")]
    /// Add what the shared state knows to this user's own folder; the newest of two records wins
    Pull,
    /// Take the lock on the service's rotations from a process that is gone
    ///
    /// It lapses by itself two minutes after its process ended. One that still works stops at its next
    /// renewal, within half a minute.
    #[command(after_help = "Examples:
  uns3 state unlock --state s3://my-bucket/uns3/
  uns3 state unlock --state s3://my-bucket/uns3/ --yes")]
    Unlock(Unlock),
}

#[derive(Args, Debug)]
struct Unlock {
    /// Do not ask
    #[arg(short, long)]
    yes: bool,
}

impl StateCommand {
    /// Does what the verb says.
    pub(crate) fn run(self, globals: &Globals, context: &Context) -> Result<()> {
        let shared = Shared::new(globals, context)?;
        runtime::block_on(context, async {
            match self.verb {
                Verb::Show => show(globals, context, &shared).await,
                Verb::Push => told(context, &shared, "pushed", shared.push().await?),
                Verb::Pull => told(context, &shared, "pulled", shared.pull().await?),
                Verb::Unlock(Unlock { yes }) => unlock(globals, context, &shared, yes).await,
            }
        })
    }
}

const COLUMNS: [Column<Record>; 4] = [
    Column::new("service", |one: &Record| one.service.clone()).long(),
    Column::new("name", |one| one.name.clone()),
    Column::new("id", |one| one.id.clone()),
    Column::new("expires_at", |one| {
        let end = one.lease.as_ref().and_then(|lease| lease.expires_at);
        end.map(|end| end.to_string()).unwrap_or_default()
    }),
];

async fn show(globals: &Globals, context: &Context, shared: &Shared<'_>) -> Result<()> {
    let (location, records, locks) =
        (shared.location()?, shared.records().await?, shared.locks().await?);
    let known = records.into_iter().filter(|record| record.lease.is_some());
    if !matches!(context.output.format(), Format::Json | Format::Yaml) {
        context.output.notice(&format!("the state is at {location}"));
        locks.iter().for_each(|one| context.output.notice(&line(one)));
        let id = |one: &Record| one.id.clone();
        let json = &|_: &Record| Value::Null;
        let how = Rendering { shape: Shape::Many, columns: &COLUMNS, json, id };
        return context.output.items(known.map(Ok), &how);
    }
    let service = service::name(globals, context);
    let first = |one: &&Locked| service.as_ref().is_ok_and(|service| *service == one.service);
    let connectors: Vec<Value> = known
        .map(|Record { service, id, name, lease, .. }| {
            let expires_at = lease.and_then(|lease| lease.expires_at);
            json!({"service": service, "id": id, "name": name, "expires_at": expires_at})
        })
        .collect();
    let whole = json!({
        "location": location,
        "lock": locks.iter().find(first).or(locks.first()).map(object),
        "locks": locks.iter().map(object).collect::<Vec<_>>(),
        "connectors": connectors,
    });
    context.output.object(whole, "")
}

fn line(Locked { service, owner, since, .. }: &Locked) -> String {
    format!("{owner} has the lock on rotations at {service} since {since}")
}

fn object(Locked { service, owner, since, fence }: &Locked) -> Value {
    json!({"service": service, "owner": owner, "since": since, "fence": fence})
}

fn told(context: &Context, shared: &Shared<'_>, what: &str, count: (usize, usize)) -> Result<()> {
    let ((newer, all), location) = (count, shared.location()?);
    let json = json!({"location": location, "records": all, what: newer});
    let preposition = if what == "pushed" { "to" } else { "from" };
    let words = format!("{what} {newer} of {all} record(s) {preposition} {location}");
    context.output.object(json, &words)
}

async fn unlock(
    globals: &Globals,
    context: &Context,
    shared: &Shared<'_>,
    yes: bool,
) -> Result<()> {
    let service = service::name(globals, context)?;
    let Some(locked) = shared.holder(&service).await? else {
        context.output.notice(&format!("nothing to unlock: nobody rotates at {service}"));
        return Ok(());
    };
    let question = format!("{}. Take it away?", line(&locked));
    if !yes && !context.confirm(&question, "--yes").await? {
        context.output.notice("nothing was unlocked");
        return Ok(());
    }
    shared.unlock(&service).await?;
    context.output.notice(&format!("unlocked; it was {}'s", locked.owner));
    Ok(())
}
