//! `uns3 delete`: asks, minds workflows, and knows a lost answer from a missing connector.

use serde_json::{Value, json};

use crate::harness::Bench;
use crate::service::Fault;

fn add(bench: &Bench, name: &str) -> String {
    bench.service.add(name, json!({"remote_url": "s3://bucket-one/", "anonymous": true}))
}

fn one() -> (Bench, String) {
    let bench = Bench::new();
    let id = add(&bench, "out");
    (bench, id)
}

fn workflow(bench: &Bench, name: &str, destination: &str) {
    let id = format!("id-of-{name}");
    let workflow = json!({"id": id, "name": name, "sources": ["s"], "destinations": [destination]});
    bench.service.with(|store| store.state.workflows.push(workflow));
}

#[test]
fn it_asks_nobody_who_is_not_there() {
    for flags in ["", "--no-input"] {
        let (bench, id) = one();
        bench
            .piped(&format!("delete out {flags}"), "y\n")
            .fails(2)
            .says(&format!("Delete destination \"out\" ({id}) on s3://bucket-one/?"))
            .says("--yes");
        assert!(bench.service.writes().is_empty());
    }
}

#[test]
fn yes_deletes_and_tells() {
    let (bench, id) = one();
    let done = bench.run("rm out --yes -v -o json");
    done.ok().says("deleted destination \"out\"");
    let connector = json!({"id": id, "name": "out", "kind": "destination"});
    assert_eq!(done.json(), json!([{"connector": connector, "status": "deleted", "error": null}]));
    assert_eq!(
        bench.service.lines(),
        [
            "GET /destinations/?destination_type=s3".to_owned(),
            format!("GET /workflows/?destination_id={id}"),
            format!("DELETE /destinations/{id}"),
        ]
    );
}

#[test]
fn what_workflows_use_is_refused_with_their_names() {
    let (bench, id) = one();
    workflow(&bench, "nightly", &id);
    workflow(&bench, "hourly", &id);
    workflow(&bench, "other", "another");
    let done = bench.run("delete out --yes");
    done.fails(6).says("nightly, hourly").says("--force");
    assert!(!done.stderr.contains("other"), "{done:?}");
    assert!(bench.service.writes().is_empty());
    bench.service.forget_requests();
    bench.run("delete out --yes --force").ok();
    assert!(!bench.service.lines().iter().any(|line| line.contains("workflows")));
    assert_eq!(bench.service.count("out"), 0);
}

#[test]
fn workflows_on_the_second_page_count() {
    for filters in [true, false] {
        let (bench, id) = one();
        bench.service.with(|store| store.state.unknowns.filters_ignored = !filters);
        let used = if filters { id.as_str() } else { "another" };
        for n in 0..20 {
            workflow(&bench, &format!("w{n}"), used);
        }
        workflow(&bench, "the-last", &id);
        bench.run("delete out --yes").fails(6).says("the-last");
        assert!(bench.service.writes().is_empty());
    }
}

#[test]
fn a_service_that_ignores_the_filter_blocks_nothing() {
    let (bench, _) = one();
    bench.service.with(|store| store.state.unknowns.filters_ignored = true);
    for n in 0..45 {
        workflow(&bench, &format!("w{n}"), "another");
    }
    bench.run("delete out --yes").ok();
}

#[test]
fn a_service_without_pages_is_not_asked_for_ever() {
    let (bench, _) = one();
    let all: Vec<Value> = (0..30)
        .map(|n| json!({"id": format!("{n}"), "name": "w", "sources": [], "destinations": ["x"]}))
        .collect();
    bench.service.fault("GET", "/workflows/", Fault::status(200, json!(all)).always());
    bench.run("delete out --yes").ok();
}

#[test]
fn where_workflows_cannot_be_seen_nothing_is_deleted() {
    for (status, exit) in [(403, 4), (404, 9)] {
        let (bench, _) = one();
        let refusal = Fault::status(status, json!({"detail": "no"})).always();
        bench.service.fault("GET", "/workflows/", refusal);
        bench.run("delete out --yes").fails(exit).says("--force");
        assert!(bench.service.writes().is_empty());
    }
}

#[test]
fn a_workflow_of_a_novel_shape_stops_nothing_unseen() {
    let (bench, id) = one();
    let odd = json!([{"id": "w", "name": "odd", "destinations": [id], "sources": null}]);
    bench.service.fault("GET", "/workflows/", Fault::status(200, odd).always());
    let done = bench.run("delete out --yes");
    assert!(done.code == 6 || done.code == 9, "{done:?}");
    assert!(bench.service.writes().is_empty());
}

