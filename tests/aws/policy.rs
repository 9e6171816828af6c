//! The session policy as a rule: exact where it fits, the whole bucket where it does not.

use serde_json::{Value, json};
use uns3::domain::kind::Kind;
use uns3::domain::s3::location::RemoteUrl;
use uns3::domain::s3::policy::{Scope, partition, session_policy};

const ARN: &str = "arn:aws:iam::123456789012:role/uns3";

fn text(places: &[(Kind, &str)]) -> String {
    let place = |(kind, url): &(Kind, &str)| Scope::new(*kind, &RemoteUrl::parse(url).unwrap());
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
            {"Effect": "Allow", "Action": "s3:PutObject", "Resource": ["arn:aws:s3:::bucket-one/out/*"]},
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
        let exact = text.matches("folder-").count() == count;
        assert!(exact || (count > 30 && !text.contains("folder-")), "{count}: {text}");
    }
}
