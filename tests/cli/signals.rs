//! Signals and terminals: what is said of the state that things are left in, and what is asked.
#![cfg(unix)]

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::process::Child;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;

use crate::harness::{API_KEY, Bench, Done};
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
        let child = bench.command(&line.split(' ').collect::<Vec<_>>()).spawn().unwrap();
        bench.service.await_request("POST");
        // The first is waited out; signals that are too near each other would be one.
        signal(&child, by);
        std::thread::sleep(std::time::Duration::from_millis(300));
        signal(&child, by);
        bench.finish(child, line).fails(code).says("what was under way is unknown");
    }
}

#[test]
fn a_write_under_way_is_finished_first() {
    let bench = Bench::new();
    bench.service.fault("POST", "", Fault::hang().done_after(2));
    let line = "create x --remote-url s3://bucket-one/ --anonymous --timeout 1s";
    let done = interrupted(&bench, line, "POST", Signal::TERM);
    assert!(done.code == 0 || done.code == 143, "{done:?}");
    done.says("created destination \"x\"");
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

/// A pseudo-terminal: our end, and the command's.
fn terminal() -> (File, File) {
    use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
    let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&ours).unwrap();
    unlockpt(&ours).unwrap();
    let name = ptsname(&ours, Vec::new()).unwrap();
    let path = std::ffi::OsStr::from_bytes(name.as_bytes());
    (ours.into(), OpenOptions::new().read(true).write(true).open(path).unwrap())
}

/// Runs a command whose standard input is a terminal on which somebody answers.
fn answering(bench: &Bench, line: &str, answer: &str) -> Done {
    let (mut ours, theirs) = terminal();
    let mut command = bench.command(&line.split(' ').collect::<Vec<_>>());
    let child = command.stdin(theirs).spawn().unwrap();
    drop(command);
    ours.write_all(answer.as_bytes()).unwrap();
    let done = bench.finish(child, line);
    drop(ours);
    done
}

#[test]
fn on_a_terminal_delete_asks() {
    let bench = one();
    for answer in ["n\n", "\n", "what\n"] {
        let done = answering(&bench, "delete out", answer);
        done.ok().says("Delete destination \"out\"").says("[y/N]").says("nothing was deleted");
    }
    assert!(bench.service.writes().is_empty());
    answering(&bench, "delete out --no-input", "y\n").fails(2).says("--yes");
    answering(&bench, "delete out", "y\n").ok().says("deleted destination");
    assert_eq!(bench.service.count("out"), 0);
}

#[test]
fn what_changed_while_it_was_asked_is_not_deleted() {
    let bench = one();
    let fault = Fault::meanwhile(|store| store.named("out").unwrap()["config"]["a"] = json!(1));
    bench.service.fault("GET", "/workflows/", fault);
    answering(&bench, "delete out", "y\n").fails(6).says("was changed meanwhile");
    assert!(bench.service.writes().is_empty());
}

#[test]
fn what_was_put_to_use_while_it_was_asked_is_not_deleted() {
    let bench = one();
    let used = Fault::meanwhile(|store| {
        let id = store.named("out").unwrap()["id"].clone();
        let workflow = json!({"id": "w", "name": "late", "sources": [], "destinations": [id]});
        store.workflows.push(workflow);
    });
    bench.service.fault("GET", "/workflows/", used.after(1));
    answering(&bench, "delete out", "y\n").fails(6).says("late");
    assert!(bench.service.writes().is_empty());
}

#[test]
fn a_question_is_interrupted() {
    let bench = one();
    let (ours, theirs) = terminal();
    let mut command = bench.command(&["delete", "out"]);
    let child = command.stdin(theirs).spawn().unwrap();
    bench.service.await_request("GET");
    std::thread::sleep(std::time::Duration::from_millis(300));
    signal(&child, Signal::INT);
    bench.finish(child, "delete").fails(130).says("nothing was changed");
    drop(ours);
}

#[test]
fn on_a_terminal_a_table_has_titles() {
    let bench = one();
    let (mut ours, theirs) = terminal();
    let mut command = bench.command(&["list"]);
    let child = command.stdout(theirs).spawn().unwrap();
    drop(command);
    bench.finish(child, "list").ok();
    let mut text = vec![0; 64 << 10];
    let length = ours.read(&mut text).unwrap();
    let text = String::from_utf8_lossy(&text[..length]).into_owned();
    assert!(text.starts_with("NAME") && text.contains("REMOTE URL"), "{text}");
    assert!(!text.contains(API_KEY));
}
