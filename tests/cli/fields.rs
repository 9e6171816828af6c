//! One table says which fields a config has: all that follows from it, and the sandbox's own list,
//! are held against it.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use uns3::domain::kind::Kind;
use uns3::domain::s3::config::{self, Change, Config, check_extra};
use uns3::domain::s3::credentials::{Auth, Keys};
use uns3::domain::s3::fields::{FIELDS, is_auth, settings};
use uns3::domain::secret::{MASK, Secret, names_secret};
use uns3::sandbox::CONFIG_FIELDS;

use crate::harness::{Bench, SECRET, STS_ID, TOKEN};

#[test]
fn the_sandbox_has_the_same_fields() {
    let known: BTreeMap<&str, (bool, bool)> = FIELDS
        .iter()
        .map(|field| (field.name, (field.secret, field.kinds == [Kind::Source])))
        .collect();
    let played: BTreeMap<&str, (bool, bool)> = CONFIG_FIELDS
        .iter()
        .map(|field| (field.name, (field.secret, field.sources_only)))
        .collect();
    assert_eq!(known, played);
}

#[test]
fn every_field_is_masked_by_its_name_if_it_is_secret() {
    for field in &FIELDS {
        assert_eq!(names_secret(field.name), field.secret, "{}", field.name);
    }
}

#[test]
fn every_field_has_a_flag_and_is_no_one_elses() {
    let bench = Bench::new();
    for command in ["create", "update"] {
        let help = bench.run(&format!("{command} --help")).ok().stdout.clone();
        for field in &FIELDS {
            assert!(
                help.contains(&format!("{} ", field.flag))
                    || help.contains(&format!("{}\n", field.flag)),
                "{command} {}",
                field.flag
            );
        }
    }
    for field in &FIELDS {
        let refused = check_extra(field.name, &Value::Null).unwrap_err();
        assert!(refused.contains(field.flag), "{refused}");
        let set =
            format!("create x --remote-url s3://bucket-one/ --anonymous --set {}=x", field.name);
        bench.run(&set).fails(2).says(field.flag);
    }
    assert!(bench.service.lines().is_empty());
}

#[test]
fn every_field_with_a_column_has_one() {
    let bench = Bench::new();
    bench.service.add("out", json!({"remote_url": "s3://bucket-one/", "anonymous": true}));
    let csv = bench.run("list -o csv").ok().stdout.clone();
    let titles: Vec<&str> = csv.lines().next().unwrap().split(',').collect();
    let listed: Vec<_> = FIELDS.iter().filter(|field| field.column).collect();
    assert!(listed.len() >= 3);
    for field in listed {
        assert!(titles.contains(&field.name), "{}: {titles:?}", field.name);
    }
    // Those that are new come last.
    assert!(csv.lines().next().unwrap().ends_with(",rotated_at,recursive"), "{csv}");
}

#[test]
fn a_config_has_every_field_of_its_kind() {
    for kind in [Kind::Source, Kind::Destination] {
        let made = config::new(kind, &Change::of_auth(Auth::Ambient));
        let current = serde_json::Map::new();
        let updated = config::updated(kind, &current, &Change::of_auth(Auth::Anonymous)).ok();
        let updated = updated.unwrap();
        for field in &FIELDS {
            let belongs = field.kinds.contains(&kind);
            assert_eq!(made.has(field.name), belongs, "{}", field.name);
            // A place is not made up.
            assert_eq!(updated.has(field.name), belongs && field.name != "remote_url");
        }
    }
    assert!(settings().all(|field| !is_auth(field.name)));
}

/// A secret stood in the clear in a map that anything could print, from the flags to the body.
#[test]
fn a_config_shows_its_secrets_in_the_body_only() {
    let keys = Keys {
        id: STS_ID.into(),
        secret: Secret::new(SECRET),
        token: Some(Secret::new(TOKEN)),
        expires: None,
        arn: None,
    };
    let mut change = Change::of_auth(Auth::Keys(keys));
    change.settings.insert("password".into(), SECRET.into());
    change.settings.insert("deep".into(), json!({"client_secret": [TOKEN]}));
    let config = config::new(Kind::Destination, &change);
    let shown = Value::Object(config.masked()).to_string() + &format!("{:?}", change.auth);
    for secret in [SECRET, TOKEN] {
        assert!(!shown.contains(secret), "{shown}");
    }
    assert!(shown.contains(MASK));
    let body = serde_json::to_value(config.exposed()).unwrap();
    assert_eq!(body["secret"], SECRET);
    assert_eq!(body["token"], TOKEN);
    assert_eq!(body["key"], STS_ID);
    assert_eq!(body["password"], SECRET);
    assert_eq!(body["deep"]["client_secret"][0], TOKEN);
    // What was read is handed on as it was, for as long as no mask is in it.
    let read = body.as_object().unwrap();
    assert_eq!(serde_json::to_value(Config::from(read).exposed()).unwrap(), body);
}

/// Types that hold a config, or may: none of them can be printed by `{:?}`.
#[test]
fn nothing_that_holds_a_config_derives_debug() {
    fn scan(folder: &Path, found: &mut Vec<String>, seen: &mut usize) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                scan(&path, found, seen);
                continue;
            }
            let text = fs::read_to_string(&path).unwrap();
            let held =
                [" Config", "<Config", " Change", " Connector", "<Connector", "Map<String, Value>"];
            for part in text.split("#[derive(").skip(1) {
                let (derived, rest) = part.split_once(")]").unwrap();
                let body = rest.split_once("\n}").map_or("", |(body, _)| body);
                let is_type = rest.trim_start().lines().any(|line| {
                    line.starts_with("pub struct")
                        || line.starts_with("pub(crate) struct")
                        || line.starts_with("struct")
                });
                let code = body.lines().filter(|line| !line.trim_start().starts_with("//"));
                let fields: Vec<&str> = code.skip(1).collect();
                let holds = is_type
                    && held.iter().any(|name| fields.iter().any(|line| line.contains(name)));
                *seen += usize::from(holds);
                if holds && derived.contains("Debug") {
                    found.push(format!(
                        "{}: {}",
                        path.display(),
                        body.lines().take(2).collect::<String>()
                    ));
                }
            }
        }
    }
    let (mut found, mut seen) = (Vec::new(), 0);
    for folder in ["domain", "api", "ops", "output", "commands"] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(folder);
        scan(&folder, &mut found, &mut seen);
    }
    assert!(found.is_empty(), "{found:#?}");
    // Had the reading gone wrong, nothing would be found either.
    assert!(seen >= 3, "{seen}");
}
