//! One rotation at a time: the lock of a shared state, between processes.
#![cfg(unix)]

use std::process::Child;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::harness::Bench;
use crate::objects::{Bucket, Manner};
use crate::rotating::{ALL, OLD_ID, WATCH_ALL, statuses, targets};
use crate::service::Fault;

const DIRECT: &str = "--direct --no-verify";
/// More than a lease.
const LAPSED: Duration = Duration::from_secs(125);

fn sharing(count: usize) -> (Bench, Bucket) {
    let bucket = Bucket::start();
    (targets(count).sharing(&bucket), bucket)
}

/// A rotation that hangs in its first PUT to the service, and holds the lock.
fn hung(bench: &Bench) -> Child {
    bench.service.fault("PUT", "", Fault::hang());
    let line = format!("{ALL} {DIRECT} {}", bench.lease(60));
    let child = bench.command(&line.split_whitespace().collect::<Vec<_>>()).spawn().unwrap();
    bench.service.await_request("PUT");
    child
}

/// A rotation that has written all, and whose first request after that is not answered.
fn hung_at_the_end(bench: &Bench, bucket: &Bucket, line: &str) -> Child {
    bench.service.be_slow(Duration::from_millis(300));
    let child = bench.command(&line.split_whitespace().collect::<Vec<_>>()).spawn().unwrap();
    bench.service.await_request("PUT");
    bucket.be(Manner::Silent);
    bucket.be_after(1, Manner::Good);
    bench.service.await_that("a write of records", |_| bucket.count("PUT records") > 0);
    child
}

fn signal(child: &Child, signal: Signal) {
    kill_process(Pid::from_child(child), signal).unwrap();
}

fn lock(bench: &Bench) -> Value {
    bench.elsewhere("state show -o json").ok().json()["lock"].clone()
}

#[test]
fn a_second_rotation_is_told_who_has_the_lock() {
    let (bench, bucket) = sharing(1);
    let mut first = hung(&bench);
    let owner = format!("(pid {})", first.id());
    let line = format!("{ALL} {DIRECT} {}", bench.lease(60));
    let writes = bench.service.writes().len();
    let done = bench.elsewhere(&line);
    done.fails(6).says(&owner).says("@").says("since 20").says("--lock-timeout");
    assert_eq!(done.error()["category"], "conflict");
    let begun = std::time::Instant::now();
    bench.elsewhere(&format!("{line} --lock-timeout 3s")).fails(6).says(&owner);
    assert!(begun.elapsed() >= Duration::from_secs(3));
    assert_eq!(bench.service.writes().len(), writes, "nothing was written");
    // What writes nothing needs no lock; nor does another command.
    bench.elsewhere(&format!("{line} --dry-run")).ok();
    bench.elsewhere("status").ok();
    let held = lock(&bench);
    assert!(held["owner"].as_str().unwrap().ends_with(&owner), "{held}");
    // A killed owner is waited for no longer than its lease.
    first.kill().unwrap();
    first.wait().unwrap();
    bench.elsewhere(&line).fails(6);
    bucket.age(LAPSED);
    assert_eq!(lock(&bench), Value::Null);
    assert_eq!(statuses(&bench.elsewhere(&line).ok().json()), ["rotated"]);
    assert_eq!(lock(&bench), Value::Null, "released");
}

#[test]
fn a_lock_that_is_taken_away_stops_its_holder_and_frees_the_rest() {
    let (bench, _bucket) = sharing(1);
    bench.elsewhere("state unlock --yes").ok().says("nothing to unlock");
    let mut first = hung(&bench);
    bench.elsewhere("state unlock").fails(2).says("--yes");
    bench.elsewhere("state unlock --yes").ok().says("unlocked");
    let line = format!("{ALL} {DIRECT} {}", bench.lease(60));
    bench.elsewhere(&line).ok();
    bench.elsewhere("state unlock --yes").ok().says("nothing to unlock");
    first.kill().unwrap();
    first.wait().unwrap();
}

