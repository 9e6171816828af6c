//! `uns3 update`: what is kept, what is sent whole, and what is never sent.

use serde_json::{Value, json};

use crate::harness::{Bench, KEY_ID, SECRET, STS_ID, TOKEN};
use crate::service::Fault;

fn keyed() -> Value {
    json!({
        "remote_url": "s3://bucket-one/", "key": "AKIAOLD", "secret": "old", "token": null,
        "anonymous": false, "novel": {"role": "arn:aws:iam::1:role/x"},
    })
}

fn anonymous() -> Value {
    json!({"remote_url": "s3://bucket-one/", "anonymous": true, "novel": 7})
}

fn with(config: Value) -> Bench {
    let bench = Bench::new();
    bench.service.add("out", config);
    bench
}

#[test]
fn an_anonymous_connector_stays_so() {
    let bench = with(anonymous())
        .with("AWS_ACCESS_KEY_ID", KEY_ID)
        .with("AWS_SECRET_ACCESS_KEY", SECRET)
        .with("UNS3_REMOTE_URL", "s3://not-for-update/")
        .with("UNS3_ENDPOINT_URL", "https://not-for-update");
    let done = bench.run("update out --remote-url s3://bucket-two/");
    assert!(!done.ok().says("updated destination \"out\"").stderr.contains(KEY_ID));
    let config = json!({
        "remote_url": "s3://bucket-two/", "endpoint_url": null, "key": null, "secret": null,
        "token": null, "anonymous": true, "novel": 7,
    });
    assert_eq!(bench.service.sent("PUT"), json!({ "config": config }));
}

#[test]
fn an_ambient_connector_stays_so() {
    let config = json!({"remote_url": "s3://bucket-one/", "ambient_credentials": true});
    let bench =
        with(config).with("AWS_ACCESS_KEY_ID", KEY_ID).with("AWS_SECRET_ACCESS_KEY", SECRET);
    bench.run("update out --endpoint-url https://minio.example.com").ok();
    let config = json!({
        "remote_url": "s3://bucket-one/", "endpoint_url": "https://minio.example.com",
        "key": null, "secret": null, "token": null, "anonymous": false,
        "ambient_credentials": true,
    });
    assert_eq!(bench.service.sent("PUT"), json!({ "config": config }));
}

#[test]
fn one_that_authenticates_by_unknown_fields_keeps_them() {
    let config = json!({"remote_url": "s3://bucket-one/", "role_arn": "arn:x", "external_id": "y"});
    let bench = with(config);
    bench.run("update out --set external_id=z").ok();
    let sent = &bench.service.sent("PUT")["config"];
    assert_eq!((&sent["role_arn"], &sent["external_id"]), (&json!("arn:x"), &json!("z")));
    // What a reading does not show may be there all the same: it is not cleared.
    assert_eq!((sent.get("key"), sent.get("secret"), sent.get("token")), (None, None, None));
}

#[test]
fn keys_need_a_source_and_the_fields_are_named() {
    let bench = with(keyed());
    bench
        .run("update out --remote-url s3://bucket-two/")
        .fails(2)
        .says("hides key, secret of")
        .says("--credentials-file");
    let sts = json!({"remote_url": "s3://b-1/", "key": "ASIA", "secret": "s", "token": "t"});
    bench.service.add("sts", sts);
    bench.run("update sts --set a=1").fails(2).says("hides key, secret, token of");
    assert!(bench.service.writes().is_empty());
}

#[test]
fn keys_may_come_from_the_environment_where_they_are_needed() {
    let bench =
        with(keyed()).with("AWS_ACCESS_KEY_ID", KEY_ID).with("AWS_SECRET_ACCESS_KEY", SECRET);
    bench.run("update out --remote-url s3://bucket-two/").ok().says(KEY_ID);
    let config = json!({
        "remote_url": "s3://bucket-two/", "endpoint_url": null, "key": KEY_ID, "secret": SECRET,
        "token": null, "anonymous": false, "ambient_credentials": false,
        "novel": {"role": "arn:aws:iam::1:role/x"},
    });
    assert_eq!(bench.service.sent("PUT"), json!({ "config": config }));
}

/// What an update by `flags` of a connector with `config` sends.
fn sent(config: Value, flags: impl Fn(&Bench) -> String) -> Value {
    let bench = with(config);
    bench.run(&format!("update out {}", flags(&bench))).ok();
    bench.service.sent("PUT")["config"].take()
}

#[test]
fn another_way_to_authenticate_clears_the_others() {
    let both =
        |config: &Value| [config["anonymous"].clone(), config["ambient_credentials"].clone()];
    let triple = |config: &Value| ["key", "secret", "token"].map(|field| config[field].clone());
    let none = [Value::Null, Value::Null, Value::Null];
    let config = sent(keyed(), |_| "--anonymous".into());
    assert_eq!((triple(&config), both(&config)), (none.clone(), [json!(true), json!(false)]));
    let config = sent(anonymous(), |_| "--ambient-credentials".into());
    assert_eq!((triple(&config), both(&config)), (none, [json!(false), json!(true)]));
    let config = sent(anonymous(), Bench::sts);
    assert_eq!(triple(&config), [json!(STS_ID), json!(SECRET), json!(TOKEN)]);
    assert_eq!(both(&config), [json!(false), json!(false)]);
    assert_eq!(config["novel"], 7);
}

#[test]
fn long_term_keys_clear_the_token_of_temporary_ones() {
    let sts = json!({"remote_url": "s3://bucket-one/", "key": "ASIA", "secret": "s", "token": "t"});
    let config = sent(sts, Bench::keys);
    assert_eq!(config["token"], Value::Null);
    assert!(config.as_object().unwrap().contains_key("token"), "cleared by an explicit null");
}

