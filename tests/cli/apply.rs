//! `uns3 apply`: shows the plan, does it, and does nothing the second time.

use serde_json::{Value, json};

use crate::harness::{Bench, Done, KEY_ID, SECRET, STS_ID, TOKEN};

const MANIFEST: &str = "version: 1
connectors:
  - name: new
    remote_url: s3://bucket-one/new/
    credentials: {env: {key: NEW_KEY, secret: NEW_SECRET}}
  - name: same
    remote_url: s3://bucket-one/same/
    credentials: anonymous
  - name: other
    remote_url: s3://bucket-one/other/
    credentials: {file: sts.json}
    extra: {region: eu}
";

/// A manifest of a new connector, one that stays and one that changes.
fn bench() -> Bench {
    let bench = Bench::new().with("NEW_KEY", KEY_ID).with("NEW_SECRET", SECRET);
    bench.file("m.yaml", MANIFEST);
    let sts = json!({"Credentials": {"AccessKeyId": STS_ID, "SecretAccessKey": SECRET,
        "SessionToken": TOKEN, "Expiration": "2999-01-01T00:00:00Z"}});
    bench.file("sts.json", &sts.to_string());
    bench.service.add("same", json!({"remote_url": "s3://bucket-one/same/", "anonymous": true}));
    let config = json!({"remote_url": "s3://bucket-one/old/", "key": "ASIAOLD", "secret": "old-secret",
        "token": "old-token", "kept": {"a": 1}});
    bench.service.add("other", config);
    bench
}

fn changes(done: &Done) -> Vec<[String; 4]> {
    let text = |value: &Value| match value {
        Value::Array(items) => items.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(","),
        value => value.as_str().unwrap_or("null").to_owned(),
    };
    let changes = done.json()["changes"].clone();
    let fields = ["name", "action", "fields", "status"];
    changes.as_array().unwrap().iter().map(|one| fields.map(|field| text(&one[field]))).collect()
}

#[test]
fn it_creates_updates_and_keeps_and_then_does_nothing() {
    let bench = bench();
    let done = bench.run("apply -f m.yaml --yes -o json");
    done.ok().silent();
    let wanted = [
        ["new", "create", "remote_url,key,secret", "done"],
        ["same", "none", "", "none"],
        ["other", "update", "remote_url,region", "done"],
    ];
    assert_eq!(changes(&done), wanted);
    let summary = json!({"create": 1, "update": 1, "delete": 0, "none": 1, "failed": 0});
    assert_eq!(done.json()["summary"], summary);
    let new = bench.service.config("new");
    assert_eq!([&new["key"], &new["secret"]], [KEY_ID, SECRET]);
    let other = bench.service.config("other");
    assert_eq!([&other["key"], &other["token"], &other["region"]], [STS_ID, TOKEN, "eu"]);
    assert_eq!(
        [&other["kept"], &other["remote_url"]],
        [&json!({"a": 1}), &json!("s3://bucket-one/other/")]
    );
    let before = bench.service.requests().len();
    let again = bench.run("apply -f m.yaml --yes -o json --detailed-exitcode");
    again.ok().silent();
    assert_eq!(again.json()["summary"]["none"], 3);
    assert_eq!(bench.service.lines()[before..], ["GET /destinations/?destination_type=s3"]);
    // What was written is known by its expiry.
    bench.run("get other -o json").ok().prints("2999-01-01T00:00:00Z");
}

#[test]
fn a_plan_changes_nothing_and_says_what_would() {
    let bench = bench().without("NEW_SECRET");
    let done = bench.run("apply -f m.yaml --plan -o json --detailed-exitcode");
    done.exits(10).silent();
    assert_eq!(changes(&done)[0], ["new", "create", "remote_url,key,secret", "planned"]);
    let other = &done.json()["changes"][2];
    let difference = json!({"field": "remote_url", "from": "s3://bucket-one/old/",
        "to": "s3://bucket-one/other/", "secret": null});
    assert_eq!(other["differences"][0], difference);
    bench
        .run("apply -f m.yaml --plan")
        .ok()
        .silent()
        .prints("+ create destination \"new\"\n  + remote_url: s3://bucket-one/new/")
        .prints("~ update destination \"other\"")
        .prints("  ~ remote_url: s3://bucket-one/old/ -> s3://bucket-one/other/\n  + region: eu\n")
        .prints("credentials: {\"file\":\"sts.json\"}, written anew")
        .prints("1 to create, 1 to update, 0 to delete, 1 unchanged");
    bench.run("apply -f m.yaml --plan -o markdown").ok().prints(
        "### uns3 plan: 1 to create, 1 to update, 0 to delete, 1 unchanged\n\n```diff\n+ + create",
    );
    assert!(bench.service.writes().is_empty());
}

