//! What the service refuses with a 422, in FastAPI's shape: `loc`, `msg` and `type`. Source: the
//! OpenAPI document's `HTTPValidationError`; the words are pydantic's. The refused value is not
//! echoed: it may be a secret. Also the 404 of what is not there.

use super::exchange::{Reply, Request};
use hyper::StatusCode;
use serde_json::{Map, Value, json};
use uuid::Uuid;

/// The refusal of what stands at `loc`.
pub(super) fn problem(loc: &[&str], kind: &str, msg: impl Into<String>) -> Reply {
    let problem = json!({ "type": kind, "loc": loc, "msg": msg.into() });
    Reply::new(StatusCode::UNPROCESSABLE_ENTITY, json!({ "detail": [problem] }))
}

/// The body, which must be a JSON object.
pub(super) fn body(request: &Request<'_>) -> Result<Map<String, Value>, Reply> {
    if request.body.is_empty() {
        return Err(missing(&["body"]));
    }
    match serde_json::from_slice(request.body) {
        Ok(Value::Object(fields)) => Ok(fields),
        Ok(_) => Err(problem(
            &["body"],
            "model_attributes_type",
            "Input should be a valid dictionary or object to extract fields from",
        )),
        Err(_) => Err(problem(&["body"], "json_invalid", "JSON decode error")),
    }
}

/// A field that must be there.
pub(super) fn required<'a>(
    fields: &'a Map<String, Value>,
    loc: &[&str],
) -> Result<&'a Value, Reply> {
    loc.last().and_then(|name| fields.get(*name)).ok_or_else(|| missing(loc))
}

fn missing(loc: &[&str]) -> Reply {
    problem(loc, "missing", "Field required")
}

pub(super) fn string<'a>(value: &'a Value, loc: &[&str]) -> Result<&'a str, Reply> {
    let refusal = || problem(loc, "string_type", "Input should be a valid string");
    value.as_str().ok_or_else(refusal)
}

pub(super) fn boolean(value: &Value, loc: &[&str]) -> Result<bool, Reply> {
    let refusal = || problem(loc, "bool_type", "Input should be a valid boolean");
    value.as_bool().ok_or_else(refusal)
}

pub(super) fn object<'a>(value: &'a Value, loc: &[&str]) -> Result<&'a Map<String, Value>, Reply> {
    let refusal = || problem(loc, "dict_type", "Input should be a valid dictionary");
    value.as_object().ok_or_else(refusal)
}

/// An id, in the form that answers have it in.
pub(super) fn uuid(text: &str, loc: &[&str]) -> Result<String, Reply> {
    let id = Uuid::try_parse(text).map_err(|error| {
        problem(loc, "uuid_parsing", format!("Input should be a valid UUID, {error}"))
    })?;
    Ok(id.to_string())
}

pub(super) fn one_of<'a>(text: &'a str, known: &[&str], loc: &[&str]) -> Result<&'a str, Reply> {
    if known.contains(&text) {
        return Ok(text);
    }
    let known: Vec<_> = known.iter().map(|name| format!("'{name}'")).collect();
    Err(problem(loc, "enum", format!("Input should be {}", known.join(", "))))
}

/// The place of the thing with an id that came in a path.
pub(super) fn position(list: &[Value], noun: &str, id: &str) -> Result<usize, Reply> {
    let id = uuid(id, &["path", &format!("{noun}_id")])?;
    let place = list.iter().position(|value| value["id"] == *id);
    place.ok_or_else(|| Reply::unknown(noun, &id))
}
