//! The shared state in a bucket: what one machine writes another knows, in few requests, whatever the
//! server does.

use serde_json::{Value, json};

use crate::harness::{Bench, STS_ID, TOKEN};
use crate::objects::{Bucket, Manner, STATE};
use crate::rotating::{ALL, column, keyed, statuses, targets};

const DIRECT: &str = "--direct --no-verify";

/// A bench with so many targets and a shared state.
fn sharing(count: usize) -> (Bench, Bucket) {
    let bucket = Bucket::start();
    (targets(count).sharing(&bucket), bucket)
}

/// How many ends a machine knows.
fn ends(result: &Value) -> usize {
    let end = |one: &&Value| one["uns3"]["expires_at"].is_string();
    result.as_array().unwrap().iter().filter(end).count()
}

#[test]
fn another_machine_knows_what_this_one_wrote() {
    let (bench, bucket) = sharing(3);
    let done = bench.run(&format!("{ALL} {DIRECT} {}", bench.lease(60)));
    assert_eq!(statuses(&done.ok().silent().json()), ["rotated"; 3]);
    assert_eq!(ends(&bench.elsewhere("status -o json").ok().json()), 3);
    assert_eq!(ends(&bench.elsewhere("list -o json").ok().json()), 3);
    let text = bucket.text();
    for secret in [TOKEN, STS_ID, crate::harness::SECRET] {
        assert!(!text.contains(secret), "{text}");
    }
    // What another machine forgets is forgotten here.
    bench.elsewhere("delete t0 --yes").ok();
    assert_eq!(ends(&bench.run("status -o json").ok().json()), 2);
    let shown = bench.run("state show -o json").ok().json();
    assert_eq!((&shown["location"], &shown["lock"]), (&json!(STATE), &Value::Null));
    assert_eq!(column(&shown["connectors"], "name"), ["t1", "t2"]);
    assert!(shown["connectors"][0]["expires_at"].is_string());
}

#[test]
fn a_command_costs_one_listing_and_one_object_and_a_batch_one_write() {
    let (bench, bucket) = sharing(40);
    bench.run(&format!("{ALL} {DIRECT} {}", bench.lease(60))).ok();
    assert_eq!(bucket.count("PUT records"), 1, "{:?}", bucket.counts());
    assert_eq!(bucket.count("PUT lock"), 2, "{:?}", bucket.counts());
    bucket.forget_requests();
    bench.run("status -o json").ok();
    let counts: Vec<(String, usize)> = bucket.counts().into_iter().collect();
    assert_eq!(counts, [("GET records".into(), 1), ("LIST records".into(), 1)]);
    // A machine that sees the server for the first time tries its conditions too, by one write.
    bucket.forget_requests();
    bench.elsewhere("status -o json").ok();
    let counts: Vec<(String, usize)> = bucket.counts().into_iter().collect();
    let probe = ("PUT keeps-conditions".into(), 1);
    assert_eq!(counts, [("GET records".into(), 1), ("LIST records".into(), 1), probe]);
    // What no command needs is not asked for.
    bucket.forget_requests();
    bench.run("profile list").ok();
    assert!(bucket.counts().is_empty());
}

#[test]
fn a_state_out_of_reach_costs_knowledge_and_not_function() {
    for manner in [Manner::Away, Manner::IgnoresConditions, Manner::RefusesAll] {
        let (bench, bucket) = sharing(2);
        bucket.be(manner);
        let line = format!("rotate --all {DIRECT} {}", bench.lease(60));
        let done = bench.run(&format!("{line} --require-state"));
        done.fails(9).says("s3://team-bucket/uns3/");
        assert!(bench.service.writes().is_empty(), "{manner:?}");
        if manner == Manner::IgnoresConditions {
            done.says("conditional writes");
        }
        let done = bench.run(&line);
        done.ok().says("going on with what this machine knows").says("without a lock");
        // This machine knows, and, once it can, tells.
        assert_eq!(ends(&bench.run("status -o json").ok().json()), 2);
        bucket.be(Manner::Good);
        assert_eq!(ends(&bench.run("status -o json").ok().json()), 2);
        assert_eq!(ends(&bench.elsewhere("status -o json").ok().json()), 2, "{manner:?}");
    }
}

