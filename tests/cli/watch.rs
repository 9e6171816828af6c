//! `rotate --watch`: renews in time, outlives failures, says what it cannot renew, never in a tight
//! loop, and ends in good order.
#![cfg(unix)]

use std::process::Child;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use crate::harness::{Bench, Done, KEY_ID, SECRET, STS_ID, each};
use crate::rotating::{lease, minutes_from_now, targets};
use crate::service::{Fault, Service};

pub(crate) const WATCH: &str = "rotate --all --watch --direct --no-verify --retries 0 -o json";
pub(crate) const NEXT_ID: &str = "ASIANEXTNEXTNEXTNEXT";

pub(crate) fn start(bench: &Bench, line: &str) -> Child {
    bench.command(&line.split_whitespace().collect::<Vec<_>>()).spawn().unwrap()
}

/// Asks the watch to end, and awaits that it does.
pub(crate) fn end(bench: &Bench, child: Child, line: &str) -> Done {
    kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
    let done = bench.finish(child, line);
    done.exits(143).says("interrupted");
    done
}

pub(crate) fn lists(service: &Service) -> usize {
    service.requests().iter().filter(|one| one.path() == "/destinations/").count()
}

pub(crate) fn puts(service: &Service) -> usize {
    service.writes().iter().filter(|one| one.method == "PUT").count()
}

