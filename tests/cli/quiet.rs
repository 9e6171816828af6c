//! What is said beside results: nothing where all is well, objects beside JSON, each failure once.

use serde_json::{Value, json};

use crate::harness::Bench;
use crate::rotating::targets;

#[test]
fn a_filter_that_matches_nothing_warns_even_when_quiet() {
    let bench = targets(1);
    let keys = bench.keys();
    for line in ["test --all".to_owned(), format!("rotate --all {keys}")] {
        let none = format!("{line} --bucket other");
        let said = "warning: no S3 destination connector matches --bucket other";
        assert_eq!(bench.run(&format!("{none} -q")).ok().says(said).stdout, "");
        bench.run(&format!("{none} -q --fail-if-none")).fails(5).says("matches --bucket other");
        let object = bench.run(&format!("{none} -o json"));
        let object: Value = serde_json::from_str(&object.ok().stderr).unwrap();
        assert!(object["warning"]["message"].is_string(), "{object}");
    }
    assert!(bench.service.writes().is_empty());
    bench.run("test t0 --fail-if-none").fails(2);
    bench.run("test --all --bucket s3://bucket-one/ -q").ok().silent();
    bench.run("list --bucket s3://bucket-one -o id").ok().prints("-");
    bench.run("list --bucket s3://bucket-one/folder").fails(2).says("s3://name/");
}

#[test]
fn a_list_of_nothing_costs_programs_one_request() {
    let bench = Bench::new();
    bench.run("list").ok().says("there is no S3 destination connector");
    bench.run("list --match x*").ok().says("matches --match 'x*'");
    bench.run("list -q").ok().silent();
    bench.run("list -o json").ok().silent();
    assert_eq!(bench.service.lines().len(), 4);
}

#[test]
fn beside_json_all_that_is_said_is_json() {
    let bench = targets(2)
        .with("AWS_ACCESS_KEY_ID", crate::harness::KEY_ID)
        .with("AWS_SECRET_ACCESS_KEY", crate::harness::SECRET);
    for line in [
        "create new --remote-url s3://bucket-one/ --test",
        "update new --remote-url s3://bucket-two/",
        "update new --remote-url s3://bucket-two/",
        "test --all",
        "rotate --all --no-verify",
        "list --match zz",
        "get nobody",
        "delete new --yes",
        "create",
        "frobnicate",
    ] {
        for verbose in ["", "-v", "-vv"] {
            let done = bench.run(&format!("{line} -o json {verbose}"));
            for said in done.stderr.lines() {
                let object: Value = serde_json::from_str(said).unwrap_or_else(|_| {
                    panic!("not JSON: {said}: {done:?}");
                });
                assert!(object.is_object(), "{done:?}");
            }
            if done.code == 0 && verbose.is_empty() {
                done.silent();
            }
            if done.code != 0 {
                assert!(done.error()["message"].is_string(), "{done:?}");
            }
        }
    }
}

#[test]
fn cron_hears_nothing_when_all_is_well() {
    let bench = targets(2);
    bench.run(&format!("rotate --all --direct --no-verify {}", bench.keys())).ok();
    let line = format!("rotate --all --expiring-within 30m {}", bench.keys());
    assert_eq!(bench.run(&format!("{line} -q")).ok().silent().stdout, "");
    assert_eq!(bench.run(&line).ok().stdout.matches("skipped").count(), 2);
    let json = bench.run(&format!("{line} -q -o json")).ok().silent().json();
    assert_eq!(json.as_array().unwrap().len(), 2);
}

#[test]
fn a_rotation_that_fails_says_once_what_failed_and_that_nothing_was_changed() {
    let bench = targets(2);
    let refused = ("FAILURE".into(), json!("UserAuthError: Access Denied"));
    bench.service.with(|store| store.verdicts.push_back(refused));
    let done = bench.run(&format!("rotate --all {}", bench.keys()));
    done.exits(7).says("and nothing was changed: UserAuthError: Access Denied (2 of them)");
    assert_eq!(done.stderr.matches("do not work").count(), 1, "{done:?}");
    assert!(bench.service.writes().iter().all(|one| one.method != "PUT"));
}
