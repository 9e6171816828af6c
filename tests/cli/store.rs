//! What the scripted service holds. It answers as the sandbox does, whose endpoint it has in it,
//! without its S3: verdicts of checks are scripted, and times are the same in every run.

use std::collections::VecDeque;

use serde_json::{Value, json};
use uns3::sandbox::{Answered, Masks, State, Unknowns};

use crate::wire::{Reply, Request};

/// The state behind the service; tests change it as another user of the service would.
pub(crate) struct Store {
    pub(crate) state: State,
    /// Verdicts of checks to come: (status, reason); successes when there are no more.
    pub(crate) verdicts: VecDeque<(String, Value)>,
    /// Whether what is made and written bears the time of day, not one that never changes.
    pub(crate) real_time: bool,
}

impl Default for Store {
    fn default() -> Self {
        let unknowns =
            Unknowns { names_repeat: true, masks: Masks::Credentials, ..Unknowns::default() };
        let state = State { unknowns, ..State::default() };
        Self { state, verdicts: VecDeque::new(), real_time: false }
    }
}

impl Store {
    pub(crate) fn add(&mut self, list: &str, kind: &str, name: &str, config: Value) -> String {
        let id = uuid::Uuid::new_v4().to_string();
        let connector = json!({
            "id": id, "name": name, "type": kind, "config": config,
            "created_at": self.stamp("2026-01-02T03:04:05.678Z"), "updated_at": null,
        });
        match list {
            "sources" => self.state.sources.push(connector),
            _ => self.state.destinations.push(connector),
        }
        id
    }

    fn stamp(&self, usual: &str) -> String {
        if self.real_time { jiff::Timestamp::now().to_string() } else { usual.to_owned() }
    }

    /// The destinations and sources of a name, their configs in the clear.
    pub(crate) fn all_named(&mut self, name: &str) -> impl Iterator<Item = &mut Value> {
        let State { destinations, sources, .. } = &mut self.state;
        destinations.iter_mut().chain(sources).filter(move |one| one["name"] == name)
    }

    /// The first of them.
    pub(crate) fn named(&mut self, name: &str) -> &mut Value {
        self.all_named(name).next().unwrap()
    }

    /// The service's own answer, after doing what the request asks for.
    pub(crate) fn answer(&mut self, request: &Request) -> Reply {
        let path = request.path();
        let is_check = path.ends_with("/connection-check");
        let now = match request.method.as_str() {
            "POST" if is_check => "2026-03-04T05:06:07Z".into(),
            "POST" => self.stamp("2026-01-02T03:04:05.678Z"),
            _ => self.stamp("2026-02-03T04:05:06Z"),
        };
        if let ("GET", true, Some(id)) = (&*request.method, is_check, path.split('/').nth(2)) {
            self.judge(id);
        }
        let Request { method, target, body, .. } = request;
        let Answered { status, location, body } = self.state.answer(method, target, body, now);
        let (name, value, body) = match location {
            Some(location) => ("location", location, String::new()),
            None => ("content-type", "application/json".into(), body.to_string()),
        };
        Reply::Http(status, vec![(name.into(), value)], body.into())
    }

    /// A check has its verdict when it is first asked for.
    fn judge(&mut self, id: &str) {
        let check = self.state.checks.get_mut(id);
        let Some(check) = check.filter(|check| check["status"] == "SCHEDULED") else { return };
        let verdict = self.verdicts.pop_front();
        let (status, reason) = verdict.unwrap_or(("SUCCESS".into(), Value::Null));
        (check["status"], check["reason"]) = (status.into(), reason);
        if check["status"] != "SCHEDULED" {
            check["reported_at"] = "2026-03-04T05:06:09Z".into();
        }
    }
}
