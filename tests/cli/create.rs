//! `uns3 create`: what it sends, once, and what it refuses.

use serde_json::{Value, json};

use crate::harness::{Bench, KEY_ID, SECRET, STS_ID, TOKEN};
use crate::service::Fault;

const LOOK: &str = "GET /destinations/?destination_type=s3";
const POST: &str = "POST /destinations/";

const MASK: &str = "**********";

#[test]
fn it_looks_for_the_name_and_posts_once() {
    let bench = Bench::new();
    let line = format!("create out --remote-url s3://bucket-one/out/ {} -o json -v", bench.keys());
    let done = bench.run(&line);
    done.ok().says("created destination \"out\"");
    // The second look is for one that someone else made at the same time.
    assert_eq!(bench.service.lines(), [LOOK, POST, LOOK]);
    let config = json!({
        "remote_url": "s3://bucket-one/out/", "endpoint_url": null, "key": KEY_ID,
        "secret": SECRET, "token": null, "anonymous": false,
    });
    let sent = bench.service.sent("POST");
    assert_eq!(sent, json!({"name": "out", "type": "s3", "config": config}));
    let shown = done.json();
    assert_eq!(shown["config"]["secret"], MASK);
    let uns3 =
        json!({"kind": "destination", "auth": "keys", "expires_at": null, "rotated_at": null});
    assert_eq!(shown["uns3"], uns3);
    assert_eq!(shown["created_at"], "2026-01-02T03:04:05.678Z");
}

/// The config that a `create` with these flags sends.
fn sent(bench: &Bench, flags: &str) -> Value {
    bench.run(&format!("create x --remote-url s3://bucket-one/ {flags}")).ok();
    bench.service.sent("POST")["config"].clone()
}

#[test]
fn each_way_to_authenticate_is_sent_whole() {
    let bench = Bench::new();
    let config = sent(&bench, &bench.sts());
    assert_eq!(
        (&config["key"], &config["secret"], &config["token"]),
        (&json!(STS_ID), &json!(SECRET), &json!(TOKEN))
    );
    let none = |config: &Value| ["key", "secret", "token"].map(|field| config[field].clone());
    let config = sent(&Bench::new(), "--anonymous");
    assert_eq!((none(&config), &config["anonymous"]), (Default::default(), &json!(true)));
    let config = sent(&Bench::new(), "--ambient-credentials");
    assert_eq!((none(&config), &config["anonymous"]), (Default::default(), &json!(false)));
    assert_eq!(config["ambient_credentials"], true);
}

#[test]
fn a_secret_as_a_value_works_and_warns_once() {
    let bench = Bench::new();
    let args = ["create", "x", "--remote-url", "s3://bucket-one/"];
    let keys = ["--access-key-id", STS_ID, "--secret-access-key", SECRET, "--session-token", TOKEN];
    let done = bench.args(&[&args[..], &keys[..]].concat());
    done.ok();
    assert_eq!(done.stderr.matches("warning:").count(), 1, "{done:?}");
    assert_eq!(done.stderr.matches("history").count(), 1, "{done:?}");
    let config = &bench.service.sent("POST")["config"];
    assert_eq!((&config["secret"], &config["token"]), (&json!(SECRET), &json!(TOKEN)));
}

#[test]
fn the_name_comes_by_argument_flag_or_environment() {
    let rest = "--remote-url s3://bucket-one/ --anonymous -o id";
    for (line, variable, wanted) in [
        ("create one", "three", "one"),
        ("create --name two", "three", "two"),
        ("create", "three", "three"),
    ] {
        let bench = Bench::new().with("UNS3_NAME", variable);
        let id = bench.run(&format!("{line} {rest}")).ok().stdout.clone();
        assert_eq!(bench.service.sent("POST")["name"], wanted);
        let made = bench.service.with(|store| store.named(wanted)["id"].clone());
        assert_eq!(id, format!("{}\n", made.as_str().unwrap()));
    }
}

