//! Whatever holds a command up, it hears signals, and has limits in time and size: pipes, helpers,
//! an output that nobody reads.
#![cfg(unix)]

use std::io::Read;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;

use crate::hanging::{are_over, hanging};
use crate::harness::{API_KEY, Bench, Done, SECRET, each};
use crate::rotating::{WATCH_ALL, keyed, lease, minutes_from_now, targets};

const CREATE: &str = "create x --remote-url s3://bucket-one/";

fn signal(child: &Child, by: Signal) {
    kill_process(Pid::from_child(child), by).unwrap();
}

fn fifo(bench: &Bench, name: &str) -> String {
    let path = bench.path(name).to_str().unwrap().to_owned();
    assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
    path
}

/// Starts a command, waits until it stands still, sends a signal, and tells how long it took then.
fn interrupted(bench: &Bench, args: &[&str], by: Signal) -> (Done, Duration) {
    let child = bench.command(args).spawn().unwrap();
    sleep(Duration::from_millis(700));
    let begun = Instant::now();
    signal(&child, by);
    (bench.finish(child, &format!("{args:?}")), begun.elapsed())
}

fn words(line: &str) -> Vec<&str> {
    line.split_whitespace().collect()
}

#[test]
fn a_pipe_that_nobody_writes_to_is_interrupted() {
    each(["--secret-file", "--credentials-file", "--api-key-file", "--ca-file", "-f"], |flag| {
        let bench = Bench::new();
        let file = fifo(&bench, "pipe");
        let line = match flag {
            "--secret-file" => format!("{CREATE} --key AKIAIOSFODNN7EXAMPLE {flag} {file}"),
            "--credentials-file" => format!("{CREATE} {flag} {file}"),
            "-f" => format!("apply {flag} {file}"),
            _ => format!("list {flag} {file}"),
        };
        for (by, code) in [(Signal::INT, 130), (Signal::TERM, 143)] {
            let (done, took) = interrupted(&bench, &words(&line), by);
            done.fails(code).says("interrupted; nothing was changed");
            assert!(took < Duration::from_secs(2), "{took:?}");
        }
        assert!(bench.service.lines().is_empty());
    });
}

#[test]
fn a_manifest_that_never_ends_on_standard_input_is_interrupted() {
    let bench = Bench::new();
    let mut command = bench.command(&["apply", "--plan", "-f", "-"]);
    let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
    let stdin = child.stdin.take();
    sleep(Duration::from_millis(700));
    signal(&child, Signal::INT);
    let begun = Instant::now();
    bench.finish(child, "apply -f -").fails(130).says("interrupted; nothing was changed");
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
    assert!(stdin.is_some() && bench.service.lines().is_empty());
}

/// A device that never ends was read until the memory was full.
#[test]
fn what_has_no_end_is_not_read_to_it() {
    let bench = Bench::new();
    bench.run("apply -f /dev/zero").fails(2).says("larger than 64 MiB");
    bench.run("list --ca-file /dev/zero").fails(2).says("larger than 16 MiB");
    let mut command = bench.command(&["apply", "--plan", "-f", "-"]);
    let zeros = std::fs::File::open("/dev/zero").unwrap();
    let child = command.stdin(zeros).spawn().unwrap();
    bench.finish(child, "apply -f -").fails(2).says("larger than 64 MiB");
    assert!(bench.service.lines().is_empty());
}

fn with_command(command: &str) -> Bench {
    let bench = Bench::new().without("UNSTRUCTURED_API_KEY");
    let url = bench.service.url.clone();
    let add = ["profile", "add", "x", "--no-verify", "--api-url", &url, "--api-key-command"];
    bench.args(&[&add[..], &[command]].concat()).ok();
    bench
}

