//! `uns3 doctor --aws`: who AWS says that the chain's credentials are.

use std::time::{Duration, Instant};

use serde_json::Value;

use crate::harness::{Bench, SECRET, STS_ID, TOKEN};
use crate::sts::{OWN_ID, OWN_SECRET, Sts, error};
use crate::wire::Reply;

fn finding(result: &Value, check: &str) -> String {
    let all = result["checks"].as_array().unwrap();
    let one = all.iter().find(|one| one["check"] == check).unwrap_or_else(|| panic!("{result}"));
    let text = |field: &str| one[field].as_str().unwrap_or_default().to_owned();
    format!("{}: {} ({})", text("status"), text("message"), text("hint"))
}

#[test]
fn it_names_the_account_the_arn_and_the_key() {
    let Some(sts) = Sts::moto() else { return };
    let done = sts.bench().run("doctor --aws -o json");
    let result = done.ok().silent().never_shows(OWN_SECRET).json();
    assert_eq!(finding(&result, "aws_key"), format!("ok: {OWN_ID}, a long-term key ()"));
    let who = finding(&result, "aws");
    assert!(who.starts_with("ok: account 1234567890") && who.contains("arn:aws:"), "{who}");
    let asked = sts.asked();
    assert_eq!((asked.len(), asked[0]["Action"].as_str()), (1, "GetCallerIdentity"));
    sts.bench().run("doctor --aws").ok().prints("ok       aws ").never_shows(OWN_SECRET);
    // Not asked for, AWS is not asked.
    sts.bench().run("doctor").ok();
    assert_eq!(sts.requests().len(), 2);
}

#[test]
fn the_variable_for_sts_alone_says_where_it_is() {
    let Some(sts) = Sts::moto() else { return };
    let bench = sts.bench().with("AWS_ENDPOINT_URL", "http://127.0.0.1:1");
    bench.with("AWS_ENDPOINT_URL_STS", &sts.url).run("doctor --aws").ok().prints("arn:aws:");
}

#[test]
fn what_aws_refuses_is_said_in_its_words_with_the_mend() {
    let expired = "The security token included in the request is expired";
    let sts = Sts::answering(move |_| error(403, "ExpiredToken", expired));
    let bench = sts.bench().with("AWS_ACCESS_KEY_ID", STS_ID).with("AWS_SECRET_ACCESS_KEY", SECRET);
    let done = bench.with("AWS_SESSION_TOKEN", TOKEN).run("doctor --aws -o json");
    let result = done.exits(4).never_shows(TOKEN).never_shows(SECRET).json();
    let said = finding(&result, "aws");
    assert!(said.starts_with("failed: ") && said.contains(expired), "{said}");
    assert!(said.contains("aws sso login"), "{said}");
    // The rest was examined all the same.
    assert!(finding(&result, "service").starts_with("ok"), "{result}");
    assert!(finding(&result, "aws_key").contains("temporary"), "{result}");
}

#[test]
fn an_empty_chain_is_a_failure_with_its_mend() {
    let bench = Bench::new().with("AWS_EC2_METADATA_DISABLED", "true");
    let done = bench.run("doctor --aws");
    done.exits(2).prints("failed   aws ").prints("gave no credentials").prints("aws sso login");
}

#[test]
fn an_sts_that_says_nothing_is_not_waited_for() {
    let sts = Sts::answering(|_| {
        std::thread::sleep(Duration::from_secs(20));
        Reply::Http(200, Vec::new(), Vec::new())
    });
    let begun = Instant::now();
    let done = sts.bench().run("doctor --aws --timeout 1s");
    done.exits(8).prints("no answer of AWS within 1 s").prints("ok       service");
    assert!(begun.elapsed() < Duration::from_secs(10));
}
