//! What is known of connectors' credentials: recorded by every write, shown by every reading,
//! forgotten when it holds no more; and `rotate --expiring-within`.

use serde_json::{Value, json};

use crate::harness::{Bench, STS_ID};
use crate::rotating::{ALL, column, keyed, lease, minutes_from_now, statuses, targets};

const CREATE: &str = "create x --remote-url s3://bucket-one/ -o json";

/// `uns3.expires_at` and whether there is an `uns3.rotated_at`.
fn known(bench: &Bench, line: &str) -> (Value, bool) {
    let value = bench.run(line).ok().json();
    let one = value.get(0).unwrap_or(&value);
    (one["uns3"]["expires_at"].clone(), one["uns3"]["rotated_at"].is_string())
}

/// The same by every command that shows connectors.
fn everywhere(bench: &Bench) -> (Value, bool) {
    let [list, get, status] = ["list --match x", "get x", "status --match x"]
        .map(|line| known(bench, &format!("{line} -o json")));
    assert_eq!((&list, &list), (&get, &status));
    list
}

#[test]
fn each_write_is_remembered_and_each_reading_shows_it() {
    let bench = Bench::new();
    let [first, second, third] = [60, 120, 180].map(minutes_from_now);
    let made = bench.run(&format!("{CREATE} {}", lease(&bench, STS_ID, &first))).ok().json();
    assert_eq!(made["uns3"]["expires_at"], first);
    assert_eq!(everywhere(&bench), (json!(first), false));
    // An update with new keys replaces them, too.
    bench.run(&format!("update x {}", lease(&bench, STS_ID, &second))).ok();
    assert_eq!(everywhere(&bench), (json!(second), true));
    bench.run(&format!("rotate x {}", lease(&bench, STS_ID, &third))).ok();
    assert_eq!(everywhere(&bench), (json!(third), true));
    bench.run(&format!("rotate x {}", bench.keys())).ok();
    assert_eq!(everywhere(&bench), (Value::Null, true));
    bench.run("update x --anonymous").ok();
    assert_eq!(everywhere(&bench), (Value::Null, false));
}

#[test]
fn a_deleted_connector_is_forgotten() {
    let bench = Bench::new();
    bench.run(&format!("{CREATE} {}", bench.lease(60))).ok();
    let state = bench.files("state");
    assert!(state.iter().any(|(_, text)| text.contains("expires_at")), "{state:?}");
    bench.run("delete x --yes").ok();
    let last = bench.files("state").into_iter().find(|(path, _)| path.ends_with("ledger.jsonl"));
    let last = last.unwrap().1;
    let last: Value = serde_json::from_str(last.trim_end().lines().last().unwrap()).unwrap();
    assert_eq!(last["lease"], Value::Null);
}

#[test]
fn what_someone_else_wrote_since_is_not_known() {
    let bench = targets(1);
    bench.service.with(|store| store.real_time = true);
    bench.run(&format!("{ALL} {}", bench.lease(60))).ok();
    assert_ne!(known(&bench, "status -o json").0, Value::Null);
    bench.service.with(|store| {
        store.named("t0")["updated_at"] = json!("2099-01-01T00:00:00Z");
    });
    assert_eq!(known(&bench, "status -o json"), (Value::Null, false));
    let done = bench.run(&format!("{ALL} --expiring-within 1m {}", bench.lease(60)));
    assert_eq!(statuses(&done.ok().json()), ["rotated"]);
}

#[test]
fn a_service_that_tells_no_time_of_writing_is_trusted() {
    let bench = targets(1);
    bench.run(&format!("{ALL} {}", bench.lease(60))).ok();
    bench.service.with(|store| {
        let one = store.named("t0").as_object_mut().unwrap();
        one.remove("updated_at");
        one.remove("created_at");
    });
    assert_ne!(known(&bench, "get t0 -o json").0, Value::Null);
}

#[test]
fn another_services_connectors_are_others() {
    let bench = Bench::new();
    bench.run(&format!("{CREATE} {}", bench.lease(60))).ok();
    let other = Bench::new();
    let made = bench.service.with(|store| store.state.destinations.clone());
    other.service.with(|store| store.state.destinations = made);
    let state = bench.path("state").display().to_string();
    assert_eq!(known(&other.with("UNS3_STATE_DIR", &state), "get x -o json"), (Value::Null, false));
}

#[test]
fn only_what_ends_soon_or_at_an_unknown_time_is_taken() {
    let bench = Bench::new();
    for name in ["soon", "late", "expiring-unknown", "long-term", "unrecorded"] {
        bench.service.add(name, keyed("bucket-one", name));
    }
    let direct = "--direct --no-verify";
    bench.run(&format!("rotate soon {direct} {}", bench.lease(20))).ok();
    bench.run(&format!("rotate late {direct} {}", bench.lease(90))).ok();
    bench.run(&format!("rotate expiring-unknown {direct} {}", bench.sts())).ok();
    bench.run(&format!("rotate long-term {direct} {}", bench.keys())).ok();
    bench.service.forget_requests();
    let line = format!("{ALL} {direct} --expiring-within 30m {}", bench.lease(60));
    let planned = bench.run(&format!("{line} --dry-run")).ok().json();
    let expected = [
        ("soon", "planned"),
        ("expiring-unknown", "planned"),
        ("unrecorded", "planned"),
        ("late", "skipped"),
        ("long-term", "skipped"),
    ];
    let told: Vec<(Value, String)> = column(&planned, "connector")
        .iter()
        .map(|one| one["name"].clone())
        .zip(statuses(&planned))
        .collect();
    let expected = expected.map(|(name, status)| (json!(name), status.to_owned()));
    assert_eq!(told, expected);
    assert!(bench.service.writes().is_empty());
    let done = bench.run(&line).ok().json();
    assert_eq!(column(&done, "reason")[3..], ["not expiring", "not expiring"]);
    assert_eq!(bench.service.writes().len(), 3);
    // A longer look takes what ends later, too; a name is always taken.
    let longer = format!("{ALL} {direct} --expiring-within 2h {}", bench.lease(180));
    assert_eq!(
        statuses(&bench.run(&longer).ok().json()),
        ["rotated", "rotated", "rotated", "rotated", "skipped"]
    );
    bench.service.forget_requests();
    bench.run(&format!("rotate long-term {direct} --expiring-within 1m {}", bench.sts())).ok();
    assert_eq!(bench.service.writes().len(), 1);
}

#[test]
fn a_dead_lease_is_taken() {
    let bench = targets(1);
    bench.run(&format!("{ALL} --direct --no-verify {}", bench.lease(60))).ok();
    let path = bench.path("state").join("ledger.jsonl");
    let text = std::fs::read_to_string(&path).unwrap();
    let line: Value = serde_json::from_str(text.lines().last().unwrap()).unwrap();
    let mut expired = line.clone();
    expired["lease"]["expires_at"] = minutes_from_now(-600).into();
    std::fs::write(&path, format!("{expired}\n")).unwrap();
    let done = bench.run(&format!("{ALL} --expiring-within 1m {}", bench.lease(60)));
    assert_eq!(statuses(&done.ok().json()), ["rotated"]);
}
