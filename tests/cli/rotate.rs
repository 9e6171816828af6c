//! `uns3 rotate`: credentials tried out first, then set, checked and recorded, each on its own.

use std::time::{Duration, SystemTime};

use serde_json::{Value, json};

use crate::harness::{Bench, KEY_ID, SECRET, STS_ID, TOKEN, spellings};
use crate::service::Fault;

fn keyed(place: &str) -> Value {
    json!({
        "remote_url": format!("s3://{place}/"), "key": "AKIAOLD", "secret": "old", "token": "old",
        "anonymous": false, "novel": {"a": [1]},
    })
}

fn one() -> (Bench, String) {
    let bench = Bench::new();
    let id = bench.service.add("out", keyed("bucket-one/out"));
    (bench, id)
}

/// Flags for STS credentials that end so many minutes from now.
fn lease(bench: &Bench, minutes: u64) -> String {
    let end = SystemTime::now() + Duration::from_secs(minutes * 60);
    let end = jiff::Timestamp::try_from(end).unwrap();
    let text = json!({"AccessKeyId": STS_ID, "SecretAccessKey": SECRET, "SessionToken": TOKEN,
        "Expiration": end});
    format!("--credentials-file {}", bench.file("lease", &text.to_string()))
}

/// The methods of the requests that could have changed something, each with what it was about.
fn writes(bench: &Bench) -> Vec<String> {
    let about = |path: &str| match path.trim_end_matches('/').rsplit('/').next() {
        Some("connection-check") => "check".to_owned(),
        Some("destinations") => "connector".to_owned(),
        _ => "id".to_owned(),
    };
    let writes = bench.service.writes();
    writes.iter().map(|one| format!("{} {}", one.method, about(one.path()))).collect()
}

fn scratch(bench: &Bench) -> usize {
    bench.service.with(|store| {
        let names = store.state.destinations.iter().filter_map(|one| one["name"].as_str());
        names.filter(|name| name.starts_with("uns3-stage-")).count()
    })
}

/// The credentials of a connector.
fn triple(bench: &Bench, name: &str) -> [Value; 3] {
    let config = bench.service.config(name);
    ["key", "secret", "token"].map(|field| config[field].clone())
}

#[test]
fn it_stages_sets_verifies_and_records() {
    let (bench, id) = one();
    let done = bench.run(&format!("rotate out {} -o json", lease(&bench, 60)));
    done.ok();
    let wanted = ["POST connector", "POST check", "DELETE id", "PUT id", "POST check"];
    assert_eq!(writes(&bench), wanted);
    let stage = bench.service.writes()[0].json();
    assert!(stage["name"].as_str().unwrap().starts_with("uns3-stage-"), "{stage}");
    assert_eq!(stage["config"]["remote_url"], "s3://bucket-one/out/");
    let sent = bench.service.sent("PUT")["config"].clone();
    assert_eq!(triple(&bench, "out"), [json!(STS_ID), json!(SECRET), json!(TOKEN)]);
    assert_eq!((&sent["novel"], &sent["endpoint_url"]), (&json!({"a": [1]}), &Value::Null));
    let shown = &done.json()[0];
    assert_eq!(shown["connector"], json!({"id": id, "name": "out", "kind": "destination"}));
    assert_eq!(
        [&shown["status"], &shown["stage"], &shown["verify"], &shown["error"]],
        [&json!("rotated"), &json!("passed"), &json!("passed"), &Value::Null]
    );
    let known = bench.run("get out -o json").ok().json();
    assert_eq!(known["uns3"]["expires_at"], shown["expires_at"]);
    assert!(known["uns3"]["rotated_at"].is_string(), "{known}");
    let kept = bench.files("state");
    assert!(!kept.is_empty());
    for (path, text) in kept {
        let secrets = [SECRET, TOKEN].iter().flat_map(|one| spellings(one));
        assert!(!secrets.into_iter().any(|one| text.contains(&one)), "{}", path.display());
    }
}

#[test]
fn a_failed_stage_changes_nothing() {
    let (bench, _) = one();
    let denied = ("FAILURE".to_owned(), json!("UserAuthError: Access Denied"));
    bench.service.with(|store| store.verdicts.push_back(denied));
    let done = bench.run(&format!("rotate out {} -o json", bench.sts()));
    done.exits(7).says("UserAuthError: Access Denied");
    assert_eq!(writes(&bench), ["POST connector", "POST check", "DELETE id"]);
    let shown = &done.json()[0];
    assert_eq!((&shown["status"], &shown["stage"]), (&json!("failed"), &json!("failed")));
    assert_eq!(triple(&bench, "out")[0], "AKIAOLD");
}

