//! Terminals: what is asked on one, and what a table looks like there.
#![cfg(unix)]

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::ffi::OsStrExt;

use rustix::process::{Pid, Signal, kill_process};
use rustix::termios::{LocalModes, tcgetattr};
use serde_json::json;

use crate::harness::{API_KEY, Bench, Done, KEY_ID, SECRET};
use crate::service::Fault;

fn one() -> Bench {
    let bench = Bench::new();
    bench.service.add("out", json!({"remote_url": "s3://bucket-one/", "anonymous": true}));
    bench
}

/// A pseudo-terminal: our end, and the command's.
pub(crate) fn terminal() -> (File, File) {
    use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
    // A command that had our end too would keep its own terminal open.
    #[cfg(target_os = "linux")]
    let own = OpenptFlags::CLOEXEC;
    #[cfg(not(target_os = "linux"))]
    let own = OpenptFlags::empty();
    let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | own).unwrap();
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
fn progress_is_drawn_only_when_it_is_whole() {
    let bench = one();
    bench.service.add("other", json!({"remote_url": "s3://bucket-one/", "anonymous": true}));
    let (mut ours, theirs) = terminal();
    let mut command = bench.command(&["test", "--all"]);
    let child = command.env("TERM", "xterm").stderr(theirs).spawn().unwrap();
    drop(command);
    bench.finish(child, "test --all").ok();
    let text = read(&mut ours);
    assert!(text.contains("checking") && text.contains("of 2"), "{text:?}");
    assert!(!text.contains("of 0"), "{text:?}");
}

#[test]
fn on_a_terminal_apply_shows_the_plan_and_asks() {
    let bench = Bench::new();
    bench.file(
        "m.yaml",
        "version: 1\nconnectors: [{name: new, remote_url: s3://bucket-one/, credentials: anonymous}]\n",
    );
    for answer in ["n\n", "\n", "what\n"] {
        let done = answering(&bench, "apply -f m.yaml", answer);
        done.ok().says("new").says("Do this? [y/N]").says("nothing was changed");
    }
    assert!(bench.service.writes().is_empty());
    answering(&bench, "apply -f m.yaml --no-input", "y\n").fails(2).says("--yes");
    answering(&bench, "apply -f m.yaml", "y\n").ok().says("[y/N]");
    assert_eq!(bench.service.count("new"), 1);
}

#[test]
fn what_changed_while_it_was_asked_is_not_deleted() {
    let bench = one();
    let fault = Fault::meanwhile(|store| store.named("out")["config"]["a"] = json!(1));
    bench.service.fault("GET", "/workflows/", fault);
    answering(&bench, "delete out", "y\n").fails(6).says("was changed meanwhile");
    assert!(bench.service.writes().is_empty());
}

#[test]
fn what_was_put_to_use_while_it_was_asked_is_not_deleted() {
    let bench = one();
    let used = Fault::meanwhile(|store| {
        let id = store.named("out")["id"].clone();
        let workflow = json!({"id": "w", "name": "late", "sources": [], "destinations": [id]});
        store.state.workflows.push(workflow);
    });
    bench.service.fault("GET", "/workflows/", used.only("2-2"));
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
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
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
    let text = read(&mut ours);
    assert!(text.starts_with("NAME") && text.contains("REMOTE URL"), "{text}");
    assert!(!text.contains(API_KEY));
}

#[test]
fn a_key_is_asked_for_without_being_shown() {
    let bench = Bench::new().without("UNSTRUCTURED_API_KEY");
    let (mut ours, theirs) = terminal();
    let mut command = bench.command(&["profile", "add", "work"]);
    let child = command.stdin(theirs.try_clone().unwrap()).stderr(theirs).spawn().unwrap();
    drop(command);
    // Typed once it is asked for, when the terminal has ceased to show what is typed.
    let mut shown = String::new();
    while !shown.contains("API key: ") {
        shown.push_str(&read(&mut ours));
    }
    while tcgetattr(&ours).unwrap().local_modes.contains(LocalModes::ECHO) {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    ours.write_all(format!("{API_KEY}\n").as_bytes()).unwrap();
    bench.finish(child, "profile add").ok();
    shown.push_str(&read(&mut ours));
    assert!(shown.contains("checked and saved") && !shown.contains(API_KEY), "{shown}");
    bench.run("list").ok();
}

/// Shown while it was typed, a secret stood on the screen and in the terminal's memory.
#[test]
fn a_secret_is_asked_for_without_being_shown() {
    let bench = Bench::new();
    let (mut ours, theirs) = terminal();
    let line = format!("create out --remote-url s3://bucket-one/ --key {KEY_ID}");
    let mut command = bench.command(&line.split(' ').collect::<Vec<_>>());
    let child = command.stdin(theirs.try_clone().unwrap()).stderr(theirs).spawn().unwrap();
    drop(command);
    while tcgetattr(&ours).unwrap().local_modes.contains(LocalModes::ECHO) {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    ours.write_all(format!("{SECRET}\n").as_bytes()).unwrap();
    bench.finish(child, &line).ok();
    let shown = read(&mut ours);
    assert!(!shown.contains(SECRET), "{shown}");
    assert_eq!(bench.service.config("out")["secret"], SECRET);
}

#[test]
fn a_key_is_not_asked_for_where_it_could_not_be_hidden() {
    let bench = Bench::new();
    answering(&bench, "profile add work", "typed\n").fails(2).says("--api-key-file");
}

pub(crate) fn read(terminal: &mut File) -> String {
    let mut bytes = vec![0; 64 << 10];
    let length = terminal.read(&mut bytes).unwrap();
    String::from_utf8_lossy(&bytes[..length]).into_owned()
}
