//! The session policy as a rule: exact where it fits, the whole bucket where it does not.

use serde_json::{Value, json};
use uns3::domain::kind::Kind;
use uns3::domain::s3::location::RemoteUrl;
use uns3::domain::s3::policy::{Scope, partition, session_policy};

const ARN: &str = "arn:aws:iam::123456789012:role/uns3";

fn text(places: &[(Kind, &str)]) -> String {
    let place =
        |(kind, url): &(Kind, &str)| Scope::new(*kind, &RemoteUrl::parse(url).unwrap(), None);
    let places: Vec<Scope> = places.iter().map(place).collect();
    session_policy(partition(ARN), "bucket-one", &places)
}

fn policy(places: &[(Kind, &str)]) -> Value {
    serde_json::from_str(&text(places)).unwrap()
}

fn resources(places: &[(Kind, &str)]) -> Value {
    policy(places)["Statement"][0]["Resource"].clone()
}

#[test]
fn a_destination_writes_and_a_source_reads() {
    let write = policy(&[(Kind::Destination, "s3://bucket-one/out")]);
    assert_eq!(
        write,
        json!({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": ["s3:PutObject", "s3:AbortMultipartUpload"],
             "Resource": ["arn:aws:s3:::bucket-one/out/*"]},
            {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::bucket-one",
             "Condition": {"StringLike": {"s3:prefix": ["out/*"]}}},
        ]})
    );
    let read = policy(&[(Kind::Source, "s3://bucket-one/in/")]);
    assert_eq!(
        read["Statement"],
        json!([
            {"Effect": "Allow", "Action": "s3:GetObject", "Resource": ["arn:aws:s3:::bucket-one/in/*"]},
            {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::bucket-one",
             "Condition": {"StringLike": {"s3:prefix": ["in/*"]}}},
        ])
    );
    let both =
        policy(&[(Kind::Source, "s3://bucket-one/a/"), (Kind::Destination, "s3://bucket-one/a/")]);
    assert_eq!(both["Statement"].as_array().unwrap().len(), 3);
}

/// A session that may only write passes the platform's check, and then fails each of its jobs:
/// they list what is at their place first.
#[test]
fn a_destination_may_list_its_folder_and_no_other() {
    let places =
        [(Kind::Destination, "s3://bucket-one/out/"), (Kind::Source, "s3://bucket-one/in/")];
    let both = policy(&places);
    let list = &both["Statement"][2];
    assert_eq!(list["Action"], "s3:ListBucket");
    assert_eq!(list["Condition"]["StringLike"]["s3:prefix"], json!(["in/*", "out/*"]));
    let whole = policy(&[(Kind::Destination, "s3://bucket-one/"), places[1]]);
    assert!(whole["Statement"][2].get("Condition").is_none(), "{whole}");
    assert_eq!(whole["Statement"][1]["Resource"], json!(["arn:aws:s3:::bucket-one/in/*"]));
}

#[test]
fn the_whole_bucket_needs_no_condition_and_holds_every_folder() {
    let read = policy(&[(Kind::Source, "s3://bucket-one/in/"), (Kind::Source, "s3://bucket-one/")]);
    assert_eq!(
        read["Statement"],
        json!([
            {"Effect": "Allow", "Action": "s3:GetObject", "Resource": ["arn:aws:s3:::bucket-one/*"]},
            {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::bucket-one"},
        ])
    );
}

#[test]
fn folders_are_named_once_and_a_like_name_is_another_folder() {
    let write = |url| (Kind::Destination, url);
    let found = resources(&[
        write("s3://bucket-one/ab/"),
        write("s3://bucket-one/a/b/c/"),
        write("s3://bucket-one/a/"),
        write("s3://bucket-one/a/"),
        write("s3://bucket-one/a!/"),
    ]);
    let arn = |folder: &str| format!("arn:aws:s3:::bucket-one/{folder}/*");
    assert_eq!(found, json!(["a!", "a", "ab"].map(arn)));
}

#[test]
fn what_means_something_in_a_policy_is_taken_literally() {
    let found = resources(&[(Kind::Destination, "s3://bucket-one/a*b$c/d${aws:username}/")]);
    let expected = "arn:aws:s3:::bucket-one/a${*}b${$}c/d${$}{aws:username}/*";
    assert_eq!(found, json!([expected]));
    let read = policy(&[(Kind::Source, "s3://bucket-one/a*b/")]);
    assert_eq!(read["Statement"][1]["Condition"]["StringLike"]["s3:prefix"], json!(["a${*}b/*"]));
}

/// Ceph has no such variables: a session for a folder with a star could do nothing in it.
#[test]
fn another_server_is_given_patterns_that_it_knows() {
    let url = RemoteUrl::parse("s3://bucket-one/a*b$c/d${aws:username}/").unwrap();
    let on = |endpoint| Scope::new(Kind::Destination, &url, Some(endpoint));
    let written = |endpoint| session_policy("aws", "bucket-one", &[on(endpoint)]);
    let other = written("https://s3.example.com");
    assert!(other.contains(":::bucket-one/a?b?c/d?{aws:username}/*\""), "{other}");
    assert!(other.contains("[\"a?b?c/d?{aws:username}/*\"]"), "{other}");
    for aws in [
        "",
        "https://s3.cn-north-1.amazonaws.com.cn",
        "https://bucket.vpce-1.s3.us-east-1.vpce.amazonaws.com",
    ] {
        assert!(written(aws).contains("a${*}b${$}c/d${$}{aws:username}/*"), "{aws}");
    }
}

/// STS takes characters up to U+00FF only: a folder beyond them made AssumeRole fail.
#[test]
fn folders_in_any_script_are_spelt_in_ascii() {
    let places = [(Kind::Destination, "s3://bucket-one/Rechnungen-ä/日本語/😀/")];
    assert!(text(&places).is_ascii(), "{}", text(&places));
    assert_eq!(resources(&places), json!(["arn:aws:s3:::bucket-one/Rechnungen-ä/日本語/😀/*"]));
}

#[test]
fn too_many_folders_widen_it_to_the_bucket_and_no_further() {
    let urls: Vec<String> = (0..200).map(|n| format!("s3://bucket-one/folder-{n}/")).collect();
    let mut places: Vec<(Kind, &str)> =
        urls.iter().map(|url| (Kind::Destination, url.as_str())).collect();
    assert_eq!(resources(&places), json!(["arn:aws:s3:::bucket-one/*"]));
    places.push((Kind::Source, "s3://bucket-one/in/"));
    let wide = policy(&places);
    assert!(wide.to_string().len() <= 2048);
    assert_eq!(wide["Statement"].as_array().unwrap().len(), 3);
    // As many as fit stand there each.
    for count in 0..200 {
        let text = text(&places[..count]);
        assert!(text.chars().count() <= 2048, "{count}");
        let written = text.matches(":::bucket-one/folder-").count();
        let listed = text.matches("\"folder-").count();
        let exact = (written, listed) == (count, count);
        let listing = (written, listed) == (count, 0) && count > 25;
        assert!(exact || listing || ((written, listed) == (0, 0) && count > 40), "{count}: {text}");
    }
}