#[test]
fn the_environment_gives_settings_that_flags_override() {
    let bench = Bench::new()
        .with("UNS3_REMOTE_URL", "s3://from-env/")
        .with("UNS3_ENDPOINT_URL", "https://minio.example.com");
    bench.run("create a --anonymous").ok();
    bench.run("create b --anonymous --remote-url s3://from-flag/ --no-endpoint-url").ok();
    let (a, b) = (bench.service.config("a"), bench.service.config("b"));
    assert_eq!(a["remote_url"], "s3://from-env/");
    assert_eq!(a["endpoint_url"], "https://minio.example.com");
    assert_eq!((&b["remote_url"], &b["endpoint_url"]), (&json!("s3://from-flag/"), &Value::Null));
}

#[test]
fn a_source_has_recursive_and_its_own_collection() {
    let bench = Bench::new();
    let line = "create in --kind source --remote-url s3://bucket-one/ --anonymous --recursive true";
    bench.run(line).ok().says("created source \"in\"");
    assert_eq!(
        bench.service.lines(),
        ["GET /sources/?source_type=s3", "POST /sources/", "GET /sources/?source_type=s3"]
    );
    assert_eq!(bench.service.sent("POST")["config"]["recursive"], true);
}

#[test]
fn open_fields_are_json_where_they_parse_and_text_else() {
    let bench = Bench::new();
    let set = "--set a=1 --set b=true --set c=word --set d={\"x\":[2]} --set e=a=b --unset f";
    let config = sent(&bench, &format!("--anonymous {set}"));
    let extra = json!({"a": 1, "b": true, "c": "word", "d": {"x": [2]}, "e": "a=b", "f": null});
    for (field, value) in extra.as_object().unwrap() {
        assert_eq!(&config[field], value, "{field}");
    }
}

#[test]
fn a_name_that_exists_is_refused() {
    let bench = Bench::new();
    bench.service.add("out", json!({"remote_url": "s3://bucket-one/", "anonymous": true}));
    bench
        .run("create out --remote-url s3://bucket-one/ --anonymous")
        .fails(6)
        .says("exists")
        .says("--if-not-exists");
    assert_eq!(bench.service.lines(), [LOOK]);
}

#[test]
fn if_not_exists_accepts_what_agrees() {
    let bench = Bench::new();
    let config = json!({
        "remote_url": "s3://bucket-one/out", "key": "AKIAOTHER", "secret": "s", "token": null,
        "anonymous": false, "novel": 7,
    });
    let id = bench.service.add("out", config);
    let line = "create out --remote-url s3://bucket-one/out/ --if-not-exists -o id";
    let done = bench.run(&format!("{line} {}", bench.keys()));
    done.ok().says("exists already");
    assert_eq!(done.stdout.trim(), id);
    assert_eq!(bench.service.lines(), [LOOK]);
}

#[test]
fn if_not_exists_tells_the_differences() {
    let bench = Bench::new();
    bench.service.add("out", json!({"remote_url": "s3://bucket-one/", "anonymous": true}));
    let line = format!("create out --remote-url s3://bucket-two/ {} --if-not-exists", bench.keys());
    bench
        .run(&line)
        .fails(6)
        .says("remote_url: s3://bucket-one/ -> s3://bucket-two/")
        .says("anonymous -> keys");
    assert_eq!(bench.service.lines(), [LOOK]);
}

#[test]
fn if_not_exists_accepts_what_was_made_since_the_look() {
    let bench = Bench::new();
    let race = Fault::status(409, json!({"detail": "name is taken"}));
    bench.service.fault("POST", "/destinations/", race.done());
    let line = "create out --remote-url s3://bucket-one/ --anonymous";
    bench.run(&format!("{line} --if-not-exists")).ok();
    assert_eq!(bench.service.lines(), [LOOK, POST, LOOK]);
    let bench = Bench::new();
    let race = Fault::status(409, json!({"detail": "name is taken"}));
    bench.service.fault("POST", "/destinations/", race);
    bench.run(line).fails(6).says("name is taken");
    assert_eq!(bench.service.lines(), [LOOK, POST]);
}