#[test]
fn direct_and_no_verify_leave_steps_out() {
    let (bench, _) = one();
    bench.run(&format!("rotate out --direct --no-verify {}", bench.sts())).ok();
    assert_eq!(writes(&bench), ["PUT id"]);
    let (bench, _) = one();
    bench.run(&format!("rotate out --no-verify {}", bench.sts())).ok();
    assert_eq!(writes(&bench), ["POST connector", "POST check", "DELETE id", "PUT id"]);
}

#[test]
fn long_term_keys_take_the_token_away() {
    let (bench, _) = one();
    bench.run(&format!("rotate out --direct --no-verify {}", bench.keys())).ok();
    assert_eq!(triple(&bench, "out"), [json!(KEY_ID), json!(SECRET), Value::Null]);
}

#[test]
fn each_bucket_is_staged_once() {
    let bench = Bench::new();
    for (name, place) in [("a", "bucket-one/a"), ("b", "bucket-one/b"), ("c", "bucket-two")] {
        bench.service.add(name, keyed(place));
    }
    bench.service.add("open", json!({"remote_url": "s3://bucket-one/", "anonymous": true}));
    let done = bench.run(&format!("rotate --all --no-verify {} -o json", bench.sts()));
    let shown = done.ok().json();
    let statuses: Vec<&Value> =
        shown.as_array().unwrap().iter().map(|one| &one["status"]).collect();
    assert_eq!(statuses.iter().filter(|one| **one == "rotated").count(), 3);
    assert_eq!(statuses.iter().filter(|one| **one == "skipped").count(), 1);
    let count = |what: &str| writes(&bench).iter().filter(|one| *one == what).count();
    assert_eq!((count("POST connector"), count("DELETE id"), count("PUT id")), (2, 2, 3));
    assert_eq!(triple(&bench, "open"), [Value::Null, Value::Null, Value::Null]);
}

#[test]
fn one_failure_stops_no_other() {
    let (bench, id) = one();
    bench.service.add("two", keyed("bucket-one"));
    let refusal = Fault::status(400, json!({"detail": "not today"})).always();
    bench.service.fault("PUT", &id, refusal);
    let done = bench.run(&format!("rotate out two {} -o json", bench.sts()));
    let shown = done.exits(3).json();
    assert_eq!((&shown[0]["status"], &shown[1]["status"]), (&json!("failed"), &json!("rotated")));
    assert!(shown[0]["error"].as_str().unwrap().contains("not today"), "{shown}");
    assert_eq!(triple(&bench, "two")[0], STS_ID);
}

#[test]
fn a_check_that_fails_afterwards_is_told() {
    let (bench, _) = one();
    bench.service.with(|store| {
        store.verdicts.push_back(("SUCCESS".into(), Value::Null));
        store.verdicts.push_back(("FAILURE".into(), json!("Access Denied")));
    });
    let done = bench.run(&format!("rotate out {} -o json", bench.sts()));
    let shown = &done.exits(7).json()[0];
    assert_eq!((&shown["status"], &shown["verify"]), (&json!("failed"), &json!("failed")));
    assert_eq!(triple(&bench, "out")[0], STS_ID, "they are set all the same");
}

#[test]
fn only_what_expires_soon_or_is_unknown_is_taken() {
    let bench = Bench::new();
    for name in ["soon", "later", "unknown"] {
        bench.service.add(name, keyed("bucket-one"));
    }
    let quick = "--direct --no-verify";
    bench.run(&format!("rotate soon {quick} {}", lease(&bench, 20))).ok();
    bench.run(&format!("rotate later {quick} {}", lease(&bench, 300))).ok();
    bench.service.forget_requests();
    let line = format!("rotate --all --expiring-within 30m {quick} {} -o json", bench.keys());
    let shown = bench.run(&line).ok().json();
    let status = |name: &str| {
        let mut all = shown.as_array().unwrap().iter();
        all.find(|one| one["connector"]["name"] == name).unwrap()["status"].clone()
    };
    assert_eq!(["soon", "later", "unknown"].map(status), ["rotated", "skipped", "rotated"]);
    assert_eq!(bench.service.writes().len(), 2);
    // One that is named is always taken.
    bench.run(&format!("rotate later {quick} {}", bench.sts())).ok();
    assert_eq!(bench.service.writes().len(), 3);
}

