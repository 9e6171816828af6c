//! A plan that is kept, to be carried out later: references only, and what the world looked like.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{Action, Plan, Step};
use crate::domain::connector::Connector;
use crate::domain::difference::{Difference, Secrecy};
use crate::domain::kind::Kind;
use crate::domain::manifest::Entry;
use crate::domain::redaction::Redactor;
use crate::domain::s3::same::same;
use crate::domain::secret::mask;

/// The version of the file.
const VERSION: u64 = 1;

/// A plan as it stands in a file.
#[derive(Debug, Serialize, Deserialize)]
pub struct SavedPlan {
    uns3_plan: u64,
    /// The service that it was made for.
    pub api_url: String,
    /// The manifests.
    pub sources: Vec<SavedSource>,
    steps: Vec<SavedStep>,
}

/// A manifest of a saved plan.
#[derive(Debug, Serialize, Deserialize)]
pub struct SavedSource {
    /// What problems call it.
    pub name: String,
    /// The folder that its paths are relative to.
    pub folder: String,
    /// Its connectors, whole.
    pub manifest: Value,
}

#[derive(Debug, Serialize, Deserialize)]
struct SavedStep {
    name: String,
    kind: String,
    action: String,
    id: Option<String>,
    differences: Vec<Value>,
    /// The connector as it was: a digest of each field's masked value.
    seen: BTreeMap<String, String>,
    /// When it was last written; empty where it stays as it is.
    updated_at: String,
}

impl SavedPlan {
    /// The plan for a file. What a service shows in the clear is not kept there either.
    pub fn new(
        api_url: String,
        sources: Vec<SavedSource>,
        plan: &Plan,
        redactor: &Redactor,
    ) -> Self {
        let steps = plan.steps.iter().map(|step| SavedStep::new(step, redactor)).collect();
        Self { uns3_plan: VERSION, api_url, sources, steps }
    }

    /// Reads a file's text.
    pub fn parse(text: &str) -> Result<Self, String> {
        let plan: Self = serde_json::from_str(text)
            .map_err(|_| "is no plan that `uns3 apply --plan --out` wrote".to_owned())?;
        match plan.uns3_plan {
            VERSION => Ok(plan),
            other => Err(format!("is a plan of version {other}: this uns3 reads {VERSION}")),
        }
    }

    /// The file's text.
    pub fn to_text(&self) -> String {
        format!("{:#}\n", json!(self))
    }

    /// The plan, to be carried out on the world as it is now; or in what that is another world.
    pub fn steps(self, entries: Vec<Entry>, live: Vec<Connector>) -> Result<Plan, Vec<String>> {
        let mut entries: HashMap<(&str, String), Entry> =
            entries.into_iter().map(|one| ((one.kind.name(), one.name.clone()), one)).collect();
        let mut now: HashMap<(&str, String), Vec<Connector>> = HashMap::new();
        for connector in live {
            let key = (connector.kind.name(), connector.name().to_owned());
            now.entry(key).or_default().push(connector);
        }
        let mut moved = Vec::new();
        let mut plan = Plan::default();
        for saved in self.steps {
            let Some((kind, action)) = saved.words() else {
                moved.push(format!("the plan names a kind or action that is none: {}", saved.name));
                continue;
            };
            let key = (kind.name(), saved.name.clone());
            let there = now.get(&key).map(Vec::as_slice).unwrap_or_default();
            match saved.unmoved(action, there) {
                Ok(current) => {
                    let entry = entries.remove(&key).filter(|_| action != Action::Delete);
                    let differences = saved.differences.iter().filter_map(difference).collect();
                    let name = saved.name;
                    plan.steps.push(Step { name, kind, action, differences, current, entry });
                }
                Err(message) => moved.push(message),
            }
        }
        if moved.is_empty() { Ok(plan) } else { Err(moved) }
    }
}

