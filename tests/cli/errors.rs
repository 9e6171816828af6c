//! What the service answers instead of success, and what the exit code and the words make of it.

use std::time::{Duration, SystemTime};

use serde_json::{Value, json};

use crate::harness::Bench;
use crate::service::Fault;

const HTML: &str = "<html><head><title>Oops</title></head><body><h1>Oops</h1></body></html>";

/// Every request is answered with a status and a body; at once again, if it is repeated.
fn answering(status: u16, body: impl ToString) -> Bench {
    let bench = Bench::new();
    let fault = Fault::status(status, body).header("retry-after", 0).always();
    bench.service.fault("", "", fault);
    bench
}

#[test]
fn each_status_has_its_category() {
    for (status, category, exit, html_exit) in [
        (400, "usage", 2, 9),
        (401, "auth", 4, 4),
        (403, "auth", 4, 4),
        (408, "unavailable", 9, 9),
        (409, "conflict", 6, 9),
        (422, "usage", 2, 9),
        (429, "unavailable", 9, 9),
        (500, "unavailable", 9, 9),
        (502, "unavailable", 9, 9),
        (503, "unavailable", 9, 9),
        (504, "unavailable", 9, 9),
    ] {
        let bench = answering(status, json!({"detail": "in the service's words"}));
        let error = bench.run("list -o json --retries 1").fails(exit).error();
        assert_eq!((&error["category"], &error["status"]), (&json!(category), &json!(status)));
        let message = error["message"].as_str().unwrap();
        assert!(message.contains("in the service's words"), "{message}");
        let repeats = matches!(status, 408 | 429 | 500..);
        assert_eq!(bench.service.lines().len(), if repeats { 2 } else { 1 }, "{status}");
        for body in [HTML, "", "[1", "null", "\"x\""] {
            let bench = answering(status, body);
            let done = bench.run("list -o json --retries 0");
            assert_eq!(done.code, html_exit, "{status} {body}: {done:?}");
            assert_eq!(done.error()["status"], status);
            assert!(!done.error()["hint"].is_null(), "{done:?}");
        }
    }
}

#[test]
fn what_is_not_found_differs_from_what_is_not_the_api() {
    let id = "2b7a1c1e-55a4-4dd0-8ed5-2f0a8f0b7c11";
    answering(404, json!({"detail": "Not Found"})).run("list").fails(9).says("--api-url");
    answering(404, HTML).run(&format!("get {id}")).fails(9).says("--api-url");
    Bench::new().run(&format!("get {id}")).fails(5);
}

#[test]
fn a_page_is_shown_by_its_title() {
    let bench = answering(502, HTML);
    let done = bench.run("list --retries 0");
    done.fails(9).says("502 came with something else than the API's JSON: Oops");
    assert!(!done.stderr.contains('<'), "{done:?}");
    answering(502, "").run("list --retries 0").fails(9).says("with nothing");
}

#[test]
fn a_success_that_is_not_the_apis() {
    for body in [HTML, "", "{\"detail\": \"ok\"}", "[{\"id\": 1}]", "[7]", "[{}", "{"] {
        answering(200, body).run("list").fails(9);
    }
    let nameless = json!([{"id": "x", "type": "s3", "config": {}}]);
    answering(200, nameless).run("list").fails(9).says("\"name\"");
}

#[test]
fn validation_problems_are_told_by_field_without_the_input() {
    let problem = json!({"loc": ["body", "config", "remote_url"], "msg": "Value error, bad",
        "input": "distinct/Input+1", "type": "value_error"});
    let bench = answering(422, json!({"detail": [problem, {"loc": ["x"], "msg": "two"}]}));
    bench
        .run("list")
        .fails(2)
        .says("body.config.remote_url: Value error, bad; x: two")
        .never_shows("distinct/Input+1");
}

#[test]
fn retryable_false_ends_it() {
    let bench = answering(503, json!({"detail": "down", "retryable": false}));
    bench.run("list").fails(9).says("down");
    assert_eq!(bench.service.lines().len(), 1);
    let bench = answering(503, json!({"detail": "down", "retryable": true}));
    bench.run("list --retries 2").fails(9);
    assert_eq!(bench.service.lines().len(), 3);
}

#[test]
fn retries_are_counted_and_told() {
    let bench = answering(503, json!({"detail": "down"}));
    bench.run("list --retries 0").fails(9);
    assert_eq!(bench.service.lines().len(), 1);
    bench.run("list --retries 3").fails(9).says("trying again").says("(3 of 3)");
    assert_eq!(bench.service.lines().len(), 1 + 4);
    let quiet = bench.run("list --retries 1 -q");
    assert!(!quiet.fails(9).stderr.contains("trying"), "{quiet:?}");
}

#[test]
fn an_error_that_passes_is_no_error() {
    let bench = Bench::new();
    let fault = Fault::status(429, json!({"detail": "slow down"})).header("retry-after", 0);
    bench.service.fault("GET", "/destinations/", fault.only("2x"));
    bench.run("list -o json").ok();
    assert_eq!(bench.service.lines().len(), 3);
}