/// Each line of standard output.
pub(crate) fn results(done: &Done) -> Vec<Value> {
    done.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn what_is_not_known_is_rotated_at_once_and_told_in_a_line() {
    let bench = targets(2);
    bench.service.be_slow(Duration::from_millis(100));
    let line = format!("rotate --all --watch -v -o json {}", bench.lease(60));
    let child = start(&bench, &line);
    // Not that the last check was asked for: its verdict has to be taken, too.
    bench.service.await_that("both recorded as verified", |_| {
        let ledger = std::fs::read_to_string(bench.path("state").join("ledger.jsonl"));
        ledger.is_ok_and(|lines| lines.matches("\"unverified\":false").count() == 2)
    });
    let done = end(&bench, child, &line);
    let told = results(&done);
    assert_eq!(told.len(), 2, "{done:?}");
    assert_eq!(
        [&told[0]["status"], &told[0]["stage"], &told[0]["verify"]],
        ["rotated", "passed", "passed"]
    );
    assert!(bench.service.scratch().is_empty());
    // What is recorded is known to the next watch, which has nothing to do.
    bench.service.forget_requests();
    let child = start(&bench, &line);
    bench.service.await_request("GET");
    std::thread::sleep(Duration::from_millis(1500));
    let done = end(&bench, child, &line);
    assert_eq!(done.stdout, "");
    bench.service.made(&[("GET /destinations/", 1)]);
}

/// Credentials within their last five minutes are due as soon as they are set: a watch that had no
/// other measure wrote them again every second.
#[test]
fn credentials_that_are_about_to_end_make_no_tight_loop() {
    let bench = targets(2);
    let line = format!("{WATCH} {}", bench.lease(4));
    let child = start(&bench, &line);
    bench.service.await_that("a second look", |service| lists(service) >= 2);
    // Time for what must not come.
    std::thread::sleep(std::time::Duration::from_millis(500));
    let done = end(&bench, child, &line);
    bench.service.made(&[("GET /destinations/", 2), ("PUT /destinations/{id}", 2)]);
    assert_eq!(results(&done).len(), 2);
    done.says("expires in 3 min: no newer credentials have come; so for 1 more");
}

#[test]
fn newer_credentials_are_taken_when_they_come() {
    let bench = targets(1);
    let line = format!("{WATCH} {}", bench.lease(4));
    let child = start(&bench, &line);
    bench.service.await_request("PUT");
    let next = minutes_from_now(60);
    lease(&bench, NEXT_ID, &next);
    bench.service.await_that("a second PUT", |service| puts(service) >= 2);
    assert_eq!(bench.ids(&["t0"]), [NEXT_ID]);
    std::thread::sleep(std::time::Duration::from_millis(1500));
    let done = end(&bench, child, &line);
    let ends: Vec<Value> = results(&done).iter().map(|one| one["expires_at"].clone()).collect();
    assert_eq!(ends[1], next);
    bench.service.made(&[("GET /destinations/", 2), ("PUT /destinations/{id}", 2)]);
}

/// A wrong name was looked for again and again, for ever.
#[test]
fn what_is_wrong_from_the_start_ends_it() {
    let bench = targets(1);
    let watch = WATCH.replace("--all", "t9");
    bench.run(&format!("{watch} {}", bench.lease(60))).fails(5).says("t9");
    bench.service.fault("GET", "", Fault::status(401, json!({"detail": "no"})).always());
    bench.run(&format!("{WATCH} {}", bench.lease(60))).fails(4);
    assert!(bench.service.writes().is_empty());
}

#[test]
fn at_its_start_it_says_what_it_watches_and_when_it_looks_again() {
    let bench = targets(2);
    let line = format!("{} {}", WATCH.replace(" -o json", ""), bench.lease(60));
    let child = start(&bench, &line);
    bench.service.await_that("two PUTs", |service| puts(service) >= 2);
    std::thread::sleep(std::time::Duration::from_millis(500));
    let done = end(&bench, child, &line);
    done.says("watching 2 connector(s): \"t0\", \"t1\"").says("looking again in 5m (at ");
}

#[test]
fn nothing_to_watch_is_said_or_fails() {
    let bench = targets(1);
    let line = format!("{WATCH} --match zz {}", bench.lease(60));
    bench.run(&format!("{line} --fail-if-none")).fails(5).says("matches --match zz");
    let child = start(&bench, &format!("{line} -q"));
    bench.service.await_that("a second look", |service| lists(service) >= 2);
    std::thread::sleep(std::time::Duration::from_millis(500));
    end(&bench, child, &line).says("no S3 destination connector matches --match zz");
}

/// A target that was deleted, or whose name came to mean two connectors, kept all others from being
/// renewed.
#[test]
fn a_target_that_is_no_more_does_not_keep_the_others_from_being_renewed() {
    let bench = targets(3);
    let line = format!("{} {}", WATCH.replace("--all", "t0 t1 t2"), bench.lease(4));
    let child = start(&bench, &line);
    bench.service.await_that("three PUTs", |service| puts(service) >= 3);
    bench.service.with(|store| store.state.destinations.retain(|one| one["name"] != "t1"));
    bench.service.add("t0", crate::rotating::keyed("bucket-two", "twin"));
    lease(&bench, NEXT_ID, &minutes_from_now(60));
    bench.service.await_that("two more PUTs", |service| puts(service) >= 5);
    std::thread::sleep(std::time::Duration::from_millis(500));
    let done = end(&bench, child, &line);
    assert_eq!(results(&done).len(), 5);
    done.says("\"t1\"").says("no longer to be rotated");
    assert_eq!(bench.ids(&["t0", "t2"]), [NEXT_ID; 2]);
}

#[test]
fn an_outage_is_outlived() {
    let bench = targets(1);
    bench.service.fault("GET", "/destinations/", Fault::status(503, "").only("2x"));
    let line = format!("{WATCH} {}", bench.lease(60));
    let child = start(&bench, &line);
    bench.service.await_request("PUT");
    std::thread::sleep(std::time::Duration::from_millis(300));
    let done = end(&bench, child, &line);
    assert_eq!(done.stderr.matches("going on").count(), 2, "{done:?}");
    assert_eq!(results(&done)[0]["status"], "rotated");
}

#[test]
fn what_ends_during_an_outage_is_warned_of() {
    let bench = targets(1);
    bench.service.fault("GET", "/destinations/", Fault::status(503, "").only("2-"));
    let line = format!("{WATCH} {}", bench.lease(4));
    let child = start(&bench, &line);
    bench.service.await_that("a look in vain", |service| lists(service) >= 3);
    end(&bench, child, &line).says("expires in 3 min: cannot be renewed now");
}

#[test]
fn a_refused_target_is_tried_again_and_the_others_are_not() {
    let bench = targets(2);
    let id = bench.service.with(|store| store.named("t1")["id"].clone());
    bench.service.fault("PUT", id.as_str().unwrap(), Fault::status(422, json!({"detail": "no"})));
    let line = format!("{WATCH} {}", bench.lease(60));
    let child = start(&bench, &line);
    bench.service.await_that("a third PUT", |service| puts(service) >= 3);
    std::thread::sleep(std::time::Duration::from_millis(300));
    let done = end(&bench, child, &line);
    let told: Vec<(Value, Value)> = results(&done)
        .iter()
        .map(|one| (one["connector"]["name"].clone(), one["status"].clone()))
        .collect();
    assert_eq!(told[2], (json!("t1"), json!("rotated")));
    assert_eq!(told.iter().filter(|(_, status)| status == "failed").count(), 1);
}

/// A line in words went out as the service had put it.
#[test]
fn what_a_service_says_is_shown_without_its_secrets_and_steering() {
    each(["json", "table"], |format| {
        let bench = targets(1);
        let said = format!("password=\"Hidden/1+x=\" {SECRET} \u{1b}[2J\nnext");
        bench.service.fault("PUT", "", Fault::status(422, json!({"detail": said})));
        let line = format!("{} {}", WATCH.replace("json", format), bench.lease(60));
        let child = start(&bench, &line);
        bench.service.await_request("PUT");
        std::thread::sleep(std::time::Duration::from_millis(500));
        let done = end(&bench, child, &line);
        assert_eq!(done.stdout.lines().count(), 1, "{done:?}");
        assert!(!done.stdout.contains('\u{1b}'), "{done:?}");
        // It is said once.
        assert!(!done.stderr.contains("next"), "{done:?}");
        done.never_shows("Hidden/1+x=");
    });
}

#[test]
fn a_file_that_cannot_be_used_meanwhile_is_said_and_lived_with() {
    each(["gone", "garbled", "expired"], |how| {
        let bench = targets(1);
        let line = format!("{WATCH} {}", bench.lease(4));
        let child = start(&bench, &line);
        bench.service.await_request("PUT");
        match how {
            "gone" => std::fs::remove_file(bench.path("lease.json")).unwrap(),
            "garbled" => drop(bench.file("lease.json", "{\"AccessKeyId\": ")),
            _ => drop(lease(&bench, NEXT_ID, "2016-05-06T07:08:09Z")),
        }
        bench.service.await_that("a second look", |service| lists(service) >= 2);
        std::thread::sleep(std::time::Duration::from_millis(500));
        let done = end(&bench, child, &line);
        let told = results(&done);
        assert_eq!((told.len(), &told[1]["status"]), (2, &json!("failed")), "{done:?}");
        done.says("expires in 3 min: could not be renewed");
        assert_eq!(puts(&bench.service), 1);
    });
}

#[test]
fn a_signal_ends_it_after_the_target_in_hand() {
    for slow in [0, 300] {
        let bench = targets(3);
        bench.service.be_slow(std::time::Duration::from_millis(slow));
        let line = format!("{WATCH} --concurrency 1 {}", bench.lease(60));
        let child = start(&bench, &line);
        bench.service.await_request("PUT");
        end(&bench, child, &line);
        if slow > 0 {
            assert_eq!(puts(&bench.service), 1);
            assert_eq!(bench.ids(&["t0"]), [STS_ID]);
        }
    }
    let bench = targets(1);
    for _ in 0..100 {
        bench.service.with(|store| store.verdicts.push_back(("SCHEDULED".into(), Value::Null)));
    }
    let line = format!("rotate --all --watch {}", bench.lease(60));
    let child = start(&bench, &line);
    bench.service.await_that("the stage", |service| !service.scratch().is_empty());
    end(&bench, child, &line);
    assert!(bench.service.scratch().is_empty());
    assert_eq!(puts(&bench.service), 0);
}

#[test]
fn a_source_that_cannot_be_asked_again_is_refused() {
    let bench = targets(1);
    for flags in [bench.keys(), bench.sts()] {
        bench.run(&format!("{WATCH} {flags}")).fails(2).says("asked again");
    }
    let stdin = json!({"AccessKeyId": KEY_ID, "SecretAccessKey": SECRET}).to_string();
    bench.piped(&format!("{WATCH} --credentials-file -"), &stdin).fails(2).says("asked again");
    for more in ["--dry-run", "--expiring-within 1h"] {
        bench.run(&format!("{WATCH} {more} {}", bench.lease(60))).fails(2);
    }
    let bench = bench.with("AWS_ACCESS_KEY_ID", KEY_ID).with("AWS_SECRET_ACCESS_KEY", SECRET);
    bench.run(WATCH).fails(2).says("asked again");
    assert!(bench.service.lines().is_empty());
}
