//! What has to be done so that what is live becomes what a manifest says: pure, and without a
//! secret in it.

mod auth;
mod make;
mod saved;
mod show;

use serde_json::{Value, json};

use crate::domain::connector::Connector;
use crate::domain::difference::Difference;
use crate::domain::kind::Kind;
use crate::domain::manifest::Entry;

pub use auth::KeyHint;
pub use make::{Obstacle, Options, World, make};
pub use saved::{SavedPlan, SavedSource};
pub use show::{Mark, lines, markdown, summary_line};

/// What is done to a connector.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// It is made.
    Create,
    /// It is there, with other settings.
    Update,
    /// It is there, and in no manifest.
    Delete,
    /// It is as it shall be.
    None,
}

impl Action {
    /// The word that results carry.
    pub fn name(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Delete => "delete",
            Self::None => "none",
        }
    }
}

/// One connector's part in a plan.
#[derive(Clone)]
pub struct Step {
    /// The connector's name.
    pub name: String,
    /// Its kind.
    pub kind: Kind,
    /// What is done to it.
    pub action: Action,
    /// The fields that differ; for a secret, whether it is known to.
    pub differences: Vec<Difference>,
    /// The connector as it is; `None` where it is to be made.
    pub current: Option<Connector>,
    /// The entry that says how it shall be; `None` where it is to be deleted.
    pub entry: Option<Entry>,
}

impl Step {
    /// The names of the fields that differ.
    pub fn fields(&self) -> Vec<&str> {
        self.differences.iter().map(|one| one.field.as_str()).collect()
    }

    /// The id, where the connector is there.
    pub fn id(&self) -> Option<&str> {
        self.current.as_ref().map(Connector::id)
    }

    /// `destination "invoices-out" (id)`, as messages name it.
    pub fn title(&self) -> String {
        match &self.current {
            Some(connector) => connector.title(),
            None => format!("{} {:?}", self.kind.name(), self.name),
        }
    }

    /// For results, without what became of it.
    pub fn to_json(&self) -> Value {
        let mut object = json!({
            "name": self.name,
            "kind": self.kind.name(),
            "id": self.id(),
            "action": self.action.name(),
            "fields": self.fields(),
            "differences": null,
        });
        // Moved there: the macro would copy them, and of a thousand connectors that is felt.
        object["differences"] = self.differences.iter().map(Difference::to_json).collect();
        object
    }
}

/// The steps, in the order in which they are shown: the manifest's, then what is deleted.
#[derive(Clone, Default)]
pub struct Plan {
    /// One for each connector.
    pub steps: Vec<Step>,
}

impl Plan {
    /// How many connectors an action is done to.
    pub fn count(&self, action: Action) -> usize {
        self.steps.iter().filter(|step| step.action == action).count()
    }

    /// Whether there is anything to do.
    pub fn is_empty(&self) -> bool {
        self.steps.iter().all(|step| step.action == Action::None)
    }
}

/// How many connectors each action is done to, for results.
pub fn summary<'a>(
    steps: impl Iterator<Item = &'a Step> + Clone,
) -> serde_json::Map<String, Value> {
    let actions = [Action::Create, Action::Update, Action::Delete, Action::None].into_iter();
    let count = |action: Action| steps.clone().filter(|step| step.action == action).count();
    actions.map(|action| (action.name().to_owned(), count(action).into())).collect()
}
