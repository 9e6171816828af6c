//! `rotate --watch` over several profiles: one process, side by side, and one's failure stops no other.
#![cfg(unix)]

use std::process::Child;
use std::time::Duration;

use serde_json::{Value, json};

use crate::harness::{API_KEY, Done};
use crate::openmetrics::{Samples, value};
use crate::profiles::{Two, refused};
use crate::rotating::{keyed, lease, minutes_from_now};
use crate::service::Fault;
use crate::watch::{NEXT_ID, WATCH, end, puts, results, start};
use crate::watch_hooks::{await_text, with_hook};
use crate::watch_listen::{EXPIRY, await_metrics, free_address, get};

/// `one` with a connector `a`, `two` with `b`.
fn two() -> Two {
    let two = Two::new();
    two.bench.service.add("a", keyed("bucket", "a"));
    two.other.add("b", keyed("bucket", "b"));
    two
}

fn line(two: &Two, flags: &str) -> String {
    format!("{WATCH} --all-profiles {flags} {}", two.bench.lease(60))
}

fn await_puts(two: &Two, here: usize, there: usize) {
    two.bench.service.await_that("PUTs", |service| puts(service) >= here);
    two.other.await_that("PUTs of the other", |service| puts(service) >= there);
    // Time for what must not come, and for what is told.
    std::thread::sleep(Duration::from_millis(500));
}

fn finish(two: &Two, child: Child, line: &str) -> Done {
    let done = end(&two.bench, child, line);
    two.keys_stayed();
    done
}

/// The profile and the name of each result.
fn told(done: &Done) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let told = results(done);
    let told =
        told.iter().map(|one| (text(&one["uns3"]["profile"]), text(&one["connector"]["name"])));
    let mut told: Vec<_> = told.collect();
    told.sort_unstable();
    told
}

fn pairs(all: &[(&str, &str)]) -> Vec<(String, String)> {
    all.iter().map(|(one, two)| ((*one).into(), (*two).into())).collect()
}

#[test]
fn one_watch_renews_the_connectors_of_all_profiles() {
    let two = two();
    let line = line(&two, "-v");
    let child = start(&two.bench, &line);
    await_puts(&two, 1, 1);
    let done = finish(&two, child, &line);
    assert_eq!(told(&done), pairs(&[("one", "a"), ("two", "b")]));
    let lines = done.stderr.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let looks = lines.filter_map(|line| Some(line.get("look")?["profile"].clone()));
    let mut looks: Vec<String> = looks.map(|one| one.as_str().unwrap().into()).collect();
    looks.sort_unstable();
    assert_eq!(looks, ["one", "two"]);
    assert_eq!((puts(&two.bench.service), puts(&two.other)), (1, 1));
    // In words, too.
    let line = line.replace("-o json", "").replace("--all-profiles", "--profile two --profile one");
    let line =
        line.replace(&two.bench.lease(60), &lease(&two.bench, NEXT_ID, &minutes_from_now(90)));
    two.bench.service.add("c", keyed("bucket", "c"));
    let child = start(&two.bench, &line);
    await_puts(&two, 2, 1);
    let done = finish(&two, child, &line);
    assert!(done.stdout.starts_with("one: rotated destination \"c\""), "{done:?}");
    done.says("two: watching 1 connector(s): \"b\"");
}

#[test]
fn a_profile_that_fails_from_the_start_is_told_of_and_begins_anew() {
    let two = two();
    two.bench.service.fault("GET", "", Fault::status(401, json!({"detail": "no"})).only("2x"));
    let line = line(&two, "");
    let child = start(&two.bench, &line);
    two.other.await_that("a PUT", |service| puts(service) >= 1);
    assert_eq!(puts(&two.bench.service), 0);
    await_puts(&two, 1, 1);
    let done = finish(&two, child, &line);
    assert_eq!(told(&done), pairs(&[("one", "a"), ("two", "b")]));
    let errors = done.stderr.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let failed: Vec<Value> = errors.filter(|one| one["error"]["category"] == "auth").collect();
    assert_eq!(failed.len(), 2, "{done:?}");
    assert!(failed.iter().all(|one| one["error"]["profile"] == "one"), "{done:?}");
    done.says("trying again in 1s");
}

