//! `uns3 apply` where things go wrong: what fails stops nothing else, what is lost is made once, what
//! is not named is left alone, and what moved is not written over.

use serde_json::{Value, json};

use crate::harness::{Bench, KEY_ID, SECRET};
use crate::service::Fault;

fn manifest(names: &[&str]) -> String {
    let one = |name: &&str| json!({"name": name, "remote_url": format!("s3://bucket-one/{name}/"), "credentials": "anonymous"});
    let connectors: Vec<Value> = names.iter().map(one).collect();
    json!({"version": 1, "connectors": connectors}).to_string()
}

fn bench(names: &[&str]) -> Bench {
    let bench = Bench::new();
    bench.file("m.json", &manifest(names));
    bench
}

fn add(bench: &Bench, name: &str) -> String {
    let url = format!("s3://bucket-one/{name}/");
    bench.service.add(name, json!({"remote_url": url, "anonymous": true}))
}

#[test]
fn one_failure_stops_no_other_and_a_second_run_does_the_rest() {
    let bench = bench(&["a", "b", "c"]);
    bench.service.fault("POST", "", Fault::status(422, json!({"detail": "no more today"})));
    let done = bench.run("apply -f m.json --yes -o json --concurrency 1");
    done.exits(3);
    assert_eq!(
        done.json()["summary"],
        json!({"create": 3, "update": 0, "delete": 0, "none": 0, "failed": 1})
    );
    assert!(done.error()["message"].as_str().unwrap().contains("no more today"), "{done:#?}");
    let again = bench.run("apply -f m.json --yes -o json");
    assert_eq!(again.ok().json()["summary"]["create"], 1);
    for name in ["a", "b", "c"] {
        assert_eq!(bench.service.count(name), 1);
    }
}

#[test]
fn a_lost_answer_makes_no_second_one() {
    for fault in [Fault::close().done(), Fault::status(502, "").done()] {
        let bench = bench(&["a", "b"]);
        bench.service.with(|store| store.real_time = true);
        bench.service.fault("POST", "", fault);
        bench.run("apply -f m.json --yes").ok();
        assert_eq!([bench.service.count("a"), bench.service.count("b")], [1, 1]);
        bench.run("apply -f m.json --yes --detailed-exitcode").ok().says("nothing to do: 2");
    }
}

#[test]
fn two_of_a_name_are_refused_with_their_ids_and_nothing_is_sent() {
    let bench = bench(&["a", "b"]);
    let ids = [add(&bench, "a"), add(&bench, "a")];
    let done = bench.run("apply -f m.json --yes");
    for id in ids {
        done.fails(6).says(&id);
    }
    assert!(bench.service.writes().is_empty());
}

/// Of many that are made, twins are looked for by one list, and the younger ones go.
#[test]
fn of_two_that_are_made_at_the_same_time_the_older_stays() {
    let bench = bench(&["a", "b", "c"]);
    let twin = json!({"id": "00000000-0000-4000-8000-000000000001", "name": "b", "type": "s3",
        "created_at": "2020-01-01T00:00:00Z", "config": {"remote_url": "s3://bucket-one/b/", "anonymous": true}});
    let meanwhile = move |store: &mut crate::store::Store| {
        store.state.destinations.push(twin);
    };
    bench.service.fault("POST", "", Fault::meanwhile(meanwhile));
    let done = bench.run("apply -f m.json --yes -o json --concurrency 1");
    done.exits(3);
    assert_eq!(bench.service.count("b"), 1);
    assert_eq!(done.json()["changes"][1]["status"], "failed");
    let lists =
        bench.service.lines().into_iter().filter(|line| line.starts_with("GET /destinations/?"));
    assert_eq!(lists.count(), 2);
}

