//! `--sandbox` and `sandbox serve`: the whole way, with a real S3 behind it.

use std::io::{BufRead, BufReader};
use std::process::Child;

use serde_json::{Value, json};

use crate::harness::Bench;

/// Neither a key nor an address: the sandbox needs none.
fn bare() -> Bench {
    Bench::new().without("UNSTRUCTURED_API_KEY").without("UNSTRUCTURED_API_URL")
}

#[test]
fn a_session_from_creation_to_deletion() {
    let bench = bare();
    let line = "--sandbox create demo --remote-url s3://sandbox-bucket/out/ --test -o json";
    let made = bench.run(line).ok().json();
    assert_eq!(made["uns3"]["check"]["status"], "SUCCESS");
    assert_eq!(made["config"]["secret"], "**********");
    let object = bench.path("state/sandbox/s3/sandbox-bucket/out/_empty");
    assert!(object.exists(), "the check really wrote");
    // The state outlives the process, and the environment's word serves as the flag's.
    let bench = bench.with("UNS3_SANDBOX", "1");
    bench.run("list").ok().prints("demo\t");
    bench.run("update demo --remote-url s3://sandbox-bucket/new/ --test").ok();
    let shown = bench.run("get demo -o json").ok().json();
    assert_eq!(shown["config"]["remote_url"], "s3://sandbox-bucket/new/");
    bench.run("test demo").ok();
    bench
        .run("update demo --remote-url s3://no-such-bucket/ --test")
        .exits(7)
        .says("no-such-bucket");
    bench.run("delete demo --yes").ok();
    assert_eq!(bench.run("list -o json").ok().json(), json!([]));
    assert!(bench.service.lines().is_empty());
}

#[test]
fn the_sandbox_and_a_service_are_not_mixed() {
    let bench = bare();
    let url = bench.service.url.clone();
    bench.run(&format!("--sandbox list --api-url {url}")).fails(2).says("two services");
    bench.run("--sandbox list --profile x").fails(2);
    for no in ["0", "false", ""] {
        let bench = bare().with("UNS3_SANDBOX", no);
        bench.run("list").fails(4);
    }
    // A flag that names a service beats the variable.
    let bench = Bench::new().with("UNS3_SANDBOX", "1");
    let url = bench.service.url.clone();
    bench.service.add("out", json!({"remote_url": "s3://bucket-one/", "anonymous": true}));
    bench.run(&format!("list --api-url {url}")).ok().prints("out\t");
    assert_eq!(bench.service.lines().len(), 1);
}

#[test]
fn wrong_keys_are_found_out() {
    let bench = bare();
    let line = "--sandbox create demo --remote-url s3://sandbox-bucket/ --test --endpoint-url";
    bench.run(&format!("{line} http://127.0.0.1:9 --anonymous")).exits(7);
    let line = "--sandbox create denied --remote-url s3://sandbox-bucket/ --anonymous --test";
    let done = bench.run(line);
    done.exits(7).says("UserAuthError: PermissionError").says("is not public");
    let check = bench.run("--sandbox test denied --no-diagnose");
    check.exits(7).says("preflight denied");
    assert!(!check.stderr.contains("--key ID"), "it has no key: {check:?}");
}

