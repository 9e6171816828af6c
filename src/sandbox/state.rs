//! What clients made: the state that a request changes. It is raw JSON, as the service answers it.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// Everything that clients made, oldest first.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct State {
    pub(super) destinations: Vec<Value>,
    pub(super) sources: Vec<Value>,
    pub(super) workflows: Vec<Value>,
    /// The latest check of each connector, by the connector's id.
    pub(super) checks: BTreeMap<String, Value>,
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
