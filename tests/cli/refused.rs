//! What cannot be right is refused before anything is sent, all of it at once.

use serde_json::json;

use crate::harness::{Bench, Done, KEY_ID, SECRET, STS_ID, TOKEN};

/// Runs what must be refused with exit code 2 and without a request.
fn refused(bench: &Bench, line: &str) -> Done {
    let done = bench.run(line);
    done.fails(2);
    assert!(bench.service.lines().is_empty(), "{line}: {:?}", bench.service.lines());
    done
}

#[test]
fn remote_urls_that_cannot_be() {
    let bench = Bench::new();
    let there = serde_json::json!({"remote_url": "s3://bucket-one/", "anonymous": true});
    bench.service.add("there", there);
    for (url, problem) in [
        ("", "is empty"),
        ("bucket-one/x/", "does not start with s3://"),
        ("S3://bucket-one/", "capitals"),
        ("s3a://bucket-one/", "Hadoop"),
        ("s3:///out/", "names no bucket"),
        ("arn:aws:s3:::bucket-one", "is an ARN"),
        ("https://bucket-one.s3.amazonaws.com/", "is a web address"),
        ("s3://me:pass@bucket-one/", "must not hold credentials"),
        ("s3://bucket-one:9000/", "has a port"),
        ("s3://Bucket/", "no capitals"),
        ("s3://b_1/", "dots and hyphens"),
        ("s3://ab/", "3 to 63"),
        ("s3://-bucket/", "begins and ends"),
        ("s3://bucket..one/", "two dots"),
        ("s3://192.168.0.1/", "IP address"),
        ("s3://bucket-one/a//b/", "empty folder"),
        ("s3://bucket-one/../b/", ".. folder"),
        ("s3://bucket-one/x?y=1", "query"),
        ("s3://bucket-one/********/", "mask"),
        ("s3://bucket-one/x ", "white space"),
    ] {
        let done = bench.args(&["create", "x", "--anonymous", "--remote-url", url]);
        done.fails(2);
        assert!(done.stderr.contains("remote URL"), "{url}: {done:?}");
        assert!(done.stderr.contains(problem), "{url}: {done:?}");
        assert!(!done.stderr.contains("pass@"), "{done:?}");
        assert!(bench.service.lines().is_empty(), "{url}");
        // What a bucket may be called depends on the connector's endpoint, which has to be read.
        let done = bench.args(&["update", "there", "--remote-url", url]);
        assert!(done.fails(2).stderr.contains(problem), "{url}: {done:?}");
        assert!(bench.service.writes().is_empty(), "{url}");
        bench.service.forget_requests();
    }
}

#[test]
fn the_two_buckets_rules_differ_by_server() {
    let bench = Bench::new();
    let line = "create x --anonymous --remote-url s3://My_Bucket/ --endpoint-url https://box.local";
    bench.run(line).ok();
    let fips = "--remote-url https://bucket.s3-fips.us-gov-east-1.amazonaws.com/folder/";
    bench.run(&format!("create y --ambient-credentials {fips}")).ok();
    let asked = bench.service.lines().len();
    bench.run(&format!("create z --anonymous {fips}")).fails(2).says("--ambient-credentials only");
    assert_eq!(bench.service.lines().len(), asked);
}

#[test]
fn endpoint_urls_and_settings_that_cannot_be() {
    let bench = Bench::new();
    let create = "create x --anonymous --remote-url s3://bucket-one/";
    for (flags, problem) in [
        ("--endpoint-url minio:9000", "must start with https://"),
        ("--endpoint-url https://", "is not a URL"),
        ("--endpoint-url https://me:pw-of-mine@host", "must not hold credentials"),
        ("--endpoint-url https://host/?x", "query"),
        ("--endpoint-url https://host --no-endpoint-url", "cannot be used with"),
        ("--recursive true", "--recursive is for sources"),
        ("--set novel", "FIELD=VALUE"),
        ("--set key=AKIA", "has a flag of its own: use --key"),
        ("--unset remote_url", "has a flag of its own"),
        ("--set novel=**********", "mask"),
        ("--set novel={\"a\":[\"**********\"]}", "mask"),
        ("--set a=1 --unset a", "given twice"),
        ("--timeout 0s", "longer than nothing"),
        ("--timeout soon", "90s, 15m, 2h"),
        ("--kind both", "invalid value"),
    ] {
        let done = refused(&bench, &format!("{create} {flags}"));
        done.says(problem).never_shows("pw-of-mine");
    }
}

