//! `--role-arn` against moto: what reaches STS, one role a bucket, and the session policy of each.

use serde_json::{Value, json};

use crate::rotating::{ALL, keyed, statuses};
use crate::sts::{OWN_ID, ROLE, Sts};

const CREATE: &str = "create x --remote-url s3://bucket-one/out/ -o json";

fn statement(actions: Value, resources: Value) -> Value {
    json!({"Effect": "Allow", "Action": actions, "Resource": resources})
}

/// What writes in folders of a bucket, `bucket/folder` each.
fn write(folders: &[&str]) -> Value {
    let objects: Vec<String> =
        folders.iter().map(|folder| format!("arn:aws:s3:::{folder}/*")).collect();
    statement(json!(["s3:PutObject", "s3:AbortMultipartUpload"]), json!(objects))
}

fn list(bucket: &str, folders: &[&str]) -> Value {
    let mut list = statement(json!("s3:ListBucket"), json!(format!("arn:aws:s3:::{bucket}")));
    let prefixes: Vec<String> = folders.iter().map(|folder| format!("{folder}/*")).collect();
    list["Condition"] = json!({"StringLike": {"s3:prefix": prefixes}});
    list
}

#[test]
fn a_role_is_assumed_by_all_that_the_flags_say() {
    let Some(sts) = Sts::moto() else { return };
    let bench = sts.bench();
    let flags = "--external-id ext/1 --session-name ops@example --duration 30m";
    let done = bench.run(&format!("{CREATE} --role-arn {ROLE} {flags}"));
    let result = done.ok().json();
    assert_eq!(result["uns3"]["auth"], "sts");
    let config = bench.service.config("x");
    assert!(config["key"].as_str().unwrap().starts_with("ASIA"), "{config}");
    assert!(config["token"].as_str().is_some_and(|token| token.len() > 20), "{config}");
    let asked = sts.asked();
    assert_eq!(asked.len(), 1);
    for (name, value) in [
        ("Action", "AssumeRole"),
        ("RoleArn", ROLE),
        ("ExternalId", "ext/1"),
        ("RoleSessionName", "ops@example"),
        ("DurationSeconds", "1800"),
    ] {
        assert_eq!(asked[0][name], value);
    }
    assert!(sts.requests()[0].header("authorization").unwrap().contains(OWN_ID));
    let end: jiff::Timestamp = result["uns3"]["expires_at"].as_str().unwrap().parse().unwrap();
    let left = end.duration_since(jiff::Timestamp::now());
    assert!((25..=30).contains(&left.as_mins()), "{left}");
    // Nothing of the role's keys is shown or kept.
    for field in ["secret", "token"] {
        let value = config[field].as_str().unwrap();
        done.never_shows(value);
        assert!(!bench.files("state").iter().any(|(_, text)| text.contains(value)));
    }
}

#[test]
fn by_default_it_lives_as_long_as_sts_has_it_and_is_narrowed() {
    let Some(sts) = Sts::moto() else { return };
    sts.bench().run(&format!("{CREATE} --role-arn {ROLE}")).ok();
    sts.bench().run(&format!("{CREATE} --role-arn {ROLE} --no-scope")).ok();
    let asked = sts.asked();
    assert_eq!(asked[0]["RoleSessionName"], "uns3");
    assert!(!asked[0].contains_key("DurationSeconds") && !asked[0].contains_key("ExternalId"));
    let policy: Value = serde_json::from_str(&asked[0]["Policy"]).unwrap();
    let needed = [write(&["bucket-one/out"]), list("bucket-one", &["out"])];
    assert_eq!(policy, json!({"Version": "2012-10-17", "Statement": needed}));
    assert!(!asked[1].contains_key("Policy"), "{:?}", asked[1]);
}

