//! A manifest's references to AWS: a profile of the shared files, and a role, followed on apply only.

use serde_json::json;

use crate::harness::Bench;
use crate::sts::{OWN_ID, OWN_SECRET, ROLE, Sts};

fn with_manifest(bench: Bench, aws: serde_json::Value) -> Bench {
    let connector = json!({"name": "x", "remote_url": "s3://bucket-one/out/",
        "credentials": {"aws": aws}});
    bench.file("m.json", &json!({"version": 1, "connectors": [connector]}).to_string());
    bench
}

#[test]
fn a_profile_gives_its_keys() {
    let bench = with_manifest(Bench::new(), json!({"profile": "ops"}));
    let keys =
        format!("[ops]\naws_access_key_id = {OWN_ID}\naws_secret_access_key = {OWN_SECRET}\n");
    let file = bench.file("keys.ini", &keys);
    let bench = bench
        .with("AWS_SHARED_CREDENTIALS_FILE", &file)
        .with("AWS_CONFIG_FILE", "/dev/null")
        .with("AWS_EC2_METADATA_DISABLED", "true");
    bench.run("apply -f m.json --yes").ok().never_shows(OWN_SECRET);
    let config = bench.service.config("x");
    assert_eq!([&config["key"], &config["secret"]], [OWN_ID, OWN_SECRET]);
    bench.run("apply -f m.json --yes --detailed-exitcode").ok().says("nothing to do: 1");
}

#[test]
fn a_role_is_assumed_when_it_is_applied_and_never_for_a_plan() {
    let Some(sts) = Sts::moto() else { return };
    let role =
        json!({"role_arn": ROLE, "external_id": "ext/1", "session_name": "ci", "duration": "30m"});
    let bench = with_manifest(sts.bench(), role);
    bench.run("apply -f m.json --plan --detailed-exitcode").exits(10);
    assert!(sts.requests().is_empty(), "a plan obtains no lease");
    let done = bench.run("apply -f m.json --yes -o json");
    assert_eq!(done.ok().json()["changes"][0]["status"], "done");
    let asked = sts.asked();
    assert_eq!(asked.len(), 1);
    for (name, value) in [
        ("Action", "AssumeRole"),
        ("RoleArn", ROLE),
        ("ExternalId", "ext/1"),
        ("RoleSessionName", "ci"),
        ("DurationSeconds", "1800"),
    ] {
        assert_eq!(asked[0][name], value);
    }
    assert!(sts.policies()[0].to_string().contains("arn:aws:s3:::bucket-one/out/*"));
    let config = bench.service.config("x");
    assert!(config["key"].as_str().unwrap().starts_with("ASIA") && config["token"].is_string());
    done.never_shows(config["secret"].as_str().unwrap());
    // A lease is new each time: that is no difference, and none is obtained to find out.
    bench.run("apply -f m.json --yes --detailed-exitcode").ok().says("nothing to do: 1");
    assert_eq!(sts.requests().len(), 1);
    bench.run("apply -f m.json --yes --refresh-credentials").ok();
    assert_eq!(sts.requests().len(), 2);
}
