//! `uns3 export`: what is live as a manifest that, applied, finds nothing to do.

use serde_json::json;

use crate::harness::Bench;

fn bench() -> Bench {
    let bench = Bench::new();
    let keys = json!({"remote_url": "s3://bucket-one/b/", "key": "AKIAKEPT", "secret": "kept-secret",
        "region": "eu", "app_password": "hunter2hunter2", "nothing": null});
    bench.service.add("b out", keys);
    bench.service.add("a", json!({"remote_url": "s3://bucket-two/", "anonymous": true}));
    let role = json!({"remote_url": "s3://bucket-one/", "role_arn": "arn:aws:iam::1:role/x"});
    bench.service.add("c", role);
    bench
}

const WANTED: &str = r#"version: 1
connectors:
  - name: "a"
    kind: destination
    remote_url: s3://bucket-two/
    credentials: anonymous

  # left out, and kept as it is: app_password
  - name: "b out"
    kind: destination
    remote_url: s3://bucket-one/b/
    credentials: {env: {key: B_OUT_KEY, secret: B_OUT_SECRET}}
    extra: {region: eu}

  # authenticates by fields that are not known: left as they are
  - name: "c"
    kind: destination
    remote_url: s3://bucket-one/
    credentials: unmanaged
    extra: {role_arn: "arn:aws:iam::1:role/x"}
"#;

#[test]
fn a_manifest_of_what_is_live_applies_to_nothing() {
    let bench = bench();
    let done = bench.run("export");
    assert_eq!(done.ok().silent().stdout, WANTED);
    bench.file("m.yaml", &done.stdout);
    assert_eq!(bench.run("export -o yaml").stdout, done.stdout);
    let plan = bench.run("apply -f m.yaml --plan --detailed-exitcode -o json");
    assert_eq!(plan.ok().json()["summary"]["none"], 3);
    let json = bench.run("export -o json").ok().stdout.clone();
    bench.piped("apply -f - --yes --detailed-exitcode", &json).ok().says("nothing to do: 3");
    assert!(bench.service.writes().is_empty());
}

#[test]
fn filters_and_targets_choose() {
    let bench = bench();
    let names = |line: &str| -> Vec<String> {
        let json = bench.run(line).ok().json();
        let all = json["connectors"].as_array().unwrap().clone();
        all.iter().map(|one| one["name"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names("export -o json --bucket bucket-two"), ["a"]);
    assert_eq!(names("export -o json --match [ac]"), ["a", "c"]);
    assert_eq!(names("export -o json c a"), ["a", "c"]);
    assert_eq!(names("export -o json --kind source"), [""; 0]);
    bench.run("export nobody").fails(5);
    bench.run("export -o csv").fails(2).says("a manifest is YAML");
}

#[test]
fn names_that_no_manifest_can_have_are_left_out_and_told() {
    let bench = bench();
    for _ in 0..2 {
        bench.service.add("twice", json!({"remote_url": "s3://bucket-one/", "anonymous": true}));
    }
    bench.service.add("bad", json!({"remote_url": "s3a://bucket-one/", "anonymous": true}));
    let done = bench.run("export");
    done.ok().says("\"twice\"").says("several connectors have this name").says("\"bad\"");
    done.prints("# left out: destination \"bad\"");
    bench.file("m.yaml", &done.stdout);
    bench.run("apply -f m.yaml --plan --detailed-exitcode").ok();
}
