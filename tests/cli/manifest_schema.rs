//! The manifest's schema and its reader, held against one another, and what is written against what
//! is read.

use proptest::prelude::*;
use serde_json::{Value, json};
use uns3::domain::manifest::{self, Entry, Problem, Source, read, schema};

fn source(text: &str) -> Source {
    Source { name: "m.yaml".into(), text: text.into() }
}

fn texts() -> impl Strategy<Value = String> {
    prop_oneof!["[ -~]{0,20}", "\\PC{0,8}", "(yes|true|null|~|0x1f|012|1e3|-|a: b|#x|@|\\[)"]
}

fn references() -> impl Strategy<Value = Value> {
    prop_oneof![
        prop::sample::select(vec!["anonymous", "ambient", "unmanaged"]).prop_map(Value::from),
        ("[A-Z_]{1,9}", "[a-z_]{1,9}", prop::option::of("[A-Z]{1,5}")).prop_map(|(k, s, t)| {
            let mut env = json!({"key": k, "secret": s});
            t.into_iter().for_each(|token| env["token"] = token.into());
            json!({ "env": env })
        }),
        "[a-z/.]{1,20}".prop_map(|file| json!({"file": file})),
        "[a-z -]{0,20}[a-z]".prop_map(|command| json!({"command": command})),
        prop::option::of("[a-z]{1,9}").prop_map(|profile| match profile {
            Some(profile) => json!({"aws": {"profile": profile}}),
            None => json!({"aws": null}),
        }),
        (any::<bool>(), 15..720).prop_map(|(scope, minutes)| json!({"aws": {
            "role_arn": "arn:aws:iam::123456789012:role/r",
            "scope": scope,
            "duration": format!("{minutes}m"),
        }})),
    ]
}

fn connectors() -> impl Strategy<Value = Value> {
    let extra = prop::collection::btree_map("x_[a-f]{1,6}", texts(), 0..3);
    (0..1000u32, any::<bool>(), "[a-z]{3,9}", references(), prop::option::of(extra), any::<u8>())
        .prop_map(|(number, source, bucket, credentials, extra, with)| {
            let mut one = json!({
                "name": format!("c {number}"),
                "remote_url": format!("s3://{bucket}/x/"),
                "credentials": credentials,
            });
            if source {
                one["kind"] = "source".into();
                one["recursive"] = (with & 1 > 0).into();
            }
            if with & 2 > 0 {
                one["endpoint_url"] = "https://s3.example.com".into();
            }
            extra.into_iter().for_each(|extra| one["extra"] = json!(extra));
            one
        })
}

/// A manifest that may be right, and one change that may break it.
fn manifests() -> impl Strategy<Value = Value> {
    let scalar = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        texts().prop_map(Value::from),
        Just(json!([])),
        Just(json!({})),
        references(),
    ];
    let field = prop::sample::select(vec![
        "/version",
        "/connectors",
        "/defaults",
        "/connectors/0",
        "/connectors/0/name",
        "/connectors/0/kind",
        "/connectors/0/remote_url",
        "/connectors/0/endpoint_url",
        "/connectors/0/recursive",
        "/connectors/0/credentials",
        "/connectors/0/extra",
        "/connectors/0/credentials/env",
        "/connectors/0/credentials/env/key",
        "/connectors/0/credentials/aws/scope",
        "/connectors/0/credentials/aws/duration",
        "/connectors/0/credentials/file",
        "/connectors/0/credentials/novel",
        "/connectors/0/novel",
        "/defaults/name",
        "/defaults/kind",
        "/defaults/remote_url",
    ]);
    let change = prop::option::of((field, prop::option::of(scalar)));
    (prop::collection::vec(connectors(), 0..4), change).prop_map(|(connectors, change)| {
        let mut manifest = json!({"version": 1, "defaults": {}, "connectors": connectors});
        if let Some((path, value)) = change {
            let (parent, field) = path.rsplit_once('/').unwrap();
            if let Some(Value::Object(parent)) = manifest.pointer_mut(parent) {
                match value {
                    Some(value) => parent.insert(field.into(), value),
                    None => parent.shift_remove(field),
                };
            }
        }
        manifest
    })
}

fn validates(manifest: &Value) -> bool {
    let mut schemas = boon::Schemas::new();
    let mut compiler = boon::Compiler::new();
    let url = "https://example.com/manifest.json";
    compiler.add_resource(url, schema()).unwrap();
    let index = compiler.compile(url, &mut schemas).unwrap();
    schemas.validate(manifest, index).is_ok()
}

/// Problems that no schema can tell.
fn beyond_a_schema(problem: &Problem) -> bool {
    let rule = [
        ".name",
        ".remote_url",
        ".endpoint_url",
        ".file",
        ".recursive",
        ".duration",
        ".command",
        ".key",
        ".profile",
        ".credentials",
    ];
    rule.iter().any(|field| problem.path.ends_with(field)) || problem.path.contains(".extra")
}

proptest! {
    /// The schema takes whatever the reader takes, and what it refuses, the reader refuses; what
    /// only the reader refuses is a rule on a value, not on what stands where.
    #[test]
    fn the_schema_agrees_with_the_reader(manifest in manifests()) {
        let read = read(&[source(&manifest.to_string())]);
        match (validates(&manifest), read) {
            (true, Err(problems)) => {
                prop_assert!(problems.iter().all(beyond_a_schema), "{manifest:#}\n{problems:#?}");
            }
            (false, Ok(_)) => prop_assert!(false, "the reader takes {manifest:#}"),
            _ => {}
        }
    }

    /// Whatever is written as YAML is read as the same.
    #[test]
    fn what_is_written_is_read_again(
        connectors in prop::collection::vec(connectors(), 0..5),
        remark in texts(),
    ) {
        let manifest = json!({"version": 1, "connectors": connectors});
        let Ok(entries) = read(&[source(&manifest.to_string())]) else { return Ok(()) };
        let remarks = [remark];
        let yaml = manifest::to_yaml(entries.iter().map(|entry| (entry, remarks.as_slice())));
        let again = read(&[source(&yaml)]);
        let again = again.unwrap_or_else(|problems| panic!("{yaml}\n{problems:#?}"));
        let json = |entries: &[Entry]| manifest::to_json(entries.iter());
        prop_assert_eq!(json(&entries), json(&again));
    }

    /// No text, however broken, is anything but read or refused.
    #[test]
    fn any_text_is_read_or_refused(text in "([ -~\n]|version: 1\n|connectors:\n|  - name: a\n|&a|\\*a|<<: ){0,30}") {
        if let Err(problems) = read(&[source(&text)]) {
            prop_assert!(!problems.is_empty());
        }
    }
}