#[test]
fn one_that_is_not_there() {
    let (bench, _) = one();
    bench.run("delete gone --yes").fails(5).says("no S3 destination connector \"gone\"");
    bench.run("delete out gone --yes").fails(5);
    assert!(bench.service.writes().is_empty(), "all or nothing");
    let done = bench.run("delete gone out --yes --if-exists -o json");
    let statuses: Vec<Value> =
        done.ok().json().as_array().unwrap().iter().map(|one| one["status"].clone()).collect();
    assert_eq!(statuses, ["deleted", "absent"]);
    bench.run("delete gone --if-exists").ok();
    assert_eq!(bench.run("delete gone --if-exists -o id").ok().stdout, "", "no id, no line");
}

#[test]
fn a_lost_answer_and_then_404_is_a_success() {
    for fault in [
        Fault::close(),
        Fault::status(502, "<html>Bad Gateway</html>"),
        Fault::reply(crate::wire::Reply::Truncated),
    ] {
        let (bench, _) = one();
        bench.service.fault("DELETE", "", fault.done());
        let done = bench.run("delete out --yes -o json");
        assert_eq!(done.ok().json()[0]["status"], "deleted");
        assert_eq!(bench.service.writes().len(), 2);
    }
}

#[test]
fn one_that_someone_else_deleted_first() {
    let (bench, _) = one();
    bench.service.fault("DELETE", "", Fault::meanwhile(|store| store.state.destinations.clear()));
    let done = bench.run("delete out --yes -o json");
    assert_eq!(done.exits(5).json()[0]["status"], "absent");
    let (bench, _) = one();
    bench.service.fault("DELETE", "", Fault::meanwhile(|store| store.state.destinations.clear()));
    let done = bench.run("delete out --yes --if-exists -o json");
    assert_eq!(done.ok().json()[0]["status"], "absent");
}

#[test]
fn a_success_in_nobodys_words_is_looked_into() {
    let (bench, id) = one();
    bench.service.fault("DELETE", "", Fault::status(200, "<html>Sign in</html>"));
    bench.run("delete out --yes").exits(9).says("Sign in");
    assert_eq!(bench.service.lines().last().unwrap(), &format!("GET /destinations/{id}"));
    bench.service.fault("DELETE", "", Fault::status(200, "").done());
    bench.run("delete out --yes").ok();
    let (bench, _) = one();
    bench.service.fault("DELETE", "", Fault::status(204, "").done());
    bench.run("delete out --yes").ok();
}

#[test]
fn one_failure_stops_no_other() {
    let (bench, id) = one();
    add(&bench, "two");
    let refusal = Fault::status(400, json!({"detail": "not today"})).always();
    bench.service.fault("DELETE", &id, refusal);
    let done = bench.run("delete out two --yes -o json");
    let shown = done.exits(3).json();
    assert_eq!((&shown[0]["status"], &shown[1]["status"]), (&json!("failed"), &json!("deleted")));
    assert!(shown[0]["error"].as_str().unwrap().contains("not today"), "{shown}");
    assert_eq!(done.error()["category"], "partial");
    assert_eq!((bench.service.count("out"), bench.service.count("two")), (1, 0));
}

#[test]
fn a_target_given_twice_is_deleted_once() {
    let (bench, id) = one();
    bench.run(&format!("delete out {id} out --yes")).ok();
    assert_eq!(bench.service.writes().len(), 1);
}

#[test]
fn all_that_a_filter_admits_are_deleted_and_no_other() {
    let bench = Bench::new();
    for name in ["tmp-a", "tmp-b", "kept", "uns3-stage-0123456789abcdef0123456789abcdef"] {
        add(&bench, name);
    }
    bench.run("delete --all --yes").fails(2).says("--match");
    assert!(bench.service.lines().is_empty(), "--all alone is refused before anything is read");
    bench.run("delete --all --match tmp-* kept --yes").fails(2);

    let done = bench.run("delete --all --match * --dry-run -o json");
    let planned = |one: &Value| one["status"] == "planned";
    assert!(done.ok().json().as_array().unwrap().iter().all(planned), "{done:?}");
    assert_eq!(done.json().as_array().unwrap().len(), 3, "not a rotation's scratch connectors");
    assert!(bench.service.writes().is_empty());

    bench
        .piped("delete --all --match tmp-*", "y\n")
        .fails(2)
        .says("s3://bucket-one/")
        .says("these 2");
    assert!(bench.service.writes().is_empty());
    bench.run("delete --all --match tmp-* --yes").ok();
    let left: Vec<usize> = ["tmp-a", "tmp-b", "kept"].map(|name| bench.service.count(name)).into();
    assert_eq!(left, [0, 0, 1]);
}
