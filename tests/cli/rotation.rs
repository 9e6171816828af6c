//! `rotate` where all goes well: what is sent, how often, what is told, and what is left alone.

use serde_json::{Value, json};

use crate::harness::{KEY_ID, SECRET, STS_ID, TOKEN};
use crate::rotating::{ALL, OLD_ID, column, keyed, minutes_from_now, statuses, targets};
use crate::service::Fault;

const LIST: &str = "GET /destinations/";
const ONE: &str = "GET /destinations/{id}";
const MAKE: &str = "POST /destinations/";
const DROP: &str = "DELETE /destinations/{id}";
const SET: &str = "PUT /destinations/{id}";
const START: &str = "POST /destinations/{id}/connection-check";
const LOOK: &str = "GET /destinations/{id}/connection-check";

#[test]
fn all_three_values_are_replaced_as_one_and_nothing_else() {
    let bench = targets(3);
    bench.service.with(|store| store.named("t1")["config"]["novel"] = json!({"a": [1]}));
    let end = minutes_from_now(60);
    let done = bench.run(&format!("{ALL} {}", crate::rotating::lease(&bench, STS_ID, &end)));
    let result = done.ok().json();
    for (number, one) in result.as_array().unwrap().iter().enumerate() {
        let name = format!("t{number}");
        let id = bench.service.with(|store| store.named(&name)["id"].clone());
        let expected = json!({
            "connector": {"id": id, "name": name, "kind": "destination"}, "status": "rotated",
            "stage": "passed", "verify": "passed", "expires_at": end, "reason": null,
            "error": null,
        });
        assert_eq!(*one, expected);
        let config = bench.service.config(&name);
        let folder = format!("s3://bucket-one/f{number}/");
        assert_eq!(config["remote_url"], folder);
        let triple = ["key", "secret", "token"].map(|field| config[field].clone());
        assert_eq!(triple, [json!(STS_ID), json!(SECRET), json!(TOKEN)]);
    }
    assert_eq!(bench.service.config("t1")["novel"], json!({"a": [1]}));
    assert!(bench.service.scratch().is_empty());
    // One list, one stage, one more list, and for each target a PUT and a check.
    let expected = [(LIST, 2), (MAKE, 1), (DROP, 1), (SET, 3), (START, 4), (LOOK, 4)];
    bench.service.made(&expected);
}

#[test]
fn the_stage_is_over_before_anything_is_set() {
    let bench = targets(2);
    bench.run(&format!("{ALL} {}", bench.sts())).ok();
    let writes: Vec<String> = bench.service.writes().iter().map(|one| one.method.clone()).collect();
    assert_eq!(writes[..4], ["POST", "POST", "DELETE", "PUT"]);
    let scratch = bench.service.writes()[0].json();
    let name = scratch["name"].as_str().unwrap();
    assert!(name.starts_with("uns3-stage-") && name.len() == 11 + 32, "{name}");
    assert_eq!(scratch["config"]["remote_url"], "s3://bucket-one/f0/");
    assert_eq!(scratch["config"]["token"], TOKEN);
}

#[test]
fn long_term_keys_clear_the_token() {
    let bench = targets(1);
    bench.run(&format!("{ALL} {}", bench.sts())).ok();
    let done = bench.run(&format!("{ALL} {}", bench.keys()));
    assert_eq!(done.ok().json()[0]["expires_at"], Value::Null);
    let config = bench.service.config("t0");
    assert_eq!([&config["key"], &config["token"]], [&json!(KEY_ID), &Value::Null]);
}

#[test]
fn one_target_is_read_again_alone() {
    let bench = targets(3);
    let done = bench.run(&format!("rotate t1 t1 {} -o json", bench.sts()));
    assert_eq!(statuses(&done.ok().json()), ["rotated"]);
    bench.service.made(&[
        (LIST, 1),
        (ONE, 1),
        (MAKE, 1),
        (DROP, 1),
        (SET, 1),
        (START, 2),
        (LOOK, 2),
    ]);
    assert_eq!(bench.ids(&["t0", "t1", "t2"]), [OLD_ID, STS_ID, OLD_ID]);
}