#[test]
fn names_that_cannot_be() {
    let bench = Bench::new();
    let long = "n".repeat(256);
    for (name, problem) in [
        ("", "is empty"),
        (" x", "white space"),
        ("x\ny", "control character"),
        (long.as_str(), "255"),
        ("2b7a1c1e-55a4-4dd0-8ed5-2f0a8f0b7c11", "form of an id"),
        ("uns3-stage-1", "uns3-stage-"),
    ] {
        let args = ["create", "--anonymous", "--remote-url", "s3://bucket-one/", "--name", name];
        bench.args(&args).fails(2).says(problem);
    }
    refused(&bench, "create --anonymous --remote-url s3://bucket-one/").says("needs a name");
    refused(&bench, "create x --name y --anonymous --remote-url s3://bucket-one/");
}

#[test]
fn credentials_that_cannot_be() {
    let bench = Bench::new();
    let secret = bench.file("other", "Long/enough+to=be/a secret-with-a-blank");
    let mask = bench.file("mask", "**********");
    let swapped = bench.file("swapped", KEY_ID);
    let plain = bench.path("secret").display().to_string();
    let token = bench.path("token").display().to_string();
    let key = format!("--key {KEY_ID}");
    let sts = format!("--key {STS_ID} --secret-file {plain}");
    for (flags, problem) in [
        (key.clone(), "a key needs its secret"),
        (format!("--secret-file {plain}"), "needs its access key id"),
        (format!("--token-file {token}"), "needs its access key id"),
        (sts, "useless without its session token"),
        (format!("{key} --secret-file {plain} --token-file {token}"), "has no session token"),
        (format!("{key} --secret-file {mask}"), "mask"),
        (format!("{key} --secret-file {swapped}"), "swapped"),
        (format!("{key} --secret-file {secret}"), "white space"),
        (format!("{key} --secret-file {plain}.gone"), "cannot read"),
        (format!("{key} --secret-file {plain} --secret x"), "give one"),
        (format!("{key} --secret-file - --token-file -"), "only one flag can read"),
        (format!("--anonymous {key} --secret-file {plain}"), "several sources"),
        ("--anonymous --ambient-credentials".into(), "several sources"),
        (format!("--anonymous --credentials-file {plain}"), "several sources"),
        (String::new(), "needs credentials"),
    ] {
        let line = format!("create x --remote-url s3://bucket-one/ {flags}");
        refused(&bench, &line).says(problem).never_shows("enough+to=be/a");
    }
}

#[test]
fn two_dashes_read_standard_input_once() {
    let bench = Bench::new();
    let line = "get x --api-key-file -";
    bench.piped(line, "").fails(4).says("empty");
    let line = "create x --remote-url s3://bucket-one/ --credentials-file - --api-key-file -";
    bench.piped(line, SECRET).fails(2);
    assert!(bench.service.lines().is_empty());
}

#[test]
fn prefixes_mean_nothing_on_another_server() {
    let bench = Bench::new();
    let plain = bench.path("secret").display().to_string();
    let create = "--remote-url s3://bucket-one/ --endpoint-url https://minio.example.com";
    let line = format!("create a {create} --key {STS_ID} --secret-file {plain}");
    bench.run(&line).ok();
    let token = bench.path("token").display().to_string();
    let keys = format!("--key {KEY_ID} --secret-file {plain} --token-file {token}");
    bench.run(&format!("create b {create} {keys}")).ok();
    assert_eq!(bench.service.config("b")["token"], TOKEN);
}

#[test]
fn expired_credentials() {
    let bench = Bench::new();
    let file = json!({"Version": 1, "AccessKeyId": STS_ID, "SecretAccessKey": SECRET,
        "SessionToken": TOKEN, "Expiration": "2016-05-06T07:08:09Z"});
    let file = bench.file("expired", &file.to_string());
    let line = format!("create x --remote-url s3://bucket-one/ --credentials-file {file}");
    refused(&bench, &line).says("expired at 2016-05-06T07:08:09Z");
}

#[test]
fn all_problems_are_told_at_once() {
    let bench = Bench::new();
    let line = format!(
        "create --remote-url bucket --endpoint-url minio --recursive true --set x --key {STS_ID}"
    );
    let done = refused(&bench, &format!("{line} -o json"));
    let message = done.error()["message"].as_str().unwrap().to_owned();
    for problem in ["name", "remote URL", "endpoint URL", "--recursive", "--set", "its secret"] {
        assert!(message.contains(problem), "{problem}: {message}");
    }
    assert_eq!(done.error()["category"], "usage");
    assert!(message.starts_with("6 problems:"), "{message}");
}