#[test]
fn one_role_a_bucket_however_many_connectors() {
    let Some(sts) = Sts::moto() else { return };
    let bench = sts.bench();
    for number in 0..4 {
        bench.service.add(&format!("a{number}"), keyed("bucket-one", &format!("f{number}")));
    }
    bench.service.add("nested", keyed("bucket-one", "f1/deep"));
    bench.service.add("b", keyed("bucket-two", "out"));
    bench.service.with(|store| {
        store.add("sources", "s3", "in", keyed("bucket-one", "in"));
    });
    let done = bench.run(&format!("{ALL} --kind all --role-arn {ROLE}"));
    assert_eq!(statuses(&done.ok().json()), ["rotated"; 7]);
    let mut policies = sts.policies();
    policies.sort_by_key(|policy| policy.to_string().contains("bucket-two"));
    let one = json!([
        write(&["bucket-one/f0", "bucket-one/f1", "bucket-one/f2", "bucket-one/f3"]),
        statement(json!("s3:GetObject"), json!(["arn:aws:s3:::bucket-one/in/*"])),
        list("bucket-one", &["f0", "f1", "f2", "f3", "in"]),
    ]);
    let two = json!([write(&["bucket-two/out"]), list("bucket-two", &["out"])]);
    assert_eq!(policies.len(), 2);
    assert_eq!([&policies[0]["Statement"], &policies[1]["Statement"]], [&one, &two]);
    // Connectors of a bucket share its keys, those of another have others.
    let ids = bench.ids(&["a0", "a3", "nested", "in", "b"]);
    assert!(ids[..4].iter().all(|id| *id == ids[0]) && ids[4] != ids[0], "{ids:?}");
}

#[test]
fn without_a_role_the_chain_is_asked_and_sts_is_not() {
    let Some(sts) = Sts::moto() else { return };
    let bench = sts.bench();
    bench.service.add("a", keyed("bucket-one", "a"));
    bench.service.add("b", keyed("bucket-two", "b"));
    bench.run(&format!("{ALL} --aws")).ok();
    assert_eq!(bench.ids(&["a", "b"]), [OWN_ID; 2]);
    assert!(sts.asked().is_empty());
    // Nor for a dry run with one.
    bench.run(&format!("{ALL} --role-arn {ROLE} --dry-run")).ok();
    assert!(sts.asked().is_empty());
}

#[test]
fn the_address_of_sts_alone_is_heeded() {
    let Some(sts) = Sts::moto() else { return };
    let bench = sts.bench().without("AWS_ENDPOINT_URL").with("AWS_ENDPOINT_URL_STS", &sts.url);
    bench.run(&format!("{CREATE} --role-arn {ROLE}")).ok();
    assert_eq!(sts.asked().len(), 1);
}

#[test]
fn each_part_of_aws_has_its_own_names_and_region() {
    let Some(sts) = Sts::moto() else { return };
    for (partition, region) in
        [("aws", "us-east-1"), ("aws-cn", "cn-north-1"), ("aws-us-gov", "us-gov-west-1")]
    {
        let bench = sts.bench().without("AWS_REGION");
        let role = ROLE.replace("arn:aws:", &format!("arn:{partition}:"));
        bench.run(&format!("{CREATE} --role-arn {role}")).ok();
        let policy = sts.policies().pop().unwrap();
        let resource = format!("arn:{partition}:s3:::bucket-one/out/*");
        assert_eq!(policy["Statement"][0]["Resource"], json!([resource]));
        let requests = sts.requests();
        let signed = requests.last().unwrap().header("authorization").unwrap();
        assert!(signed.contains(&format!("/{region}/sts/")), "{signed}");
    }
}

#[test]
fn a_role_that_cannot_be_one_is_refused_before_anything_is_sent() {
    let Some(sts) = Sts::moto() else { return };
    let bench = sts.bench();
    for flags in [
        "--role-arn uns3",
        "--role-arn arn:aws:iam::12345:role/uns3",
        "--role-arn arn:aws:iam::123456789012:user/uns3",
        "--role-arn arn:aws:iam::123456789012:role/x --duration 10m",
        "--role-arn arn:aws:iam::123456789012:role/x --duration 13h",
        "--role-arn arn:aws:iam::123456789012:role/x --session-name a/b",
        "--aws --external-id x",
        "--aws --no-scope",
    ] {
        bench.run(&format!("{CREATE} {flags}")).fails(2);
    }
    bench.run(&format!("{CREATE} --role-arn {ROLE} {}", bench.keys())).fails(2).says("several");
    assert!(bench.service.lines().is_empty() && sts.asked().is_empty());
}
