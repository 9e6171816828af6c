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

    /// The values whose fields anyone may fill in, secrets among them.
    pub(super) fn open_to(&mut self) -> impl Iterator<Item = &mut Value> {
        let configs = self.destinations.iter_mut().chain(&mut self.sources);
        let configs = configs.map(|connector| &mut connector["config"]);
        configs.chain(self.workflows.iter_mut().map(|workflow| &mut workflow["workflow_nodes"]))
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
