//! What may be given depends on the endpoint that the connector has, or will have.

use serde_json::{Value, json};

use crate::harness::{Bench, KEY_ID, STS_ID};
use crate::rotating::OLD_ID;

/// Another S3 server's connector, with keys.
fn minio() -> Value {
    json!({
        "remote_url": "s3://box/", "endpoint_url": "https://s3.example.com",
        "key": OLD_ID, "secret": "the-old/secret", "token": null, "anonymous": false,
    })
}

fn bench() -> Bench {
    let bench = Bench::new();
    bench.service.add("minio", minio());
    bench
}

#[test]
fn an_update_refused_a_bucket_that_the_connector_s_own_server_allows() {
    let bench = bench();
    bench.run(&format!("update minio --remote-url s3://Other_Bucket/ {}", bench.keys())).ok();
    assert_eq!(bench.service.config("minio")["remote_url"], "s3://Other_Bucket/");
    bench.service.forget_requests();
    let line =
        format!("update minio --no-endpoint-url --remote-url s3://Third_One/ {}", bench.keys());
    bench.run(&line).fails(2).says("no capitals");
    assert!(bench.service.writes().is_empty());
}

#[test]
fn an_update_refused_keys_by_a_rule_of_aws_on_another_server() {
    let bench = bench();
    let secret = bench.path("secret").display().to_string();
    bench.run(&format!("update minio --key {STS_ID} --secret-file {secret}")).ok();
    assert_eq!(bench.service.config("minio")["key"], STS_ID);
    bench.service.forget_requests();
    let line = format!("update minio --no-endpoint-url --key {STS_ID} --secret-file {secret}");
    bench.run(&line).fails(2).says("session token");
    assert!(bench.service.writes().is_empty());
}

#[test]
fn a_rotation_refused_keys_by_a_rule_of_aws_on_another_server() {
    let bench = bench();
    let path = |name| bench.path(name).display().to_string();
    let keys =
        format!("--key {KEY_ID} --secret-file {} --token-file {}", path("secret"), path("token"));
    bench.run(&format!("rotate minio {keys}")).ok();
    assert_eq!(bench.service.config("minio")["key"], KEY_ID);
    let aws = json!({
        "remote_url": "s3://bucket-one/", "endpoint_url": null,
        "key": OLD_ID, "secret": "the-old/secret", "token": null, "anonymous": false,
    });
    bench.service.add("aws", aws);
    bench.service.forget_requests();
    bench.run(&format!("rotate --all {keys}")).fails(2).says("\"aws\"").says("long-term");
    assert!(bench.service.writes().is_empty(), "nothing is written before all is judged");
}
