//! A `credential_process` that hangs: interrupted, given up, ended with what it started, and no end of
//! all renewals.
#![cfg(unix)]

use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;

use crate::bounds::bare;
use crate::hanging::{are_over, hanging};
use crate::harness::{Bench, SECRET, STS_ID, TOKEN, each};
use crate::rotating::{WATCH_ALL, keyed, minutes_from_now};

const CREATE: &str = "create x --remote-url s3://bucket-one/ -o json --aws-profile tool";

/// With a profile whose program is this script.
fn with_program(bench: Bench, script: &str) -> Bench {
    let program = bench.file("program", script);
    let config = format!("[profile tool]\ncredential_process = /bin/sh {program}\n");
    let config = bench.file("config.ini", &config);
    bench.with("AWS_CONFIG_FILE", &config).with("PATH", "/usr/bin:/bin")
}

fn words(line: &str) -> Vec<&str> {
    line.split(' ').collect()
}

/// The runtime's only thread waited for it, and heard nothing.
#[test]
fn a_program_that_hangs_is_interrupted_and_ended_with_what_it_started() {
    each([(Signal::INT, 130), (Signal::TERM, 143)], |(by, code)| {
        let bench = bare();
        let (script, ids) = hanging(&bench);
        let bench = with_program(bench, &script);
        let child = bench.command(&words(CREATE)).spawn().unwrap();
        let file = bench.path("ids");
        bench.service.await_that("both begun", |_| {
            std::fs::read_to_string(&file).is_ok_and(|text| text.lines().count() == 2)
        });
        kill_process(Pid::from_child(&child), by).unwrap();
        bench.finish(child, CREATE).fails(code).says("interrupted; nothing was changed");
        are_over(&ids());
        assert!(bench.service.writes().is_empty());
    });
}

pub(crate) fn a_program_that_hangs_is_given_up_after_a_minute() {
    let bench = bare();
    let (script, ids) = hanging(&bench);
    let bench = with_program(bench, &script);
    let done = bench.run(CREATE);
    done.fails(9).says("gave no credentials within 60 s").says("credential_process");
    are_over(&ids());
    assert!(bench.service.writes().is_empty());
}

/// One that hung once ended all renewals, and nothing said so.
pub(crate) fn a_program_that_hangs_once_ends_no_watch() {
    let bench = bare();
    let printed = json!({"Version": 1, "AccessKeyId": STS_ID, "SecretAccessKey": SECRET,
        "SessionToken": TOKEN, "Expiration": minutes_from_now(60)});
    let printed = bench.file("printed.json", &printed.to_string());
    let hung = bench.path("hung").display().to_string();
    let script = format!("[ -e {hung} ] && exec cat {printed}; touch {hung}; sleep 300 & wait");
    let bench = with_program(bench, &script);
    bench.service.add("a", keyed("bucket-one", "a"));
    let line = format!("{WATCH_ALL} --aws-profile tool");
    let child = bench.command(&words(&line)).spawn().unwrap();
    // The minute that it has, and the pause after that.
    let begun = Instant::now();
    while bench.service.writes().is_empty() && begun.elapsed() < Duration::from_secs(100) {
        sleep(Duration::from_millis(100));
    }
    sleep(Duration::from_millis(500));
    kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
    let done = bench.finish(child, &line);
    done.exits(143).prints("gave no credentials within 60 s");
    assert_eq!(bench.ids(&["a"]), [STS_ID]);
}