#[test]
fn a_malformed_place_is_refused_before_anything_is_sent() {
    let bench = targets(1);
    for place in ["s3://", "S3://team-bucket/x/", "https://team-bucket/x", "s3:team", "s3://a b/"] {
        bench.args(&["status", "--state", place]).fails(2).says("state");
    }
    bench.run("status --require-state").fails(2).says("--state");
    assert!(bench.service.requests().is_empty());
}

/// A region becomes part of a host's name: what can be none ended in a crash.
#[test]
fn a_region_that_can_be_none_is_named() {
    for region in ["eu west 1", "eu-west-1.example.com/"] {
        let (bench, _bucket) = sharing(1);
        let bench = bench.without("AWS_ENDPOINT_URL_S3").with("AWS_REGION", region);
        bench.run("status").ok().says("can be no region").says(region);
        bench.run("status --require-state").fails(9).says("AWS_REGION");
    }
}

#[test]
fn a_lost_answer_to_a_write_loses_nothing() {
    let (bench, bucket) = sharing(2);
    bench.run("status").ok();
    bucket.be(Manner::LosesAnswers);
    let done = bench.run(&format!("{ALL} {DIRECT} {}", bench.lease(60)));
    done.ok().silent();
    bucket.be(Manner::Good);
    assert_eq!(ends(&bench.elsewhere("status -o json").ok().json()), 2);
    assert_eq!(bench.run("state show -o json").ok().json()["lock"], Value::Null);
}

#[test]
fn what_a_profile_says_a_flag_overrules() {
    let bucket = Bucket::start();
    let bench = Bench::new().sharing(&bucket).without("UNS3_STATE");
    bench.service.add("a", keyed("bucket-one", "a"));
    let folder = bench.path("folder").display().to_string();
    let url = bench.service.url.clone();
    bench
        .piped(
            &format!("profile add work --api-url {url} --api-key-file - --state {folder}"),
            crate::harness::API_KEY,
        )
        .ok();
    let show = |flags: &str| {
        bench.run(&format!("state show -o json {flags}")).ok().json()["location"].clone()
    };
    assert_eq!(show("--profile work"), json!(folder));
    assert_eq!(show(&format!("--profile work --state {STATE}")), json!(STATE));
    assert_eq!(show(""), json!(bench.path("state").display().to_string()));
}

#[test]
fn a_folder_is_shared_as_a_bucket_is() {
    let bench = targets(2);
    let folder = bench.path("team").display().to_string();
    let line = format!("{ALL} {DIRECT} {} --state {folder}", bench.lease(60));
    assert_eq!(statuses(&bench.run(&line).ok().silent().json()), ["rotated"; 2]);
    let status = format!("status -o json --state {folder}");
    assert_eq!(ends(&bench.elsewhere(&status).ok().silent().json()), 2);
    assert_eq!(ends(&bench.elsewhere("status -o json").ok().json()), 0);
    for (path, text) in bench.files("team") {
        assert!(!text.contains(TOKEN) && !text.contains(STS_ID), "{}", path.display());
    }
    // By its whole path: what is kept for a folder here is not for one of that name elsewhere.
    let place = bench.run("state show -o json --state team").ok().json()["location"].clone();
    assert!(std::path::Path::new(place.as_str().unwrap()).is_absolute(), "{place}");
    // A folder that cannot be is a state that cannot be reached.
    let file = bench.file("no-folder", "");
    let line = format!("{ALL} {DIRECT} {} --state {file}", bench.lease(60));
    bench.run(&format!("{line} --require-state")).fails(9).says("no-folder");
    bench.run(&line).ok().says("without a lock");
}

