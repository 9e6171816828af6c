//! `uns3 test`: the verdict is that of the check that was started, and of no other.

use serde_json::{Value, json};

use crate::harness::{Bench, each};
use crate::service::Fault;

fn one() -> (Bench, String) {
    let bench = Bench::new();
    let id = bench.service.add("out", json!({"remote_url": "s3://bucket-one/", "anonymous": true}));
    (bench, id)
}

fn verdict(bench: &Bench, status: &str, reason: Value) {
    bench.service.with(|store| store.verdicts.push_back((status.into(), reason)));
}

fn check(id: u8, status: &str, created_at: &str) -> Value {
    json!({"id": format!("c{id}"), "status": status, "created_at": created_at})
}

#[test]
fn a_check_is_started_and_waited_for() {
    let (bench, id) = one();
    verdict(&bench, "SCHEDULED", Value::Null);
    let done = bench.run("test out -v -o json");
    done.ok().says("the connection works");
    let path = format!("/destinations/{id}/connection-check");
    let lines = bench.service.lines();
    let [post, get] = ["POST", "GET"].map(|method| format!("{method} {path}"));
    assert_eq!(lines, ["GET /destinations/?destination_type=s3", &post, &get, &get]);
    let shown = &done.json()[0];
    assert_eq!(shown["connector"], json!({"id": id, "name": "out", "kind": "destination"}));
    let check = bench.service.with(|store| store.state.checks.values().next().cloned().unwrap());
    assert_eq!(shown["check"], check);
    assert!(shown["elapsed_ms"].as_u64().unwrap() >= 500, "it backs off from half a second");
}

#[test]
fn a_failure_says_why_and_what_to_do() {
    let reasons = [
        ("UserAuthError: Access Denied", "s3:PutObject"),
        ("ClientError: ExpiredToken: The provided token has expired.", "rotate"),
        ("UserError: The specified bucket does not exist", "bucket-one"),
        ("UserAuthError: The request signature we calculated does not match", "secret"),
        ("ClientError: PermanentRedirect: use the specified endpoint", "region"),
        ("The AWS Access Key Id you provided does not exist in our records.", "no such access key"),
        ("Zorp: 42 <odd> \"words\"", "does not know this reason"),
    ];
    each(reasons, |(reason, mend)| {
        let (bench, _) = one();
        verdict(&bench, "FAILURE", reason.into());
        let done = bench.run("test out -o json");
        let error = done.exits(7).error();
        let message = error["message"].as_str().unwrap();
        assert!(message.contains(reason), "word for word: {message}");
        assert!(error["hint"].as_str().unwrap().contains(mend), "{reason}: {error}");
        assert_eq!(done.json()[0]["check"]["reason"], reason);
    });
}

#[test]
fn a_failure_without_a_reason_says_so() {
    let (bench, _) = one();
    verdict(&bench, "FAILURE", Value::Null);
    bench.run("test out").exits(7).says("no reason");
}

#[test]
fn an_older_checks_verdict_is_not_taken() {
    let (bench, id) = one();
    let old = check(1, "FAILURE", "2026-03-04T05:06:06.9Z");
    bench.service.fault("GET", "connection-check", Fault::status(200, old).only("2x"));
    let done = bench.run(&format!("test {id} -o json"));
    assert_eq!(done.ok().json()[0]["check"]["status"], "SUCCESS");
}

#[test]
fn a_newer_checks_verdict_answers_too() {
    let (bench, _) = one();
    // Later by its offset, though the text sorts before.
    let newer = check(2, "SUCCESS", "2026-03-04T01:06:08-05:00");
    bench.service.fault("GET", "connection-check", Fault::status(200, newer).always());
    assert_eq!(bench.run("test out -o json").ok().json()[0]["check"]["id"], "c2");
}

#[test]
fn no_verdict_by_the_deadline() {
    let (bench, _) = one();
    let old = check(1, "FAILURE", "2026-03-04T05:06:06Z");
    bench.service.fault("GET", "connection-check", Fault::status(200, old).always());
    let done = bench.run("test out --timeout 1s -o json");
    assert_eq!(done.exits(8).error()["category"], "timeout");
    assert_eq!(done.json()[0]["check"]["status"], "SCHEDULED");
}

#[test]
fn a_deadline_before_the_command_limits_one_request_only() {
    let (bench, _) = one();
    bench.service.fault("POST", "connection-check", Fault::hang().always());
    bench.run("--timeout 300ms test out --retries 0").exits(9).says("--timeout");
}

