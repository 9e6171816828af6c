//! SIGHUP: a watch reads anew what files hold, and looks at once; what is wrong with them is lived
//! with; other commands end by it.
#![cfg(unix)]

use std::os::unix::process::ExitStatusExt;
use std::process::Child;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use crate::harness::{API_KEY, Bench, STS_ID};
use crate::rotating::{lease, minutes_from_now, targets};
use crate::service::Fault;
use crate::watch::{NEXT_ID, WATCH, end, lists, puts, results, start};

pub(crate) fn hang_up(child: &Child) {
    kill_process(Pid::from_child(child), Signal::HUP).unwrap();
}

/// A watch that has given all targets their credentials, and rests.
fn resting(bench: &Bench, line: &str, count: usize) -> Child {
    let child = start(bench, line);
    bench.service.await_that("PUTs", |service| puts(service) >= count);
    std::thread::sleep(Duration::from_millis(500));
    child
}

#[test]
fn changed_credentials_are_set_at_once_though_nothing_is_due() {
    let bench = targets(2);
    let line = format!("{WATCH} {}", bench.lease(60));
    let child = resting(&bench, &line, 2);
    lease(&bench, NEXT_ID, &minutes_from_now(90));
    hang_up(&child);
    bench.service.await_that("two more PUTs", |service| puts(service) >= 4);
    std::thread::sleep(Duration::from_millis(500));
    // The same file once more: all have what it holds.
    hang_up(&child);
    bench.service.await_that("a third look", |service| lists(service) >= 3);
    std::thread::sleep(Duration::from_millis(500));
    let done = end(&bench, child, &line);
    assert_eq!(puts(&bench.service), 4);
    assert_eq!(bench.ids(&["t0", "t1"]), [NEXT_ID; 2]);
    assert_eq!(results(&done).len(), 4);
    assert!(!done.stderr.contains("no newer credentials"), "{done:?}");
}

#[test]
fn a_bad_file_is_said_and_the_watch_goes_on_with_what_it_has() {
    let bench = targets(1);
    let line = format!("{WATCH} {}", bench.lease(60));
    let child = resting(&bench, &line, 1);
    for (looks, how) in (2..).zip(["gone", "garbled", "expired"]) {
        match how {
            "gone" => std::fs::remove_file(bench.path("lease.json")).unwrap(),
            "garbled" => drop(bench.file("lease.json", "{\"AccessKeyId\": ")),
            _ => drop(lease(&bench, NEXT_ID, "2016-05-06T07:08:09Z")),
        }
        hang_up(&child);
        bench.service.await_that("a look", |service| lists(service) >= looks);
        std::thread::sleep(Duration::from_millis(300));
    }
    assert_eq!(bench.ids(&["t0"]), [STS_ID]);
    lease(&bench, NEXT_ID, &minutes_from_now(60));
    hang_up(&child);
    bench.service.await_that("a second PUT", |service| puts(service) >= 2);
    std::thread::sleep(Duration::from_millis(500));
    let done = end(&bench, child, &line);
    let said = done.stderr.matches("going on with the credentials that there are").count();
    assert_eq!(said, 3, "{done:?}");
    assert_eq!(bench.ids(&["t0"]), [NEXT_ID]);
    assert_eq!(results(&done).len(), 2, "{done:?}");
}

#[test]
fn a_changed_api_key_is_used_and_a_bad_one_is_not() {
    let bench = targets(1).without("UNSTRUCTURED_API_KEY");
    let file = bench.file("api-key", "the-key-of-before-0123456789");
    let line = format!("{WATCH} --api-key-file {file} {}", bench.lease(60));
    let child = resting(&bench, &line, 1);
    let keys = || {
        let of =
            |one: &crate::wire::Request| one.header("unstructured-api-key").unwrap().to_owned();
        bench.service.requests().iter().map(of).collect::<Vec<_>>()
    };
    assert!(keys().iter().all(|key| key == "the-key-of-before-0123456789"));
    bench.service.forget_requests();
    bench.file("api-key", "\n");
    hang_up(&child);
    bench.service.await_that("a look", |service| lists(service) >= 1);
    assert_eq!(keys(), ["the-key-of-before-0123456789"]);
    bench.service.forget_requests();
    std::thread::sleep(Duration::from_millis(300));
    bench.file("api-key", API_KEY);
    hang_up(&child);
    bench.service.await_that("a look", |service| lists(service) >= 1);
    std::thread::sleep(Duration::from_millis(300));
    let done = end(&bench, child, &line);
    done.says("going on with the API key that it has").never_shows("the-key-of-before-0123456789");
}

