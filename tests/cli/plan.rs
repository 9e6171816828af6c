//! Plans: what a manifest and a world come to, without a service.

use jiff::Timestamp;
use serde_json::{Value, json};
use uns3::domain::connector::Connector;
use uns3::domain::kind::Kind;
use uns3::domain::lease::Lease;
use uns3::domain::manifest::{Entry, Source, read};
use uns3::domain::names;
use uns3::domain::plan::{Action, KeyHint, Options, Plan, SavedPlan, World, make, markdown};
use uns3::domain::redaction::Redactor;
use uns3::domain::s3::credentials::Keys;
use uns3::domain::secret::{MASK, Secret};

fn entries(connectors: Value) -> Vec<Entry> {
    let text = json!({"version": 1, "connectors": connectors}).to_string();
    read(&[Source { name: "m".into(), text }]).unwrap()
}

pub(crate) fn live(kind: Kind, id: &str, name: &str, config: Value) -> Connector {
    let object = json!({"id": id, "name": name, "type": "s3", "config": config,
        "created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-02T00:00:00Z"});
    Connector::new(kind, object.as_object().unwrap().clone()).unwrap()
}

fn keys_of(url: &str) -> Value {
    json!({"remote_url": url, "endpoint_url": null, "key": MASK, "secret": MASK, "token": null,
        "anonymous": false})
}

pub(crate) fn world<'a>(live: Vec<Connector>) -> World<'a> {
    World { live, lease: &|_| None, hint: &|_| None }
}

fn plan(wanted: Value, live: Vec<Connector>) -> Plan {
    make(entries(wanted), world(live), &Options::default()).unwrap()
}

pub(crate) fn actions(plan: &Plan) -> Vec<(&str, Vec<&str>)> {
    plan.steps.iter().map(|step| (step.action.name(), step.fields())).collect()
}

pub(crate) const OUT: Kind = Kind::Destination;

fn one(credentials: Value) -> Value {
    json!([{"name": "a", "remote_url": "s3://abc/", "credentials": credentials}])
}

fn env(token: bool) -> Value {
    match token {
        true => json!({"env": {"key": "K", "secret": "S", "token": "T"}}),
        false => json!({"env": {"key": "K", "secret": "S"}}),
    }
}

#[test]
fn only_what_differs_is_updated_and_unnamed_fields_are_left() {
    let mut config = keys_of("s3://abc");
    config["role"] = "x".into();
    assert_eq!(
        actions(&plan(one(env(false)), vec![live(OUT, "1", "a", config)])),
        [("none", vec![])]
    );
    let mut wanted = one(env(false));
    wanted[0]["extra"] = json!({"region": "eu", "gone": null});
    let config = json!({"remote_url": "s3://other/", "endpoint_url": "https://x", "gone": 1,
        "key": MASK, "secret": MASK});
    let step = ("update", vec!["remote_url", "endpoint_url", "region", "gone"]);
    assert_eq!(actions(&plan(wanted, vec![live(OUT, "1", "a", config)])), [step]);
}

#[test]
fn another_way_to_authenticate_is_a_difference_and_a_secret_never_is() {
    let keys = keys_of("s3://abc/");
    let mut sts = keys.clone();
    sts["token"] = MASK.into();
    let anonymous = json!({"remote_url": "s3://abc/", "anonymous": true});
    let ambient = json!({"remote_url": "s3://abc/", "ambient_credentials": true});
    let hidden = json!({"remote_url": "s3://abc/"});
    let role = json!({"aws": {"role_arn": "arn:aws:iam::123456789012:role/r"}});
    let cases: [(Value, &Value, &[&str]); 15] = [
        (env(false), &keys, &[]),
        (env(true), &sts, &[]),
        (env(true), &keys, &["token"]),
        (env(false), &sts, &["token"]),
        (json!({"file": "f"}), &sts, &[]),
        (json!({"command": "c"}), &keys, &[]),
        (role.clone(), &sts, &[]),
        (role, &keys, &["token"]),
        (json!("anonymous"), &anonymous, &[]),
        (json!("anonymous"), &keys, &["key", "secret", "anonymous"]),
        (env(false), &anonymous, &["key", "secret", "anonymous"]),
        (json!("ambient"), &ambient, &[]),
        // A service that does not show the field cannot be asked for it again and again.
        (json!("ambient"), &hidden, &[]),
        (json!("ambient"), &keys, &["key", "secret", "ambient_credentials"]),
        (json!("unmanaged"), &sts, &[]),
    ];
    for (wanted, config, fields) in cases {
        let plan = plan(one(wanted.clone()), vec![live(OUT, "1", "a", config.clone())]);
        assert_eq!(plan.steps[0].fields(), fields, "{wanted} {config}");
    }
}

