//! Scratch connectors: made for a stage, always deleted, and, where a run was killed, by the next;
//! never anybody else's.

use serde_json::{Value, json};

use crate::harness::{Bench, SECRET, STS_ID, TOKEN};
use crate::rotating::{ALL, OLD_ID, keyed, targets};
use crate::service::Fault;
use crate::wire::Reply;

const MAKE: &str = "/destinations/";

fn id(bench: &Bench, name: &str) -> String {
    bench.service.with(|store| store.named(name)["id"].as_str().unwrap().to_owned())
}

/// The names of the notes of scratch connectors.
fn notes(bench: &Bench) -> Vec<String> {
    let files = bench.files("state").into_iter();
    let notes = files.filter(|(path, _)| path.parent().unwrap().ends_with("scratch"));
    notes.map(|(path, _)| path.file_name().unwrap().to_str().unwrap().to_owned()).collect()
}

/// Connectors that look like scratch and are none of this machine's: a user's own, and one that
/// another machine is using.
fn decoys(bench: &Bench) -> [String; 3] {
    let names = ["mine".to_owned(), "f".repeat(31), "e".repeat(32)];
    let names = names.map(|name| format!("uns3-stage-{name}"));
    for name in &names {
        bench.service.add(name, keyed("bucket-one", "decoy"));
    }
    let fresh = json!(jiff::Timestamp::now().to_string());
    bench.service.with(|store| store.named(&names[2])["created_at"] = fresh);
    names
}

#[test]
fn what_is_not_ours_is_never_touched_and_never_rotated() {
    let bench = targets(1);
    let decoys = decoys(&bench);
    let done = bench.run(&format!("{ALL} {}", bench.sts()));
    assert_eq!(done.ok().json().as_array().unwrap().len(), 1);
    assert_eq!(bench.service.scratch(), decoys);
    let urls = decoys.map(|name| id(&bench, &name));
    assert!(
        !bench.service.writes().iter().any(|one| urls.iter().any(|id| one.target.contains(id)))
    );
}

#[test]
fn one_that_nobody_can_be_using_goes() {
    let bench = targets(1);
    let old = format!("uns3-stage-{}", "a".repeat(32));
    bench.service.add(&old, keyed("bucket-one", "f0"));
    bench.service.with(|store| {
        store.add("sources", "s3", &old, keyed("bucket-one", "f0"));
    });
    // A list of destinations tells nothing of sources.
    bench.run(&format!("{ALL} -v {}", bench.sts())).ok().says(&format!("removed {old}"));
    assert_eq!(bench.service.scratch(), [old.as_str()]);
    bench.run(&format!("{ALL} --kind all {}", bench.sts())).ok();
    assert!(bench.service.scratch().is_empty());
}

#[test]
fn one_that_cannot_be_deleted_is_said_and_goes_with_the_next_run() {
    let bench = targets(1);
    bench.service.with(|store| store.real_time = true);
    bench.service.fault("DELETE", "", Fault::status(403, json!({"detail": "no"})));
    let done = bench.run(&format!("{ALL} {}", bench.sts()));
    done.ok().says("may be left; the next rotation removes it");
    assert_eq!(bench.service.scratch(), notes(&bench));
    assert_eq!(notes(&bench).len(), 1);
    bench.run(&format!("{ALL} -v {}", bench.sts())).ok().says("left by an earlier run");
    assert!(bench.service.scratch().is_empty() && notes(&bench).is_empty());
}

#[test]
fn a_lost_answer_to_its_making_leaves_none() {
    for fault in [
        Fault::close().done(),
        Fault::reply(Reply::Truncated).done(),
        Fault::status(502, "").done(),
        Fault::close(),
    ] {
        let bench = targets(1);
        bench.service.fault("POST", MAKE, fault);
        bench.run(&format!("{ALL} {}", bench.sts())).ok();
        assert!(bench.service.scratch().is_empty() && notes(&bench).is_empty());
    }
}

