//! No write rests on a reading older than a second, and a limiter without burst is lived with.

use std::time::{Duration, Instant};

use serde_json::json;
use uns3::sandbox::Limit;

use crate::harness::Bench;
use crate::rotating::{ALL, keyed, statuses, targets};
use crate::service::Fault;

/// A rotation of many read the list once: what somebody changed minutes later, before its turn had
/// come, was put back.
#[test]
fn what_is_changed_during_a_long_rotation_is_not_undone() {
    let bench = targets(12);
    bench.service.be_slow(Duration::from_millis(300));
    let changed = Fault::meanwhile(|store| {
        store.named("t11")["config"]["remote_url"] = json!("s3://moved-away/");
    });
    bench.service.fault("PUT", "", changed.only("2-2"));
    let line = format!("{ALL} --direct --no-verify --concurrency 1 {}", bench.sts());
    let done = bench.run(&line);
    let failed = done.exits(3).json();
    assert_eq!(statuses(&failed).iter().filter(|one| **one == "failed").count(), 1, "{done:?}");
    assert!(done.stderr.contains("was changed by someone else meanwhile"), "{done:?}");
    assert_eq!(bench.service.config("t11")["remote_url"], "s3://moved-away/");
    // A list, or a reading of the one, serves several.
    let puts = bench.service.writes().len();
    let reads = bench.service.requests().len() - puts;
    assert!(puts == 11 && reads < puts, "{reads} readings for {puts} writes");
}

/// A thousand are written by a list a second, not by a reading of each.
#[test]
fn fresh_readings_cost_few_requests() {
    let bench = targets(300);
    bench.service.be_slow(Duration::from_millis(30));
    let line = format!("{ALL} --direct --concurrency 4 {}", bench.sts());
    let begun = Instant::now();
    assert_eq!(statuses(&bench.run(&line).ok().json()), ["rotated"; 300]);
    let seconds = begun.elapsed().as_secs_f64();
    let reads = bench.service.lines().iter().filter(|line| line.contains("_type=s3")).count();
    let single = bench.service.lines().len() - reads - 3 * 300;
    // The next is asked for a little before the last is old.
    assert!(reads as f64 <= 3.0 + seconds / 0.7, "{reads} lists in {seconds} s");
    assert!(single <= 16, "{single} other requests");
}

/// The list that is asked for before the last one is old failed the connector that asked for it,
/// though what was known of it was still good.
#[test]
fn a_list_that_comes_early_may_fail() {
    let all_rotated = |_| {
        let bench = targets(60);
        bench.service.be_slow(Duration::from_millis(100));
        // The first list finds the targets; the second is the early one.
        bench.service.fault("GET", "/destinations/", Fault::status(500, "{}").only("2-2"));
        let line = format!("{ALL} --direct --no-verify --concurrency 4 {}", bench.sts());
        let done = bench.run(&format!("{line} --retries 0"));
        let lists = bench.service.lines().iter().filter(|line| line.contains("_type=s3")).count();
        assert!(lists > 2, "it never came");
        done.code == 0 && statuses(&done.json()) == ["rotated"; 60]
    };
    // On a machine that stands still for long enough, the second list comes when the first is old.
    assert!((0..3).any(all_rotated), "no attempt outlived it");
}

/// Where it failed and nothing more could be sent for a while, the write that it came before rested on
/// what was read before that while.
#[test]
fn a_write_after_an_early_list_that_failed_is_not_by_an_old_reading() {
    let bench = targets(20);
    bench.service.be_slow(Duration::from_millis(100));
    let later = Fault::status(429, "{}").header("retry-after", 2).only("2-2");
    let change = Fault::meanwhile(|store| {
        for nth in 0..20 {
            store.named(&format!("t{nth}"))["config"]["remote_url"] = json!("s3://moved-away/");
        }
    });
    bench.service.fault("GET", "/destinations/", later.and(change));
    let line = format!("{ALL} --direct --no-verify --concurrency 1 {}", bench.sts());
    bench.run(&format!("{line} --retries 0")).says("changed by someone else meanwhile");
    for nth in 0..20 {
        let moved = bench.service.config(&format!("t{nth}"));
        assert_eq!(moved["remote_url"], "s3://moved-away/", "t{nth}");
    }
}

/// The reading that came before each new attempt took the turn that the write needed: behind a
/// limiter without burst, neither command could ever succeed.
#[test]
fn a_limiter_without_burst_is_lived_with() {
    crate::harness::each([Some(1), Some(0), None], |retry_after| {
        let bench = targets(4);
        bench.service.add("single", keyed("bucket-two", "a"));
        bench.service.script().limit = Some(Limit::new(1, Duration::from_millis(200), retry_after));
        bench.run(&format!("update single --set a=1 {}", bench.sts())).ok();
        assert_eq!(bench.service.config("single")["a"], 1);
        let line = format!("{ALL} --match t* --concurrency 16 {}", bench.sts());
        assert_eq!(statuses(&bench.run(&line).ok().json()), ["rotated"; 4]);
    });
}

/// `Retry-After: 0`, and a date that has passed, sent all attempts within milliseconds.
#[test]
fn attempts_never_come_in_a_burst() {
    for after in ["0", "Wed, 21 Oct 2015 07:28:00 GMT"] {
        let bench = Bench::new();
        let fault = Fault::status(429, "{}").header("retry-after", after);
        bench.service.fault("GET", "", fault.always());
        let begun = Instant::now();
        bench.run("list --retries 4").fails(9);
        assert!(begun.elapsed() > Duration::from_millis(400), "{:?}", begun.elapsed());
    }
}

/// One 429 that asked for a second brought a rotation to one request a second for good.
#[test]
fn a_limit_is_learnt_and_then_used() {
    let bench = targets(60);
    bench.service.script().limit = Some(Limit::new(15, Duration::from_millis(500), Some(1)));
    let line = format!("{ALL} --direct --no-verify --concurrency 16 {}", bench.sts());
    let begun = Instant::now();
    assert_eq!(statuses(&bench.run(&line).ok().json()), ["rotated"; 60]);
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
}

/// A DELETE went on trying for minutes after the word to end.
#[cfg(unix)]
#[test]
fn a_delete_ends_soon_after_sigterm() {
    use rustix::process::{Pid, Signal, kill_process};
    let bench = targets(1);
    let fault = Fault::status(503, "{}").header("retry-after", 30);
    bench.service.fault("DELETE", "", fault.always());
    let line = "delete t0 --yes";
    let child = bench.command(&line.split(' ').collect::<Vec<_>>()).spawn().unwrap();
    bench.service.await_request("DELETE");
    let begun = Instant::now();
    kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
    let done = bench.finish(child, line);
    assert!(begun.elapsed() < Duration::from_secs(12), "{:?}", begun.elapsed());
    assert!(done.code == 9 || done.code == 143, "{done:?}");
}