#[test]
fn it_asks_nobody_who_is_not_there() {
    let bench = bench();
    bench.run("apply -f m.yaml").fails(2).says("+ create destination \"new\"").says("--yes");
    bench.piped("apply -f -", MANIFEST).fails(2).says("--yes");
    assert!(bench.service.writes().is_empty());
}

/// A plan of a stranger's pull request runs none of its programs.
#[test]
#[cfg(unix)]
fn programs_run_only_to_send_what_they_print_and_once() {
    let bench = Bench::new();
    let secret = bench.path("secret").display().to_string();
    std::fs::create_dir(bench.path("sub")).unwrap();
    let print = format!(
        "echo x >> runs\nprintf 'AWS_ACCESS_KEY_ID={KEY_ID}\\nAWS_SECRET_ACCESS_KEY=%s\\n' \"$(cat {secret})\""
    );
    bench.file("sub/print", &print);
    let connector = |name: &str| json!({"name": name, "remote_url": "s3://bucket-one/", "credentials": {"command": "sh ./print"}});
    let manifest = json!({"version": 1, "connectors": [connector("a"), connector("b")]});
    bench.file("sub/m.json", &manifest.to_string());
    bench.run("apply -f sub/m.json --plan").ok();
    assert!(!bench.path("sub/runs").exists());
    bench.run("apply -f sub/m.json --yes").ok();
    assert_eq!(std::fs::read_to_string(bench.path("sub/runs")).unwrap(), "x\n");
    assert_eq!(
        [&bench.service.config("a")["key"], &bench.service.config("b")["secret"]],
        [KEY_ID, SECRET]
    );
    bench.run("apply -f sub/m.json --yes").ok();
    assert_eq!(std::fs::read_to_string(bench.path("sub/runs")).unwrap(), "x\n");
    let failing = |command: &str| {
        let connector = json!({"name": "c", "remote_url": "s3://bucket-one/", "credentials": {"command": command}});
        json!({"version": 1, "connectors": [connector]}).to_string()
    };
    for (command, told) in [
        ("exit 3", "failed (exit status: 3)"),
        ("true", "printed nothing"),
        ("echo x", "printed what"),
    ] {
        bench.piped("apply -f - --yes", &failing(command)).exits(2).says(told);
    }
    assert_eq!(bench.service.count("c"), 0);
}

#[test]
fn unset_variables_and_missing_files_are_told_at_once_and_only_where_they_are_sent() {
    let bench = bench().without("NEW_KEY").without("NEW_SECRET");
    std::fs::remove_file(bench.path("sts.json")).unwrap();
    bench.run("apply -f m.yaml --plan").ok();
    let done = bench.run("apply -f m.yaml --yes");
    done.fails(2)
        .says("destination \"new\": NEW_KEY and NEW_SECRET are not set in the environment")
        .says("sts.json: No such file");
    assert!(bench.service.writes().is_empty());
    // The one that stays as it is needs none.
    bench.file(
        "m.yaml",
        "version: 1\nconnectors: [{name: other, remote_url: s3://bucket-one/old/, \
        credentials: {env: {key: NO, secret: NO_2, token: NO_3}}}]",
    );
    bench.run("apply -f m.yaml --yes").ok().says("nothing to do: 1 unchanged");
}

