//! `uns3 apply` of sources, and with a preflight that passes, through the binary.

use serde_json::{Value, json};

use crate::harness::{Bench, KEY_ID, SECRET};
use crate::sandbox::{served, using};

fn manifest(bench: &Bench, connectors: Value) {
    bench.file("m.json", &json!({"version": 1, "connectors": connectors}).to_string());
}

fn source(name: &str, recursive: bool) -> Value {
    json!({"name": name, "kind": "source", "remote_url": "s3://bucket-one/in/", "recursive": recursive,
        "credentials": {"env": {"key": "K", "secret": "S"}}})
}

#[test]
fn sources_are_created_changed_and_left_alone_and_no_destination_is_looked_at() {
    let bench = Bench::new().with("K", KEY_ID).with("S", SECRET);
    manifest(&bench, json!([source("in", false)]));
    bench.run("apply -f m.json --yes").ok().never_shows(SECRET);
    let made = bench.run("get in --kind source -o json").ok().json();
    assert_eq!(made["config"]["recursive"], json!(false));
    manifest(&bench, json!([source("in", true)]));
    let plan = bench.run("apply -f m.json --plan -o json").ok().json();
    let change = &plan["changes"][0];
    assert_eq!((&change["kind"], &change["action"]), (&json!("source"), &json!("update")));
    assert_eq!(change["fields"], json!(["recursive"]));
    bench.run("apply -f m.json --yes").ok();
    let done = bench.run("apply -f m.json --yes --detailed-exitcode");
    done.ok().says("nothing to do: 1");
    let lines = bench.service.lines();
    assert!(lines.iter().all(|line| !line.contains("/destinations/")), "{lines:?}");
    assert_eq!(bench.service.writes().len(), 2, "one POST, one PUT");
}

#[test]
fn a_preflight_that_passes_lets_everything_be_sent() {
    let server = Bench::new();
    let (mut child, told) = served(&server, "--port 0");
    let text = |field: &str| told[field].as_str().unwrap();
    let bench = using(&told).with("K", text("access_key_id")).with("S", text("secret_access_key"));
    let url = format!("s3://{}/out/", text("bucket"));
    let connector = json!({"name": "out", "remote_url": url, "endpoint_url": text("s3_endpoint_url"),
        "credentials": {"env": {"key": "K", "secret": "S"}}});
    manifest(&bench, json!([connector]));
    let done = bench.run("apply -f m.json --preflight --test --yes -o json");
    let result = done.ok().never_shows(text("secret_access_key")).json();
    assert_eq!(result["changes"][0]["status"], "done");
    bench.run("apply -f m.json --yes --detailed-exitcode").ok().says("nothing to do: 1");
    child.kill().unwrap();
    child.wait().unwrap();
}