/// The key of one service is not for another, though its profile says so now.
#[test]
fn a_profile_that_names_another_service_now_is_not_followed() {
    let bench = targets(1).without("UNSTRUCTURED_API_KEY").without("UNSTRUCTURED_API_URL");
    let other = crate::service::Service::start();
    let add = |url: &str| {
        let line = format!("profile add p --no-verify --api-key-file - --api-url {url}");
        bench.piped(&line, API_KEY).ok();
    };
    add(&bench.service.url);
    let line = format!("{WATCH} --profile p {}", bench.lease(60));
    let child = resting(&bench, &line, 1);
    add(&other.url);
    hang_up(&child);
    bench.service.await_that("a second look", |service| lists(service) >= 2);
    std::thread::sleep(Duration::from_millis(300));
    end(&bench, child, &line).says("a watch stays with the service that it began with");
    assert!(other.lines().is_empty());
}

#[test]
fn other_commands_end_by_it_as_ever() {
    let bench = targets(1);
    bench.service.fault("GET", "", Fault::hang().always());
    let line = format!("rotate --all --direct {}", bench.lease(60));
    let mut child = start(&bench, &line);
    bench.service.await_request("GET");
    let ignored = is_ignored(&child);
    hang_up(&child);
    if ignored {
        std::thread::sleep(Duration::from_millis(200));
        assert!(child.try_wait().unwrap().is_none(), "what nohup starts goes on");
        kill_process(Pid::from_child(&child), Signal::KILL).unwrap();
    }
    assert_eq!(child.wait().unwrap().signal(), Some(if ignored { 9 } else { 1 }));
}

/// Whether a process ignores SIGHUP, as all do that these tests start where nohup started them.
fn is_ignored(child: &Child) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id()));
    let mask = status
        .iter()
        .flat_map(|text| text.lines())
        .find_map(|line| u64::from_str_radix(line.strip_prefix("SigIgn:")?.trim(), 16).ok());
    mask.is_some_and(|mask| mask & 1 == 1)
}

/// A watch that somebody started by hand went on, unseen, when their window was closed.
#[test]
#[cfg(target_os = "linux")]
fn it_ends_with_its_terminal_and_not_before() {
    let bench = targets(1);
    let line = format!("{WATCH} {}", bench.lease(60));
    let (ours, theirs) = crate::terminal::terminal();
    let mut command = bench.command(&line.split_whitespace().collect::<Vec<_>>());
    let child = command.stdin(theirs).spawn().unwrap();
    drop(command);
    bench.service.await_that("a PUT", |service| puts(service) >= 1);
    std::thread::sleep(Duration::from_millis(500));
    hang_up(&child);
    bench.service.await_that("a second look", |service| lists(service) >= 2);
    drop(ours);
    std::thread::sleep(Duration::from_millis(500));
    hang_up(&child);
    bench.finish(child, &line).exits(143).says("the terminal is gone");
}

/// Weeks of looks, in short: other credentials, and another connector among them, each time.
#[test]
#[cfg(target_os = "linux")]
fn memory_stays_flat_over_many_looks() {
    let bench = targets(20);
    let line = format!("{WATCH} -q {}", bench.lease(60));
    let mut command = bench.command(&line.split_whitespace().collect::<Vec<_>>());
    // Lines that nobody reads would wait, and be weighed.
    let null = std::process::Stdio::null;
    let mut child = command.stdout(null()).stderr(null()).spawn().unwrap();
    bench.service.await_that("PUTs", |service| puts(service) >= 20);
    std::thread::sleep(Duration::from_millis(500));
    let resident = || {
        let text = std::fs::read_to_string(format!("/proc/{}/statm", child.id())).unwrap();
        text.split(' ').nth(1).unwrap().parse::<u64>().unwrap() * 4
    };
    let mut sizes = Vec::new();
    for round in 0..120 {
        bench.service.forget_requests();
        // It is read whole at each look, and kept below 4 MiB: by the ledger, not by the watch.
        let _ = std::fs::remove_file(bench.path("state").join("ledger.jsonl"));
        bench.service.with(|store| {
            let id = format!("00000000-0000-4000-8000-{round:012}");
            store.state.destinations[0]["id"] = serde_json::json!(id);
        });
        lease(&bench, &format!("ASIA{round:016}"), &minutes_from_now(60));
        hang_up(&child);
        bench.service.await_that("PUTs", |service| puts(service) >= 20);
        std::thread::sleep(Duration::from_millis(20));
        sizes.push(resident());
    }
    kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(143));
    // What is freed is given back now and then: the least tells what is held.
    let least = |of: &[u64]| *of.iter().min().unwrap();
    let (early, late) = (least(&sizes[20..60]), least(&sizes[80..]));
    assert!(late < early + (4 << 10), "{early} KiB, then {late} KiB: {sizes:?}");
}