#[test]
fn a_target_is_taken_once_however_it_is_named() {
    let bench = targets(1);
    let id = bench.service.with(|store| store.named("t0")["id"].clone());
    let line =
        format!("rotate t0 {} t0 --direct --no-verify {}", id.as_str().unwrap(), bench.sts());
    bench.run(&line).ok();
    bench.service.made(&[(LIST, 1), (SET, 1)]);
}

#[test]
fn direct_sets_at_once_and_no_verify_leaves_it_there() {
    let bench = targets(2);
    let done = bench.run(&format!("{ALL} --direct {}", bench.sts()));
    assert_eq!(column(&done.ok().json(), "stage"), ["skipped", "skipped"]);
    bench.service.made(&[(LIST, 1), (SET, 2), (START, 2), (LOOK, 2)]);
    bench.service.forget_requests();
    let done = bench.run(&format!("{ALL} --no-verify {}", bench.sts()));
    assert_eq!(column(&done.ok().json(), "verify"), ["skipped", "skipped"]);
    bench.service.made(&[(LIST, 2), (MAKE, 1), (DROP, 1), (SET, 2), (START, 1), (LOOK, 1)]);
}

#[test]
fn each_bucket_endpoint_and_kind_has_a_stage_of_its_own() {
    let bench = targets(2);
    bench.service.add("other", keyed("bucket-two", "a"));
    let mut elsewhere = keyed("bucket-one", "b");
    elsewhere["endpoint_url"] = "https://s3.example.com".into();
    bench.service.add("elsewhere", elsewhere);
    bench.service.with(|store| {
        store.add("sources", "s3", "in", keyed("bucket-one", "c"));
    });
    let done = bench.run(&format!("{ALL} --kind all --no-verify {}", bench.sts()));
    assert_eq!(done.ok().json().as_array().unwrap().len(), 5);
    let counts = bench.service.counts();
    assert_eq!((counts[MAKE], counts["POST /sources/"]), (3, 1));
    assert_eq!((counts[LIST], counts["GET /sources/"]), (2, 2));
    assert_eq!((counts[SET], counts["PUT /sources/{id}"]), (4, 1));
    assert_eq!((counts[DROP], counts["DELETE /sources/{id}"]), (3, 1));
}

#[test]
fn filters_choose_among_all() {
    let bench = targets(2);
    bench.service.add("other", keyed("bucket-two", "a"));
    bench.service.with(|store| {
        store.add("sources", "s3", "t0", keyed("bucket-two", "b"));
    });
    let line = format!("{ALL} --direct --no-verify {}", bench.sts());
    let names = |more: &str| -> Vec<Value> {
        let result = bench.run(&format!("{line} {more}")).ok().json();
        result.as_array().unwrap().iter().map(|one| one["connector"]["name"].clone()).collect()
    };
    assert_eq!(names("--match t*"), ["t0", "t1"]);
    assert_eq!(names("--bucket bucket-two"), ["other"]);
    assert_eq!(names("--bucket bucket-two --kind all").len(), 2);
    assert_eq!(names("--kind source --match t*"), ["t0"]);
    bench.service.forget_requests();
    let none = bench.run(&format!("{line} --match nothing -v"));
    assert_eq!(
        none.ok().says("no S3 destination connector matches --match nothing").json(),
        json!([])
    );
    bench.service.made(&[(LIST, 1)]);
    bench.run(&format!("rotate t0 --match t* {}", bench.sts())).fails(2).says("--all");
}

#[test]
fn connectors_without_keys_are_passed_over_unless_they_are_named() {
    let bench = targets(1);
    bench.service.add("open", json!({"remote_url": "s3://bucket-one/", "anonymous": true}));
    let ambient = json!({"remote_url": "s3://bucket-one/", "ambient_credentials": true});
    bench.service.add("ambient", ambient);
    let done = bench.run(&format!("{ALL} --direct --no-verify {}", bench.sts()));
    let result = done.ok().json();
    assert_eq!(statuses(&result), ["rotated", "skipped", "skipped"]);
    assert_eq!(column(&result, "reason"), [Value::Null, "anonymous".into(), "ambient".into()]);
    bench.service.made(&[(LIST, 1), (SET, 1)]);
    let done = bench.run(&format!("rotate open ambient --no-verify {} -o json", bench.sts()));
    assert_eq!(statuses(&done.ok().json()), ["rotated", "rotated"]);
    let config = bench.service.config("open");
    assert_eq!([&config["key"], &config["anonymous"]], [&json!(STS_ID), &json!(false)]);
    assert_eq!(bench.service.config("ambient")["ambient_credentials"], false);
}

