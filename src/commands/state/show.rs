//! `uns3 state show`: where the state is, who has the lock, and what is known.

use serde_json::{Value, json};

use crate::args::globals::Globals;
use crate::context::Context;
use crate::domain::state::record::Record;
use crate::error::Result;
use crate::ops::service;
use crate::ops::state::{Locked, Shared};
use crate::output::{Column, Format, Rendering, Shape};

const COLUMNS: [Column<Record>; 4] = [
    Column::new("service", |one: &Record| one.service.clone()).long(),
    Column::new("name", |one| one.name.clone()),
    Column::new("id", |one| one.id.clone()),
    Column::new("expires_at", |one| {
        let end = one.lease.as_ref().and_then(|lease| lease.expires_at);
        end.map(|end| end.to_string()).unwrap_or_default()
    }),
];

/// Shows it: for people the connectors, with the rest on standard error; as data all in one object.
pub(super) async fn show(globals: &Globals, context: &Context, shared: &Shared<'_>) -> Result<()> {
    let (location, records, locks) =
        (shared.location()?, shared.records().await?, shared.locks().await?);
    let known = records.into_iter().filter(|record| record.lease.is_some());
    if !matches!(context.output.format(), Format::Json | Format::Yaml) {
        context.output.notice(&format!("the state is at {location}"));
        locks.iter().for_each(|one| context.output.notice(&one.to_string()));
        let id = |one: &Record| one.id.clone();
        let json = &|_: &Record| Value::Null;
        let how = Rendering { shape: Shape::Many, columns: &COLUMNS, json, id };
        return context.output.items(known, &how);
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

fn object(Locked { service, owner, since, fence }: &Locked) -> Value {
    json!({"service": service, "owner": owner, "since": since, "fence": fence})
}
