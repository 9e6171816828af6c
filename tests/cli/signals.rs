//! Signals: the exit code, and what is said of the state that things are left in.
#![cfg(unix)]

use std::process::Child;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;

use crate::harness::{Bench, Done};
use crate::service::Fault;

fn signal(child: &Child, signal: Signal) {
    kill_process(Pid::from_child(child), signal).unwrap();
}

/// Starts a command, waits for its request of a method, and sends a signal.
fn interrupted(bench: &Bench, line: &str, method: &str, by: Signal) -> Done {
    let args: Vec<&str> = line.split_whitespace().collect();
    let child = bench.command(&args).spawn().unwrap();
    bench.service.await_request(method);
    signal(&child, by);
    bench.finish(child, line)
}

fn one() -> Bench {
    let bench = Bench::new();
    bench.service.add("out", json!({"remote_url": "s3://bucket-one/", "anonymous": true}));
    bench
}

#[test]
fn a_wait_for_a_verdict_is_interrupted() {
    for (by, code) in [(Signal::INT, 130), (Signal::TERM, 143)] {
        let bench = one();
        for _ in 0..100 {
            bench.service.with(|store| store.verdicts.push_back(("SCHEDULED".into(), json!(null))));
        }
        let done = interrupted(&bench, "test out -o json", "POST", by);
        let error = done.fails(code).error();
        assert_eq!(error["category"], "interrupted");
        assert!(error["message"].as_str().unwrap().contains("nothing was changed"), "{error}");
    }
}

#[test]
fn a_second_signal_during_a_write_ends_it_and_says_so() {
    for (by, code) in [(Signal::INT, 130), (Signal::TERM, 143)] {
        let bench = Bench::new();
        bench.service.fault("POST", "", Fault::hang());
        let line = "create x --remote-url s3://bucket-one/ --anonymous";
        let mut child = bench.command(&line.split(' ').collect::<Vec<_>>()).spawn().unwrap();
        bench.service.await_request("POST");
        // Signals that come too near each other are one: so they go on until it has ended.
        while child.try_wait().unwrap().is_none() {
            signal(&child, by);
            std::thread::sleep(std::time::Duration::from_millis(200));
        }
        bench.finish(child, line).fails(code).says("what was under way is unknown");
    }
}

#[test]
fn a_write_under_way_is_finished_first() {
    let bench = Bench::new();
    bench.service.with(|store| store.real_time = true);
    bench.service.fault("POST", "", Fault::hang().done_after(2));
    let line = "create x --remote-url s3://bucket-one/ --anonymous --timeout 1s";
    let done = interrupted(&bench, line, "POST", Signal::TERM);
    assert!(done.code == 0 || done.code == 143, "{done:?}");
    done.says("stopping: what is under way is finished first").says("created destination \"x\"");
    assert_eq!(bench.service.count("x"), 1);
}

#[test]
fn what_was_done_before_is_told() {
    let bench = one();
    bench.service.fault("POST", "check", Fault::hang());
    let line = "update out --set a=1 --test --timeout 60s";
    let done = interrupted(&bench, line, "POST", Signal::INT);
    done.exits(130).says("done before that: updated destination \"out\"");
}
