//! Workflows: enough of them to see which connectors are in use. They never run.

use super::exchange::{Answer, Reply, Request};
use super::invalid::{body, one_of, position, problem, required, string, uuid};
use super::mask::masked;
use super::state::{Kind, State};
use serde_json::{Map, Value, json};

/// The words for a schedule, and what each is as a crontab entry. Source: the OpenAPI document's
/// `CreateWorkflow` for the words; the entries are the sandbox's own.
const SCHEDULES: &[(&str, &str)] = &[
    ("every 15 minutes", "*/15 * * * *"),
    ("every hour", "0 * * * *"),
    ("every 2 hours", "0 */2 * * *"),
    ("every 4 hours", "0 */4 * * *"),
    ("every 6 hours", "0 */6 * * *"),
    ("every 8 hours", "0 */8 * * *"),
    ("every 10 hours", "0 */10 * * *"),
    ("every 12 hours", "0 */12 * * *"),
    ("daily", "0 0 * * *"),
    ("weekly", "0 0 * * 0"),
    ("monthly", "0 0 1 * *"),
];

/// Of the filters of the OpenAPI document, those by connector are there; the others change nothing.
pub(super) fn list(state: &mut State, request: &Request<'_>) -> Answer {
    let mut chosen: Vec<_> = state.workflows.iter().collect();
    for (parameter, field) in [("destination_id", "destinations"), ("source_id", "sources")] {
        if let Some(id) = request.parameter(parameter)
            && !state.unknowns.filters_ignored
        {
            let id = uuid(&id, &["query", parameter])?;
            chosen.retain(|workflow| {
                workflow[field].as_array().is_some_and(|ids| ids.iter().any(|one| *one == *id))
            });
        }
    }
    let size = number(request, "page_size", 20)?;
    let skip = number(request, "page", 1)?.saturating_sub(1).saturating_mul(size);
    Ok(Reply::ok(chosen.into_iter().skip(skip).take(size).map(masked).collect()))
}

fn number(request: &Request<'_>, name: &str, default: usize) -> Result<usize, Reply> {
    let Some(text) = request.parameter(name) else { return Ok(default) };
    let words = "Input should be a valid integer, unable to parse string as an integer";
    text.parse().map_err(|_| problem(&["query", name], "int_parsing", words))
}

/// Whether the service takes the id of a connector that it does not have is not known: 404 here.
pub(super) fn create(state: &mut State, request: &Request<'_>) -> Answer {
    let body = body(request)?;
    let name = string(required(&body, &["body", "name"])?, &["body", "name"])?;
    let loc = ["body", "workflow_type"];
    let sort = string(required(&body, &loc)?, &loc)?;
    let sort = one_of(sort, &["basic", "advanced", "platinum", "custom"], &loc)?;
    let workflow = json!({
        "id": request.id,
        "name": name,
        "sources": ids(state, Kind::Source, &body)?,
        "destinations": ids(state, Kind::Destination, &body)?,
        "workflow_type": sort,
        "workflow_nodes": given(&body, "workflow_nodes").cloned().unwrap_or_else(|| json!([])),
        "schedule": schedule(&body)?,
        "status": "active",
        "created_at": request.now,
        "updated_at": null,
        "reprocess_all": given(&body, "reprocess_all").cloned().unwrap_or(Value::Bool(false)),
    });
    let reply = Reply::ok(masked(&workflow));
    state.workflows.push(workflow);
    Ok(reply)
}

fn given<'a>(body: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    body.get(name).filter(|value| !value.is_null())
}

fn ids(state: &mut State, kind: Kind, body: &Map<String, Value>) -> Result<Vec<String>, Reply> {
    let field = format!("{}_id", kind.noun());
    let Some(id) = given(body, &field) else { return Ok(Vec::new()) };
    let loc = ["body", &*field];
    let id = uuid(string(id, &loc)?, &loc)?;
    position(state.connectors(kind), kind.noun(), &id)?;
    Ok(vec![id])
}

fn schedule(body: &Map<String, Value>) -> Result<Value, Reply> {
    let Some(words) = given(body, "schedule") else { return Ok(Value::Null) };
    let loc = ["body", "schedule"];
    let words = string(words, &loc)?;
    let known: Vec<_> = SCHEDULES.iter().map(|(words, _)| *words).collect();
    one_of(words, &known, &loc)?;
    let entry = SCHEDULES.iter().find(|(known, _)| *known == words).map(|(_, entry)| *entry);
    Ok(json!({ "crontab_entries": [{ "cron_expression": entry }] }))
}

pub(super) fn get(state: &mut State, id: &str) -> Answer {
    let place = position(&state.workflows, "workflow", id)?;
    Ok(Reply::ok(masked(&state.workflows[place])))
}

pub(super) fn delete(state: &mut State, id: &str) -> Answer {
    let place = position(&state.workflows, "workflow", id)?;
    let workflow = state.workflows.remove(place);
    Ok(Reply::deleted("workflow", workflow["id"].as_str().unwrap_or_default()))
}