#[test]
fn a_key_command_that_hangs_is_interrupted_and_ended_with_what_it_started() {
    each([(Signal::INT, 130), (Signal::TERM, 143)], |(by, code)| {
        let bench = Bench::new();
        let (command, ids) = hanging(&bench);
        let url = bench.service.url.clone();
        let bench = bench.without("UNSTRUCTURED_API_KEY");
        let add = ["profile", "add", "x", "--no-verify", "--api-url", &url];
        bench.args(&[&add[..], &["--api-key-command", &command]].concat()).ok();
        let (done, took) = interrupted(&bench, &["list"], by);
        done.fails(code).says("interrupted; nothing was changed");
        assert!(took < Duration::from_secs(2), "{took:?}");
        are_over(&ids());
    });
}

/// It takes its minute: side by side.
#[test]
fn what_hangs_is_given_up_after_a_minute() {
    each(["command", "pipe", "manifest"], |what| {
        let bench = Bench::new();
        let begun = Instant::now();
        match what {
            "command" => {
                let (command, ids) = hanging(&bench);
                let url = bench.service.url.clone();
                let add = ["profile", "add", "x", "--api-url", &url, "--api-key-command"];
                let done = bench.args(&[&add[..], &[&command]].concat());
                done.fails(4).says("did not end within 60 s, and was ended");
                are_over(&ids());
            }
            "manifest" => {
                let (command, ids) = hanging(&bench);
                let connector = json!({"name": "a", "remote_url": "s3://bucket-one/",
                    "credentials": {"command": command}});
                let manifest = json!({"version": 1, "connectors": [connector]});
                bench.file("m.json", &manifest.to_string());
                let done = bench.run("apply -f m.json --yes");
                done.says("did not end within 60 s, and was ended");
                assert_ne!(done.code, 0);
                are_over(&ids());
                assert!(bench.service.writes().is_empty());
                return;
            }
            _ => {
                let file = fifo(&bench, "pipe");
                let done = bench.run(&format!("{CREATE} --credentials-file {file}"));
                done.fails(2).says("it did not end within 60 s");
            }
        }
        assert!(begun.elapsed() < Duration::from_secs(75), "{:?}", begun.elapsed());
        assert!(bench.service.lines().is_empty());
    });
}

#[test]
fn a_file_without_an_end_is_refused() {
    for flags in ["--credentials-file", "--key AKIAIOSFODNN7EXAMPLE --secret-file"] {
        let bench = Bench::new();
        bench.run(&format!("{CREATE} {flags} /dev/zero")).fails(2).says("larger than 1 MiB");
        bench.run("list --api-key-file /dev/zero").fails(2).says("larger than 1 MiB");
        assert!(bench.service.lines().is_empty());
    }
}

fn many() -> Bench {
    let bench = Bench::new();
    for number in 0..800 {
        bench.service.add(&format!("c{number}"), keyed("bucket-one", "a"));
    }
    bench
}

/// Standard output fills up, and nobody reads it: the process is deaf, and ends all the same.
#[test]
fn an_output_that_nobody_reads_is_interrupted() {
    each([1, 2], |signals| {
        let bench = many();
        let mut child = bench.command(&["list", "-o", "json"]).spawn().unwrap();
        let stdout = child.stdout.take();
        bench.service.await_request("GET");
        sleep(Duration::from_millis(1500));
        assert!(child.try_wait().unwrap().is_none(), "all went into the pipe");
        let begun = Instant::now();
        for _ in 0..signals {
            signal(&child, Signal::INT);
            sleep(Duration::from_millis(100));
        }
        let done = bench.finish(child, "list");
        done.exits(130).says("\"category\":\"interrupted\"");
        let longest = if signals == 2 { 3 } else { 6 };
        assert!(begun.elapsed() < Duration::from_secs(longest), "{:?}", begun.elapsed());
        drop(stdout);
    });
}

/// A log's reader that stopped kept a watch from renewing anything more.
#[test]
fn a_watch_whose_output_nobody_reads_goes_on() {
    let bench = targets(700);
    let flag = lease(&bench, "ASIANEXTNEXTNEXTNEXT", &minutes_from_now(60));
    let line = format!("{WATCH_ALL} --concurrency 16 {flag}");
    let mut child = bench.command(&words(&line)).spawn().unwrap();
    let mut stdout = child.stdout.take().unwrap();
    bench.service.await_that("a PUT of each", |service| service.writes().len() >= 700);
    signal(&child, Signal::TERM);
    let reader = std::thread::spawn(move || {
        let mut text = String::new();
        stdout.read_to_string(&mut text).unwrap();
        text.lines().count()
    });
    let done = bench.finish(child, &line);
    let dropped = done.stderr.matches("nobody reads it").count();
    assert!(dropped > 0, "{done:?}");
    // What was not dropped came whole.
    assert_eq!(reader.join().unwrap() + dropped, 700, "{done:?}");
}

