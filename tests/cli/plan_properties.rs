//! Plans of random worlds and manifests: nothing is left to do after one, nor after an export.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::{Map, Value, json};
use uns3::domain::connector::Connector;
use uns3::domain::kind::Kind;
use uns3::domain::manifest::{self, Entry, Source, export, read};
use uns3::domain::plan::{Action, Options, make};
use uns3::domain::secret::{MASK, holds_mask};

use crate::plan::{OUT, actions, live, world};

/// A connector as a service may show it, and another as a manifest may want it.
fn configs() -> impl Strategy<Value = Value> {
    let auth = prop::sample::select(vec![
        json!({"anonymous": true}),
        json!({"ambient_credentials": true}),
        json!({"key": MASK, "secret": MASK}),
        json!({"key": MASK, "secret": MASK, "token": MASK, "anonymous": false}),
        json!({}),
    ]);
    let url = "s3://[a-c]{3}(/|/[xy]|/[xy]/)?";
    let extra = prop::collection::btree_map(
        "(x|y|password|api_key)",
        prop_oneof![
            Just(json!(MASK)),
            Just(json!(null)),
            Just(json!(1)),
            Just(json!("text: #")),
            Just(json!({"b": [1, "a"]})),
        ],
        0..3,
    );
    let endpoint = prop::option::of(Just("https://s3.example.com"));
    (auth, url, extra, endpoint, prop::option::of(any::<bool>())).prop_map(
        |(auth, url, extra, endpoint, recursive)| {
            let mut config = auth;
            config["remote_url"] = url.into();
            config["endpoint_url"] = json!(endpoint);
            extra.into_iter().for_each(|(field, value)| config[field] = value);
            recursive.into_iter().for_each(|value| config["recursive"] = value.into());
            config
        },
    )
}

/// Connectors, each as (source or not, name, config).
fn worlds() -> impl Strategy<Value = Vec<(bool, String, Value)>> {
    let one = (any::<bool>(), "[a-d]( |é|#)?[a-b]?", configs());
    prop::collection::vec(one, 0..6).prop_map(|all| {
        let mut named = BTreeMap::new();
        for (source, name, config) in all {
            let name = name.trim().to_owned();
            named.insert((source, name.clone()), (source, name, config));
        }
        named.into_values().collect()
    })
}

fn all_live(world: &[(bool, String, Value)]) -> Vec<Connector> {
    let one = |(at, (source, name, config)): (usize, &(bool, String, Value))| {
        let kind = if *source { Kind::Source } else { OUT };
        live(kind, &format!("00000000-0000-4000-8000-{at:012}"), name, config.clone())
    };
    world.iter().enumerate().map(one).collect()
}

/// What a service holds after a step, as it shows it.
fn after(step: &uns3::domain::plan::Step) -> Option<Connector> {
    let entry = step.entry.as_ref()?;
    let mut config = step.current.as_ref().map(|one| one.config().clone()).unwrap_or_default();
    if step.action != Action::None {
        config.extend(entry.settings());
        config.extend(shown(&entry.credentials, &config));
    }
    Some(live(step.kind, step.id().unwrap_or("new"), &step.name, config.into()))
}

fn shown(reference: &manifest::Reference, config: &Map<String, Value>) -> Map<String, Value> {
    use manifest::Reference::{Ambient, Anonymous, Unmanaged};
    let keys = |key: Value, token: Value, anonymous, ambient| {
        json!({"key": key, "secret": key, "token": token,
        "anonymous": anonymous, "ambient_credentials": ambient})
    };
    let value = match reference {
        Unmanaged => return config.clone(),
        Anonymous => keys(Value::Null, Value::Null, true, false),
        Ambient => keys(Value::Null, Value::Null, false, true),
        other => {
            let token = if other.has_token() == Some(true) { MASK.into() } else { Value::Null };
            keys(MASK.into(), token, false, false)
        }
    };
    value.as_object().unwrap().clone()
}

proptest! {
    /// Exported, then applied: nothing to do; and two exports are the same bytes.
    #[test]
    fn export_then_apply_is_nothing(world_now in worlds()) {
        let world_now = all_live(&world_now);
        let exported = export(world_now.clone());
        prop_assert_eq!(&exported.left_out, &Vec::<String>::new());
        let yaml = |exported: &manifest::Exported| {
            manifest::to_yaml(exported.entries.iter().map(|(entry, remarks)| (entry, remarks.as_slice())))
        };
        let text = yaml(&exported);
        let mut turned = world_now.clone();
        turned.reverse();
        prop_assert_eq!(&text, &yaml(&export(turned)));
        prop_assert!(!holds_mask(&text.clone().into()), "{}", text);
        let wanted = read(&[Source { name: "m".into(), text: text.clone() }]).unwrap();
        prop_assert_eq!(wanted.len(), world_now.len());
        let plan = make(wanted, world(world_now), &Options::default()).unwrap();
        prop_assert!(plan.is_empty(), "{text}\n{:?}", actions(&plan));
    }

    /// Applied twice, the second time there is nothing to do; what no manifest names is in no plan.
    #[test]
    fn applying_twice_changes_nothing_the_second_time(now in worlds(), then in worlds()) {
        let now = all_live(&now);
        let wanted: Vec<Entry> = export(all_live(&then)).entries.into_iter().map(|(entry, _)| entry)
            .filter(|entry| entry.credentials != manifest::Reference::Unmanaged).collect();
        let named: Vec<_> = wanted.iter().map(|one| (one.kind, one.name.clone())).collect();
        let plan = make(wanted.clone(), world(now), &Options::default()).unwrap();
        prop_assert!(plan.steps.iter().all(|step| named.contains(&(step.kind, step.name.clone()))));
        let live: Vec<Connector> = plan.steps.iter().filter_map(after).collect();
        let second = make(wanted, world(live), &Options::default()).unwrap();
        prop_assert!(second.is_empty(), "{:?} then {:?}", actions(&plan), actions(&second));
    }
}
