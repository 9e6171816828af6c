//! What the stand-in service holds: connectors, checks and workflows in the API's own shapes.
//!
//! Written from the public reference alone; it shares nothing with the client or the sandbox.

use std::collections::VecDeque;

use serde_json::{Value, json};

use crate::wire::Request;

pub(crate) const MASK: &str = "**********";

/// The state behind the service; tests change it as another user of the service would.
pub(crate) struct Store {
    /// (collection, connector), the config in the clear.
    pub(crate) connectors: Vec<(String, Value)>,
    pub(crate) workflows: Vec<Value>,
    /// The latest check of each connector that had one.
    pub(crate) checks: Vec<(String, Value)>,
    /// Verdicts of checks to come: (status, reason); successes when there are no more.
    pub(crate) verdicts: VecDeque<(String, Value)>,
    /// Whether readings hide secrets.
    pub(crate) masks: bool,
    /// Whether the workflows' filter is heeded.
    pub(crate) filters: bool,
    /// Whether what is made and written bears the time of day, not one that never changes.
    pub(crate) real_time: bool,
}

impl Default for Store {
    fn default() -> Self {
        Self {
            connectors: Vec::new(),
            workflows: Vec::new(),
            checks: Vec::new(),
            verdicts: VecDeque::new(),
            masks: true,
            filters: true,
            real_time: false,
        }
    }
}

impl Store {
    pub(crate) fn add(
        &mut self,
        collection: &str,
        kind: &str,
        name: &str,
        config: Value,
    ) -> String {
        let id = uuid::Uuid::new_v4().to_string();
        let connector = json!({
            "id": id, "name": name, "type": kind, "config": config,
            "created_at": self.stamp("2026-01-02T03:04:05.678Z"), "updated_at": null,
        });
        self.connectors.push((collection.to_owned(), connector));
        id
    }

    fn stamp(&self, usual: &str) -> String {
        if self.real_time { jiff::Timestamp::now().to_string() } else { usual.to_owned() }
    }

    /// A connector, its config in the clear.
    pub(crate) fn named(&mut self, name: &str) -> Option<&mut Value> {
        let found = self.connectors.iter_mut().find(|(_, one)| one["name"] == name);
        found.map(|(_, one)| one)
    }

    fn read(&self, connector: &Value) -> Value {
        let mut shown = connector.clone();
        for field in ["key", "secret", "token"].iter().filter(|_| self.masks) {
            if shown["config"][field].is_string() {
                shown["config"][field] = MASK.into();
            }
        }
        shown
    }

    /// The service's own answer, after doing what the request asks for.
    pub(crate) fn answer(&mut self, request: &Request) -> (u16, Value) {
        let path: Vec<&str> = request.path().trim_matches('/').split('/').collect();
        match (request.method.as_str(), path.as_slice()) {
            ("GET", ["workflows"]) => (200, self.workflows(request)),
            ("GET", [collection]) => (200, self.list(collection, request)),
            ("POST", [collection]) => self.create(collection, &request.json()),
            (_, [collection, id, rest @ ..]) => {
                let mine = |(one, connector): &(String, Value)| {
                    one == collection && connector["id"] == *id
                };
                let Some(at) = self.connectors.iter().position(mine) else {
                    return (404, json!({"detail": format!("Connector {id} not found")}));
                };
                self.one(request, at, id, rest)
            }
            _ => (404, json!({"detail": "Not Found"})),
        }
    }

    fn one(&mut self, request: &Request, at: usize, id: &str, rest: &[&str]) -> (u16, Value) {
        match (request.method.as_str(), rest) {
            ("GET", []) => (200, self.read(&self.connectors[at].1)),
            ("PUT", []) => {
                let written = self.stamp("2026-02-03T04:05:06Z");
                let connector = &mut self.connectors[at].1;
                connector["config"] = request.json()["config"].take();
                connector["updated_at"] = written.into();
                (200, self.read(&self.connectors[at].1))
            }
            ("DELETE", []) => {
                self.connectors.remove(at);
                (200, json!({"detail": format!("Connector {id} successfully deleted.")}))
            }
            ("POST", ["connection-check"]) => {
                let check = json!({
                    "id": uuid::Uuid::new_v4().to_string(), "status": "SCHEDULED", "reason": null,
                    "created_at": "2026-03-04T05:06:07Z", "reported_at": null,
                });
                self.checks.retain(|(connector, _)| connector != id);
                self.checks.push((id.to_owned(), check.clone()));
                (202, check)
            }
            ("GET", ["connection-check"]) => {
                let found = self.checks.iter_mut().find(|(connector, _)| connector == id);
                let Some((_, check)) = found else {
                    return (404, json!({"detail": "No connection check found"}));
                };
                if check["status"] == "SCHEDULED" {
                    let verdict = self.verdicts.pop_front();
                    let (status, reason) = verdict.unwrap_or(("SUCCESS".into(), Value::Null));
                    (check["status"], check["reason"]) = (status.into(), reason);
                    if check["status"] != "SCHEDULED" {
                        check["reported_at"] = "2026-03-04T05:06:09Z".into();
                    }
                }
                (200, check.clone())
            }
            _ => (405, json!({"detail": "Method Not Allowed"})),
        }
    }

    fn list(&self, collection: &str, request: &Request) -> Value {
        let kind = request.query(&format!("{}_type", collection.trim_end_matches('s')));
        self.connectors
            .iter()
            .filter(|(one, _)| one == collection)
            .filter(|(_, one)| kind.as_deref().is_none_or(|kind| one["type"] == kind))
            .map(|(_, one)| self.read(one))
            .collect()
    }

    fn create(&mut self, collection: &str, body: &Value) -> (u16, Value) {
        let [name, kind] = ["name", "type"].map(|field| body[field].as_str());
        let (Some(name), Some(kind)) = (name, kind) else {
            let problem = json!({"loc": ["body", "name"], "msg": "Field required"});
            return (422, json!({"detail": [problem]}));
        };
        let id = self.add(collection, kind, name, body["config"].clone());
        let made = self.connectors.iter().find(|(_, one)| one["id"] == *id).unwrap();
        (200, self.read(&made.1))
    }

    fn workflows(&self, request: &Request) -> Value {
        let page: usize = request.query("page").map_or(1, |page| page.parse().unwrap());
        let uses = |workflow: &&Value, end: &str| {
            let id = request.query(&format!("{end}_id")).filter(|_| self.filters);
            let ids = workflow[format!("{end}s")].as_array().unwrap();
            id.is_none_or(|id| ids.iter().any(|one| *one == id))
        };
        let wanted = self.workflows.iter();
        let wanted = wanted.filter(|one| uses(one, "source") && uses(one, "destination"));
        wanted.skip((page - 1) * 20).take(20).cloned().collect()
    }
}
