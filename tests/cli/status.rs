//! `status`: the order, what is not known, and the exit code for monitors.

use serde_json::{Value, json};

use crate::harness::Bench;
use crate::rotating::keyed;

/// Connectors whose leases end in two hours, in one, at no known time and never.
fn bench() -> Bench {
    let bench = Bench::new();
    for name in ["b-late", "z-soon", "a-unknown", "c-long-term"] {
        bench.service.add(name, keyed("bucket-one", name));
    }
    bench.service.add("d-open", json!({"remote_url": "s3://bucket-two/", "anonymous": true}));
    let rotate = |name: &str, flags: String| {
        bench.run(&format!("rotate {name} --direct --no-verify {flags}")).ok();
    };
    rotate("b-late", bench.lease(120));
    rotate("z-soon", bench.lease(60));
    rotate("c-long-term", bench.keys());
    bench.service.forget_requests();
    bench
}

fn names(value: &Value) -> Vec<&str> {
    value.as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect()
}

#[test]
fn the_soonest_come_first_and_the_unknown_last() {
    let bench = bench();
    let value = bench.run("status -o json").ok().json();
    assert_eq!(names(&value), ["z-soon", "b-late", "a-unknown", "c-long-term", "d-open"]);
    let auth: Vec<&Value> =
        value.as_array().unwrap().iter().map(|one| &one["uns3"]["auth"]).collect();
    assert_eq!(auth, ["sts", "sts", "keys", "keys", "anonymous"]);
    assert_eq!(bench.service.lines(), ["GET /destinations/?destination_type=s3"]);
}

#[test]
fn a_table_shows_when_they_end() {
    let bench = bench();
    let value = bench.run("status -o json").ok().json();
    let done = bench.run("status");
    let first = done.ok().stdout.lines().next().unwrap();
    assert!(first.contains(value[0]["uns3"]["expires_at"].as_str().unwrap()), "{first}");
}

#[test]
fn a_monitor_is_told_by_the_exit_code() {
    let bench = bench();
    for (within, code, expected) in
        [("30m", 0, vec![]), ("90m", 10, vec!["z-soon"]), ("3h", 10, vec!["z-soon", "b-late"])]
    {
        let done = bench.run(&format!("status --expiring-within {within} -o json"));
        assert_eq!(names(&done.exits(code).silent().json()), expected);
    }
    bench.run("status --expiring-within 3h --match b-* -o id").exits(10);
    bench.run("status --expiring-within 3h --bucket bucket-two").exits(0);
    bench.run("status --expiring-within soon").fails(2);
}

#[test]
fn kinds_are_shown_together() {
    let bench = bench();
    bench.service.with(|store| {
        store.add("sources", "s3", "in", keyed("bucket-one", "in"));
    });
    let line = format!("rotate in --kind source --direct --no-verify {}", bench.lease(90));
    bench.run(&line).ok();
    let value = bench.run("status --kind all -o json").ok().json();
    assert_eq!(names(&value)[..3], ["z-soon", "in", "b-late"]);
}