#[test]
fn a_dry_run_sends_no_write() {
    let bench = Bench::new();
    let line = format!("create out --remote-url s3://bucket-one/ {} --dry-run", bench.keys());
    bench.run(&line).ok().prints("would create").prints("+ secret: new");
    let shown = bench.run(&format!("{line} -o json")).ok().json();
    assert_eq!(shown["config"]["secret"], MASK);
    assert_eq!(shown["uns3"]["dry_run"], true);
    bench.run(&format!("{line} -o csv")).ok().prints("field,from,to\n");
    assert_eq!(bench.run(&format!("{line} -o id")).ok().stdout, "", "it has no id yet");
    bench.run(&format!("{line} -o yaml")).ok().prints("remote_url: s3://bucket-one/");
    assert!(bench.service.writes().is_empty());
}

#[test]
fn each_format_shows_the_same_connector() {
    let bench = Bench::new();
    let made = |name: &str, format: &str| {
        let line = format!("create {name} --remote-url s3://bucket-one/ {}", bench.keys());
        bench.run(&format!("{line} -o {format}")).ok().stdout.clone()
    };
    let table = made("a", "table");
    assert!(table.contains("name\ta\n") && table.contains("auth\tkeys\n"), "{table}");
    let csv = made("b", "csv");
    let lines: Vec<&str> = csv.lines().collect();
    assert!(lines[0].starts_with("name,id,kind,type,remote_url,auth"), "{csv}");
    assert!(lines[1].starts_with("b,") && lines[1].contains(",s3://bucket-one/,keys,"), "{csv}");
    let yaml = made("c", "yaml");
    assert!(yaml.contains("name: c\n") && yaml.contains("auth: keys"), "{yaml}");
}

#[test]
fn what_the_service_does_not_take_is_a_conflict() {
    let bench = Bench::new();
    let body = json!({
        "id": "11111111-1111-4111-8111-111111111111", "name": "out", "type": "s3",
        "config": {"remote_url": "s3://bucket-elsewhere/", "anonymous": true},
    });
    bench.service.fault("POST", "/destinations/", Fault::status(200, body));
    bench
        .run("create out --remote-url s3://bucket-one/ --anonymous")
        .fails(6)
        .says("did not take: remote_url");
}

#[test]
fn test_runs_a_check_of_what_was_made() {
    let bench = Bench::new();
    let line = "create out --remote-url s3://bucket-one/ --anonymous --test -v -o json";
    let done = bench.run(line);
    done.ok().says("the connection works");
    assert_eq!(done.json()["uns3"]["check"]["status"], "SUCCESS");
    let bench = Bench::new();
    let denied = ("FAILURE".to_owned(), json!("UserAuthError: Access Denied"));
    bench.service.with(|store| store.verdicts.push_back(denied));
    let done = bench.run(line);
    done.exits(7).says("UserAuthError: Access Denied").says("s3:PutObject");
    assert_eq!(done.json()["name"], "out");
}

#[test]
fn the_expiry_of_credentials_is_shown() {
    let bench = Bench::new();
    let file = json!({"Version": 1, "AccessKeyId": STS_ID, "SecretAccessKey": SECRET,
        "SessionToken": TOKEN, "Expiration": "2096-05-06T07:08:09Z"});
    let file = bench.file("credentials", &file.to_string());
    let line = "create out --remote-url s3://bucket-one/ -o json --credentials-file";
    let shown = bench.run(&format!("{line} {file}")).ok().json();
    assert_eq!(shown["uns3"]["expires_at"], "2096-05-06T07:08:09Z");
    assert_eq!(shown["uns3"]["auth"], "sts");
}

#[test]
fn a_name_beside_a_valueless_credential_flag_is_no_secret() {
    let bench = Bench::new();
    bench
        .run("create --ambient-credentials invoices-out --remote-url s3://bucket-one/")
        .ok()
        .says("created destination \"invoices-out\"")
        .prints("name\tinvoices-out");
}
