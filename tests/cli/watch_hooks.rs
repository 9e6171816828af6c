//! `--on-failure` and `--on-expiring`: what the commands get, what they do not, and that they hold
//! nothing up.
#![cfg(unix)]

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::harness::{Bench, SECRET, spellings};
use crate::rotating::{lease, minutes_from_now, targets};
use crate::service::Fault;
use crate::watch::{NEXT_ID, WATCH, end, lists, puts, start};

/// A file that says what is wrong, once it does.
pub(crate) fn await_text(bench: &Bench, file: &str, fits: impl Fn(&str) -> bool) -> String {
    let begun = Instant::now();
    loop {
        let text = std::fs::read_to_string(bench.path(file)).unwrap_or_default();
        if fits(&text) {
            return text;
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "{file}: {text:?}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// The command line of a watch with a hook, which is a script.
pub(crate) fn with_hook(bench: &Bench, flag: &str, script: &str, minutes: i64) -> String {
    let file = bench.file("hook.sh", script);
    // One word, for the tests' lines are split at white space.
    let run = bench.file("run", &format!("#!/bin/sh\nexec sh {file}\n"));
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(&run, mode).unwrap();
    format!("{WATCH} {} {flag} {run}", bench.lease(minutes))
}

#[test]
fn a_failure_is_told_by_a_command_without_secrets() {
    let bench = targets(1)
        .with("AWS_REGION", "eu-west-1")
        .with("AWS_WEB_IDENTITY_TOKEN_FILE", "/a/file")
        .with("AWS_CONTAINER_AUTHORIZATION_TOKEN", "a-container's-token")
        .with("AWS_ACCESS_KEY_ID", "AKIAENVIRONMENT00000")
        .with("AWS_SECRET_ACCESS_KEY", "an/environment's+secret")
        .with("AWS_SESSION_TOKEN", "an-environment's-token")
        .with("MY_COPY", SECRET)
        .with("PAGER_TOKEN", "a-token-of-the-hook's");
    let said = format!("no: {SECRET}");
    bench.service.fault("PUT", "", Fault::status(422, json!({"detail": said})));
    let line = with_hook(&bench, "--on-failure", "cat > got.new; env > env; mv got.new got", 60);
    let child = start(&bench, &line);
    let got = await_text(&bench, "got", |text| text.ends_with('\n'));
    let event: Value = serde_json::from_str(&got).unwrap();
    assert_eq!(event["event"], "failure");
    assert_eq!(event["connector"]["name"], "t0");
    assert_eq!(event["expires_at"], Value::Null);
    assert!(event["error"].as_str().unwrap().contains("no: "), "{event}");
    assert!(spellings(SECRET).iter().all(|secret| !got.contains(secret)), "{got}");
    let env = std::fs::read_to_string(bench.path("env")).unwrap();
    for name in ["AWS_REGION", "AWS_WEB_IDENTITY_TOKEN_FILE", "PAGER_TOKEN", "UNS3_STATE_DIR"] {
        assert!(env.contains(&format!("{name}=")), "{name}: {env}");
    }
    for name in [
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "AWS_CONTAINER_AUTHORIZATION_TOKEN",
        "UNSTRUCTURED_API_KEY",
        "MY_COPY",
    ] {
        assert!(!env.contains(&format!("{name}=")), "{name}: {env}");
    }
    end(&bench, child, &line);
}

#[test]
fn credentials_within_their_last_minutes_are_told_of_and_others_are_not() {
    let bench = targets(1);
    let line = with_hook(&bench, "--on-expiring", "cat >> got", 4);
    let child = start(&bench, &line);
    // No newer ones have come.
    let got = await_text(&bench, "got", |text| text.ends_with('\n'));
    let event: Value = serde_json::from_str(got.lines().next().unwrap()).unwrap();
    assert_eq!([&event["event"], &event["connector"]["name"]], ["expiring", "t0"]);
    let end_at: jiff::Timestamp = event["expires_at"].as_str().unwrap().parse().unwrap();
    assert!(end_at > jiff::Timestamp::now());
    assert!(event["error"].as_str().unwrap().contains("no newer credentials"), "{event}");
    end(&bench, child, &line);
    // With an hour left, a failure is none of this hook's.
    let bench = targets(1);
    let line = with_hook(&bench, "--on-expiring", "cat >> got", 60);
    let child = start(&bench, &line);
    bench.service.await_that("a PUT", |service| puts(service) >= 1);
    bench.service.fault("PUT", "", Fault::status(422, json!({"detail": "no"})).always());
    lease(&bench, NEXT_ID, &minutes_from_now(60));
    std::thread::sleep(Duration::from_millis(500));
    crate::watch_hangup::hang_up(&child);
    bench.service.await_that("a refused PUT", |service| puts(service) >= 2);
    std::thread::sleep(Duration::from_millis(500));
    end(&bench, child, &line);
    assert!(!bench.path("got").exists());
}

#[test]
fn a_service_out_of_reach_is_told_of_without_a_connector() {
    let bench = targets(1);
    bench.service.fault("GET", "/destinations/", Fault::status(503, "").only("1x"));
    let line = with_hook(&bench, "--on-failure", "cat > got", 60);
    let child = start(&bench, &line);
    let got = await_text(&bench, "got", |text| text.ends_with('\n'));
    let event: Value = serde_json::from_str(&got).unwrap();
    assert_eq!((&event["event"], &event["connector"]), (&json!("failure"), &Value::Null));
    bench.service.await_that("a PUT", |service| puts(service) >= 1);
    end(&bench, child, &line);
}

/// It runs on, one at a time, delays no renewal, and ends with the watch.
#[test]
fn a_command_that_hangs_delays_no_renewal_and_ends_with_the_watch() {
    let bench = targets(2);
    bench.service.fault("PUT", "", Fault::status(422, json!({"detail": "no"})).only("2x"));
    let script = "echo $$ >> pids; sleep 1000";
    let line = with_hook(&bench, "--on-failure", script, 60);
    let child = start(&bench, &line);
    await_text(&bench, "pids", |text| text.ends_with('\n'));
    // Both are tried again, though the command still runs.
    bench.service.await_that("four PUTs", |service| puts(service) >= 4);
    std::thread::sleep(Duration::from_millis(500));
    let begun = Instant::now();
    end(&bench, child, &line);
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
    let pids = std::fs::read_to_string(bench.path("pids")).unwrap();
    assert_eq!(pids.lines().count(), 1, "one at a time: {pids}");
    let id = pids.trim().parse().unwrap();
    let pid = rustix::process::Pid::from_raw(id).unwrap();
    let over = rustix::process::test_kill_process(pid).is_err() || crate::hanging::is_zombie(id);
    assert!(over, "{pid:?} runs on");
}

#[test]
fn a_command_that_fails_is_a_warning_and_its_words_are_said() {
    let bench = targets(1);
    bench.service.fault("PUT", "", Fault::status(422, json!({"detail": "no"})).only("1x"));
    let script = format!("echo printed; echo 'no pager: {}' >&2; exit 7", SECRET.replace('\'', ""));
    let line = with_hook(&bench, "--on-failure", &script, 60);
    let child = start(&bench, &line);
    bench.service.await_that("a second PUT", |service| puts(service) >= 2);
    std::thread::sleep(Duration::from_millis(500));
    let done = end(&bench, child, &line);
    done.says("the command of --on-failure failed (exit status: 7): no pager: ");
    assert!(!done.stdout.contains("printed"), "{done:?}");
    let objects = done.stderr.lines().map(serde_json::from_str::<Value>);
    assert!(objects.into_iter().all(|line| line.is_ok()), "{done:?}");
}

/// A thousand failures at once must not wait in memory for a slow pager, nor vanish without a word.
#[test]
fn more_events_than_can_wait_are_dropped_and_said_to_be() {
    let bench = targets(300);
    bench.service.fault("PUT", "", Fault::status(422, json!({"detail": "no"})).always());
    let line = with_hook(&bench, "--on-failure", "echo >> ran; sleep 3", 60);
    let child = start(&bench, &line);
    await_text(&bench, "ran", |text| text.lines().count() >= 2);
    let done = end(&bench, child, &line);
    done.says("event(s) for --on-failure and --on-expiring were dropped: 256 waited");
}

#[test]
fn a_hook_belongs_to_a_watch() {
    let bench = targets(1);
    for flag in ["--on-failure", "--on-expiring"] {
        let line = format!("rotate --all --direct {} {flag} true", bench.lease(60));
        bench.run(&line).fails(2).says("--watch");
        let keys = bench.lease(60);
        let mut args: Vec<&str> = WATCH.split_whitespace().chain(keys.split(' ')).collect();
        args.extend([flag, " "]);
        bench.args(&args).fails(2);
    }
    assert_eq!(lists(&bench.service), 0);
}
