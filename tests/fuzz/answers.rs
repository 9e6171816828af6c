//! What the service answers: lists, one connector, checks, and errors of every shape.

use serde_json::json;

use crate::bench::{API_KEY, Bench, ID};
use crate::fuzz;
use crate::mutation::{Bytes, mutated_bytes};

/// A connector as the platform answers, its secrets masked.
fn connector() -> String {
    json!({
        "id": ID, "name": "out", "type": "s3",
        "config": {
            "remote_url": "s3://bucket-one/folder/", "endpoint_url": null, "key": "AKIAIOSFODNN7EXAMPLE",
            "secret": "**********", "token": null, "anonymous": false, "new_limit": 1.25e3,
        },
        "created_at": "2026-01-02T03:04:05.678Z", "updated_at": null,
    })
    .to_string()
}

fn lists() -> Vec<String> {
    let other =
        connector().replace("out", &format!("that holds {API_KEY}")).replace("0f1e", "1f1e");
    vec![format!("[{}]", connector()), format!("[{},{other}]", connector()), "[]".into()]
}

fn checks() -> Vec<String> {
    let check = |status: &str, reason: &str| {
        json!({
            "id": "c1", "status": status, "reason": reason,
            "created_at": "2026-01-02T03:04:05.678Z", "reported_at": "2026-01-02T03:04:06Z",
        })
        .to_string()
    };
    vec![
        check("SUCCESS", ""),
        check("FAILURE", "UserError: OSError(errno=22)"),
        check("FAILURE", &format!("UserAuthError: token={API_KEY} of https://me:{API_KEY}@host")),
        check("SCHEDULED", ""),
    ]
}

fn errors() -> Vec<String> {
    let named = format!("{API_KEY} is wrong");
    vec![
        json!({"detail": named}).to_string(),
        json!({"detail": [{"loc": ["body", "config", 0], "msg": named, "type": "x", "input": API_KEY}]}).to_string(),
        json!({"errors": [{"field": "config.remote_url", "message": named}]}).to_string(),
        json!({"message": named, "retryable": false}).to_string(),
        format!("<html><title>502</title>{API_KEY}</html>"),
        String::new(),
    ]
}

#[test]
fn lists_of_connectors() {
    let bench = Bench::new();
    fuzz(mutated_bytes(lists()), |Bytes(body)| {
        bench.answer(vec![("/destinations", 200, body.clone()), ("/sources", 200, b"[]".to_vec())]);
        bench.run("list -o json")?;
        bench.run("list --kind all --match *o* -o csv")?;
        bench.run("status -o yaml").map(drop)
    });
}

#[test]
fn one_connector() {
    let bench = Bench::new();
    fuzz(mutated_bytes(vec![connector()]), |Bytes(body)| {
        bench.answer(vec![
            (ID, 200, body.clone()),
            ("s", 200, format!("[{}]", connector()).into_bytes()),
        ]);
        bench.run(&format!("get {ID} -o json"))?;
        bench.run(&format!("update {ID} --remote-url s3://bucket-two/ --dry-run -o json")).map(drop)
    });
}

#[test]
fn checks_of_connectors() {
    let bench = Bench::new();
    fuzz(mutated_bytes(checks()), |Bytes(body)| {
        let list = format!("[{}]", connector()).into_bytes();
        bench.answer(vec![
            ("/connection-check", 200, body.clone()),
            (ID, 200, connector().into_bytes()),
            ("/destinations", 200, list),
        ]);
        bench.run("test out --last -o json")?;
        bench.run("test out --last").map(drop)
    });
}

#[test]
fn errors_of_every_shape() {
    let bench = Bench::new();
    let statuses = proptest::sample::select(vec![400, 401, 403, 404, 409, 422, 429, 500, 502, 302]);
    fuzz((mutated_bytes(errors()), statuses), |(Bytes(body), status)| {
        bench.answer(vec![("", status, body.clone())]);
        let done = bench.run("list -o json")?;
        proptest::prop_assert!(done.code != 0 && done.stdout.is_empty(), "{}", done.stdout);
        bench.run(&format!("get {ID}")).map(drop)
    });
}