#[test]
fn one_that_fails_later_stops_no_other() {
    let two = two();
    two.other.fault("GET", "/destinations/", Fault::status(503, "").only("2-"));
    let minutes = two.bench.lease(4);
    let line = format!("{WATCH} --all-profiles {minutes}");
    let child = start(&two.bench, &line);
    await_puts(&two, 1, 1);
    lease(&two.bench, NEXT_ID, &minutes_from_now(60));
    await_puts(&two, 2, 1);
    let done = finish(&two, child, &line);
    done.says("going on");
    assert_eq!(told(&done), pairs(&[("one", "a"), ("one", "a"), ("two", "b")]));
}

#[test]
fn where_all_fail_from_the_start_it_ends() {
    let two = two();
    two.bench.service.fault("GET", "", refused());
    two.other.fault("GET", "", refused());
    let done = two.bench.run(&line(&two, ""));
    done.fails(4).says("all 2 profiles failed").says("- one: ").says("- two: ");
    // A key that cannot be had is a failure of the same kind.
    let file = two.bench.config().join("config.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    let keys = text.lines().filter(|line| line.starts_with("api_key"));
    let text =
        keys.fold(text.clone(), |text, key| text.replace(key, "api_key_command = \"false\""));
    std::fs::write(&file, text).unwrap();
    let done = two.bench.run(&line(&two, ""));
    done.fails(4).says("- one: the command that prints the API key");
}

#[test]
fn an_entry_that_cannot_be_read_is_told_of_at_once_and_left_out() {
    let two = two();
    let file = two.bench.config().join("config.toml");
    let before = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, format!("{before}\n[profiles.bad]\napi_key = \"k\"\n")).unwrap();
    let address = free_address();
    let line = line(&two, &format!("--listen {address}"));
    let child = start(&two.bench, &line);
    await_puts(&two, 1, 1);
    assert_eq!((get(&address, "/healthz").0, get(&address, "/readyz").0), (200, 503));
    let done = finish(&two, child, &line);
    let first: Value = serde_json::from_str(done.stderr.lines().next().unwrap()).unwrap();
    assert_eq!(first["error"]["profile"], "bad", "{done:?}");
    done.says("it is left out");
    assert_eq!(told(&done), pairs(&[("one", "a"), ("two", "b")]));
}

#[test]
fn metrics_name_the_profile_and_all_have_to_be_ready() {
    let two = two();
    two.other.fault("GET", "/destinations/", Fault::status(503, "").only("3x"));
    let address = free_address();
    let line = line(&two, &format!("--listen {address}"));
    let child = start(&two.bench, &line);
    let of = |all: &Samples, name, profile| value(all, name, &[("profile", profile)]);
    let success = "uns3_last_success_timestamp_seconds";
    let first = await_metrics(&address, "one is done", |all| of(all, success, "one") > Some(0.0));
    assert_eq!(of(&first, success, "two"), Some(0.0));
    assert_eq!((get(&address, "/healthz").0, get(&address, "/readyz").0), (200, 503));
    let all = await_metrics(&address, "both are", |all| of(all, success, "two") > Some(0.0));
    assert_eq!(get(&address, "/readyz").0, 200);
    for profile in ["one", "two"] {
        let count = |outcome| {
            value(&all, "uns3_rotations_total", &[("profile", profile), ("outcome", outcome)])
        };
        assert_eq!((count("rotated"), count("failed")), (Some(1.0), Some(0.0)));
        assert_eq!(of(&all, "uns3_leader", profile), Some(1.0));
        let ends =
            all.keys().filter(|(name, labels)| name == EXPIRY && labels["profile"] == profile);
        assert_eq!(ends.count(), 1, "{all:#?}");
    }
    finish(&two, child, &line);
}

/// Both would have written it at once.
#[test]
fn a_connector_that_two_profiles_lead_to_is_one_watchs() {
    let two = two();
    two.add("twin", &two.bench.service.url, API_KEY);
    let state = two.bench.path("shared").display().to_string();
    let address = free_address();
    for state in [String::new(), format!("--state {state}")] {
        let minutes = if state.is_empty() { 60 } else { 90 };
        two.bench.service.forget_requests();
        let flags = format!("--listen {address} {state}");
        let line = format!("{WATCH} --all-profiles {flags} {}", two.bench.lease(minutes));
        let child = start(&two.bench, &line);
        let ends = |all: &Samples| all.keys().filter(|(name, _)| name == EXPIRY).count();
        let leaders = |all: &Samples| {
            all.iter().filter(|((name, _), value)| name == "uns3_leader" && **value == 1.0).count()
        };
        let ready = |all: &Samples| ends(all) == 2 && leaders(all) == 3;
        await_metrics(&address, "two ends", ready);
        std::thread::sleep(Duration::from_millis(500));
        // The two of one service rotate by one lock.
        let samples = await_metrics(&address, "two ends", ready);
        assert_eq!(get(&address, "/readyz").0, 200);
        let names =
            ["one", "twin"].map(|profile| value(&samples, "uns3_leader", &[("profile", profile)]));
        assert_eq!(names, [Some(1.0); 2]);
        let done = finish(&two, child, &line);
        assert!(puts(&two.bench.service) <= 1, "{done:?}");
        assert!(!done.stderr.contains("standing by"), "{done:?}");
    }
    let shown = two.bench.run(&format!("state show --state {state} -o json --profile one"));
    assert_eq!(shown.ok().json()["lock"], Value::Null, "released");
}