#[test]
fn one_that_was_made_though_its_making_was_refused_leaves_none() {
    let bench = targets(1);
    let refused = Fault::status(422, json!({"detail": "no"}));
    bench.service.fault("POST", MAKE, refused.done().always());
    bench.run(&format!("{ALL} {}", bench.sts())).exits(2);
    assert!(bench.service.scratch().is_empty() && notes(&bench).is_empty());
    assert_eq!(bench.ids(&["t0"]), [OLD_ID]);
}

#[test]
fn a_check_that_cannot_be_made_fails_the_stage_and_leaves_none() {
    for (method, status, code) in [("POST", 500, 9), ("GET", 404, 5), ("POST", 422, 2)] {
        let bench = targets(2);
        let fault = Fault::status(status, json!({"detail": "no", "retryable": false}));
        bench.service.fault(method, "/connection-check", fault.always());
        bench.run(&format!("{ALL} --retries 0 {}", bench.sts())).exits(code);
        assert!(bench.service.scratch().is_empty() && notes(&bench).is_empty());
        assert_eq!(bench.ids(&["t0", "t1"]), [OLD_ID; 2]);
    }
}

#[test]
fn a_state_folder_that_cannot_be_used_does_not_keep_the_stage_from_its_work() {
    let bench = targets(1);
    bench.file("state", "a file, not a folder");
    let done = bench.run(&format!("{ALL} {}", bench.lease(60)));
    done.ok().says("will not be remembered");
    assert!(bench.service.scratch().is_empty());
}

#[cfg(unix)]
mod interrupted {
    use std::process::Child;

    use rustix::process::{Pid, Signal, kill_process};

    use super::*;

    /// Starts a rotation and waits until the service has had so many requests of a method to a
    /// path that ends so.
    fn begun(bench: &Bench, line: &str, method: &str, end: &str, count: usize) -> Child {
        let child = bench.command(&line.split_whitespace().collect::<Vec<_>>()).spawn().unwrap();
        bench.service.await_that(&format!("{method} {end}"), |service| {
            let fits =
                |one: &&crate::wire::Request| one.method == method && one.path().ends_with(end);
            service.requests().iter().filter(fits).count() >= count
        });
        child
    }

    fn undecided(bench: &Bench, count: usize) {
        bench.service.with(|store| {
            for _ in 0..count {
                store.verdicts.push_back(("SCHEDULED".into(), Value::Null));
            }
        });
    }

    #[test]
    fn a_signal_during_the_stage_undoes_it_and_sets_nothing() {
        for (signal, code) in [(Signal::INT, 130), (Signal::TERM, 143)] {
            for (method, end) in [("POST", "/connection-check"), ("GET", "/connection-check")] {
                let bench = targets(2);
                undecided(&bench, 1000);
                let line = format!("{ALL} {}", bench.sts());
                let child = begun(&bench, &line, method, end, 1);
                kill_process(Pid::from_child(&child), signal).unwrap();
                let done = bench.finish(child, &line);
                done.exits(code).says("interrupted");
                assert_eq!(done.error()["category"], "interrupted");
                assert!(bench.service.scratch().is_empty() && notes(&bench).is_empty());
                assert!(!bench.service.writes().iter().any(|one| one.method == "PUT"));
            }
        }
    }

    #[test]
    fn a_signal_while_it_is_made_undoes_it() {
        let bench = targets(1);
        bench.service.be_slow(std::time::Duration::from_millis(300));
        let line = format!("{ALL} {}", bench.sts());
        let child = begun(&bench, &line, "POST", MAKE, 1);
        kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
        bench.finish(child, &line).exits(143);
        assert!(bench.service.scratch().is_empty() && notes(&bench).is_empty());
        assert_eq!(bench.ids(&["t0"]), [OLD_ID]);
    }