#[test]
fn no_more_files_to_open_is_an_error_and_no_bug() {
    let bench = Bench::new();
    for most in [4, 5, 6, 8, 10, 12, 14, 16] {
        for line in ["list", "--sandbox list", "create x --anonymous --remote-url s3://bucket-one/"]
        {
            let binary = env!("CARGO_BIN_EXE_uns3");
            let limited = format!("ulimit -n {most}; exec {binary} {line} --retries 0");
            let inner = bench.command(&[]);
            let mut command = Command::new("/bin/sh");
            command.args(["-c", &limited]).env_clear().current_dir(bench.path(""));
            command.envs(inner.get_envs().filter_map(|(name, value)| Some((name, value?))));
            command.stdin(std::process::Stdio::null());
            command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
            let done = bench.finish(command.spawn().unwrap(), &limited);
            assert!([0, 1, 6, 9].contains(&done.code), "{done:?}");
            assert!(!done.stderr.contains("has a bug"), "{done:?}");
        }
    }
}

#[test]
fn a_command_that_fails_is_not_repeated_with_the_key_in_it() {
    for key in
        [API_KEY, "k7f3a9c2e5b8d1f4a6c3e9b2d5f8a1c4", SECRET, "sk-live-abcdefghijklmnopqrst1"]
    {
        let quoted = format!("'{}'", key.replace('\'', r"'\''"));
        for command in [format!("echo {quoted} | false"), format!("false {quoted}")] {
            let bench = with_command(&command);
            let done = bench.run("list");
            done.fails(4).says("run it by hand").never_shows(key);
        }
    }
    with_command("false unstructured/work").run("list").says("hand: false unstructured/work");
}

/// A key of another service would have been used instead, or a token left out.
#[test]
fn a_variable_that_is_no_text_is_an_error_that_names_it() {
    use std::os::unix::ffi::OsStrExt;
    let broken = std::ffi::OsStr::from_bytes(b"broken-\xff-text");
    for name in ["UNSTRUCTURED_API_KEY", "UNSTRUCTURED_API_URL", "AWS_SESSION_TOKEN"] {
        let bench = Bench::new();
        let keys = bench.keys();
        for line in ["list", &format!("{CREATE} {keys}")] {
            let child = bench.command(&words(line)).env(name, broken).spawn().unwrap();
            bench.finish(child, line).fails(2).says(name).never_shows("broken-");
        }
        assert!(bench.service.lines().is_empty());
        let child = bench.command(&["list"]).env("SOMETHING_ELSE", broken).spawn().unwrap();
        bench.finish(child, "list").ok();
    }
}

/// In the watch, a pipe that hangs holds one round up, and the next one looks again.
#[test]
fn a_watch_is_interrupted_while_its_file_hangs() {
    let bench = targets(1);
    bench.service.add("late", json!({"remote_url": "s3://bucket-two/", "anonymous": true}));
    let flag = lease(&bench, "ASIANEXTNEXTNEXTNEXT", &minutes_from_now(4));
    let line = format!("{WATCH_ALL} {flag}");
    let child = bench.command(&words(&line)).spawn().unwrap();
    bench.service.await_request("PUT");
    let path = bench.path("lease.json");
    std::fs::remove_file(&path).unwrap();
    fifo(&bench, "lease.json");
    bench.service.await_that("a second look", |service| {
        service.requests().iter().filter(|one| one.path() == "/destinations/").count() >= 2
    });
    sleep(Duration::from_millis(500));
    let begun = Instant::now();
    signal(&child, Signal::TERM);
    bench.finish(child, &line).exits(143).says("interrupted");
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
}