#[test]
fn prune_deletes_only_what_fits_and_no_workflow_uses() {
    let bench = bench(&["a"]);
    let ids = ["a", "tmp-1", "tmp-2", "other", "uns3-stage-tmp"].map(|name| add(&bench, name));
    bench.run("apply -f m.json --prune --yes").fails(2).says("--match");
    let workflow = json!({"id": "w", "name": "nightly", "sources": [], "destinations": [ids[1]]});
    bench.service.with(|store| store.state.workflows.push(workflow));
    for how in ["--yes", "--plan"] {
        bench.run(&format!("apply -f m.json --prune --match *tmp* {how}")).fails(6).says("nightly");
    }
    assert!(bench.service.writes().is_empty());
    bench.service.with(|store| store.state.workflows.clear());
    let done = bench.run("apply -f m.json --prune --match *tmp* --yes -o json");
    let deleted: Vec<_> = done.ok().json()["changes"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|one| one["action"] == "delete")
        .map(|one| one["name"].clone())
        .collect();
    assert_eq!(deleted, ["tmp-1", "tmp-2"]);
    assert_eq!(
        ["a", "tmp-1", "other", "uns3-stage-tmp"].map(|name| bench.service.count(name)),
        [1, 0, 1, 1]
    );
}

#[test]
fn a_saved_plan_is_carried_out_once_and_on_its_own_world_only() {
    let bench = bench(&["a", "b"]).with("K", KEY_ID).with("S", SECRET);
    bench.file("k.yaml", "version: 1\nconnectors: [{name: k, remote_url: s3://bucket-one/, credentials: {env: {key: K, secret: S}}}]");
    add(&bench, "b");
    bench.run("apply -f m.json -f k.yaml --plan --out plan.json").ok();
    let text = std::fs::read_to_string(bench.path("plan.json")).unwrap();
    assert!(!text.contains(KEY_ID) && text.contains("\"K\""), "{text}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(bench.path("plan.json")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    assert!(bench.service.writes().is_empty());
    let elsewhere = Bench::new();
    elsewhere.file("plan.json", &text);
    elsewhere.run("apply --plan-file plan.json --yes").fails(6).says("the plan was made for");
    let done = bench.run("apply --plan-file plan.json --yes -o json");
    assert_eq!(done.ok().json()["summary"]["create"], 2);
    assert_eq!(bench.service.config("k")["key"], KEY_ID);
    bench
        .run("apply --plan-file plan.json --yes")
        .fails(6)
        .says("destination \"a\"")
        .says("exists now");
    bench.piped("apply --plan-file m.json --yes", "").fails(2).says("is no plan");
}

#[test]
fn what_others_changed_since_a_plan_is_not_written_over() {
    let bench = bench(&["a"]);
    let id =
        bench.service.add("a", json!({"remote_url": "s3://bucket-one/old/", "anonymous": true}));
    bench.run("apply -f m.json --plan --out plan.json").ok();
    bench.service.with(|store| {
        let connector = &mut store.state.destinations[0];
        connector["config"]["region"] = "eu".into();
    });
    bench.run("apply --plan-file plan.json --yes").fails(6).says(&id).says("was changed: region");
    assert!(bench.service.writes().is_empty());
}

#[cfg(unix)]
#[test]
fn an_interruption_finishes_what_is_in_hand_and_says_what_remains() {
    use rustix::process::{Pid, Signal, kill_process};
    let bench = bench(&["a", "b", "c"]);
    bench.service.be_slow(std::time::Duration::from_millis(700));
    let line = "apply -f m.json --yes --concurrency 1 -o json";
    let child = bench.command(&line.split(' ').collect::<Vec<_>>()).spawn().unwrap();
    bench.service.await_request("POST");
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    let done = bench.finish(child, line);
    done.exits(130);
    let message = done.error()["message"].as_str().unwrap().to_owned();
    assert!(message.contains("2 remain: destination \"b\", destination \"c\""), "{message}");
    assert_eq!(["a", "b", "c"].map(|name| bench.service.count(name)), [1, 0, 0]);
    bench.service.be_slow(std::time::Duration::ZERO);
    bench.run("apply -f m.json --yes").ok();
    assert_eq!(["a", "b", "c"].map(|name| bench.service.count(name)), [1, 1, 1]);
}

/// A write that was to follow a look at the names waited for the end of the command, which waited for
/// it.
#[cfg(unix)]
#[test]
fn an_interruption_between_the_look_and_the_write_ends_at_once() {
    use rustix::process::{Pid, Signal, kill_process};
    let bench = bench(&["a", "b"]);
    // The plan's reading is old when the first is to be made: it looks again.
    bench.service.be_slow(std::time::Duration::from_millis(2000));
    let line = "apply -f m.json --yes --concurrency 1 -o json";
    let child = bench.command(&line.split(' ').collect::<Vec<_>>()).spawn().unwrap();
    let lists = |service: &crate::service::Service| {
        service.lines().iter().filter(|line| line.starts_with("GET /destinations/?")).count()
    };
    bench.service.await_that("a look at the names", |service| lists(service) >= 2);
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    let done = bench.finish(child, line);
    done.exits(130).says("2 remain");
    assert!(bench.service.writes().is_empty());
}

#[test]
fn a_preflight_that_fails_sends_nothing() {
    let bench = Bench::new().with("K", KEY_ID).with("S", SECRET);
    let connector = json!({"name": "a", "remote_url": "s3://bucket-one/", "endpoint_url": "http://127.0.0.1:9",
        "credentials": {"env": {"key": "K", "secret": "S"}}});
    bench.file("m.json", &json!({"version": 1, "connectors": [connector]}).to_string());
    bench
        .run("apply -f m.json --preflight --yes")
        .fails(7)
        .says("destination \"a\": the preflight");
    assert!(bench.service.writes().is_empty());
}

/// Each of many was read again before it was written: twice the requests. One list serves them all.
#[test]
fn what_is_read_again_before_many_writes_is_read_by_lists() {
    let names: Vec<String> = (0..60).map(|number| format!("c{number}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let bench = bench(&names);
    // Half of them are there, elsewhere; the last is made by someone else meanwhile.
    for name in &names[..30] {
        bench.service.add(name, json!({"remote_url": "s3://bucket-one/old/", "anonymous": true}));
    }
    bench.service.be_slow(std::time::Duration::from_millis(300));
    let other = json!({"id": "00000000-0000-4000-8000-000000000001", "name": "c59", "type": "s3",
        "created_at": "2020-01-01T00:00:00Z", "config": {"remote_url": "s3://x-1/", "anonymous": true}});
    let meanwhile = move |store: &mut crate::store::Store| store.state.destinations.push(other);
    bench.service.fault("PUT", "", Fault::meanwhile(meanwhile));
    let done = bench.run("apply -f m.json --yes -o json --concurrency 4");
    done.exits(3).says("\"c59\" exists now");
    let lines = bench.service.lines();
    let count = |begin: &str| lines.iter().filter(|line| line.starts_with(begin)).count();
    assert_eq!([count("PUT"), count("POST")], [30, 29]);
    let lists = count("GET /destinations/?");
    // But for the last few, for which a list would cost more than they do.
    assert!(count("GET") - lists <= 8, "{lines:?}");
    assert_eq!(bench.service.count("c59"), 1);
}

/// What a service shows in the clear stood in the file, though the plan that was shown masked it.
#[test]
fn a_saved_plan_keeps_no_secret_that_the_service_shows() {
    let bench = Bench::new().with("K", KEY_ID).with("S", SECRET);
    let credentials = json!({"env": {"key": "K", "secret": "S"}});
    let connector = json!({"name": "a", "remote_url": "s3://bucket-one/new/", "credentials": credentials,
        "extra": {"note": "plain"}});
    bench.file("m.json", &json!({"version": 1, "connectors": [connector]}).to_string());
    bench.service.add("a", json!({"remote_url": "s3://bucket-one/old/", "key": KEY_ID, "secret": SECRET,
        "note": format!("it is {SECRET}"), "endpoint_url": "https://user:Pass-Word-1@s3.example.com"}));
    bench
        .run("apply -f m.json --plan --out plan.json")
        .ok()
        .prints("~ note")
        .never_shows("Pass-Word");
    let text = std::fs::read_to_string(bench.path("plan.json")).unwrap();
    assert!(text.contains("\"field\": \"note\"") && text.contains("**@s3.example.com"), "{text}");
    for secret in ["Pass-Word", &SECRET[..8], KEY_ID] {
        assert!(!text.contains(secret), "{secret}: {text}");
    }
    bench.run("apply --plan-file plan.json --yes").ok();
    assert_eq!(bench.service.config("a")["note"], "plain");
}

/// They were left out without a word: one flag keeps another's needs from being looked at.
#[test]
fn what_a_saved_plan_cannot_take_is_refused() {
    let bench = bench(&["a"]);
    bench.run("apply -f m.json --plan --out plan.json").ok();
    for flags in ["--out other.json", "--match a*", "--prune --match a*", "--refresh-credentials"] {
        bench.run(&format!("apply --plan-file plan.json --yes {flags}")).fails(2);
    }
    assert!(bench.service.writes().is_empty());
}
