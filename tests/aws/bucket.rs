//! `uns3 bucket` against moto, and what it prints.

use serde_json::{Value, json};

use crate::harness::{Bench, Done};
use crate::sts::{OWN_ID, OWN_SECRET};

const USER: &str = "--account-id 123456789012 --user unstructured";

fn owner() -> Bench {
    Bench::new()
        .with("AWS_ACCESS_KEY_ID", OWN_ID)
        .with("AWS_SECRET_ACCESS_KEY", OWN_SECRET)
        .with("AWS_EC2_METADATA_DISABLED", "true")
        .with("NO_PROXY", "127.0.0.1")
}

fn policy(bench: &Bench, line: &str) -> Value {
    bench.run(&format!("bucket policy {line}")).ok().json()
}

#[test]
fn a_policy_grants_the_folder_and_no_more() {
    let bench = Bench::new();
    let found = policy(&bench, &format!("--remote-url s3://data/out/ {USER}"));
    let statements = found["Statement"].as_array().unwrap();
    assert_eq!(statements.len(), 2);
    assert_eq!(statements[0]["Action"], json!(["s3:PutObject", "s3:AbortMultipartUpload"]));
    assert_eq!(statements[0]["Resource"], "arn:aws:s3:::data/out/*");
    assert_eq!(statements[1]["Condition"], json!({"StringLike": {"s3:prefix": "out/*"}}));
    for statement in statements {
        assert!(statement["Sid"].as_str().unwrap().starts_with("Uns3"));
        let user = json!({"AWS": "arn:aws:iam::123456789012:user/unstructured"});
        assert_eq!(statement["Principal"], user);
    }
    let read = policy(&bench, &format!("--remote-url s3://data/ --access read {USER}"));
    assert_eq!(read["Statement"][0]["Action"], "s3:GetObject");
    assert!(read["Statement"][1].get("Condition").is_none());
    let both = policy(&bench, "--remote-url s3://data/x/ --access read-write --identity");
    assert_eq!(both["Statement"].as_array().unwrap().len(), 3);
    assert!(!both.to_string().contains("Principal"));
    let china = policy(&bench, &format!("--remote-url s3://data/ --region cn-north-1 {USER}"));
    assert!(china.to_string().contains("arn:aws-cn:s3:::data/*"), "{china}");
    let literal =
        bench.args(&["bucket", "policy", "--identity", "--remote-url", "s3://data/a*b $c/"]);
    assert_eq!(literal.ok().json()["Statement"][0]["Resource"], "arn:aws:s3:::data/a${*}b ${$}c/*");
}

#[test]
fn nobody_is_an_error_and_the_account_only_delegates() {
    let bench = Bench::new();
    for verb in ["policy", "cloudformation", "policy --trust"] {
        bench.run(&format!("bucket {verb} --remote-url s3://data/")).fails(2).says("--user");
    }
    for flags in [
        "--remote-url S3://data/ --account-id 123456789012",
        "--remote-url s3://data/ --account-id 12",
        "--remote-url s3://data/ --user x",
        "--remote-url s3://data/ --account-id 123456789012 --user arn:aws:iam::210987654321:user/x",
        "--remote-url s3://data/ --user arn:aws:iam::12:user/x",
        "--remote-url s3://data/ --user arn:aws:iam::123456789012:role/x",
        "--remote-url s3://data/ --role-arn arn:aws:iam::123456789012:user/x",
        "--remote-url s3://data/ --trust --account-id 123456789012 --external-id a'b",
        "--remote-url s3://data/ --identity --trust --account-id 123456789012",
        "--remote-url s3://data/ --identity --external-id x",
        "--remote-url s3://data/ --identity --region EU",
        "--remote-url s3://Data/ --identity",
        "--remote-url s3://data/a/../b/ --identity",
        "--account-id 123456789012",
        "--remote-url s3://data/ --region cn-north-1 --role-arn arn:aws:iam::123456789012:role/r",
    ] {
        bench.run(&format!("bucket policy {flags}")).fails(2);
    }
    let done = bench.run("bucket policy --remote-url s3://data/ --account-id 123456789012");
    assert!(done.ok().says("lets in no one").stdout.contains("arn:aws:iam::123456789012:root"));
    let trust = "--remote-url s3://data/ --trust --account-id 123456789012 --external-id x/1";
    let trust = policy(&bench, trust);
    assert_eq!(trust["Statement"][0]["Action"], "sts:AssumeRole");
    let asked = json!({"StringEquals": {"sts:ExternalId": "x/1"}});
    assert_eq!(trust["Statement"][0]["Condition"], asked);
}

#[test]
fn a_template_blocks_the_public_and_makes_the_role() {
    let bench = Bench::new();
    let line =
        "bucket cloudformation --remote-url s3://data/out/ --with-role lease --external-id x";
    let done = bench.run(line);
    for part in [
        "BlockPublicPolicy: true",
        "BucketOwnerEnforced",
        "DeletionPolicy: Retain",
        "aws:SecureTransport",
        "RoleName: lease",
        "sts:ExternalId",
        "arn:aws:s3:::data/out/*",
    ] {
        done.ok().prints(part);
    }
    let done = bench.run(&format!("bucket cloudformation --remote-url s3://data/out/ {USER}"));
    assert!(!done.ok().stdout.contains("AWS::IAM::Role"));
}

fn create(bench: &Bench, address: &str, line: &str) -> Done {
    bench.run(&format!("bucket create {line} --endpoint-url http://{address} -o json"))
}

