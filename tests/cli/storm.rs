//! Many targets and a service that has too many requests: all slow down together, and in the end
//! everything is rotated.

use std::process::Stdio;
use std::time::Duration;

use serde_json::json;
use uns3::sandbox::Limit;

use crate::harness::{Bench, each};
use crate::rotating::{ALL, keyed, statuses, targets};
use crate::service::Fault;

#[test]
fn no_more_requests_are_under_way_than_asked_for() {
    each([(1, 1), (4, 4), (16, 16), (256, 40)], |(concurrency, most)| {
        let bench = targets(40);
        for number in 0..20 {
            bench.service.add(&format!("b{number}"), keyed(&format!("bucket-{number}"), "a"));
        }
        bench.service.be_slow(Duration::from_millis(20));
        let line = format!("{ALL} --concurrency {concurrency} {}", bench.sts());
        assert_eq!(statuses(&bench.run(&line).ok().json()), ["rotated"; 60]);
        let busiest = bench.service.script().crowds.clone().into_iter().max().unwrap();
        assert!(busiest <= concurrency, "{busiest} at once, {concurrency} asked for");
        assert!(busiest >= most / 2, "only {busiest} at once, {concurrency} asked for");
    });
}

/// While as many checks were waited for as may be, writes that were under way were looked after no
/// more and kept their turns: most of the time one request in sixteen was under way.
#[test]
fn more_targets_than_are_waited_for_at_once_keep_their_pace() {
    let bench = targets(700);
    bench.service.be_slow(Duration::from_millis(40));
    let line = format!("{ALL} --direct --concurrency 16 {}", bench.sts());
    assert_eq!(statuses(&bench.run(&line).ok().json()), ["rotated"; 700]);
    let crowds = bench.service.script().crowds.clone();
    let alone = crowds.iter().filter(|crowd| **crowd < 8).count();
    assert!(alone * 4 < crowds.len(), "{alone} of {} requests had little company", crowds.len());
    // While the last check has its half second, there are others to look at.
    let lines = bench.service.lines();
    let started = lines.iter().rposition(|line| line.starts_with("POST")).unwrap();
    let looks = lines.len() - started;
    assert!(looks > 130, "{looks} requests came after the last check was started");
}

/// All stages began at once, each with an open, locked note: of a thousand buckets, most had none for
/// want of file descriptors, and no connection either for a while.
#[cfg(unix)]
#[test]
fn more_buckets_than_files_that_may_be_open() {
    let bench = Bench::new();
    for number in 0..150 {
        bench.service.add(&format!("b{number}"), keyed(&format!("bucket-{number}"), "a"));
    }
    let line = format!("{ALL} --no-verify -v {}", bench.sts());
    let inner = bench.command(&line.split_whitespace().collect::<Vec<_>>());
    let mut limited = std::process::Command::new("/bin/sh");
    limited.args(["-c", "ulimit -n 110 && exec \"$0\" \"$@\""]);
    limited.arg(inner.get_program()).args(inner.get_args()).env_clear();
    limited.envs(inner.get_envs().filter_map(|(name, value)| Some((name, value?))));
    limited.stdout(Stdio::piped()).stderr(Stdio::piped());
    let done = bench.finish(limited.spawn().unwrap(), &line);
    assert_eq!(statuses(&done.ok().json()), ["rotated"; 150]);
    assert!(!done.stderr.contains("Too many open files"), "{done:?}");
    assert!(!done.stderr.contains("trying again"), "{done:?}");
    assert!(bench.service.scratch().is_empty());
}

#[test]
fn a_concurrency_that_makes_no_sense_is_refused() {
    let bench = targets(1);
    for concurrency in ["0", "257", "many"] {
        bench.run(&format!("{ALL} --concurrency {concurrency} {}", bench.sts())).fails(2);
    }
    assert!(bench.service.lines().is_empty());
}

#[test]
fn a_storm_of_429_passes_and_everything_is_rotated() {
    each([Some(1), None], |retry_after| {
        let bench = targets(60);
        bench.service.be_slow(Duration::from_millis(5));
        bench.service.script().limit = Some(Limit::new(40, Duration::from_secs(1), retry_after));
        let line = format!("{ALL} --concurrency 16 {}", bench.sts());
        let done = bench.run(&line);
        assert_eq!(statuses(&done.ok().json()), ["rotated"; 60]);
        assert!(bench.service.scratch().is_empty());
        // Each target was written once: a request that was refused is not a write.
        let refused = bench.service.requests().len() as f64 / (4.0 + 61.0 * 2.0 + 60.0);
        assert!(refused < 3.0, "{refused} requests for each that had to be");
    });
}

#[test]
fn one_429_holds_all_up_for_as_long_as_the_service_asks() {
    let bench = targets(20);
    let fault = Fault::status(429, "{}").header("retry-after", 2);
    bench.service.fault("PUT", "", fault.only("2x"));
    bench.service.be_slow(Duration::from_millis(50));
    let line = format!("{ALL} --direct --no-verify --concurrency 2 {}", bench.sts());
    let begun = std::time::Instant::now();
    let child = bench.command(&line.split_whitespace().collect::<Vec<_>>()).spawn().unwrap();
    // Two were refused, and nothing came while the time ran.
    bench.service.await_that("the first PUTs", |service| service.writes().len() >= 2);
    let first = begun.elapsed();
    bench.service.await_that("a third PUT", |service| service.writes().len() >= 3);
    let third = begun.elapsed();
    bench.finish(child, &line).ok();
    assert!(third >= first + Duration::from_millis(1800), "{first:?} {third:?}");
    assert_eq!(bench.service.writes().len(), 22);
}

#[test]
fn patience_that_nobody_has_is_not_shown() {
    let bench = targets(2);
    let fault = Fault::status(429, json!({"detail": "quota"})).header("retry-after", 86_400);
    bench.service.fault("PUT", "", fault.always());
    bench.run(&format!("{ALL} --direct {}", bench.sts())).exits(9).says("quota");
}