#[test]
fn an_interrupted_rotation_releases_the_lock() {
    for which in [Signal::INT, Signal::TERM] {
        let (bench, _bucket) = sharing(1);
        bench.service.be_slow(Duration::from_millis(300));
        let line = format!("{ALL} {DIRECT} {}", bench.lease(60));
        let child = bench.command(&line.split_whitespace().collect::<Vec<_>>()).spawn().unwrap();
        bench.service.await_request("PUT");
        signal(&child, which);
        let done = bench.finish(child, &line);
        assert!([130, 143].contains(&done.code), "{done:?}");
        assert_eq!(lock(&bench), Value::Null);
        // What was written before the end is known elsewhere.
        let known = bench.elsewhere("status -o json").ok().json();
        assert!(known[0]["uns3"]["expires_at"].is_string(), "{known}");
    }
}

/// What it was writing to the shared state at that moment kept the end from being written there.
#[test]
fn an_interrupted_watch_that_is_sharing_ends_all_the_same() {
    let (bench, bucket) = sharing(1);
    bench.service.be_slow(Duration::from_millis(300));
    let line = format!("{WATCH_ALL} {}", bench.lease(60));
    let child = bench.command(&line.split_whitespace().collect::<Vec<_>>()).spawn().unwrap();
    bench.service.await_request("PUT");
    // It does not answer the next request, but all those after it.
    bucket.be(Manner::Silent);
    bucket.be_after(1, Manner::Good);
    bench.service.await_that("a write of records", |_| bucket.count("PUT records") > 0);
    std::thread::sleep(Duration::from_millis(200));
    signal(&child, Signal::TERM);
    bench.finish(child, &line).exits(143);
    assert_eq!(lock(&bench), Value::Null);
    let known = bench.elsewhere("status -o json").ok().json();
    assert!(known[0]["uns3"]["expires_at"].is_string(), "{known}");
}

/// A signal that came when all was done, and only the shared state was still being written, was not
/// heeded: the process gave up after three seconds, and left the lock to lapse.
#[test]
fn a_signal_while_the_state_is_being_written_lets_that_end() {
    let (bench, bucket) = sharing(1);
    let line = format!("{ALL} {DIRECT} -v {}", bench.lease(60));
    let child = hung_at_the_end(&bench, &bucket, &line);
    signal(&child, Signal::TERM);
    let done = bench.finish(child, &line);
    done.ok().says("a second Ctrl-C breaks that off").never_shows("unknown");
    assert_eq!(lock(&bench), Value::Null);
}

#[test]
fn a_second_signal_then_leaves_it() {
    let (bench, bucket) = sharing(1);
    let line = format!("{ALL} {DIRECT} {}", bench.lease(60));
    let child = hung_at_the_end(&bench, &bucket, &line);
    let begun = std::time::Instant::now();
    signal(&child, Signal::TERM);
    std::thread::sleep(Duration::from_millis(300));
    signal(&child, Signal::TERM);
    let done = bench.finish(child, &line);
    done.exits(143).says("not known to be shared");
    assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
    bucket.age(LAPSED);
    // The next command here shares what this one could not.
    bench.run("status").ok();
    let known = bench.elsewhere("status -o json").ok().json();
    assert!(known[0]["uns3"]["expires_at"].is_string(), "{known}");
}

