//! What was written, and is then read with another's values: exit 6, nothing more is written, and no
//! expiry is claimed.

use std::time::Duration;

use serde_json::{Value, json};

use crate::harness::Bench;
use crate::rotating::{ALL, column, statuses, targets};
use crate::service::Fault;
use crate::store::Store;

/// What another user does.
type Change = fn(&mut Store);

/// The ends that the ledger knows of, by name.
fn ends(bench: &Bench) -> Vec<(String, bool)> {
    let known = bench.run("status -o json").ok().json();
    let end = |one: &Value| {
        (one["name"].as_str().unwrap().to_owned(), one["uns3"]["expires_at"].is_string())
    };
    known.as_array().unwrap().iter().map(end).collect()
}

fn writes(bench: &Bench, method: &str) -> usize {
    bench.service.writes().iter().filter(|one| one.method == method).count()
}

/// The answer to a PUT showed another's values, and the expiry of the credentials that it had overwritten
/// was remembered.
#[test]
fn an_answer_with_another_s_values_claims_no_expiry() {
    for line in ["update t0 --set a=1", "rotate t0 --direct --no-verify -o json"] {
        let bench = targets(1);
        let id = bench.service.with(|store| store.named("t0")["id"].clone());
        let theirs = json!({"id": id, "name": "t0", "type": "s3",
            "config": {"remote_url": "s3://theirs/", "key": "AKIATHEIRSTHEIRSTHE0",
                "secret": "**********", "token": null, "anonymous": false}});
        bench.run(&format!("rotate t0 --direct {}", bench.lease(40))).ok();
        assert_eq!(ends(&bench), [("t0".to_owned(), true)]);
        bench.service.forget_requests();
        bench.service.fault("PUT", "", Fault::status(200, theirs));
        let done = bench.run(&format!("{line} {}", bench.lease(60)));
        done.exits(6).says("remote_url").says("key");
        assert_eq!(writes(&bench, "PUT"), 1);
        assert_eq!(ends(&bench), [("t0".to_owned(), false)]);
    }
}

/// A newer check, of what somebody else wrote, was taken for the verdict on one's own.
#[test]
fn a_check_that_shows_another_s_values_claims_no_expiry() {
    let moved = |store: &mut Store| {
        let connector = store.named("t0");
        connector["config"]["remote_url"] = json!("s3://theirs/");
    };
    // Other keys: the service hides them, and says only when they came.
    let rotated = |store: &mut Store| {
        let connector = store.named("t0");
        connector["config"]["key"] = json!("AKIATHEIRSTHEIRSTHE0");
        connector["updated_at"] = json!("2026-02-03T04:05:07Z");
    };
    let changes: [(Change, &str); 2] = [(moved, "remote_url"), (rotated, "updated_at")];
    for (change, field) in changes {
        for line in ["update t0 --set a=1 --test", "rotate t0 --direct -o json"] {
            let bench = targets(1);
            let meanwhile = Fault::meanwhile(move |store| {
                change(store);
                let id = store.named("t0")["id"].as_str().unwrap().to_owned();
                store.state.checks.insert(
                    id,
                    json!({"id": "theirs", "status": "SUCCESS", "reason": null,
                        "created_at": "2096-03-04T05:06:08Z", "reported_at": "2096-03-04T05:06:09Z"}),
                );
            });
            bench.service.fault("GET", "/connection-check", meanwhile);
            let done = bench.run(&format!("{line} {}", bench.lease(60)));
            done.exits(6).says("was changed meanwhile").says(field);
            assert_eq!(writes(&bench, "PUT"), 1);
            assert_eq!(ends(&bench), [("t0".to_owned(), false)], "{done:?}");
        }
    }
}

/// A connector that was rotated, and changed by somebody else while others still were, was told to be
/// rotated, though a list that was read for those showed it.
#[test]
fn what_a_later_list_shows_of_a_rotated_one_is_not_passed_over() {
    let bench = targets(30);
    bench.service.be_slow(Duration::from_millis(120));
    let line = format!("{ALL} --direct --no-verify --concurrency 1 {}", bench.lease(60));
    let changed = Fault::meanwhile(|store| {
        store.named("t1")["config"]["remote_url"] = json!("s3://theirs/");
    });
    bench.service.fault("PUT", "", changed.only("4-4"));
    let done = bench.run(&line);
    let result = done.exits(3).json();
    let mut expected = vec!["rotated"; 30];
    expected[1] = "failed";
    assert_eq!(statuses(&result), expected, "{done:?}");
    let error = column(&result, "error")[1].as_str().unwrap().to_owned();
    assert!(error.contains("changed by someone else: remote_url"), "{error}");
    assert_eq!(bench.service.config("t1")["remote_url"], "s3://theirs/");
    assert_eq!(writes(&bench, "PUT"), 30);
    let known = ends(&bench);
    assert!(known.iter().all(|(name, known)| *known == (name != "t1")), "{known:?}");
}

/// So it was in a plan, and the second run then changed it back without a word.
#[test]
fn what_a_later_list_shows_of_an_applied_one_is_not_passed_over() {
    let bench = Bench::new();
    let names: Vec<String> = (0..30).map(|number| format!("t{number:02}")).collect();
    let of = |name: &str| {
        json!({"name": name, "remote_url": format!("s3://bucket-one/{name}/"),
        "credentials": "anonymous"})
    };
    let connectors: Vec<Value> = names.iter().map(|name| of(name)).collect();
    bench.file("m.json", &json!({"version": 1, "connectors": connectors}).to_string());
    for name in &names {
        bench.service.add(name, json!({"remote_url": "s3://bucket-one/old/", "anonymous": true}));
    }
    bench.service.be_slow(Duration::from_millis(120));
    let changed = Fault::meanwhile(|store| {
        store.named("t01")["config"]["remote_url"] = json!("s3://theirs/");
    });
    bench.service.fault("PUT", "", changed.only("4-4"));
    let done = bench.run("apply -f m.json --yes -o json --concurrency 1");
    let result = done.exits(3).says("changed by someone else: remote_url").json();
    let mut expected = vec!["done"; 30];
    expected[1] = "failed";
    assert_eq!(column(&result["changes"], "status"), expected, "{done:?}");
    assert_eq!(writes(&bench, "PUT"), 30);
}

/// A list that is behind shows what was there before the write, which is no other's.
#[test]
fn what_a_list_shows_of_the_time_before_a_write_is_not_another_s() {
    let bench = targets(30);
    let before = bench.service.with(|store| {
        store.state.unknowns.masks = uns3::sandbox::Masks::Nothing;
        for connector in &mut store.state.destinations {
            connector["updated_at"] = json!("2026-02-01T00:00:00Z");
        }
        Value::Array(store.state.destinations.clone())
    });
    bench.service.be_slow(Duration::from_millis(120));
    bench.service.fault("GET", "/destinations/", Fault::status(200, before).always());
    let line = format!("{ALL} --direct --no-verify --concurrency 1 {}", bench.lease(60));
    assert_eq!(statuses(&bench.run(&line).ok().json()), ["rotated"; 30]);
    let lists = bench.service.lines().iter().filter(|one| one.contains("_type=s3")).count();
    assert!(lists > 1, "nothing was read while others were written");
}