#[test]
fn a_bucket_is_made_once_and_added_to() {
    let Some(address) = crate::moto::address() else { return };
    let bench = owner();
    let line = format!("--remote-url s3://made-once/out/ --region eu-west-1 {USER}");
    let made = create(&bench, address, &line).ok().json();
    assert_eq!((&made["created"], &made["region"]), (&json!(true), &json!("eu-west-1")));
    assert_eq!(made["changes"].as_array().unwrap().len(), 5, "{made}");
    // The endpoint is http: nothing could be written where only TLS is let in.
    assert!(!made["policy"].to_string().contains("SecureTransport"));
    let again = create(&bench, address, &line).ok().json();
    assert_eq!((&again["created"], &again["changes"]), (&json!(false), &json!([])));
    assert_eq!(again["policy"], made["policy"]);
    // Another connector's folder takes nothing from the first's.
    let other = format!("--remote-url s3://made-once/in/ --access read {USER}");
    let other = create(&bench, address, &other).ok().json();
    assert_eq!(other["policy"]["Statement"].as_array().unwrap().len(), 4, "{other}");
    // With what it gave, the preflight passes.
    let keys = format!("--key {OWN_ID} --secret-file {}", bench.file("own", OWN_SECRET));
    let place = format!("--remote-url s3://made-once/out/ --endpoint-url http://{address}");
    bench.run(&format!("preflight {place} {keys}")).ok();
}

#[test]
fn the_account_is_asked_of_sts_where_nobody_is_named() {
    let Some(address) = crate::moto::address() else { return };
    let bench = owner().with("AWS_ENDPOINT_URL_STS", &format!("http://{address}"));
    let made = create(&bench, address, "--remote-url s3://made-for-account/").ok().json();
    assert!(made["policy"].to_string().contains("arn:aws:iam::123456789012:root"), "{made}");
    // Another server's keys are not shown to AWS's STS.
    create(&owner(), address, "--remote-url s3://made-for-none/").fails(2).says("--user");
}

#[test]
fn a_dry_run_prints_a_script_and_sends_nothing() {
    let bench = owner();
    let line = format!("--remote-url s3://scripted/out/ --region eu-west-1 {USER} --dry-run");
    let script = create(&bench, "127.0.0.1:1", &line);
    for part in [
        "LocationConstraint=eu-west-1",
        "wait bucket-exists",
        "put-public-access-block",
        "NoSuchBucketPolicy",
        "put-bucket-policy",
    ] {
        script.ok().prints(part);
    }
    let usual = create(&bench, "127.0.0.1:1", &line.replace("eu-west-1", "us-east-1"));
    assert!(!usual.ok().stdout.contains("LocationConstraint"));
    // A block may keep everyone out of another server's bucket: of one that was there it is no part.
    let made = |text: &str| text.split("\nfi\n").next().unwrap().contains("access-block");
    assert!(made(&script.stdout), "{script:?}");
    assert!(!made(&bench.run(&format!("bucket create {line}")).ok().stdout));
}

/// Neither a profile nor the chain gave any: they were taken for a role's, which makes no bucket.
#[test]
fn the_credentials_of_a_profile_or_the_chain_make_a_bucket() {
    let Some(address) = crate::moto::address() else { return };
    let bench = owner().without("AWS_ACCESS_KEY_ID").without("AWS_SECRET_ACCESS_KEY");
    let keys = format!("aws_access_key_id = {OWN_ID}\naws_secret_access_key = {OWN_SECRET}\n");
    let config = bench.file("aws", &format!("[profile ops]\n{keys}"));
    let bench = bench.with("AWS_CONFIG_FILE", &config);
    let line = format!("--remote-url s3://made-by-profile/ {USER}");
    create(&bench, address, &line).fails(2).says("AWS's chain");
    let made = create(&bench, address, &format!("{line} --aws-profile ops"));
    assert_eq!(made.ok().json()["created"], true);
    let made = create(&bench.with("AWS_PROFILE", "ops"), address, &line);
    assert_eq!(made.ok().json()["created"], false);
}

/// The region of a FIPS bucket stands in its host; the environment's is the last that is asked.
#[test]
fn a_region_is_the_bucket_s_whoever_names_it() {
    let bench = owner();
    let fips = "--remote-url https://data.s3-fips.us-gov-west-1.amazonaws.com/out/";
    let script = bench.run(&format!("bucket create {fips} {USER} --dry-run"));
    script.ok().prints("LocationConstraint=us-gov-west-1").prints("arn:aws-us-gov:s3:::data/out/*");
    assert!(policy(&bench, &format!("{fips} {USER}")).to_string().contains("arn:aws-us-gov:iam"));
    let other = format!("bucket create {fips} {USER} --region us-gov-east-1");
    bench.run(&other).fails(2).says("us-gov-west-1");
    let bench = bench.with("AWS_REGION", "cn-north-1");
    let place = "--remote-url s3://data/";
    assert!(policy(&bench, &format!("{place} {USER}")).to_string().contains("arn:aws-cn:iam"));
    let role = "--role-arn arn:aws:iam::123456789012:role/r";
    assert!(policy(&bench, &format!("{place} {role}")).to_string().contains("arn:aws:s3"));
    // It would become part of the host that gets a signature.
    let bench = bench.with("AWS_REGION", "evil.example/");
    bench.run(&format!("bucket create {place} {USER}")).fails(2).says("no region");
    bench.run(&format!("bucket create {place}")).fails(2).says("no region");
}