    #[test]
    fn a_signal_between_the_writes_finishes_those_in_hand_and_tells_them() {
        let bench = targets(6);
        bench.service.be_slow(std::time::Duration::from_millis(200));
        let line = format!("{ALL} --direct --no-verify --concurrency 2 {}", bench.lease(60));
        let child = begun(&bench, &line, "PUT", "", 1);
        kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
        let done = bench.finish(child, &line);
        done.exits(143).says("done before that: new credentials set on destination");
        let puts = bench.service.writes().len();
        assert!((1..=2).contains(&puts), "{done:?}");
        // What was set is known: the next run does the rest.
        let next = bench.run(&format!("{ALL} --expiring-within 30m {}", bench.lease(60)));
        let told = crate::rotating::statuses(&next.ok().json());
        let rotated = told.iter().filter(|one| *one == "rotated").count();
        assert_eq!(rotated, 6 - puts, "{told:?}");
    }

    /// Kills a rotation in a phase; what it leaves is gone after the next.
    fn killed(method: &str, end: &str, count: usize, prepare: impl Fn(&Bench), left: usize) {
        let bench = targets(3);
        bench.service.with(|store| store.real_time = true);
        let decoys = decoys(&bench);
        prepare(&bench);
        let line = format!("{ALL} --concurrency 1 {}", bench.sts());
        let mut child = begun(&bench, &line, method, end, count);
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(bench.service.scratch().len(), decoys.len() + left, "{method} {end}");
        for (path, text) in bench.files("state") {
            let held = [SECRET, TOKEN, STS_ID];
            assert!(!held.iter().any(|one| text.contains(one)), "{}", path.display());
        }
        bench.service.with(|store| store.verdicts.clear());
        bench.service.be_slow(std::time::Duration::ZERO);
        let done = bench.run(&format!("{ALL} -v {}", bench.sts()));
        assert_eq!(crate::rotating::statuses(&done.ok().json()), ["rotated"; 3]);
        assert_eq!(done.stderr.contains("left by an earlier run"), left > 0, "{done:?}");
        assert_eq!(bench.service.scratch(), decoys);
        // What was never made may come yet, for all that is known.
        let perhaps = method == "POST" && end == MAKE && left == 0;
        assert_eq!(notes(&bench).is_empty(), !perhaps, "{method} {end}");
    }

    #[test]
    fn what_a_killed_run_left_goes_with_the_next() {
        let made_unseen = |bench: &Bench| {
            bench.service.fault("POST", MAKE, Fault::hang().done());
        };
        killed("POST", MAKE, 1, made_unseen, 1);
        let never_made = |bench: &Bench| {
            bench.service.fault("POST", MAKE, Fault::hang());
        };
        killed("POST", MAKE, 1, never_made, 0);
        killed("GET", "/connection-check", 1, |bench| undecided(bench, 1000), 1);
        killed(
            "DELETE",
            "",
            1,
            |bench| {
                bench.service.fault("DELETE", "", Fault::hang());
            },
            1,
        );
        let slow = |bench: &Bench| bench.service.be_slow(std::time::Duration::from_millis(100));
        killed("PUT", "", 2, slow, 0);
        killed("POST", "/connection-check", 2, slow, 0);
    }

    #[test]
    fn a_live_runs_scratch_is_left_to_it() {
        let bench = targets(1);
        undecided(&bench, 2);
        bench.service.with(|store| store.real_time = true);
        let line = format!("{ALL} --no-verify {}", bench.sts());
        let first = begun(&bench, &line, "GET", "/connection-check", 1);
        let other = bench.run(&format!("rotate t0 --direct --no-verify {}", bench.sts()));
        assert!(!other.ok().stderr.contains("removed"), "{other:?}");
        bench.finish(first, &line).ok();
        assert!(bench.service.scratch().is_empty() && notes(&bench).is_empty());
    }

    #[test]
    fn another_services_notes_are_left_for_it() {
        let bench = targets(1);
        undecided(&bench, 1000);
        let line = format!("{ALL} {}", bench.sts());
        let mut child = begun(&bench, &line, "GET", "/connection-check", 1);
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(notes(&bench).len(), 1);
        let elsewhere = targets(1);
        let state = bench.path("state").display().to_string();
        let elsewhere = elsewhere.with("UNS3_STATE_DIR", &state);
        elsewhere.run(&format!("{ALL} {}", elsewhere.sts())).ok();
        assert_eq!(notes(&bench).len(), 1);
    }
}
