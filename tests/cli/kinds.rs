//! Kinds: a name of the other kind is told of, and an id needs none.

use serde_json::json;

use crate::harness::Bench;

fn bench() -> (Bench, String) {
    let bench = Bench::new();
    let open = || json!({"remote_url": "s3://bucket-one/x/", "anonymous": true});
    bench.service.add("out", open());
    let id = bench.service.with(|store| store.add("sources", "s3", "in", open()));
    (bench, id)
}

#[test]
fn a_name_that_is_the_other_kinds_says_so() {
    let (bench, _) = bench();
    let keys = bench.keys();
    for line in ["get in", "test in", "delete in --yes", "status in", "update in --set a=1"] {
        bench.run(line).fails(5).says("there is a source of that name: --kind source");
    }
    bench.run(&format!("rotate in {keys}")).fails(5).says("--kind source");
    bench.run("get out --kind source").fails(5).says("--kind destination");
    let nobody = bench.run("get nobody");
    assert!(!nobody.fails(5).stderr.contains("of that name"), "{nobody:?}");
    // What may be absent is not looked for elsewhere.
    bench.service.forget_requests();
    bench.run("delete in --yes --if-exists").ok();
    assert_eq!(bench.service.lines(), ["GET /destinations/?destination_type=s3"]);
    assert!(bench.service.writes().is_empty());
}

#[test]
fn an_id_finds_its_connector_without_the_kind() {
    let (bench, id) = bench();
    let shown = bench.run(&format!("get {id} -o json")).ok().json();
    assert_eq!((&shown["name"], &shown["uns3"]["kind"]), (&json!("in"), &json!("source")));
    assert_eq!(
        bench.service.lines(),
        [format!("GET /destinations/{id}"), format!("GET /sources/{id}")]
    );
    bench.run(&format!("update {id} --recursive true")).ok();
    assert_eq!(bench.service.config("in")["recursive"], true);
    let both = bench.run(&format!("test {id} out -o json")).ok().json();
    assert_eq!(both.as_array().unwrap().len(), 2);
    bench.run(&format!("delete {id} --yes")).ok();
    assert_eq!(bench.service.count("in"), 0);
}

#[test]
fn an_id_of_another_kind_than_was_asked_for_is_left_alone() {
    let (bench, id) = bench();
    for line in ["delete {} --yes", "update {} --set a=1", "get {}"] {
        let line = format!("{} --kind destination", line.replace("{}", &id));
        bench.run(&line).fails(5).says("--kind source");
    }
    let out = bench.service.with(|store| store.named("out")["id"].clone());
    bench.run(&format!("update {} --recursive true", out.as_str().unwrap())).fails(2);
    assert!(bench.service.writes().is_empty());
}