#[test]
fn push_and_pull_carry_what_is_newer_and_bring_nothing_back() {
    let bucket = Bucket::start();
    let bench = targets(3);
    bench.run(&format!("{ALL} {DIRECT} {}", bench.lease(60))).ok();
    bench.run("state push").fails(2).says("--state");
    let shown = bench.run("state show -o json").ok().json();
    assert_eq!(column(&shown["connectors"], "name"), ["t0", "t1", "t2"]);
    let bench = bench.sharing(&bucket);
    let pushed = bench.run("state push -o json").ok().json();
    assert_eq!(pushed, json!({"location": STATE, "records": 3, "pushed": 3}));
    bench.run("state push").ok().prints("pushed 0 of 3 record(s)");
    assert_eq!(bucket.count("PUT records"), 1, "nothing new, nothing written");
    // Forgotten elsewhere; this machine's own ledger still has it.
    bench.elsewhere("delete t0 --yes").ok();
    bench.run("state push -o json").ok();
    let shared = || bench.elsewhere("state show -o json").ok().json()["connectors"].clone();
    assert_eq!(column(&shared(), "name"), ["t1", "t2"]);
    bench.run("state pull").ok().prints("pulled 1 of 3 record(s)");
    let bench = bench.without("UNS3_STATE");
    let own = bench.run("state show -o json").ok().json()["connectors"].clone();
    assert_eq!(column(&own, "name"), ["t1", "t2"]);
    assert_eq!(ends(&bench.run("status -o json").ok().json()), 2);
}

#[test]
fn keys_that_are_for_connectors_too_are_said_to_be() {
    let (bench, _bucket) = sharing(1);
    let bench = bench.without("UNS3_STATE_AWS_PROFILE").with("AWS_PROFILE", "state");
    let done = bench.run("status");
    done.ok();
    assert!(!done.stderr.contains("UNS3_STATE_AWS_PROFILE"), "{done:?}");
    let bench = bench
        .with("AWS_ACCESS_KEY_ID", crate::objects::STATE_ID)
        .with("AWS_SECRET_ACCESS_KEY", "State/Secret+of-the-machine-0123456789ab");
    let done = bench.run("status");
    done.ok().says("UNS3_STATE_AWS_PROFILE");
    assert_eq!(done.stderr.matches("UNS3_STATE_AWS_PROFILE").count(), 1, "{done:?}");
}

/// It came once for each profile.
#[test]
fn keys_that_are_for_connectors_too_are_said_to_be_once_for_all_profiles() {
    let (bucket, other) = (Bucket::start(), crate::service::Service::start());
    let bench = Bench::new().sharing(&bucket).without("UNS3_STATE_AWS_PROFILE");
    let bench = bench
        .with("AWS_ACCESS_KEY_ID", crate::objects::STATE_ID)
        .with("AWS_SECRET_ACCESS_KEY", "State/Secret+of-the-machine-0123456789ab");
    for (name, url) in [("one", &bench.service.url), ("two", &other.url)] {
        let line = format!("profile add {name} --no-verify --api-key-file - --api-url {url}");
        bench.piped(&line, crate::harness::API_KEY).ok();
    }
    let done = bench.run("status --all-profiles");
    done.ok().says("UNS3_STATE_AWS_PROFILE");
    assert_eq!(done.stderr.matches("UNS3_STATE_AWS_PROFILE").count(), 1, "{done:?}");
}

#[test]
fn a_rotation_of_many_costs_few_writes() {
    let (bench, bucket) = sharing(1000);
    let line = format!("{ALL} --direct --concurrency 64 {}", bench.lease(60));
    let done = bench.run(&line);
    assert_eq!(statuses(&done.ok().json()).len(), 1000);
    assert!(bucket.count("PUT records") <= 10, "{:?}", bucket.counts());
    assert_eq!(bucket.count("LIST records"), 1 + bucket.count("PUT records"));
    assert_eq!(ends(&bench.elsewhere("status -o json").ok().json()), 1000);
}

#[test]
fn doctor_tells_whether_the_shared_state_can_be_used() {
    let (bench, bucket) = sharing(1);
    bench.run(&format!("{ALL} {DIRECT} {}", bench.lease(60))).ok();
    let found = |bench: &Bench| {
        let checks = bench.run("doctor -o json").json()["checks"].clone();
        let shared = checks.as_array().unwrap().iter().find(|one| one["check"] == "shared_state");
        shared.unwrap().clone()
    };
    let good = found(&bench);
    assert_eq!(
        (&good["status"], &good["message"]),
        (&json!("ok"), &json!(format!("{STATE}: 1 record(s)")))
    );
    bucket.be(Manner::Away);
    assert_eq!(found(&bench)["status"], "failed");
}