#[test]
fn another_long_term_key_than_the_ledgers_is_a_difference() {
    let connector = live(OUT, "1", "a", keys_of("s3://abc/"));
    let keys = |id: &str, token: Option<&str>| Keys {
        id: id.into(),
        secret: Secret::new("s"),
        token: token.map(Secret::new),
        expires: None,
        arn: None,
    };
    let now = Timestamp::UNIX_EPOCH;
    let fields = |wanted: Value, hint: KeyHint| {
        let lease = |one: &Connector| Some(Lease::new(&keys("AKIA1", None), one, false, now));
        let hint = |_: &Entry| Some(hint.clone());
        let world = World { live: vec![connector.clone()], lease: &lease, hint: &hint };
        let plan = make(entries(one(wanted)), world, &Options::default()).unwrap();
        plan.steps[0].fields().join(",")
    };
    let hint = |id: &str, has_token| KeyHint { id: id.into(), has_token };
    assert_eq!(fields(env(false), hint("AKIA1", false)), "");
    assert_eq!(fields(env(false), hint("AKIA2", false)), "key");
    assert_eq!(fields(json!({"file": "f"}), hint("AKIA2", false)), "key");
    // A session's key is another each time: only the token, where one comes, tells.
    assert_eq!(fields(json!({"file": "f"}), hint("ASIA2", true)), "token");
}

#[test]
fn a_changed_kind_is_another_connector() {
    let wanted = json!([{"name": "a", "kind": "source", "remote_url": "s3://abc/", "credentials": "anonymous"}]);
    let connector = live(OUT, "1", "a", keys_of("s3://abc/"));
    assert_eq!(plan(wanted, vec![connector]).steps[0].action, Action::Create);
}

#[test]
fn several_of_a_name_and_what_is_unmanaged_are_refused() {
    let twice = ["2", "1"].map(|id| live(OUT, id, "a", keys_of("s3://abc/"))).to_vec();
    let refused =
        |wanted, live| make(entries(wanted), world(live), &Options::default()).err().unwrap();
    let told = refused(one(env(false)), twice);
    assert!(told[0].conflict);
    assert_eq!(told[0].message, "destination \"a\" is the name of 2 connectors: 1, 2");
    assert!(refused(one(json!("unmanaged")), vec![])[0].message.contains("is not there"));
    let other = live(OUT, "1", "a", keys_of("s3://other/"));
    assert!(
        refused(one(json!("unmanaged")), vec![other])[0].message.contains("differs in remote_url")
    );
}

#[test]
fn prune_takes_what_fits_and_is_of_a_kind_that_the_manifest_names() {
    let there = [
        (OUT, "1", "a"),
        (OUT, "2", "tmp-1"),
        (OUT, "3", "other"),
        (OUT, "4", "uns3-stage-tmp"),
        (Kind::Source, "5", "tmp-2"),
    ];
    let there = there.map(|(kind, id, name)| live(kind, id, name, keys_of("s3://abc/"))).to_vec();
    let pattern = |text| Options { refresh: false, prune: names::pattern(text).ok() };
    let deleted = |wanted, pattern: &Options| -> Vec<String> {
        let plan = make(entries(wanted), world(there.clone()), pattern).unwrap();
        let deleted = plan.steps.iter().filter(|step| step.action == Action::Delete);
        deleted.map(|step| step.name.clone()).collect()
    };
    assert_eq!(deleted(one(env(false)), &Options::default()), [""; 0]);
    assert_eq!(deleted(one(env(false)), &pattern("*tmp*")), ["tmp-1"]);
    assert_eq!(deleted(one(env(false)), &pattern("*")), ["other", "tmp-1"]);
    assert_eq!(deleted(json!([]), &pattern("*")), [""; 0]);
}

