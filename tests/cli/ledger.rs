//! The ledger as a file: many processes at once, damage, folders that cannot be used, its modes.

use std::fs;
use std::path::PathBuf;
use std::thread;

use serde_json::{Value, json};

use crate::harness::Bench;
use crate::rotating::{ALL, keyed, statuses, targets};
use crate::service::Fault;

fn file(bench: &Bench) -> PathBuf {
    bench.path("state").join("ledger.jsonl")
}

/// Which of the connectors have a known end.
fn known(bench: &Bench, line: &str) -> Vec<String> {
    let value = bench.run(line).ok().json();
    let ends = |one: &&Value| one["uns3"]["expires_at"].is_string();
    let known = value.as_array().unwrap().iter().filter(ends);
    known.map(|one| one["name"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn processes_at_once_lose_no_line() {
    let bench = Bench::new();
    for process in 0..4 {
        for number in 0..25 {
            let name = format!("p{process}-{number}");
            bench.service.add(&name, keyed("bucket-one", &name));
        }
    }
    let lease = bench.lease(60);
    thread::scope(|scope| {
        for process in 0..4 {
            let (bench, lease) = (&bench, &lease);
            scope.spawn(move || {
                let line = format!("{ALL} --match p{process}-* --direct --no-verify {lease}");
                assert_eq!(statuses(&bench.run(&line).ok().json()), ["rotated"; 25]);
            });
        }
    });
    assert_eq!(known(&bench, "status -o json").len(), 100);
    let text = fs::read_to_string(file(&bench)).unwrap();
    for line in text.lines().filter(|line| !line.is_empty()) {
        serde_json::from_str::<Value>(line).unwrap();
    }
}

/// A refusal that is no doubt was taken for one by its exit code: the expiry of a connector that
/// nothing had touched was forgotten.
#[test]
fn a_write_refused_by_429_forgets_no_expiry() {
    let bench = targets(2);
    bench.run(&format!("{ALL} --direct --no-verify {}", bench.lease(60))).ok();
    // One PUT of the first line, two of the second.
    bench.service.fault("PUT", "", Fault::status(429, "{}").only("3x"));
    let lines = [
        format!("update t0 --retries 0 --remote-url s3://elsewhere/ {}", bench.sts()),
        format!("{ALL} --retries 0 --direct --no-verify {}", bench.sts()),
    ];
    for line in lines {
        bench.run(&line).exits(9);
        assert_eq!(known(&bench, "status -o json").len(), 2, "{line}");
    }
    assert_eq!(bench.service.lines().iter().filter(|line| line.starts_with("PUT")).count(), 5);
    // An answer that was lost is a doubt.
    bench.service.fault("PUT", "", Fault::close().always());
    bench.run(&format!("update t0 --retries 0 --remote-url s3://new/ {}", bench.sts())).exits(9);
    assert_eq!(known(&bench, "status -o json"), ["t1"]);
}

/// A refusal after an attempt whose answer was lost says nothing about that attempt.
#[test]
fn a_refusal_after_a_lost_answer_is_still_a_doubt() {
    let bench = targets(2);
    bench.run(&format!("{ALL} --direct --no-verify {}", bench.lease(60))).ok();
    bench.service.fault("PUT", "", Fault::close());
    bench.service.fault("PUT", "", Fault::status(429, "{}").always());
    bench.run(&format!("update t0 --retries 1 --remote-url s3://new/ {}", bench.sts())).exits(9);
    assert_eq!(known(&bench, "status -o json"), ["t1"]);
}

#[test]
fn damaged_lines_are_said_once_and_the_rest_is_known() {
    let bench = targets(2);
    bench.run(&format!("{ALL} --direct --no-verify {}", bench.lease(60))).ok();
    let text = fs::read_to_string(file(&bench)).unwrap();
    let first = text.trim().lines().next().unwrap();
    let bad = [
        "not JSON".to_owned(),
        "{\"service\": 7}".to_owned(),
        // Torn in its middle, by a machine that stopped; the next one begins on a new line.
        first[..first.len() / 2].to_owned(),
    ];
    for torn in bad {
        fs::write(file(&bench), format!("{text}{torn}")).unwrap();
        let done = bench.run("status -o json");
        done.ok().says("1 damaged line");
        assert_eq!(done.stderr.matches("damaged").count(), 1, "{done:?}");
        assert_eq!(known(&bench, "status -o json").len(), 2);
        // What is written after it is found again.
        bench.run(&format!("rotate t0 --direct --no-verify {}", bench.lease(90))).ok();
        assert_eq!(known(&bench, "status -o json").len(), 2);
    }
}

#[test]
fn bytes_that_are_no_text_do_not_cost_the_rest() {
    let bench = targets(2);
    bench.run(&format!("{ALL} --direct --no-verify {}", bench.lease(60))).ok();
    let mut bytes = fs::read(file(&bench)).unwrap();
    bytes.extend(b"\n\xff\xfe\x00 garbage\n");
    fs::write(file(&bench), &bytes).unwrap();
    let done = bench.run("status -o json");
    done.ok().says("damaged");
    assert_eq!(known(&bench, "status -o json").len(), 2);
}

#[test]
fn a_ledger_that_cannot_be_read_is_said_once() {
    let bench = targets(3);
    fs::create_dir_all(file(&bench)).unwrap();
    for line in ["list -o json", "status -o json", "get t0 -o json"] {
        let done = bench.run(line);
        assert_eq!(done.ok().stderr.matches("cannot read").count(), 1, "{done:?}");
    }
    bench.run("status --expiring-within 1h").exits(0);
}

#[test]
fn a_state_folder_that_cannot_be_written_only_warns() {
    let bench = targets(3);
    bench.file("state", "a file, not a folder");
    let done = bench.run(&format!("{ALL} --direct --no-verify {}", bench.lease(60)));
    assert_eq!(statuses(&done.ok().json()), ["rotated"; 3]);
    done.says("will not be remembered");
    let flags = bench.lease(60);
    bench.run(&format!("create x --remote-url s3://bucket-one/ {flags}")).ok().says("remembered");
    bench.run(&format!("update x {}", bench.sts())).ok();
    bench.run("delete x --yes").ok();
}

#[test]
fn a_large_ledger_is_shortened_and_nothing_is_lost() {
    let bench = targets(3);
    bench.run(&format!("{ALL} --direct --no-verify {}", bench.lease(60))).ok();
    let text = fs::read_to_string(file(&bench)).unwrap();
    let lines: Vec<&str> = text.lines().filter(|line| !line.is_empty()).collect();
    let mut other: Value = serde_json::from_str(lines[0]).unwrap();
    other["service"] = json!("https://elsewhere.example.com");
    let mut gone = other.clone();
    (gone["id"], gone["lease"]) = (json!("gone"), Value::Null);
    let repeated = format!("{}\n", lines[0]).repeat((4 << 20) / lines[0].len() + 2);
    fs::write(file(&bench), format!("{other}\n{gone}\n{repeated}{text}")).unwrap();
    bench.run(&format!("rotate t0 --direct --no-verify {}", bench.lease(90))).ok();
    let short = fs::read_to_string(file(&bench)).unwrap();
    assert_eq!(short.lines().filter(|line| !line.is_empty()).count(), 4, "{short}");
    assert!(short.contains("elsewhere.example.com") && !short.contains("gone"));
    assert_eq!(known(&bench, "status -o json").len(), 3);
}

#[cfg(unix)]
#[test]
fn only_the_owner_can_read_what_is_kept() {
    use std::os::unix::fs::PermissionsExt;
    let bench = targets(1);
    fs::create_dir_all(bench.path("state")).unwrap();
    let open = fs::Permissions::from_mode(0o755);
    fs::set_permissions(bench.path("state"), open).unwrap();
    bench.service.fault("DELETE", "", crate::service::Fault::status(403, "{}"));
    bench.run(&format!("{ALL} {}", bench.lease(60))).ok();
    let mode = |path: PathBuf| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(bench.path("state")), 0o700);
    assert_eq!(mode(bench.path("state").join("scratch")), 0o700);
    let files = bench.files("state");
    assert!(files.len() >= 2, "{files:?}");
    for (path, _) in files {
        assert_eq!(mode(path.clone()), 0o600, "{}", path.display());
    }
}

/// The folder that a user names for the state was closed to all others, whatever else it held.
#[cfg(unix)]
#[test]
fn a_folder_that_is_shared_keeps_its_mode() {
    use std::os::unix::fs::PermissionsExt;
    for (mode, other) in [(0o1777, None), (0o755, Some("of-someone-else"))] {
        let bench = targets(1);
        fs::create_dir_all(bench.path("state")).unwrap();
        other.into_iter().for_each(|name| fs::write(bench.path("state").join(name), "").unwrap());
        let open = fs::Permissions::from_mode(mode);
        fs::set_permissions(bench.path("state"), open).unwrap();
        bench.run(&format!("{ALL} --direct --no-verify {}", bench.lease(60))).ok();
        let now = fs::metadata(bench.path("state")).unwrap().permissions().mode();
        assert_eq!(now & 0o7777, mode);
        let ledger = fs::metadata(file(&bench)).unwrap().permissions().mode();
        assert_eq!(ledger & 0o777, 0o600);
    }
}