impl SavedStep {
    fn new(step: &Step, redactor: &Redactor) -> Self {
        let hidden = |one: &Difference| {
            let text = one.to_json().to_string();
            serde_json::from_str(&redactor.redact_known(&text)).unwrap_or_default()
        };
        let acts = step.action != Action::None;
        let written = |one: &Connector| one.updated_at().to_owned();
        Self {
            name: step.name.clone(),
            kind: step.kind.name().into(),
            action: step.action.name().into(),
            id: step.id().map(str::to_owned),
            differences: step.differences.iter().map(hidden).collect(),
            seen: step.current.as_ref().map(digests).unwrap_or_default(),
            updated_at: step.current.as_ref().filter(|_| acts).map(written).unwrap_or_default(),
        }
    }

    fn words(&self) -> Option<(Kind, Action)> {
        let kinds = [Kind::Source, Kind::Destination];
        let actions = [Action::Create, Action::Update, Action::Delete, Action::None];
        let kind = kinds.into_iter().find(|kind| kind.name() == self.kind)?;
        Some((kind, actions.into_iter().find(|action| action.name() == self.action)?))
    }

    /// The connector, where it is as it was; else what became of it.
    fn unmoved(&self, action: Action, there: &[Connector]) -> Result<Option<Connector>, String> {
        let Self { name, kind, .. } = self;
        let Some(id) = self.id.as_deref() else {
            return match there.first() {
                None => Ok(None),
                Some(one) => Err(format!("{} exists now", one.title())),
            };
        };
        if action != Action::Delete && there.len() > 1 {
            let ids: Vec<&str> = there.iter().map(Connector::id).collect();
            return Err(format!("{kind} {name:?} is the name of several now: {}", ids.join(", ")));
        }
        let Some(connector) = there.iter().find(|one| one.id() == id) else {
            return Err(format!("{kind} {name:?} ({id}) is not there any more"));
        };
        let (was, is) = (&self.seen, digests(connector));
        let fields = was.keys().chain(is.keys().filter(|field| !was.contains_key(*field)));
        let changed: Vec<&str> =
            fields.filter(|field| was.get(*field) != is.get(*field)).map(String::as_str).collect();
        if !changed.is_empty() {
            return Err(format!("{} was changed: {}", connector.title(), changed.join(", ")));
        }
        let written = action != Action::None && self.updated_at != connector.updated_at();
        match written {
            true => {
                Err(format!("{} was written, perhaps with other credentials", connector.title()))
            }
            false => Ok(Some(connector.clone())),
        }
    }
}

/// A digest of each field that says something: equal where two readings mean the same.
fn digests(connector: &Connector) -> BTreeMap<String, String> {
    let said = connector.config().iter().filter(|(field, value)| !same(field, Some(value), None));
    let digest = |(field, value): (&String, &Value)| {
        let mut one = json!({field.as_str(): value});
        mask(&mut one);
        let text = match &one[field.as_str()] {
            Value::String(text) if field == "remote_url" => text.trim_end_matches('/').to_owned(),
            value => canonical(value),
        };
        let digest = Sha256::digest(text.as_bytes());
        let hex: String = digest[..16].iter().map(|byte| format!("{byte:02x}")).collect();
        (field.clone(), hex)
    };
    said.map(digest).collect()
}

/// JSON in which the order of fields makes no difference.
fn canonical(value: &Value) -> String {
    match value {
        Value::Object(fields) => {
            let sorted: BTreeMap<&String, String> =
                fields.iter().map(|(name, value)| (name, canonical(value))).collect();
            format!("{sorted:?}")
        }
        Value::Array(items) => {
            format!("{:?}", items.iter().map(canonical).collect::<Vec<_>>())
        }
        other => other.to_string(),
    }
}

fn difference(value: &Value) -> Option<Difference> {
    let secret = match value["secret"].as_str() {
        Some("changed") => Some(Secrecy::Changed),
        Some(_) => Some(Secrecy::Unknown),
        None => None,
    };
    let part = |name: &str| value.get(name).filter(|value| !value.is_null()).cloned();
    Some(Difference {
        field: value["field"].as_str()?.into(),
        from: part("from"),
        to: part("to"),
        secret,
    })
}
