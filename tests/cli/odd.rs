//! Answers that are not quite what the API promises: objects among others that cannot be read, and
//! errors of the third shape.

use serde_json::{Value, json};

use crate::harness::Bench;
use crate::profiles::Two;
use crate::service::Fault;

/// A good connector, and one that nobody can read, in one list.
fn lists(bench: &Bench, odd: &str) -> String {
    bench.service.add("good", json!({"remote_url": "s3://bucket-one/", "anonymous": true}));
    let good = bench.service.with(|store| store.named("good").clone());
    format!("[{good}, {odd}]")
}

fn odd_ones() -> [String; 4] {
    let deep = format!("{}{}", "[".repeat(200), "]".repeat(200));
    let of =
        |config: &str| format!(r#"{{"id": "1", "name": "bad", "type": "s3", "config": {config}}}"#);
    [of("[]"), of(&deep), of("7"), r#"{"id": 1, "name": "bad", "type": "s3"}"#.into()]
}

/// One of them stopped `list`, `create` and every rotation.
#[test]
fn one_odd_object_among_good_ones_is_a_warning() {
    for odd in odd_ones() {
        let bench = Bench::new();
        let list = lists(&bench, &odd);
        bench.service.fault("GET", "/destinations/", Fault::status(200, list).always());
        let done = bench.run("list -o id");
        done.ok().says("left out");
        assert_eq!(done.stdout.lines().count(), 1, "{done:?}");
        bench.run("get good").ok();
        bench.run("test good").ok();
        bench.run("create other --remote-url s3://bucket-one/ --anonymous").ok();
    }
}

/// What needs it fails: its name is taken, by something that cannot be worked on.
#[test]
fn what_needs_the_odd_object_fails() {
    for odd in odd_ones().into_iter().take(3) {
        let bench = Bench::new();
        let list = lists(&bench, &odd);
        bench.service.fault("GET", "/destinations/", Fault::status(200, list).always());
        bench.run("create bad --remote-url s3://bucket-one/ --anonymous").fails(9).says("bad");
        bench.run("delete bad --yes").exits(9);
        assert!(bench.service.writes().is_empty(), "{:?}", bench.service.lines());
    }
}

#[test]
fn nothing_but_odd_objects_is_no_answer() {
    for odd in odd_ones() {
        let bench = Bench::new();
        let list = format!("[{odd}, {odd}]");
        bench.service.fault("GET", "/destinations/", Fault::status(200, list).always());
        bench.run("list").fails(9);
    }
}

/// What goes out in blocks begins only when nothing can fail any more.
#[test]
fn of_two_lists_of_which_one_cannot_be_read_nothing_is_written() {
    let bench = Bench::new();
    many(&bench);
    let odd = format!("[{}]", odd_ones()[0]);
    bench.service.fault("GET", "/sources/", Fault::status(200, odd).always());
    for format in ["json", "yaml", "csv", "table", "id", "markdown"] {
        let done = bench.run(&format!("list --kind all -o {format}"));
        assert_eq!(done.fails(9).stdout, "", "{format}");
    }
}

const MANY: usize = 1_500;

/// Connectors whose results take several blocks.
fn many(bench: &Bench) {
    for nth in 0..MANY {
        let name = format!("{}請求書-é-{nth:04}", "x".repeat(nth % 7));
        bench.service.add(&name, json!({"remote_url": "s3://bucket-one/", "anonymous": true}));
    }
}

/// Standard output and standard error are one in a terminal and in many a log.
#[test]
fn a_warning_stands_in_the_middle_of_no_result() {
    let bench = Bench::new();
    let config = json!({"remote_url": "s3://bucket-one/"});
    let good =
        |nth: usize| json!({"id": nth.to_string(), "name": "n", "type": "s3", "config": config});
    let list: Value = (0..MANY).map(good).chain([json!({"id": 1})]).collect();
    bench.service.fault("GET", "/destinations/", Fault::status(200, list).always());
    for format in ["json", "yaml", "wide", "csv", "id"] {
        let both = std::fs::File::create(bench.path("both")).unwrap();
        let mut command = bench.command(&["list", "-o", format]);
        command.stdout(both.try_clone().unwrap()).stderr(both);
        assert!(command.status().unwrap().success());
        let text = std::fs::read_to_string(bench.path("both")).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        let at = lines.iter().position(|line| line.contains("left out")).unwrap();
        assert!(at == 0 || at == lines.len() - 1, "{format}: {at} of {}", lines.len());
        assert!(lines[at].contains("warning"), "{format}: {}", lines[at]);
    }
}

/// What is read for one of several is read before anything of another is out.
#[test]
fn a_warning_of_one_profile_stands_in_the_middle_of_no_result() {
    let two = Two::new();
    let anonymous = json!({"remote_url": "s3://bucket-one/", "anonymous": true});
    (0..400).for_each(|nth| drop(two.bench.service.add(&format!("n{nth}"), anonymous.clone())));
    two.other.add("last", anonymous);
    std::fs::create_dir_all(two.bench.path("state")).unwrap();
    two.bench.file("state/ledger.jsonl", "damaged\n");
    for format in ["json", "yaml", "table"] {
        let both = std::fs::File::create(two.bench.path("both")).unwrap();
        let mut command = two.bench.command(&["list", "--all-profiles", "-o", format]);
        command.stdout(both.try_clone().unwrap()).stderr(both);
        assert!(command.status().unwrap().success());
        let text = std::fs::read_to_string(two.bench.path("both")).unwrap();
        let at: Vec<usize> = (text.lines().enumerate())
            .filter_map(|(at, line)| line.contains("damaged").then_some(at))
            .collect();
        assert_eq!(at, [0, 1], "{format}");
    }
}

#[test]
fn results_of_several_blocks_come_whole() {
    let bench = Bench::new();
    many(&bench);
    let listed = bench.run("list -o json").ok().json();
    let names = |text: &str| (0..MANY).all(|nth| text.contains(&format!("請求書-é-{nth:04}")));
    assert_eq!(listed.as_array().unwrap().len(), MANY);
    assert!(names(&listed.to_string()));
    for format in ["yaml", "csv", "table", "markdown"] {
        let done = bench.run(&format!("list -o {format}"));
        // Markdown has its signs escaped.
        let text = done.ok().stdout.replace('\\', "");
        assert!(text.len() > 2 << 16 && names(&text), "{format}");
        assert_eq!(text.matches("請求書").count(), MANY, "{format}");
    }
    assert_eq!(bench.run("list -o id").ok().stdout.lines().count(), MANY);
}

#[test]
fn an_error_of_the_third_shape_is_read() {
    let bench = Bench::new();
    let body = json!({"errors": [
        {"field": "config.remote_url", "message": "must name a bucket", "input": "s3cr3t-of-mine"},
        {"field": "", "message": "and more"},
    ]});
    bench.service.fault("POST", "/destinations/", Fault::status(412, body));
    let done = bench.run("create x --remote-url s3://bucket-one/ --anonymous");
    done.fails(2).says("config.remote_url: must name a bucket; and more");
    done.never_shows("s3cr3t-of-mine");
}

fn check(id: &str, status: &str) -> Value {
    json!({"id": id, "status": status, "reason": null, "created_at": "2026-03-04T05:06:07Z",
        "reported_at": null})
}

/// Of two checks that were started at the same instant only one can be read: the other was waited
/// for until the deadline.
#[test]
fn of_two_checks_at_the_same_instant_the_one_that_is_seen_answers() {
    let bench = Bench::new();
    bench.service.add("out", json!({"remote_url": "s3://bucket-one/", "anonymous": true}));
    bench.service.fault("GET", "connection-check", Fault::status(200, check("other", "SCHEDULED")));
    let verdict = Fault::status(200, check("other", "SUCCESS"));
    bench.service.fault("GET", "connection-check", verdict.always());
    let done = bench.run("test out --timeout 20s -o json -v");
    done.ok().says("newer check");
    assert_eq!(done.json()[0]["check"]["id"], "other");
}

#[test]
fn a_newer_check_of_another_config_is_no_verdict() {
    let bench = Bench::new();
    bench.service.add("out", json!({"remote_url": "s3://bucket-one/", "anonymous": true}));
    let changed = Fault::meanwhile(|store| {
        store.named("out")["config"]["remote_url"] = json!("s3://elsewhere/");
    });
    let verdict = Fault::status(200, check("other", "SUCCESS"));
    bench.service.fault("GET", "connection-check", verdict.and(changed).always());
    bench.run("test out --timeout 20s").exits(6).says("changed meanwhile");
}

/// Each field of a config was looked for from the first on: a service that showed many kept uns3 busy,
/// deaf to signals, for minutes.
#[test]
fn a_config_of_very_many_fields_is_written() {
    let bench = Bench::new();
    let mut config = json!({"remote_url": "s3://bucket-one/", "anonymous": true});
    for number in 0..100_000 {
        config[format!("field_{number}")] = number.into();
    }
    bench.service.add("out", config);
    // The harness gives up on what takes longer than anybody waits.
    bench.run("update out --set field_7=x").ok();
    assert_eq!(bench.service.config("out")["field_7"], "x");
}
