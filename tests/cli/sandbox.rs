//! `--sandbox` and `sandbox serve`: the whole way, with a real S3 behind it.

use std::io::{BufRead, BufReader};

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
    bench.run(&format!("list --api-url {url}")).ok();
    assert_eq!(bench.service.lines().len(), 1);
}

#[test]
fn wrong_keys_are_found_out() {
    let bench = bare();
    let line = "--sandbox create demo --remote-url s3://sandbox-bucket/ --test --endpoint-url";
    bench.run(&format!("{line} http://127.0.0.1:9 --anonymous")).exits(7);
    let line = "--sandbox create denied --remote-url s3://sandbox-bucket/ --anonymous --test";
    bench.run(line).exits(7).says("Access Denied").says("s3:PutObject");
}

#[test]
fn a_served_sandbox_takes_commands() {
    let server = bare();
    let mut child = server.command(&["sandbox", "serve", "-o", "json"]).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    let told: Value = serde_json::from_str(&line).unwrap();
    let text = |field: &str| told[field].as_str().unwrap();
    assert_eq!(text("bucket"), "sandbox-bucket");
    assert!(!text("region").is_empty());
    let bench = Bench::new()
        .with("UNSTRUCTURED_API_URL", text("api_url"))
        .with("UNSTRUCTURED_API_KEY", text("api_key"))
        .with("AWS_ACCESS_KEY_ID", text("access_key_id"))
        .with("AWS_SECRET_ACCESS_KEY", text("secret_access_key"));
    let endpoint = text("s3_endpoint_url");
    let create = "create demo --remote-url s3://sandbox-bucket/out/ --test --endpoint-url";
    bench.run(&format!("{create} {endpoint}")).ok().never_shows(text("secret_access_key"));
    bench.run("delete demo --yes").ok();
    child.kill().unwrap();
    child.wait().unwrap();
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
        bench.finish(child, "serve").exits(code).says("its state is kept in");
    }
}