#[test]
fn problems_of_all_files_are_told_at_once_before_anything_is_asked() {
    let bench = Bench::new();
    std::fs::create_dir(bench.path("d")).unwrap();
    bench.file("d/b.yml", "version: 1\nconnectors: [{name: b}]");
    bench.file("d/a.yaml", "version: 1\nconnectors: [}");
    bench.file("d/c.json", "{\"version\": 1, \"connectors\": [{\"nme\": \"c\"}]}");
    bench.file("d/no.txt", "x");
    let a = std::path::Path::new("d").join("a.yaml").display().to_string();
    let done = bench.run("apply -f d --yes");
    done.fails(2)
        .says(&format!("- {a}:2:"))
        .says("b.yml:2:14: connectors[0].remote_url: is missing")
        .says("c.json:1:32: connectors[0].nme: no such field; did you mean name?");
    let told = done.stderr;
    assert!(told.find("a.yaml") < told.find("b.yml") && told.find("b.yml") < told.find("c.json"));
    bench.run("apply -f none.yaml -f d/no.txt --plan").fails(2).says("cannot read none.yaml");
    let error = bench.run("apply -f d --plan -o json").fails(2).error();
    assert_eq!(error["category"], "usage");
    assert!(bench.service.requests().is_empty());
}

/// On GitHub's runners the lines that are wrong are marked, and the plan is in the step's summary.
#[test]
fn github_gets_annotations_and_a_summary() {
    let bench = bench().with("GITHUB_ACTIONS", "true").with("GITHUB_STEP_SUMMARY", "summary.md");
    bench.file("bad.yaml", "version: 1\nconnectors:\n  - name: a\n    remote_url: s3://bucket-one/\n    credentials: x");
    bench.run("apply -f bad.yaml --plan").fails(2).says(
        "::error file=bad.yaml,line=5,col=18,title=connectors[0].credentials::credentials are anonymous",
    );
    let done = bench.run("apply -f bad.yaml --plan -o json");
    assert!(!done.fails(2).stderr.contains("::error"), "{done:#?}");
    bench.run("apply -f m.yaml --plan -o json").ok().silent();
    let summary = std::fs::read_to_string(bench.path("summary.md")).unwrap();
    assert!(summary.starts_with("### uns3 plan: 1 to create"), "{summary}");
    let bench = self::bench().with("GITHUB_STEP_SUMMARY", "summary.md");
    bench.run("apply -f m.yaml --plan").ok();
    bench.run("apply -f bad.yaml --plan").fails(2);
    assert!(!bench.path("summary.md").exists());
}

#[test]
fn another_long_term_key_is_a_difference_and_refresh_writes_all() {
    let bench = bench();
    bench.run("apply -f m.yaml --yes").ok();
    let bench = bench.with("NEW_KEY", "AKIAI44QH8DHBEXAMPLE");
    let done = bench.run("apply -f m.yaml --plan -o json");
    assert_eq!(changes(&done)[0], ["new", "update", "key", "planned"]);
    bench.run("apply -f m.yaml --yes").ok();
    assert_eq!(bench.service.config("new")["key"], "AKIAI44QH8DHBEXAMPLE");
    bench.run("apply -f m.yaml --yes").ok().says("nothing to do");
    let done = bench.run("apply -f m.yaml --refresh-credentials --yes -o json");
    let actions: Vec<_> = changes(done.ok())
        .into_iter()
        .map(|[name, action, fields, _]| [name, action, fields])
        .collect();
    let wanted = [
        ["new", "update", "key,secret"],
        ["same", "none", ""],
        ["other", "update", "key,secret,token"],
    ];
    assert_eq!(actions, wanted);
}

#[test]
fn the_schema_is_printed_without_a_service() {
    let bench = Bench::new();
    let schema = bench.run("apply --schema").ok().json();
    assert_eq!(schema["properties"]["version"]["const"], 1);
    assert!(bench.service.requests().is_empty());
}

#[test]
fn what_was_written_is_checked() {
    let bench = bench();
    let done = bench.run("apply -f m.yaml --yes --test -o json");
    done.ok();
    let checks =
        bench.service.lines().into_iter().filter(|line| line.ends_with("connection-check"));
    assert_eq!(checks.filter(|line| line.starts_with("POST")).count(), 2);
    let bench = self::bench();
    bench.service.with(|store| {
        store.verdicts.push_back(("FAILURE".into(), json!("UserAuthError: PermissionError")))
    });
    let done = bench.run("apply -f m.yaml --yes --test -o json --concurrency 1");
    done.exits(3);
    let failed: Vec<_> = changes(&done).into_iter().filter(|one| one[3] == "failed").collect();
    assert_eq!(failed.len(), 1, "{done:#?}");
    assert_eq!(bench.service.count("new"), 1);
}