#[test]
fn a_hidden_unknown_field_is_never_sent_back() {
    let bench = with(json!({"remote_url": "s3://bucket-one/", "anonymous": true,
        "nested": {"deep": ["**********"]}}));
    bench.run("update out --set a=1").fails(2).says("nested").says("--set FIELD=VALUE");
    assert!(bench.service.writes().is_empty());
    bench.run("update out --set a=1 --set nested={\"deep\":[]}").ok();
    let bench = with(json!({"remote_url": "s3://bucket-one/", "anonymous": true, "pw": "****"}));
    bench.run("update out --set a=1 --unset pw").ok();
    assert_eq!(bench.service.sent("PUT")["config"]["pw"], Value::Null);
}

#[test]
fn keys_shown_in_the_clear_are_not_taken_over() {
    let bench = with(keyed());
    bench.service.with(|store| store.state.unknowns.masks = uns3::sandbox::Masks::Nothing);
    bench.run("update out --set a=1").fails(2).says("would be lost");
    assert!(bench.service.writes().is_empty());
}

#[test]
fn fields_of_the_open_config_are_set_and_cleared() {
    let config = sent(anonymous(), |_| "--set list=[1,2] --set word=abc --unset novel".into());
    assert_eq!((&config["list"], &config["word"]), (&json!([1, 2]), &json!("abc")));
    assert_eq!(config.get("novel"), Some(&Value::Null));
}

#[test]
fn nothing_to_change_sends_nothing() {
    for (config, flags) in [
        (anonymous(), "--remote-url s3://bucket-one/"),
        (anonymous(), "--anonymous --no-endpoint-url --set novel=7"),
        (anonymous(), ""),
        (keyed(), "--remote-url s3://bucket-one/"),
    ] {
        let bench = with(config);
        bench.run(&format!("update out {flags}")).ok().says("nothing to change");
        assert!(bench.service.writes().is_empty());
    }
}

#[test]
fn a_dry_run_shows_the_difference_without_secrets() {
    let bench = with(json!({"remote_url": "s3://bucket-one/", "key": "AKIAOLD", "secret": "old",
        "token": "gone", "novel": 1}));
    let flags = format!("--remote-url s3://bucket-two/ --set novel=2 {}", bench.keys());
    let done = bench.run(&format!("update out --dry-run {flags}"));
    done.ok()
        .prints("~ remote_url: s3://bucket-one/ -> s3://bucket-two/")
        .prints("~ novel: 1 -> 2")
        .prints("~ secret: written anew (unknown whether it differs: it is hidden)")
        .prints("- token: cleared");
    let shown = bench.run(&format!("update out --dry-run -o json {flags}")).ok().json();
    let changes = shown["uns3"]["changes"].as_array().unwrap();
    let of = |field: &str| changes.iter().find(|one| one["field"] == field).unwrap();
    assert_eq!(
        (&of("secret")["secret"], &of("token")["secret"]),
        (&json!("unknown"), &json!("changed"))
    );
    assert_eq!(of("novel")["secret"], Value::Null);
    let id = bench.run(&format!("update out --dry-run -o id {flags}")).ok().stdout.clone();
    assert_eq!(id.trim(), shown["id"]);
    assert!(bench.service.writes().is_empty());
}

#[test]
fn an_answer_that_disagrees_is_a_conflict() {
    let bench = with(anonymous());
    let stale = bench.run("get out -o json").ok().stdout.clone();
    bench.service.fault("PUT", "", Fault::status(200, stale).done());
    bench.run("update out --remote-url s3://bucket-two/").fails(6).says("remote_url");
}

#[test]
fn a_cleared_token_that_is_still_there_is_a_conflict() {
    let sts = json!({"remote_url": "s3://bucket-one/", "key": "ASIA", "secret": "s", "token": "t"});
    let bench = with(sts);
    let stale = bench.run("get out -o json").ok().stdout.clone();
    bench.service.fault("PUT", "", Fault::status(200, stale));
    let line = format!("update out {}", bench.keys());
    bench.run(&line).fails(6).says("token");
}

#[test]
fn test_checks_what_was_updated() {
    let bench = with(anonymous());
    let done = bench.run("update out --set a=1 --test -o json");
    assert_eq!(done.ok().json()["uns3"]["check"]["status"], "SUCCESS");
    let denied = ("FAILURE".to_owned(), json!("UserAuthError: Access Denied"));
    bench.service.with(|store| store.verdicts.push_back(denied));
    let done = bench.run("update out --set a=2 --test -o json");
    let error = done.exits(7).error();
    assert_eq!(error["category"], "check_failed");
    assert!(error["message"].as_str().unwrap().contains("itself was written"), "{error}");
    assert_eq!(bench.service.config("out")["a"], 2);
}

#[test]
fn a_source_is_updated_whole() {
    let bench = Bench::new();
    let config = json!({"remote_url": "s3://bucket-one/", "anonymous": true});
    bench.service.with(|store| store.add("sources", "s3", "in", config));
    bench.run("update in --kind source --set a=1").ok();
    assert_eq!(bench.service.sent("PUT")["config"]["recursive"], false);
    bench.run("update in").fails(5).says("no S3 destination connector \"in\"");
}

#[test]
fn a_put_that_was_lost_is_repeated() {
    for fault in [Fault::close(), Fault::close().done(), Fault::status(503, "").done()] {
        let bench = with(anonymous());
        bench.service.fault("PUT", "", fault);
        bench.run("update out --remote-url s3://bucket-two/").ok();
        assert_eq!(bench.service.config("out")["remote_url"], "s3://bucket-two/");
        let bodies: Vec<Value> = bench.service.writes().iter().map(|one| one.json()).collect();
        assert_eq!(bodies.len(), 2);
        assert_eq!(bodies[0], bodies[1]);
    }
}
