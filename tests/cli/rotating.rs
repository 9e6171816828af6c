//! What the tests of rotation share: targets, new credentials, and a count of what was sent.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::harness::{Bench, SECRET, STS_ID, TOKEN};
use crate::service::Service;

pub(crate) const OLD_ID: &str = "AKIAOLDOLDOLDOLDOLD0";
pub(crate) const ALL: &str = "rotate --all -o json";
pub(crate) const WATCH_ALL: &str = "rotate --all --watch --direct --no-verify --retries 0 -o json";

/// The config of a target with keys.
pub(crate) fn keyed(bucket: &str, folder: &str) -> Value {
    json!({
        "remote_url": format!("s3://{bucket}/{folder}/"), "endpoint_url": null,
        "key": OLD_ID, "secret": "the-old/secret", "token": null, "anonymous": false,
    })
}

/// So many targets `t0`, `t1`, … on one bucket.
pub(crate) fn targets(count: usize) -> Bench {
    let bench = Bench::new();
    for number in 0..count {
        bench.service.add(&format!("t{number}"), keyed("bucket-one", &format!("f{number}")));
    }
    bench
}

/// A time so many minutes from now, as AWS writes it.
pub(crate) fn minutes_from_now(minutes: i64) -> String {
    let now = jiff::Timestamp::now().round(jiff::Unit::Second).unwrap();
    (now + jiff::SignedDuration::from_mins(minutes)).to_string()
}

/// Writes a file of STS credentials with an end; the flag for it.
pub(crate) fn lease(bench: &Bench, id: &str, expiration: &str) -> String {
    let text = json!({"AccessKeyId": id, "SecretAccessKey": SECRET, "SessionToken": TOKEN,
        "Expiration": expiration});
    format!("--credentials-file {}", bench.file("lease.json", &text.to_string()))
}

impl Bench {
    /// Flags for STS credentials that end in so many minutes.
    pub(crate) fn lease(&self, minutes: i64) -> String {
        lease(self, STS_ID, &minutes_from_now(minutes))
    }

    /// The key ids of connectors, in the clear.
    pub(crate) fn ids(&self, names: &[&str]) -> Vec<String> {
        let id = |name: &&str| self.service.config(name)["key"].as_str().unwrap().to_owned();
        names.iter().map(id).collect()
    }
}

impl Service {
    /// The requests by their shape, `PUT /destinations/{id}`, and how many there were of each.
    pub(crate) fn counts(&self) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        for request in self.requests() {
            let parts = request.path().split('/');
            let shape: Vec<&str> =
                parts.map(|part| if part.len() == 36 { "{id}" } else { part }).collect();
            *counts.entry(format!("{} {}", request.method, shape.join("/"))).or_default() += 1;
        }
        counts
    }

    /// These requests were made, each so often, and no other.
    pub(crate) fn made(&self, expected: &[(&str, usize)]) {
        let expected =
            expected.iter().map(|(shape, count)| ((*shape).to_owned(), *count)).collect();
        assert_eq!(self.counts(), expected, "{:#?}", self.lines());
    }

    /// The names of connectors that a rotation made, or whose name is like theirs.
    pub(crate) fn scratch(&self) -> Vec<String> {
        let name = |one: &Value| one["name"].as_str().unwrap().to_owned();
        let names: Vec<String> = self.with(|store| {
            store.state.destinations.iter().chain(&store.state.sources).map(name).collect()
        });
        names.into_iter().filter(|name| name.starts_with("uns3-stage-")).collect()
    }
}

/// A field of each element of the result.
pub(crate) fn column(result: &Value, field: &str) -> Vec<Value> {
    result.as_array().unwrap().iter().map(|one| one[field].clone()).collect()
}

/// The statuses of a result.
pub(crate) fn statuses(result: &Value) -> Vec<String> {
    column(result, "status").iter().map(|one| one.as_str().unwrap().to_owned()).collect()
}