#[test]
fn a_second_watch_over_several_stands_by() {
    let two = two();
    let state = two.bench.path("shared").display().to_string();
    let (first_line, address) = (line(&two, &format!("--state {state}")), free_address());
    let first = start(&two.bench, &first_line);
    await_puts(&two, 1, 1);
    let second_line = format!("{first_line} -v --listen {address}");
    let second = start(&two.bench, &second_line);
    let led = |all: &Samples, by| {
        let leaders = all.iter().filter(|((name, _), _)| name == "uns3_leader");
        leaders.filter(|(_, value)| **value == by).count() == 2
    };
    await_metrics(&address, "a standby", |all| led(all, 0.0));
    for _ in 0..100 {
        if get(&address, "/readyz").0 == 200 {
            break;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(get(&address, "/readyz").0, 200);
    finish(&two, first, &first_line);
    await_metrics(&address, "a leader", |all| led(all, 1.0));
    let done = finish(&two, second, &second_line);
    assert_eq!(done.stderr.matches("standing by").count(), 2, "{done:?}");
    assert_eq!((puts(&two.bench.service), puts(&two.other)), (1, 1));
}

#[test]
fn targets_may_be_anywhere_but_not_nowhere() {
    let two = two();
    let named = |targets: &str| line(&two, "").replace("--all ", &format!("{targets} "));
    two.bench.run(&named("a nowhere")).fails(5).says("\"nowhere\"");
    let none = line(&two, "--match zz --fail-if-none");
    two.bench.run(&none).fails(5).says("matches --match zz");
    assert_eq!((puts(&two.bench.service), puts(&two.other)), (0, 0));
    let line = named("b a");
    let child = start(&two.bench, &line);
    await_puts(&two, 1, 1);
    let done = finish(&two, child, &line);
    assert_eq!(told(&done), pairs(&[("one", "a"), ("two", "b")]));
}

#[test]
fn commands_are_told_of_which_profile_an_event_is() {
    let two = two();
    two.other.fault("PUT", "", Fault::status(422, json!({"detail": "no"})));
    let line = with_hook(&two.bench, "--on-failure", "cat >> got", 60) + " --all-profiles";
    let child = start(&two.bench, &line);
    let got = await_text(&two.bench, "got", |text| text.ends_with('\n'));
    let event: Value = serde_json::from_str(got.lines().next().unwrap()).unwrap();
    assert_eq!([&event["profile"], &event["connector"]["name"]], ["two", "b"]);
    await_puts(&two, 1, 1);
    finish(&two, child, &line);
}

#[test]
fn a_hangup_is_heard_by_the_watch_of_each() {
    let two = two();
    let line = line(&two, "");
    let child = start(&two.bench, &line);
    await_puts(&two, 1, 1);
    lease(&two.bench, NEXT_ID, &minutes_from_now(90));
    crate::watch_hangup::hang_up(&child);
    await_puts(&two, 2, 2);
    finish(&two, child, &line);
    assert_eq!(two.bench.ids(&["a"]), [NEXT_ID]);
}

/// What one profile was about to begin waited for the end, and the end for that.
#[test]
fn a_signal_ends_it_though_one_has_a_write_in_hand_and_another_is_about_to_begin_one() {
    for watch in ["--watch", ""] {
        let two = two();
        two.bench.service.fault("PUT", "", Fault::hang());
        two.other.be_slow(Duration::from_secs(5));
        let line = line(&two, "--timeout 8s").replace("--watch", watch).replace("--direct", "");
        let child = start(&two.bench, &line);
        two.bench.service.await_request("PUT");
        finish(&two, child, &line);
        assert!(two.other.scratch().is_empty(), "{:?}", two.other.lines());
    }
}