/// A sandbox that is served with some flags, and what it told.
pub(crate) fn served(server: &Bench, flags: &str) -> (Child, Value) {
    let line = format!("sandbox serve -o json {flags}");
    let mut child = server.command(&line.split_whitespace().collect::<Vec<_>>()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    (child, serde_json::from_str(&line).unwrap())
}

/// A bench whose service and credentials are a served sandbox's.
pub(crate) fn using(told: &Value) -> Bench {
    let text = |field: &str| told[field].as_str().unwrap();
    Bench::new()
        .with("UNSTRUCTURED_API_URL", text("api_url"))
        .with("UNSTRUCTURED_API_KEY", text("api_key"))
        .with("AWS_ACCESS_KEY_ID", text("access_key_id"))
        .with("AWS_SECRET_ACCESS_KEY", text("secret_access_key"))
}

fn end(mut child: Child) {
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn reasons_are_worded_as_they_once_were_where_that_is_asked_for() {
    let server = bare();
    let (child, told) = served(&server, "--reasons old");
    let line = "create denied --remote-url s3://sandbox-bucket/ --anonymous --test";
    using(&told).run(line).exits(7).says("Access Denied").says("s3:PutObject");
    end(child);
    bare().run("sandbox serve --reasons other").fails(2).says("neither 'new' nor 'old'");
}

#[test]
fn a_served_sandbox_fails_as_it_is_told_to() {
    let server = bare();
    let (child, told) = served(&server, "--fail POST,drop:1x --fail GET,/sources,404");
    let bench = using(&told);
    bench.run("create demo --remote-url s3://sandbox-bucket/ --anonymous").ok();
    assert_eq!(bench.run("list -o json").ok().json().as_array().unwrap().len(), 1);
    bench.run("list --kind source").fails(9);
    end(child);
    bare().run("sandbox serve --fail PUT,lost").fails(2).says("'lost' is not a status");
}

#[test]
fn a_served_sandbox_takes_commands() {
    let server = bare();
    let (child, told) = served(&server, "");
    let text = |field: &str| told[field].as_str().unwrap();
    assert_eq!(text("bucket"), "sandbox-bucket");
    assert!(!text("region").is_empty());
    let bench = using(&told);
    let endpoint = text("s3_endpoint_url");
    let create = "create demo --remote-url s3://sandbox-bucket/out/ --test --endpoint-url";
    bench.run(&format!("{create} {endpoint}")).ok().never_shows(text("secret_access_key"));
    bench.run("delete demo --yes").ok();
    end(child);
}

/// The lines of a served sandbox's description.
fn description(format: &str, last: &str) -> Vec<String> {
    let bench = bare();
    let mut child = bench.command(&["sandbox", "serve", "-o", format]).spawn().unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    let mut found = Vec::new();
    for line in lines {
        let ends = line.contains(last);
        found.push(line);
        if ends {
            break;
        }
    }
    end(child);
    found
}

#[test]
fn temporary_keys_are_shown_in_every_format() {
    let token = "sandbox-session-token";
    for (format, last) in [("table", "uns3 create"), ("id", "uns3 create"), ("yaml", token)] {
        let text = description(format, last).join("\n");
        assert!(text.contains("ASIASANDBOX000000001") && text.contains(token), "{text}");
    }
    let lines = description("csv", token);
    let titles = "api_url,api_key,s3_endpoint_url,bucket,region,access_key_id,secret_access_key,\
        session_access_key_id,session_secret_access_key,session_token";
    assert_eq!(lines[0], titles);
    assert_eq!(lines[1].split(',').count(), titles.split(',').count());
}

#[test]
fn a_sandbox_is_reset() {
    let bench = bare();
    bench.run("sandbox reset --yes").ok().says("there is nothing to remove");
    assert!(!bench.path("state/sandbox").exists());
    let line = "--sandbox create demo --remote-url s3://sandbox-bucket/out/ --test";
    bench.run(line).ok();
    let what = "(1 connector, 0 workflows, 1 object)";
    bench.run("sandbox reset").fails(2).says(what).says("--yes");
    bench.run("--sandbox get demo").ok();

    let (child, _) = served(&bench, "");
    bench.run("sandbox reset --yes").fails(6).says("nothing was removed");
    bench.run("--sandbox get demo").ok();
    end(child);

    bench.run("sandbox reset --yes").ok().says("removed").says(what);
    assert!(!bench.path("state/sandbox").exists());
    assert_eq!(bench.run("--sandbox list -o json").ok().json(), json!([]));
    bench.file("state/sandbox/state.json", "{");
    bench.run("--sandbox list").fails(1).says("is damaged");
    bench.run("sandbox reset --yes").ok().says("a damaged state.json");

    bench.run("--sandbox create demo --remote-url s3://sandbox-bucket/ --anonymous").ok();
    let done = bench.run("sandbox reset --yes -o json");
    let counts = json!({"connectors": 1, "workflows": 0, "objects": 0});
    assert_eq!(done.ok().silent().json()["removed"], counts);
    let done = bench.run("sandbox reset --yes -o json");
    assert_eq!(done.ok().silent().json()["removed"], Value::Null);
}

#[test]
fn a_reset_takes_nothing_that_is_not_the_sandboxs() {
    let bench = bare();
    for (name, text) in [("state.json", "{\"serial\": 1}"), ("notes", "mine"), ("lock", "")] {
        bench.file(name, text);
    }
    bench.run("sandbox reset --yes --data .").ok().says("there is nothing to remove");
    assert_eq!(bench.files(".").len(), 5, "{:?}", bench.files("."));
    std::fs::remove_file(bench.path("state.json")).unwrap();
    let (child, _) = served(&bench, "--data .");
    end(child);
    bench.run("sandbox reset --yes --data .").ok().says("removed");
    assert!(bench.path("notes").exists() && !bench.path("s3").exists());
}

#[cfg(unix)]
#[test]
fn a_served_sandbox_ends_at_a_signal() {
    use rustix::process::{Pid, Signal, kill_process};
    for (signal, code) in [(Signal::INT, 130), (Signal::TERM, 143)] {
        let bench = bare();
        let mut child = bench.command(&["sandbox", "serve"]).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        kill_process(Pid::from_child(&child), signal).unwrap();
        let done = bench.finish(child, "serve");
        done.exits(code).says("the sandbox has stopped; its state is kept in");
        assert!(!done.stderr.contains("error"), "{done:?}");
    }
}