#[test]
fn a_second_watch_stands_by_and_takes_over() {
    let (bench, bucket) = sharing(1);
    let start = |folder: &str| {
        let line = format!("{WATCH_ALL} -v {}", bench.lease(60));
        let mut command = bench.command(&line.split_whitespace().collect::<Vec<_>>());
        command.env("UNS3_STATE_DIR", bench.path(folder)).spawn().unwrap()
    };
    let mut first = start("one");
    bench.service.await_request("PUT");
    bucket.await_object("records/");
    let second = start("two");
    // It is in good health, and writes nothing.
    std::thread::sleep(Duration::from_secs(2));
    assert_eq!(bench.service.writes().len(), 1);
    let id = |bench: &Bench| bench.service.config("t0")["key"].clone();
    assert_ne!(id(&bench), OLD_ID);
    first.kill().unwrap();
    first.wait().unwrap();
    bucket.age(LAPSED);
    // The lease of what was written is known to the second: nothing is due, so it only takes the lock.
    let taken = || {
        lock(&bench)["owner"].as_str().is_some_and(|owner| owner.contains(&second.id().to_string()))
    };
    for _ in 0..300 {
        if taken() {
            break;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    assert!(taken());
    signal(&second, Signal::TERM);
    let done = bench.finish(second, "the second watch");
    done.exits(143).says("standing by").says("taking over");
    assert_eq!(bench.service.writes().len(), 1, "what is known is not written again");
    assert_eq!(lock(&bench), Value::Null);
}

/// The scratch connector of a killed process was left for an hour, where another machine cleaned up.
#[test]
fn scratch_of_a_killed_holder_is_removed_by_the_next() {
    let (bench, bucket) = sharing(1);
    bench.service.fault("POST", "/connection-check", Fault::hang());
    let line = format!("{ALL} --no-verify {}", bench.lease(60));
    let mut child = bench.command(&line.split_whitespace().collect::<Vec<_>>()).spawn().unwrap();
    bench.service.await_that("a check", |service| {
        service.requests().iter().any(|one| one.path().ends_with("/connection-check"))
    });
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(bench.service.scratch().len(), 1);
    bucket.age(LAPSED);
    bench.elsewhere(&line).ok();
    assert!(bench.service.scratch().is_empty(), "{:?}", bench.service.scratch());
}

#[test]
fn a_server_that_goes_away_in_the_middle_is_survived() {
    for after in 0..12 {
        let (bench, bucket) = sharing(2);
        bucket.be_after(after, Manner::Away);
        let line = format!("{ALL} {DIRECT} {}", bench.lease(60));
        let done = bench.run(&line);
        assert_eq!(statuses(&done.ok().json()), ["rotated"; 2]);
        bucket.be_after(0, Manner::Good);
        bucket.age(LAPSED);
        bench.run("status").ok();
        let known = bench.elsewhere("status -o json").ok().json();
        let ends = known.as_array().unwrap().iter();
        let ends = ends.filter(|one| one["uns3"]["expires_at"].is_string()).count();
        assert_eq!(ends, 2, "away after {after} requests");
    }
}

#[test]
fn a_server_that_says_nothing_holds_nobody_up_for_long() {
    let (bench, bucket) = sharing(1);
    bucket.be(Manner::Silent);
    let begun = std::time::Instant::now();
    bench.run(&format!("{ALL} {DIRECT} {}", bench.lease(60))).ok().says("timed out");
    assert!(begun.elapsed() < Duration::from_secs(25), "{:?}", begun.elapsed());
}

#[test]
fn who_waits_for_the_lock_knows_what_the_other_wrote() {
    let (bench, _bucket) = sharing(1);
    bench.service.be_slow(Duration::from_millis(500));
    let line = format!("{ALL} {DIRECT} {}", bench.lease(60));
    let first = bench.command(&line.split_whitespace().collect::<Vec<_>>()).spawn().unwrap();
    bench.service.await_request("PUT");
    let waiting = format!("{line} --expiring-within 30m --lock-timeout 60s");
    let second = bench.elsewhere(&waiting);
    assert_eq!(statuses(&second.ok().json()), ["skipped"]);
    assert_eq!(statuses(&bench.finish(first, &line).ok().json()), ["rotated"]);
    assert_eq!(bench.service.writes().len(), 1);
}

#[test]
fn a_folder_has_the_lock_too_and_this_users_own_has_none() {
    let bench = targets(1);
    bench.service.fault("PUT", "", Fault::hang());
    let line = |flags: &str| format!("{ALL} {DIRECT} {} {flags}", bench.lease(60));
    let team = format!("--state {}", bench.path("team").display());
    let first = line(&team);
    let mut first = bench.command(&first.split_whitespace().collect::<Vec<_>>()).spawn().unwrap();
    bench.service.await_request("PUT");
    let owner = format!("(pid {})", first.id());
    bench.elsewhere(&line(&team)).fails(6).says(&owner);
    bench.run(&line("")).ok();
    bench.elsewhere(&format!("state unlock --yes {team}")).ok().says(&owner);
    bench.elsewhere(&line(&team)).ok();
    first.kill().unwrap();
    first.wait().unwrap();
}