#[test]
fn a_dry_run_writes_nothing() {
    let bench = targets(2);
    bench.service.add("open", json!({"remote_url": "s3://bucket-one/", "anonymous": true}));
    // What an earlier run left, too, stays until a real one.
    let left = format!("uns3-stage-{}", "0".repeat(32));
    bench.service.add(&left, keyed("bucket-one", "f0"));
    let done = bench.run(&format!("{ALL} --dry-run {}", bench.sts()));
    assert_eq!(statuses(&done.ok().json()), ["planned", "planned", "skipped"]);
    bench.service.made(&[(LIST, 1)]);
    assert_eq!(bench.service.scratch(), [left]);
    assert!(bench.files("state").is_empty());
}

#[test]
fn credentials_that_cannot_be_right_are_refused_before_anything_is_sent() {
    let bench = targets(1);
    let secret = bench.path("secret").display().to_string();
    let expired = crate::rotating::lease(&bench, STS_ID, "2016-05-06T07:08:09Z");
    for (flags, problem) in [
        (expired, "expired"),
        (String::new(), "needs new credentials"),
        ("--anonymous".into(), "uns3 update"),
        ("--ambient-credentials".into(), "uns3 update"),
        (format!("--key {KEY_ID}"), "needs its secret"),
        (format!("{} --credentials-file x", bench.keys()), "several sources"),
        ("--credentials-file gone.json".into(), "cannot read"),
    ] {
        bench.run(&format!("{ALL} {flags}")).fails(2).says(problem);
    }
    assert!(bench.service.lines().is_empty());
    // Whether a key needs a token depends on the targets' endpoints, which have to be read.
    let line = format!("{ALL} --key {STS_ID} --secret-file {secret}");
    bench.run(&line).fails(2).says("t0").says("session token");
    assert!(bench.service.writes().is_empty());
}

#[test]
fn targets_that_cannot_be_right_are_refused_before_anything_is_written() {
    let bench = targets(1);
    bench.service.add("twin", keyed("bucket-one", "a"));
    bench.service.add("twin", keyed("bucket-one", "b"));
    let other = bench.service.with(|store| store.add("destinations", "gcs", "g", json!({})));
    for (target, code, problem) in [
        ("T0", 5, "near it: t0"),
        ("twin", 6, "names 2"),
        (other.as_str(), 2, "S3 ones only"),
        ("t0 t9", 5, "no S3 destination connector \"t9\""),
    ] {
        bench.run(&format!("rotate {target} {}", bench.sts())).fails(code).says(problem);
    }
    bench.run(&format!("rotate {}", bench.sts())).fails(2);
    bench.run(&format!("rotate t0 --all {}", bench.sts())).fails(2);
    assert!(bench.service.writes().is_empty());
}

#[test]
fn a_table_has_the_outcomes_and_ids_the_ids() {
    let bench = targets(1);
    let line = format!("rotate --all --direct --no-verify {}", bench.sts());
    let done = bench.run(&line);
    done.ok().prints("t0\t").prints("\trotated\tskipped\tskipped\t");
    let id = bench.service.with(|store| store.named("t0")["id"].clone());
    let done = bench.run(&format!("{line} -o id"));
    assert_eq!(done.ok().stdout, format!("{}\n", id.as_str().unwrap()));
}

#[test]
fn no_secret_is_seen_or_kept() {
    for format in ["table", "json", "yaml", "csv", "id"] {
        let bench = targets(2);
        bench.service.with(|store| store.state.unknowns.masks = uns3::sandbox::Masks::Nothing);
        let refused = Fault::status(422, json!({"detail": format!("bad {SECRET} {TOKEN}")}));
        bench.service.fault("PUT", "", refused.only("2-2"));
        let line = format!("rotate --all -vv -o {format} {}", bench.lease(60));
        bench.run(&line).exits(3).never_shows("the-old/secret");
        for (path, text) in bench.files("state") {
            let held = [SECRET, TOKEN, STS_ID, "the-old/secret"];
            assert!(!held.iter().any(|one| text.contains(one)), "{}", path.display());
        }
    }
}
