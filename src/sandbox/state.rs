//! What clients made: the state that a request changes. It is raw JSON, as the service answers it.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// Everything that clients made, oldest first.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct State {
    /// Destination connectors, their configs in the clear.
    pub destinations: Vec<Value>,
    /// Source connectors.
    pub sources: Vec<Value>,
    /// Workflows.
    pub workflows: Vec<Value>,
    /// The latest check of each connector, by the connector's id.
    pub checks: BTreeMap<String, Value>,
    /// How what is not known of the service is taken.
    #[serde(skip)]
    pub unknowns: Unknowns,
}

/// What the public reference leaves open, so that a client must be right either way.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Unknowns {
    /// Whether connectors of a kind may share a name; else a second one is refused with 409.
    pub names_repeat: bool,
    /// What answers hide.
    pub masks: Masks,
    /// Whether the list of workflows is filtered by no connector, whatever is asked for.
    pub filters_ignored: bool,
}

/// What answers hide behind a mask.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Masks {
    /// Every field whose name says secret.
    #[default]
    Secrets,
    /// A config's `key`, `secret` and `token` only.
    Credentials,
    /// Nothing, as some examples of the documentation have it.
    Nothing,
}

impl State {
    /// The connectors of a kind.
    pub(super) fn connectors(&mut self, kind: Kind) -> &mut Vec<Value> {
        match kind {
            Kind::Destination => &mut self.destinations,
            Kind::Source => &mut self.sources,
        }
    }

    /// The configs of all connectors.
    pub(super) fn configs(&mut self) -> impl Iterator<Item = &mut Value> {
        let connectors = self.destinations.iter_mut().chain(&mut self.sources);
        connectors.map(|connector| &mut connector["config"])
    }

    /// The values whose fields anyone may fill in, secrets among them.
    pub(super) fn open_to(&mut self) -> impl Iterator<Item = &mut Value> {
        let Self { destinations, sources, workflows, .. } = self;
        let configs = destinations.iter_mut().chain(sources).map(|one| &mut one["config"]);
        configs.chain(workflows.iter_mut().map(|one| &mut one["workflow_nodes"]))
    }
}

/// Destinations and sources are alike but for a few words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Destination,
    Source,
}

impl Kind {
    pub(super) fn noun(self) -> &'static str {
        match self {
            Self::Destination => "destination",
            Self::Source => "source",
        }
    }
}