#[test]
fn last_only_reads_and_no_wait_only_starts() {
    let (bench, id) = one();
    bench.run("test out --last").exits(5).says("was never checked");
    assert!(bench.service.writes().is_empty());
    let done = bench.run(&format!("test {id} --no-wait -o json"));
    assert_eq!(done.ok().json()[0]["check"]["status"], "SCHEDULED");
    let lines = bench.service.lines();
    assert_eq!(lines.last().unwrap(), &format!("POST /destinations/{id}/connection-check"));
    verdict(&bench, "FAILURE", "Access Denied".into());
    bench.run("test out --last").exits(7).says("Access Denied");
    assert_eq!(bench.service.writes().len(), 1);
    bench.run("test out --last --no-wait").fails(2);
    bench.run("test out --last --retry-for 1s").fails(2);
}

#[test]
fn retry_for_starts_over_until_it_passes() {
    let (bench, _) = one();
    verdict(&bench, "FAILURE", "Access Denied".into());
    let done = bench.run("test out --retry-for 5m -v -o json");
    done.ok().says("Access Denied; starting over");
    assert_eq!(bench.service.writes().len(), 2);
    assert_eq!(done.json()[0]["check"]["status"], "SUCCESS");
}

#[test]
fn retry_for_ends() {
    let (bench, _) = one();
    for _ in 0..9 {
        verdict(&bench, "FAILURE", "Access Denied".into());
    }
    bench.run("test out --retry-for 1s").exits(7);
    assert!(bench.service.writes().len() > 1);
}

#[test]
fn many_are_checked_and_one_failure_hides_no_other() {
    let bench = Bench::new();
    let mut ids = Vec::new();
    for name in ["a-1", "a-2", "b-1"] {
        let config = json!({"remote_url": "s3://bucket-one/", "anonymous": true});
        ids.push(bench.service.add(name, config));
    }
    let path = format!("{}/connection-check", ids[0]);
    bench.service.fault("POST", &path, Fault::status(400, json!({"detail": "odd"})).always());
    let done = bench.run("test --all --match a-* -o json");
    let error = done.exits(3).error();
    assert_eq!(error["category"], "partial");
    assert!(error["message"].as_str().unwrap().contains("1 of 2 failed"), "{error}");
    let shown = done.json();
    assert_eq!(shown.as_array().unwrap().len(), 2);
    assert_eq!(
        (&shown[0]["check"], &shown[1]["check"]["status"]),
        (&Value::Null, &json!("SUCCESS"))
    );
    bench.run("test a-1 a-2 b-1 a-2 -o id").exits(3).says("1 of 3 failed");
    bench
        .run("test --all --bucket other")
        .ok()
        .says("no S3 destination connector matches --bucket other");
}

#[test]
fn when_all_fail_alike_the_exit_says_how() {
    let bench = Bench::new();
    for name in ["a", "b"] {
        bench.service.add(name, json!({"remote_url": "s3://bucket-one/", "anonymous": true}));
        verdict(&bench, "FAILURE", "Access Denied".into());
    }
    bench.run("test a b").exits(7).says("2 of 2 failed");
}

#[test]
fn targets_and_filters_are_not_mixed() {
    let bench = Bench::new();
    for line in ["test", "test a --all", "test a --match b", "test a --bucket b"] {
        bench.run(line).fails(2);
    }
    assert!(bench.service.lines().is_empty());
}

#[test]
fn one_that_is_deleted_meanwhile_is_told() {
    let (bench, _) = one();
    let gone = Fault::meanwhile(|store| store.state.destinations.clear());
    bench.service.fault("GET", "connection-check", gone);
    bench.run("test out").exits(5).says("was deleted while");
}

#[test]
fn a_reason_cannot_steer_the_terminal() {
    let (bench, _) = one();
    verdict(&bench, "FAILURE", "\u{1b}[2J\u{1b}]0;x\u{7} Access\r Denied\u{9b}1m".into());
    for format in ["table", "csv"] {
        bench.run("test out --last").exits(5);
        let done = bench.run(&format!("test out -o {format}"));
        let steers = |text: &str| text.chars().any(|c| c.is_control() && c != '\n' && c != '\t');
        assert!(!steers(&done.stdout) && !steers(&done.stderr), "{done:?}");
        bench.service.with(|store| store.state.checks.clear());
        verdict(&bench, "FAILURE", "\u{1b}[2J".into());
    }
}
