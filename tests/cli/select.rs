//! `uns3 list` and `get`: what is chosen, and how names and ids are read.

use serde_json::{Value, json};

use crate::harness::{Bench, Done};

const OTHER: &str = "GET /destinations/";

fn on(bucket: &str) -> Value {
    json!({"remote_url": format!("s3://{bucket}/x/"), "anonymous": true, "novel": {"a": [1]}})
}

/// Two destinations, a source, and a destination that is not S3's.
fn filled() -> Bench {
    let bench = Bench::new();
    bench.service.add("invoices-out", on("bucket-one"));
    bench.service.add("receipts-out", on("bucket-two"));
    bench.service.with(|store| {
        store.add("sources", "s3", "invoices-in", on("bucket-one"));
        store.add("destinations", "gcs", "elsewhere", json!({"remote_url": "gs://b/"}));
    });
    bench
}

fn names(done: &Done) -> Vec<String> {
    let list = done.ok().json();
    list.as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn list_asks_once_for_s3() {
    let bench = filled();
    assert_eq!(names(&bench.run("list -o json")), ["invoices-out", "receipts-out"]);
    assert_eq!(bench.service.lines(), ["GET /destinations/?destination_type=s3"]);
    assert_eq!(names(&bench.run("ls -o json")), ["invoices-out", "receipts-out"]);
}

#[test]
fn list_chooses_by_name_bucket_kind_and_type() {
    let bench = filled();
    for (flags, wanted) in [
        ("--match invoices-*", vec!["invoices-out"]),
        ("--match *-[io]*t", vec!["invoices-out", "receipts-out"]),
        ("--bucket bucket-two", vec!["receipts-out"]),
        ("--bucket bucket", vec![]),
        ("--kind source", vec!["invoices-in"]),
        ("--kind all --bucket bucket-one", vec!["invoices-in", "invoices-out"]),
        ("--all-types", vec!["invoices-out", "receipts-out", "elsewhere"]),
    ] {
        let mut found = names(&bench.run(&format!("list -o json {flags}")));
        let mut wanted: Vec<String> = wanted.into_iter().map(str::to_owned).collect();
        found.sort();
        wanted.sort();
        assert_eq!(found, wanted, "{flags}");
    }
    bench.run("list --match [").fails(2).says("not a pattern");
}

#[test]
fn a_service_that_ignores_the_type_is_seen_through() {
    let bench = filled();
    let all = bench.service.with(|store| Value::from_iter(store.state.destinations.clone()));
    let fault = crate::service::Fault::status(200, all).always();
    bench.service.fault("GET", "/destinations/", fault);
    assert_eq!(names(&bench.run("list -o json")), ["invoices-out", "receipts-out"]);
    bench.run("get elsewhere").fails(5);
}

#[test]
fn each_format_lists() {
    let bench = filled();
    let table = bench.run("list").ok().stdout.clone();
    let first = table.lines().next().unwrap();
    assert!(first.starts_with("invoices-out\t") && first.ends_with("\tanonymous\t"), "{table}");
    assert_eq!(table.lines().count(), 2);
    let csv = bench.run("list -o csv").ok().stdout.clone();
    assert_eq!(
        csv.lines().next().unwrap(),
        "name,id,kind,type,remote_url,auth,endpoint_url,created_at,updated_at,expires_at,rotated_at,\
         recursive"
    );
    let ids = bench.run("list -o id").ok().stdout.clone();
    assert!(ids.lines().all(|id| id.len() == 36) && ids.lines().count() == 2, "{ids}");
    bench.run("list -o yaml").ok().prints("- id: ").prints("    auth: anonymous");
}

#[test]
fn nothing_to_list_is_an_empty_result() {
    let bench = Bench::new();
    assert_eq!(bench.run("list -o json").ok().json(), json!([]));
    assert_eq!(bench.run("list").ok().says("there is no S3 destination connector").stdout, "");
    bench.run("list -q").ok().silent();
}

#[test]
fn get_shows_the_services_own_object() {
    let bench = filled();
    bench.service.with(|store| store.named("invoices-out")["owner"] = json!({"team": 1}));
    let shown = bench.run("show invoices-out -o json").ok().json();
    assert_eq!(shown["owner"], json!({"team": 1}));
    assert_eq!(shown["config"]["novel"], json!({"a": [1]}));
    assert_eq!(shown["updated_at"], Value::Null);
    let uns3 = json!({"kind": "destination", "auth": "anonymous", "expires_at": null,
        "rotated_at": null});
    assert_eq!(shown["uns3"], uns3);
}

#[test]
fn an_id_is_read_in_one_request() {
    let bench = Bench::new();
    let id = bench.service.add("out", on("bucket-one"));
    assert_eq!(bench.run(&format!("get {id} -o json")).ok().json()["name"], "out");
    assert_eq!(bench.service.lines(), [format!("{OTHER}{id}")]);
}

#[test]
fn an_unknown_name_lists_those_near_it() {
    let bench = filled();
    bench.run("get invoice-out").fails(5).says("near it: invoices-out");
    bench.run("get 2b7a1c1e-55a4-4dd0-8ed5-2f0a8f0b7c11").fails(5);
    let error = bench.run("get nobody -o json").fails(5).error();
    assert_eq!((&error["category"], &error["status"]), (&json!("not_found"), &Value::Null));
}

#[test]
fn an_ambiguous_name_lists_the_ids() {
    let bench = Bench::new();
    let ids = [bench.service.add("twin", on("bucket-one")), bench.service.add("twin", on("b-2"))];
    for line in ["get twin", "update twin --set a=1", "test twin", "delete twin --yes"] {
        bench.run(line).fails(6).says(&ids[0]).says(&ids[1]);
    }
    assert!(bench.service.writes().is_empty());
    bench.run(&format!("get {}", ids[1])).ok();
}

#[test]
fn a_name_of_both_kinds_needs_the_kind() {
    let bench = filled();
    bench.service.with(|store| store.add("sources", "s3", "invoices-out", on("bucket-one")));
    bench.run("get invoices-out --kind all").fails(6).says("--kind");
    assert_eq!(bench.run("get invoices-out -o json").ok().json()["uns3"]["kind"], "destination");
    let both = bench.run("test invoices-out --kind all -o json").ok().json();
    assert_eq!(both.as_array().unwrap().len(), 2);
}

#[test]
fn another_type_is_shown_and_left_alone() {
    let bench = filled();
    let id = bench.service.with(|store| store.named("elsewhere")["id"].clone());
    let id = id.as_str().unwrap();
    let shown = bench.run(&format!("get {id} -o json")).ok().json();
    assert_eq!((&shown["type"], &shown["uns3"]["auth"]), (&json!("gcs"), &json!("unknown")));
    bench.run("get elsewhere").fails(5);
    for line in
        ["update {} --set a=1", "test {}", "delete {} --yes", "delete {} x --yes --if-exists"]
    {
        bench.run(&line.replace("{}", id)).fails(2).says("type \"gcs\"");
    }
    assert!(bench.service.writes().is_empty());
}