#[test]
fn status_tells_what_ends_when() {
    let bench = Bench::new();
    for name in ["unknown", "later", "soon"] {
        bench.service.add(name, keyed("bucket-one"));
    }
    let quick = "--direct --no-verify";
    bench.run(&format!("rotate later {quick} {}", lease(&bench, 300))).ok();
    bench.run(&format!("rotate soon {quick} {}", lease(&bench, 20))).ok();
    let names = |flags: &str, code| {
        let done = bench.run(&format!("status -o json {flags}"));
        let shown = done.exits(code).json();
        let names = shown.as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap());
        names.map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(names("", 0), ["soon", "later", "unknown"]);
    assert_eq!(names("--expiring-within 30m", 10), ["soon"]);
    assert_eq!(names("--expiring-within 5m", 0), [""; 0]);
    // What someone else wrote since is no longer known.
    bench.service.with(|store| {
        store.named("soon")["updated_at"] = "2099-01-01T00:00:00Z".into();
    });
    assert_eq!(names("--expiring-within 30m", 0), [""; 0]);
}

#[test]
fn a_dry_run_writes_nothing() {
    let (bench, _) = one();
    let done = bench.run(&format!("rotate --all --dry-run {} -o json", bench.sts()));
    assert_eq!(done.ok().json()[0]["status"], "planned");
    assert!(bench.service.writes().is_empty());
}

#[test]
fn what_cannot_be_a_rotation() {
    let (bench, _) = one();
    let sts = bench.sts();
    for flags in [
        String::new(),
        sts.clone(),
        "out".into(),
        "out --anonymous".into(),
        format!("out --match x {sts}"),
        format!("out --all {sts}"),
        format!("--all --watch {sts}"),
        format!("--all --concurrency 0 {sts}"),
    ] {
        let done = bench.run(&format!("rotate {flags}"));
        done.fails(2);
    }
    assert!(bench.service.lines().is_empty(), "{:?}", bench.service.lines());
    bench.run(&format!("rotate nobody {sts}")).fails(5);
    assert!(bench.service.writes().is_empty());
}

#[test]
fn what_changed_during_the_stage_is_kept() {
    let (bench, _) = one();
    let change = Fault::meanwhile(|store| {
        store.named("out")["config"]["remote_url"] = "s3://bucket-one/new/".into();
    });
    bench.service.fault("POST", "connection-check", change);
    bench.run(&format!("rotate out {}", bench.sts())).ok();
    assert_eq!(bench.service.config("out")["remote_url"], "s3://bucket-one/new/");
}

#[test]
fn what_moved_to_another_bucket_during_the_stage_is_left_alone() {
    let (bench, _) = one();
    let change = Fault::meanwhile(|store| {
        store.named("out")["config"]["remote_url"] = "s3://bucket-two/".into();
    });
    bench.service.fault("POST", "connection-check", change);
    bench.run(&format!("rotate out {}", bench.sts())).exits(6).says("changed meanwhile");
    assert_eq!(triple(&bench, "out")[0], "AKIAOLD");
    assert_eq!(scratch(&bench), 0);
}

#[test]
fn a_lost_scratch_connector_is_found_and_deleted() {
    for fault in [Fault::close().done(), Fault::status(502, "").done()] {
        let (bench, _) = one();
        bench.service.fault("POST", "/destinations/", fault);
        bench.run(&format!("rotate out {} --no-verify", bench.sts())).ok();
        assert_eq!(scratch(&bench), 0);
    }
}

#[cfg(unix)]
mod cut_off {
    use rustix::process::{Pid, Signal, kill_process};

    use super::*;

    /// Starts a rotation and sends a signal while its stage is being checked.
    fn during_stage(signal: Signal) -> (Bench, crate::harness::Done) {
        let (bench, _) = one();
        for _ in 0..20 {
            bench.service.with(|store| store.verdicts.push_back(("SCHEDULED".into(), json!(null))));
        }
        let line = format!("rotate out {}", bench.sts());
        let child = bench.command(&line.split(' ').collect::<Vec<_>>()).spawn().unwrap();
        while !writes(&bench).contains(&"POST check".to_owned()) {
            std::thread::sleep(Duration::from_millis(5));
        }
        kill_process(Pid::from_child(&child), signal).unwrap();
        let done = bench.finish(child, &line);
        (bench, done)
    }

    #[test]
    fn a_signal_deletes_the_scratch_connector_first() {
        for (signal, code) in [(Signal::INT, 130), (Signal::TERM, 143)] {
            let (bench, done) = during_stage(signal);
            done.exits(code);
            assert_eq!(writes(&bench), ["POST connector", "POST check", "DELETE id"]);
            assert_eq!((scratch(&bench), triple(&bench, "out")[0].clone()), (0, json!("AKIAOLD")));
        }
    }

    #[test]
    fn what_a_killed_run_left_is_removed_by_the_next() {
        let (bench, _) = during_stage(Signal::KILL);
        assert_eq!(scratch(&bench), 1);
        bench.service.with(|store| store.verdicts.clear());
        bench.run(&format!("rotate out {} --direct --no-verify", bench.sts())).ok().says("left by");
        assert_eq!(scratch(&bench), 0);
    }
}
