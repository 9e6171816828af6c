//! What `uns3 bucket` prints, by linters of AWS's own and others', over every combination of options;
//! and its script, run by the AWS CLI.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::harness::Bench;
use crate::moto;
use crate::sts::{OWN_ID, OWN_SECRET};

const FOLDERS: [&str; 3] = ["s3://data/", "s3://data/out/deep/", "s3://data/a*b $c/ä/"];
const ACCESS: [&str; 3] = ["write", "read", "read-write"];
const ACCOUNT: &[&str] = &["--account-id", "123456789012"];
const USER: &[&str] = &["--account-id", "123456789012", "--user", "team/x"];
const USER_ARN: &[&str] = &["--user", "arn:aws:iam::123456789012:user/x"];
const ROLE: &[&str] = &["--role-arn", "arn:aws:iam::123456789012:role/lease"];
const BOTH: &[&str] = &["--user", "x", "--role-arn", "arn:aws:iam::123456789012:role/path/lease"];
const CHINA: &[&str] = &["--account-id", "123456789012", "--user", "x", "--region", "cn-north-1"];

/// The command lines after `uns3 bucket`.
fn lines() -> Vec<Vec<&'static str>> {
    let mut lines = Vec::new();
    for folder in FOLDERS {
        for access in ACCESS {
            let place = ["--remote-url", folder, "--access", access];
            let mut add = |verb: &'static str, parts: &[&[&'static str]]| {
                let mut line = vec![verb];
                line.extend(place);
                line.extend(parts.iter().copied().flatten());
                lines.push(line);
            };
            add("policy", &[&["--identity"]]);
            add("policy", &[&["--identity", "--region", "us-gov-west-1"]]);
            for whom in [ACCOUNT, USER, USER_ARN, ROLE, BOTH, CHINA] {
                add("policy", &[whom]);
                // What is trusted is the same for each access.
                if access == "write" {
                    add("policy", &[&["--trust"], whom]);
                    add("policy", &[&["--trust", "--external-id", "x/1"], whom]);
                }
            }
            // A template takes a second: one access a folder.
            if FOLDERS.iter().zip(ACCESS).all(|pair| pair != (&folder, access)) {
                continue;
            }
            for whom in [ACCOUNT, USER, BOTH] {
                add("cloudformation", &[whom]);
                add("cloudformation", &[&["--with-role", "lease"], whom]);
            }
            let external: &[&str] = &["--with-role", "a-lease", "--external-id", "x/1"];
            add("cloudformation", &[external, USER]);
            add("cloudformation", &[&["--with-role", "lease"]]);
        }
    }
    lines
}

#[test]
fn linters_find_nothing_in_what_is_printed() {
    let Some(python) = moto::python() else { return };
    let bench = Bench::new();
    let print = |line: &Vec<&str>| {
        let args: Vec<&str> = ["bucket"].iter().chain(line).copied().collect();
        (line.join(" "), bench.args(&args).ok().stdout.clone())
    };
    let documents: BTreeMap<String, String> = lines().iter().map(print).collect();
    assert!(documents.len() > 120, "{}", documents.len());
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/aws/lint.py");
    let mut lint = Command::new(python);
    lint.args(["-B", "-W", "ignore"]).arg(script).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut lint = lint.spawn().unwrap();
    let documents = serde_json::to_vec(&documents).unwrap();
    lint.stdin.take().unwrap().write_all(&documents).unwrap();
    let found = lint.wait_with_output().unwrap();
    assert!(found.status.success());
    let found: Value = serde_json::from_slice(&found.stdout).unwrap();
    assert_eq!(found, json!({}));
}

/// The script makes what `bucket create` would: afterwards that finds nothing to change.
#[cfg(unix)]
#[test]
fn the_aws_cli_runs_the_script() {
    let (Some(address), Some(python)) = (moto::address(), moto::python()) else { return };
    let bench = Bench::new()
        .with("AWS_ACCESS_KEY_ID", OWN_ID)
        .with("AWS_SECRET_ACCESS_KEY", OWN_SECRET)
        .with("NO_PROXY", "127.0.0.1");
    let endpoint = format!("http://{address}");
    for (bucket, region) in [("scripted-by-cli", "eu-west-1"), ("scripted-in-us", "us-east-1")] {
        let url = format!("s3://{bucket}/it's a*b $c \"ä\"/");
        let place = ["--remote-url", &url, "--region", region, "--endpoint-url", &endpoint];
        let create = |more: &[&str]| {
            let args: Vec<&str> =
                [&["bucket", "create"], &place[..], USER, more].concat().into_iter().collect();
            bench.args(&args)
        };
        let text = create(&["--dry-run"]).ok().stdout.clone();
        let script = bench.file("script.sh", &text);
        let run = || {
            Command::new("sh")
                .arg(&script)
                .env_clear()
                .env("PATH", format!("{}:/usr/bin:/bin", python.parent().unwrap().display()))
                .env("HOME", bench.path("home"))
                .env("AWS_ACCESS_KEY_ID", OWN_ID)
                .env("AWS_SECRET_ACCESS_KEY", OWN_SECRET)
                .output()
                .unwrap()
        };
        let ran = run();
        assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
        let after = create(&["-o", "json"]).ok().json();
        assert_eq!((&after["created"], &after["changes"]), (&json!(false), &json!([])), "{after}");
        // Others' statements are not for a shell to merge.
        let again = run();
        assert_eq!(again.status.code(), Some(1));
        assert!(String::from_utf8_lossy(&again.stderr).contains("has a policy already"));
    }
}