#[test]
fn refresh_writes_the_credentials_of_all_that_have_keys() {
    let wanted = json!([
        {"name": "a", "remote_url": "s3://abc/", "credentials": env(false)},
        {"name": "b", "remote_url": "s3://abc/", "credentials": "anonymous"},
    ]);
    let there = vec![
        live(OUT, "1", "a", keys_of("s3://abc/")),
        live(OUT, "2", "b", json!({"remote_url": "s3://abc/", "anonymous": true})),
    ];
    let options = Options { refresh: true, prune: None };
    let plan = make(entries(wanted), world(there), &options).unwrap();
    assert_eq!(actions(&plan), [("update", vec!["key", "secret"]), ("none", vec![])]);
}

/// Names come from strangers: none of them is a link, a mention or HTML in a comment.
#[test]
fn markdown_keeps_names_in_a_fence() {
    let name = "x``` @all <b> | [a](http://b)";
    let wanted = json!([{"name": name, "remote_url": "s3://abc/", "credentials": "anonymous"}]);
    let text = markdown(&plan(wanted, vec![]));
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0], "### uns3 plan: 1 to create, 0 to update, 0 to delete, 0 unchanged");
    assert_eq!(lines[2], "````diff");
    assert!(lines[3].starts_with("+ + create destination"), "{text}");
    assert_eq!(lines.last(), Some(&"````"));
}

#[test]
fn a_saved_plan_is_carried_out_on_the_same_world_only() {
    let wanted = json!([
        {"name": "new", "remote_url": "s3://abc/", "credentials": "anonymous"},
        {"name": "same", "remote_url": "s3://abc/", "credentials": "anonymous"},
        {"name": "other", "remote_url": "s3://abc/", "credentials": "anonymous"},
    ]);
    let config =
        |url: &str| json!({"remote_url": url, "anonymous": true, "nested": {"a": 1, "b": 2}});
    let there = vec![
        live(OUT, "1", "same", config("s3://abc/")),
        live(OUT, "2", "other", config("s3://abc/live/")),
        live(OUT, "3", "tmp", config("s3://abc/")),
    ];
    let options = Options { refresh: false, prune: names::pattern("tmp").ok() };
    let made = make(entries(wanted.clone()), world(there.clone()), &options).unwrap();
    let again = |live: Vec<Connector>| {
        let text =
            SavedPlan::new("https://x".into(), Vec::new(), &made, &Redactor::default()).to_text();
        SavedPlan::parse(&text).unwrap().steps(entries(wanted.clone()), live)
    };
    let plan = again(there.clone()).unwrap();
    assert_eq!(actions(&plan), actions(&made));
    let mut alike = there.clone();
    alike[0] = live(
        OUT,
        "1",
        "same",
        json!({"nested": {"b": 2, "a": 1}, "anonymous": true,
        "token": null, "remote_url": "s3://abc"}),
    );
    assert!(again(alike).is_ok());
    let moved = |change: &dyn Fn(&mut Vec<Connector>)| {
        let mut live = there.clone();
        change(&mut live);
        again(live).err().unwrap().join("; ")
    };
    let another = |name: &str| live(OUT, "9", name, config("s3://abc/"));
    let changed = live(OUT, "1", "same", config("s3://abd/"));
    type Change<'a> = &'a dyn Fn(&mut Vec<Connector>);
    let cases: [(Change<'_>, &str); 5] = [
        (&|live| live.push(another("new")), "\"new\" (9) exists now"),
        (&|live| drop(live.remove(1)), "\"other\" (2) is not there any more"),
        (&|live| live[0] = changed.clone(), "\"same\" (1) was changed: remote_url"),
        (&|live| live.push(another("other")), "\"other\" is the name of several now: 2, 9"),
        (&|live| drop(live.pop()), "\"tmp\" (3) is not there any more"),
    ];
    for (change, told) in cases {
        assert_eq!(moved(change), format!("destination {told}"));
    }
}
