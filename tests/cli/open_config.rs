//! Fields of the open config: what is kept of them, what they say, and what they do not.

use serde_json::{Value, json};

use crate::harness::{Bench, SECRET};

fn with(config: Value) -> Bench {
    let bench = Bench::new();
    bench.service.add("out", config);
    bench
}

/// A reading without keys, and with any field that uns3 does not know, was taken to have none: an
/// update cleared them, exit 0.
#[test]
fn an_unknown_field_does_not_say_that_there_are_no_keys() {
    for unknown in [
        json!(7),
        json!("text"),
        json!({"a": "b"}),
        json!(["arn:aws:s3:::bucket-one"]),
        json!("arn:aws:kms:eu-west-1:123456789012:key/x"),
    ] {
        let bench = with(json!({"remote_url": "s3://bucket-one/", "novel": unknown}));
        let done = bench.run("update out --set y=2");
        done.fails(2).says("hides key, secret, token of");
        assert!(bench.service.writes().is_empty());
        bench.run("update out --set y=2 --anonymous").ok();
    }
}

#[test]
fn a_role_says_so() {
    let role = "arn:aws-us-gov:iam::123456789012:role/connect";
    for (field, value) in [
        ("novel", json!(role)),
        ("role_arn", json!("anything")),
        ("assume", json!({"arn": role, "external_id": "x"})),
    ] {
        let bench = with(json!({"remote_url": "s3://bucket-one/", field: value}));
        bench.run("update out --set y=2").ok();
        let sent = &bench.service.sent("PUT")["config"];
        assert_eq!((&sent[field], &sent["y"]), (&value, &json!(2)));
        assert_eq!((sent.get("key"), sent.get("secret")), (None, None));
    }
}

const LONG: &str = "123456789012345678901234567890.000000000000000000012345";

/// Thirty digits went through a binary fraction, and seventeen of them came back.
#[test]
fn numbers_are_kept_as_they_came() {
    let text = format!(
        r#"{{"remote_url": "s3://bucket-one/", "anonymous": true, "n": {LONG},
            "deep": [{{"e": 1e400, "f": 1.0, "big": {}}}], "small": 0.1}}"#,
        "7".repeat(400)
    );
    let bench = with(serde_json::from_str(&text).unwrap());
    bench.run("update out --set y=2 --set z=98765432109876543210987654321098765432.10").ok();
    let sent = bench.service.sent("PUT")["config"].to_string();
    let kept = [
        LONG,
        "1e+400",
        "1.0",
        &"7".repeat(400),
        "0.1",
        "98765432109876543210987654321098765432.10",
    ];
    for number in kept {
        assert!(sent.contains(number), "{number}: {sent}");
    }
    let shown = bench.run("get out -o json");
    assert!(shown.ok().stdout.contains(LONG), "{shown:?}");
    let yaml = bench.run("get out -o yaml").ok().stdout.clone();
    assert!(yaml.contains(LONG) && !yaml.contains("private::Number"), "{yaml}");
    assert!(yaml.contains("\"y\": 2\n") && yaml.contains("small: 0.1\n"), "{yaml}");
}

/// What the service writes in another way is what was sent all the same.
#[test]
fn numbers_that_mean_the_same_are_the_same() {
    for (there, set) in [("1.0", "1"), ("1e2", "100"), ("0.10", "1e-1"), ("-0", "0.0")] {
        let config = format!(r#"{{"remote_url": "s3://b-1/", "anonymous": true, "n": [{there}]}}"#);
        let bench = with(serde_json::from_str(&config).unwrap());
        bench.run(&format!("update out --set n=[{set}]")).ok().says("nothing to change");
        assert!(bench.service.writes().is_empty(), "{there} {set}");
        bench.run(&format!("update out --set n=[{set}1]")).ok().says("updated");
    }
}

/// By the names in which AWS and others write a request's id, nothing is secret.
#[test]
fn ids_of_requests_are_shown() {
    let ids = json!({"aws_request_id": "8f7e-REQ-1", "request_id": "REQ-2", "sid": "Uns3Write"});
    let config =
        json!({"remote_url": "s3://bucket-one/", "anonymous": true, "ids": ids, "pat": SECRET});
    let bench = with(config);
    let done = bench.run("get out -o json");
    let shown: Value = serde_json::from_str(&done.ok().stdout).unwrap();
    assert_eq!(shown["config"]["ids"], ids);
    assert_eq!(shown["config"]["pat"], "**********");
}
