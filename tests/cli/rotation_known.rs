//! What is known after a rotation that did not come to its good end: named for what broke.

use serde_json::{Value, json};

use crate::harness::Bench;
use crate::rotating::{ALL, minutes_from_now, statuses, targets};
use crate::service::Fault;

/// A service that never says when a connector was written last.
fn silent(bench: &Bench) {
    bench.service.with(|store| {
        for connector in &mut store.state.destinations {
            connector["created_at"] = json!("2026-01-01T00:00:00Z");
            connector["updated_at"] = Value::Null;
        }
    });
}

fn expiry(bench: &Bench) -> Value {
    let known = bench.run("status -o json").ok().json();
    known[0]["uns3"]["expires_at"].clone()
}

/// The ledger was written after the check only: it then vouched for the old, longer lease.
#[test]
fn after_a_failed_check_the_new_end_is_known_and_the_next_run_takes_it_again() {
    let bench = targets(1);
    bench.run(&format!("{ALL} --direct --no-verify {}", bench.lease(720))).ok();
    silent(&bench);
    bench.service.with(|store| {
        store.verdicts.push_back(("FAILURE".into(), json!("UserAuthError: Access Denied")));
    });
    let end = minutes_from_now(16);
    let lease = crate::rotating::lease(&bench, crate::harness::STS_ID, &end);
    bench.run(&format!("{ALL} --direct {lease}")).exits(7);
    silent(&bench);
    assert_eq!(expiry(&bench), json!(end));
    let next = bench.run(&format!("{ALL} --direct --expiring-within 1m {lease}"));
    assert_eq!(statuses(&next.ok().json()), ["rotated"]);
    let done = bench.run(&format!("{ALL} --direct --expiring-within 1m {lease}"));
    assert_eq!(statuses(&done.ok().json()), ["skipped"]);
}

/// The old lease was still vouched for when nobody could know which credentials were there.
#[test]
fn after_a_lost_answer_nothing_is_known() {
    let bench = targets(1);
    bench.run(&format!("{ALL} --direct --no-verify {}", bench.lease(720))).ok();
    bench.service.fault("PUT", "", Fault::close().done().always());
    let line = format!("{ALL} --direct --no-verify --retries 0 {}", bench.lease(16));
    bench.run(&line).exits(9);
    silent(&bench);
    assert_eq!(expiry(&bench), Value::Null);
}

/// The wait that a 429 asked of all was not counted: what was written meanwhile was undone.
#[test]
fn what_is_written_while_all_wait_is_not_undone() {
    let bench = targets(2);
    // While t0 waits, and t1 behind it, someone else writes t1.
    let slow = Fault::status(429, json!({"detail": "slow down"})).header("retry-after", 2);
    let meanwhile = Fault::meanwhile(|store| {
        store.named("t1")["config"]["max_connections"] = json!(7);
    });
    bench.service.fault("PUT", "", slow.and(meanwhile));
    let line = format!("{ALL} --direct --no-verify --concurrency 1 {}", bench.sts());
    let done = bench.run(&line);
    assert_eq!(bench.service.config("t1")["max_connections"], 7, "{done:?}");
    assert_eq!(statuses(&done.exits(3).json()), ["rotated", "failed"]);
}

/// A run that was told to end said nothing of what it had done, and forgot when that ends.
#[cfg(unix)]
#[test]
fn a_signal_while_checks_are_waited_for_tells_each_outcome() {
    use rustix::process::{Pid, Signal, kill_process};
    let bench = targets(3);
    bench.service.with(|store| {
        for _ in 0..1000 {
            store.verdicts.push_back(("SCHEDULED".into(), Value::Null));
        }
    });
    let line = format!("{ALL} --direct {}", bench.lease(60));
    let child = bench.command(&line.split_whitespace().collect::<Vec<_>>()).spawn().unwrap();
    bench.service.await_that("all checks", |service| {
        let checks = service.requests();
        checks.iter().filter(|one| one.path().ends_with("/connection-check")).count() >= 4
    });
    kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
    let done = bench.finish(child, &line);
    done.exits(143);
    assert_eq!(done.error()["category"], "interrupted");
    assert_eq!(statuses(&done.json()), ["failed"; 3]);
    assert!(done.stdout.contains("the new credentials are set, but"), "{done:?}");
    bench.service.with(|store| store.verdicts.clear());
    let known = bench.run("status -o json").ok().json();
    assert!(known.as_array().unwrap().iter().all(|one| one["uns3"]["expires_at"].is_string()));
    // What no check has vouched for is taken again.
    let next = bench.run(&format!("{ALL} --expiring-within 1m {}", bench.lease(60)));
    assert_eq!(statuses(&next.ok().json()), ["rotated"; 3]);
}

/// Each command waited without end for a ledger that another process held, deaf to signals.
#[test]
fn a_ledger_that_is_held_is_not_waited_for() {
    let bench = targets(1);
    std::fs::create_dir_all(bench.path("state")).unwrap();
    let held = std::fs::File::create(bench.path("state").join("ledger.lock")).unwrap();
    held.lock().unwrap();
    let line = format!("{ALL} --direct --no-verify {}", bench.lease(60));
    bench.run(&line).ok().says("will not be remembered");
    assert_eq!(expiry(&bench), Value::Null);
}
