//! Manifests, which users write and machines make.

use proptest::prop_assert;
use uns3::domain::manifest::{Source, read, to_json};

use crate::fuzz;
use crate::mutation::mutations;

const YAML: &str = "\
version: 1
defaults:
  endpoint_url: https://s3.example.com
  extra: {number: 0.1000000000000000055511151231257827}
connectors:
  - name: invoices-out
    remote_url: s3://my-bucket/out/
    credentials: {env: {key: KEY, secret: SECRET, token: TOKEN}}
  - name: 'in'
    kind: source
    recursive: true
    remote_url: \"s3://my-bucket/in \\u00e4/\"
    credentials: {aws: {role_arn: arn:aws:iam::123456789012:role/uns3, duration: 1h, scope: true}}
  - &again
    name: open
    remote_url: s3://open-data/
    credentials: anonymous
";
const JSON: &str = r#"{"version": 1, "connectors": [{"name": "x", "remote_url": "s3://b-one/x/",
    "credentials": {"command": "print it"}, "extra": {"deep": [[{"a": null}]]}}]}"#;

#[test]
fn manifests() {
    fuzz(mutations(vec![YAML.to_owned(), JSON.to_owned()]), |text| {
        let sources = [Source { name: "fuzzed.yaml".into(), text }];
        match read(&sources) {
            Err(problems) => prop_assert!(!problems.is_empty(), "refused without a word"),
            Ok(entries) => {
                // What is read is what it says: written and read again it is the same.
                let text = to_json(entries.iter()).to_string();
                let again = read(&[Source { name: "again.json".into(), text: text.clone() }]);
                let again = again.map(|again| to_json(again.iter()).to_string());
                prop_assert!(again.as_deref() == Ok(text.as_str()), "{:?} from {}", again, text);
            }
        }
        Ok(())
    });
}