#[test]
fn retry_after_is_heeded_as_seconds_and_as_a_date() {
    let soon = SystemTime::now() + Duration::from_secs(1);
    let soon = jiff::Timestamp::try_from(soon).unwrap();
    let date =
        jiff::fmt::rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&soon).unwrap();
    let past = "Wed, 21 Oct 2015 07:28:00 GMT".to_owned();
    for (value, said) in
        [("1".into(), "again in 1.0 s"), (date, "again in "), (past, "again in 0.")]
    {
        let bench = Bench::new();
        bench.service.add("out", json!({"remote_url": "s3://bucket-one/", "anonymous": true}));
        let fault = Fault::status(503, "").header("retry-after", value);
        bench.service.fault("GET", "/destinations/", fault);
        bench.run("list -o json -v").ok().says(said);
        let lists = |line: &&String| line.starts_with("GET /destinations/");
        assert_eq!(bench.service.lines().iter().filter(lists).count(), 2);
    }
}

#[test]
fn more_patience_than_a_user_has_is_not_waited_for() {
    let bench = Bench::new();
    let fault = Fault::status(429, json!({"detail": "come back"})).header("retry-after", 86400);
    bench.service.fault("GET", "/destinations/", fault.always());
    bench.run("list").fails(9).says("come back");
    assert_eq!(bench.service.lines().len(), 1);
}

#[test]
fn errors_are_one_object_under_json() {
    let bench = Bench::new();
    let fault = Fault::status(401, json!({"detail": "API key is missing"}));
    let fault = fault.header("x-request-id", "req-17").always();
    bench.service.fault("", "", fault);
    let error = bench.run("list -o json").fails(4).error();
    let fields: Vec<&String> = error.as_object().unwrap().keys().collect();
    assert_eq!(fields, ["category", "message", "hint", "status", "request_id"]);
    assert_eq!((&error["status"], &error["request_id"]), (&json!(401), &json!("req-17")));
    bench.run("list").fails(4).says("error: ").says("req-17").says("hint: ");
}

#[test]
fn errors_of_the_command_line_are_objects_too() {
    let bench = Bench::new();
    for line in [
        "create -o json --novel",
        "list --output=json --kind x",
        "-ojson nonsense",
        "list -o json --retries -3",
        "-o=json",
        "test -o json",
    ] {
        let done = bench.run(line);
        let error = done.fails(2).error();
        assert_eq!(
            (&error["category"], &error["status"]),
            (&json!("usage"), &Value::Null),
            "{line}"
        );
        assert_eq!(done.stderr.lines().count(), 1, "{done:?}");
    }
    bench.run("list --novel").fails(2).says("error: uns3 list has no flag \"--novel\"");
    bench.run("list -o xml").fails(2).says("csv");
    assert!(bench.service.lines().is_empty());
}

#[test]
fn without_a_key_nothing_is_sent() {
    for bench in [
        Bench::new().without("UNSTRUCTURED_API_KEY"),
        Bench::new().with("UNSTRUCTURED_API_KEY", ""),
        Bench::new().with("UNSTRUCTURED_API_KEY", "  "),
        Bench::new().with("UNSTRUCTURED_API_KEY", "two\nlines"),
    ] {
        let error = bench.run("list -o json").fails(4).error();
        assert_eq!(error["category"], "auth");
        assert!(!error["hint"].is_null());
        assert!(bench.service.lines().is_empty());
    }
}

#[test]
fn results_alone_go_to_standard_output() {
    let bench = Bench::new();
    bench.service.add("out", json!({"remote_url": "s3://bucket-one/", "anonymous": true}));
    bench.run("list -o json -vv").ok().says("> GET").json();
    bench.run("update out --set a=1 -o json -vv").ok().says("updated").json();
    bench.run("list -q").ok().silent();
    bench.run("--color always list --novel").fails(2);
    let plain = bench.run("get nobody --color never");
    assert!(!plain.fails(5).stderr.contains('\u{1b}'));
    let colour = bench.run("get nobody --color always");
    assert!(colour.fails(5).stderr.contains('\u{1b}'));
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_told() {
    let bench = Bench::new();
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let mut command = bench.command(&["list", "-o", "json"]);
    let child = command.stdout(full).spawn().unwrap();
    let error = bench.finish(child, "list").fails(1).error();
    assert_eq!(error["category"], "internal");
}

#[test]
fn a_reader_that_has_gone_has_seen_enough() {
    let bench = Bench::new();
    for n in 0..3000 {
        bench.service.add(&format!("out-{n}"), json!({"remote_url": "s3://bucket-one/"}));
    }
    for format in ["table", "json", "yaml", "csv", "id"] {
        let mut child = bench.command(&["list", "-o", format]).spawn().unwrap();
        drop(child.stdout.take());
        bench.finish(child, format).ok().silent();
    }
    let mut child = bench.command(&["help"]).spawn().unwrap();
    drop(child.stdout.take());
    bench.finish(child, "help").ok();
    let mut child = bench.command(&["get", "nobody"]).spawn().unwrap();
    drop(child.stderr.take());
    bench.finish(child, "get").exits(5);
}
