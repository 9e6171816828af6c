//! Destination and source connectors, and their checks.

use super::config::config;
use super::exchange::{After, Answer, Reply, Request};
use super::invalid::{body, one_of, position, required, string};
use super::mask::{mask_credentials, masked};
use super::state::{Kind, Masks, State};
use hyper::StatusCode;
use serde_json::{Value, json};

/// Source: the OpenAPI document's `DestinationConnectorType`.
const DESTINATION_TYPES: &[&str] = &[
    "astradb",
    "azure_ai_search",
    "couchbase",
    "databricks_volumes",
    "databricks_volume_delta_tables",
    "delta_table",
    "elasticsearch",
    "gcs",
    "kafka-cloud",
    "milvus",
    "mongodb",
    "motherduck",
    "neo4j",
    "onedrive",
    "pinecone",
    "postgres",
    "redis",
    "qdrant-cloud",
    "s3",
    "snowflake",
    "weaviate-cloud",
    "ibm_watsonx_s3",
];

/// Source: the OpenAPI document's `SourceConnectorType`.
const SOURCE_TYPES: &[&str] = &[
    "azure",
    "box",
    "confluence",
    "couchbase",
    "databricks_volumes",
    "dropbox",
    "elasticsearch",
    "gcs",
    "google_drive",
    "kafka-cloud",
    "mongodb",
    "onedrive",
    "outlook",
    "postgres",
    "s3",
    "salesforce",
    "sharepoint",
    "slack",
    "snowflake",
    "jira",
    "zendesk",
];

fn types(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Destination => DESTINATION_TYPES,
        Kind::Source => SOURCE_TYPES,
    }
}

/// A connector as it is answered.
fn shown(connector: &Value, masks: Masks) -> Value {
    let mut shown = connector.clone();
    match masks {
        Masks::Secrets => shown["config"] = masked(&connector["config"]),
        Masks::Credentials => mask_credentials(&mut shown["config"]),
        Masks::Nothing => {}
    }
    shown
}

pub(super) fn list(state: &mut State, kind: Kind, request: &Request<'_>) -> Answer {
    let filter = format!("{}_type", kind.noun());
    let wanted = request.parameter(&filter);
    if let Some(wanted) = &wanted {
        one_of(wanted, types(kind), &["query", &filter])?;
    }
    let masks = state.unknowns.masks;
    let all = state.connectors(kind).iter();
    let chosen = all.filter(|one| wanted.as_ref().is_none_or(|wanted| one["type"] == **wanted));
    Ok(Reply::ok(chosen.map(|one| shown(one, masks)).collect()))
}

/// The reference calls the name unique; how the service refuses one that is taken is not known:
/// 409 here.
pub(super) fn create(state: &mut State, kind: Kind, request: &Request<'_>) -> Answer {
    let body = body(request)?;
    let name = string(required(&body, &["body", "name"])?, &["body", "name"])?;
    let sort = string(required(&body, &["body", "type"])?, &["body", "type"])?;
    let sort = one_of(sort, types(kind), &["body", "type"])?;
    let config = config(kind, sort, &body)?;
    let mut others = state.connectors(kind).iter();
    if others.any(|other| other["name"] == name) && !state.unknowns.names_repeat {
        let text = format!("A {} with the name {name} already exists.", kind.noun());
        return Err(Reply::detail(StatusCode::CONFLICT, text));
    }
    let connector = json!({
        "id": request.id,
        "name": name,
        "type": sort,
        "config": config,
        "created_at": request.now,
        "updated_at": null,
    });
    let reply = Reply::ok(shown(&connector, state.unknowns.masks));
    state.connectors(kind).push(connector);
    Ok(reply)
}

pub(super) fn get(state: &mut State, kind: Kind, id: &str) -> Answer {
    let place = position(state.connectors(kind), kind.noun(), id)?;
    let masks = state.unknowns.masks;
    Ok(Reply::ok(shown(&state.connectors(kind)[place], masks)))
}

/// Replaces the whole config. Whether the service stores a mask that is sent back is not known;
/// here it does, which destroys the credentials as users have seen, so that a client that sends
/// one is found out.
pub(super) fn update(state: &mut State, kind: Kind, id: &str, request: &Request<'_>) -> Answer {
    let body = body(request)?;
    let place = position(state.connectors(kind), kind.noun(), id)?;
    let masks = state.unknowns.masks;
    let connector = &mut state.connectors(kind)[place];
    connector["config"] = config(kind, connector["type"].as_str().unwrap_or_default(), &body)?;
    connector["updated_at"] = request.now.clone().into();
    Ok(Reply::ok(shown(connector, masks)))
}

/// Whether the service lets a connector go that workflows use is not known: it does here.
pub(super) fn delete(state: &mut State, kind: Kind, id: &str) -> Answer {
    let place = position(state.connectors(kind), kind.noun(), id)?;
    let connector = state.connectors(kind).remove(place);
    let id = connector["id"].as_str().unwrap_or_default();
    state.checks.remove(id);
    Ok(Reply::deleted(kind.noun(), id))
}

pub(super) fn latest_check(state: &mut State, kind: Kind, id: &str) -> Answer {
    let place = position(state.connectors(kind), kind.noun(), id)?;
    let id = state.connectors(kind)[place]["id"].as_str().unwrap_or_default().to_owned();
    let text = format!("No connection check found for {} {id}.", kind.noun());
    let check = state.checks.get(&id).cloned();
    check.map(Reply::ok).ok_or_else(|| Reply::detail(StatusCode::NOT_FOUND, text))
}

pub(super) fn start_check(
    state: &mut State,
    kind: Kind,
    id: &str,
    request: &Request<'_>,
) -> Answer {
    let place = position(state.connectors(kind), kind.noun(), id)?;
    let connector = state.connectors(kind)[place]["id"].as_str().unwrap_or_default().to_owned();
    let check = json!({
        "id": request.id,
        "status": "SCHEDULED",
        "reason": null,
        "created_at": request.now,
        "reported_at": null,
    });
    state.checks.insert(connector.clone(), check.clone());
    let mut reply = Reply::new(StatusCode::ACCEPTED, check);
    reply.after = After::Check(kind, connector);
    Ok(reply)
}

/// The checks that have no verdict yet.
pub(super) fn pending_checks(state: &mut State) -> Vec<(Kind, String)> {
    let State { destinations, sources, checks, .. } = state;
    let kinds = [(Kind::Destination, destinations), (Kind::Source, sources)];
    let all = kinds.into_iter().flat_map(|(kind, list)| list.iter().map(move |one| (kind, one)));
    all.filter_map(|(kind, one)| Some((kind, one["id"].as_str()?.to_owned())))
        .filter(|(_, id)| checks.get(id).is_some_and(|check| check["status"] == "SCHEDULED"))
        .collect()
}

/// Records a verdict, unless another check was started since.
pub(super) fn report(state: &mut State, id: &str, check: &Value, now: &str, reason: Option<&str>) {
    let Some(latest) = state.checks.get_mut(id) else { return };
    if latest["id"] == check["id"] && latest["status"] == "SCHEDULED" {
        latest["status"] = if reason.is_none() { "SUCCESS" } else { "FAILURE" }.into();
        latest["reason"] = reason.into();
        latest["reported_at"] = now.into();
    }
}
