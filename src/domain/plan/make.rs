//! Desired × actual → steps.

use std::collections::{HashMap, HashSet};

use glob::Pattern;
use serde_json::{Map, Value};

use super::auth::{self, KeyHint};
use super::{Action, Plan, Step};
use crate::domain::connector::Connector;
use crate::domain::difference::{self, Difference};
use crate::domain::lease::Lease;
use crate::domain::manifest::{Entry, Reference};
use crate::domain::names::SCRATCH;
use crate::domain::s3::config::Config;
use crate::domain::secret::holds_mask;

/// What there is.
pub struct World<'a> {
    /// The S3 connectors of the kinds that the manifest names.
    pub live: Vec<Connector>,
    /// What is known of a connector's credentials.
    pub lease: &'a dyn Fn(&Connector) -> Option<Lease>,
    /// What a reference gives, where that is seen without asking anybody.
    pub hint: &'a dyn Fn(&Entry) -> Option<KeyHint>,
}

/// What else shall be done.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Write the credentials of all anew.
    pub refresh: bool,
    /// Delete the connectors that fit and that the manifest does not name.
    pub prune: Option<Pattern>,
}

/// What keeps a plan from being made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Obstacle {
    /// Whether it is in what is live, not in the manifest.
    pub conflict: bool,
    /// What it is.
    pub message: String,
}

/// The plan, or all that keeps one from being made.
pub fn make(
    entries: Vec<Entry>,
    world: World<'_>,
    options: &Options,
) -> Result<Plan, Vec<Obstacle>> {
    let kinds: HashSet<&str> = entries.iter().map(|entry| entry.kind.name()).collect();
    let wanted: HashSet<(&str, &str)> =
        entries.iter().map(|entry| (entry.kind.name(), entry.name.as_str())).collect();
    let mut named: HashMap<(&str, String), Vec<Connector>> = HashMap::new();
    let mut others = Vec::new();
    for connector in world.live {
        if wanted.contains(&(connector.kind.name(), connector.name())) {
            let key = (connector.kind.name(), connector.name().to_owned());
            named.entry(key).or_default().push(connector);
        } else if options.prune.as_ref().is_some_and(|pattern| pattern.matches(connector.name()))
            && kinds.contains(connector.kind.name())
            && !connector.name().starts_with(SCRATCH)
        {
            others.push(connector);
        }
    }
    let mut problems = Vec::new();
    let mut steps: Vec<Step> = Vec::with_capacity(entries.len() + others.len());
    for entry in entries {
        let mut live = named.remove(&(entry.kind.name(), entry.name.clone())).unwrap_or_default();
        let current = live.pop();
        if !live.is_empty() {
            let mut ids: Vec<&str> = live.iter().chain(&current).map(Connector::id).collect();
            ids.sort_unstable();
            let count = ids.len();
            let (kind, name) = (entry.kind.name(), &entry.name);
            let ids = ids.join(", ");
            let message = format!("{kind} {name:?} is the name of {count} connectors: {ids}");
            problems.push(Obstacle { conflict: true, message });
            continue;
        }
        let (hint, lease) = match &current {
            Some(connector) if entry.credentials.has_keys() => {
                ((world.hint)(&entry), (world.lease)(connector))
            }
            _ => (None, None),
        };
        let step = step(entry, current, hint.as_ref(), lease.as_ref(), options.refresh);
        problems.extend(obstacle(&step).map(|message| Obstacle { conflict: false, message }));
        steps.push(step);
    }
    others.sort_by(|one, other| {
        (one.kind.name(), one.name(), one.id()).cmp(&(other.kind.name(), other.name(), other.id()))
    });
    steps.extend(others.into_iter().map(|connector| Step {
        name: connector.name().to_owned(),
        kind: connector.kind,
        action: Action::Delete,
        differences: Vec::new(),
        current: Some(connector),
        entry: None,
    }));
    if problems.is_empty() { Ok(Plan { steps }) } else { Err(problems) }
}

fn step(
    entry: Entry,
    current: Option<Connector>,
    hint: Option<&KeyHint>,
    lease: Option<&Lease>,
    refresh: bool,
) -> Step {
    let (action, differences) = match &current {
        None => (Action::Create, made(&entry)),
        Some(connector) => {
            let mut differences = settings(connector.config(), entry.settings());
            let auth = auth::differences(connector.config(), &entry.credentials, hint, lease);
            match auth.is_empty() && refresh && entry.credentials.has_keys() {
                true => differences.extend(auth::refreshed(connector, &entry.credentials)),
                false => differences.extend(auth),
            }
            (if differences.is_empty() { Action::None } else { Action::Update }, differences)
        }
    };
    Step {
        name: entry.name.clone(),
        kind: entry.kind,
        action,
        differences,
        current,
        entry: Some(entry),
    }
}

/// What cannot be done however often it is tried.
fn obstacle(step: &Step) -> Option<String> {
    let title = step.title();
    let unmanaged = step.entry.as_ref()?.credentials == Reference::Unmanaged;
    match (step.action, &step.current) {
        (Action::Create, _) if unmanaged => Some(format!(
            "{title} is not there, and cannot be made of credentials that are unmanaged"
        )),
        (Action::Update, Some(connector)) if unmanaged && connector.auth().has_keys() => {
            Some(format!(
                "{title} differs in {}, and an update must send its credentials anew: they are unmanaged",
                step.fields().join(", ")
            ))
        }
        _ => None,
    }
}

/// The settings that differ: of the fields that a manifest does not name, none does. What the
/// service hides is not compared.
fn settings(current: &Map<String, Value>, wanted: Map<String, Value>) -> Vec<Difference> {
    let seen = |field: &String| current.get(field).is_none_or(|value| !holds_mask(value));
    let wanted: Map<String, Value> = wanted.into_iter().filter(|(field, _)| seen(field)).collect();
    let same_fields: Map<String, Value> = current
        .iter()
        .filter(|(field, _)| wanted.contains_key(*field))
        .map(|(field, value)| (field.clone(), value.clone()))
        .collect();
    difference::between(&same_fields, &Config::from(&wanted))
}

/// The fields of a connector that is to be made.
fn made(entry: &Entry) -> Vec<Difference> {
    let mut differences = difference::between(&Map::new(), &Config::from(&entry.settings()));
    differences.extend(auth::differences(&Map::new(), &entry.credentials, None, None));
    differences
}
