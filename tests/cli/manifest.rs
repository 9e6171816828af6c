//! The manifest's rules: what is read, what is refused and where, and that the schema agrees.

use serde_json::{Value, json};
use uns3::domain::kind::Kind;
use uns3::domain::manifest::{self, Entry, Problem, Reference, Source, read};

fn source(text: &str) -> Source {
    Source { name: "m.yaml".into(), text: text.into() }
}

fn reads(text: &str) -> Vec<Entry> {
    read(&[source(text)]).unwrap_or_else(|problems| panic!("{text}: {problems:#?}"))
}

fn refused(text: &str) -> Vec<Problem> {
    read(&[source(text)]).err().unwrap_or_else(|| panic!("{text}"))
}

/// The only problem of a text, as it is told.
fn problem(text: &str) -> String {
    match refused(text).as_slice() {
        [one] => one.to_string(),
        several => panic!("{text}: {several:#?}"),
    }
}

const WHOLE: &str = "version: 1
defaults:
  kind: source
  credentials: {env: {key: K, secret: S}}
  extra: {region: eu, tags: [a, 1, true]}
connectors:
  - name: in
    remote_url: s3://my-bucket/in/
    recursive: true
    extra: {region: us}
  - name: out
    kind: destination
    remote_url: s3://my-bucket/out/
    endpoint_url: https://s3.example.com
    credentials: {aws: {role_arn: 'arn:aws:iam::123456789012:role/uns3', duration: 2h, scope: false}}
";

#[test]
fn a_whole_manifest_is_read_with_its_defaults() {
    let entries = reads(WHOLE);
    let [source, destination] = entries.as_slice() else { panic!("{}", entries.len()) };
    assert_eq!((source.kind, source.recursive), (Kind::Source, true));
    assert_eq!(Value::from(source.extra.clone()), json!({"region": "us", "tags": ["a", 1, true]}));
    let env = Reference::Env { key: "K".into(), secret: "S".into(), token: None };
    assert_eq!(source.credentials, env);
    assert_eq!((source.origin.place.line, source.origin.place.column), (7, 5));
    assert_eq!(destination.kind, Kind::Destination);
    assert_eq!(destination.endpoint_url.as_deref(), Some("https://s3.example.com"));
    let Reference::Aws(aws) = &destination.credentials else { panic!("{}", destination.name) };
    assert_eq!((aws.duration.unwrap().as_secs(), aws.scope), (7200, false));
}

#[test]
fn json_anchors_and_merge_keys_are_read_too() {
    let json = r#"{"version": 1, "connectors": [{"name": "\u00e9\ud83d\ude00", "remote_url":
        "s3:\/\/my-bucket/",	"credentials": "anonymous"}]}"#;
    assert_eq!(reads(json)[0].name, "é😀");
    let yaml = "version: 1\nconnectors:\n  - &one {name: a, remote_url: s3://abc/, credentials: \
        ambient}\n  - <<: *one\n    name: b\n";
    assert_eq!(reads(yaml)[1].remote_url, "s3://abc/");
}

#[test]
fn every_problem_is_told_at_once_with_its_path_line_and_column() {
    let text = "version: 2
connectors:
  - name: a
    kind: sink
    remote_ulr: s3://abc/
    credentials: {env: {key: AKIAIOSFODNN7EXAMPLE, secret: S}}
  - remote_url: s3a://abc/
    credentials: anonymous
    recursive: true
  - name: a
    remote_url: s3://abc/
    credentials: {file: f, command: c}
    extra: {password: x, ok: 1}
";
    let told: Vec<String> = refused(text).iter().map(ToString::to_string).collect();
    let begins = [
        "m.yaml:1:10: version: is 2: this uns3 reads version 1",
        "m.yaml:4:11: connectors[0].kind: is destination or source",
        "m.yaml:5:5: connectors[0].remote_ulr: no such field; did you mean remote_url?",
        "m.yaml:6:30: connectors[0].credentials.env.key: takes the name of an environment variable",
        "m.yaml:3:5: connectors[0].remote_url: is missing",
        "m.yaml:7:5: connectors[1].name: is missing",
        "m.yaml:7:17: connectors[1].remote_url: ",
        "m.yaml:9:16: connectors[1].recursive: is for sources",
        "m.yaml:12:18: connectors[2].credentials: file and command are several sources",
        "m.yaml:13:23: connectors[2].extra.password: may be a secret",
    ];
    for begin in begins {
        assert!(told.iter().any(|one| one.starts_with(begin)), "{begin}\n{told:#?}");
    }
    assert_eq!(told.len(), begins.len(), "{told:#?}");
}

#[test]
fn a_name_is_given_once_per_kind_across_files() {
    let one = "version: 1\nconnectors: [{name: a, remote_url: s3://abc/, credentials: ambient}]";
    let sources = ["a.yaml", "b.yaml"].map(|name| Source { name: name.into(), text: one.into() });
    let problems = read(&sources).err().unwrap();
    let told = "b.yaml:2:14: connectors[0].name: destination \"a\" stands in a.yaml:2 already: give \
        each name once";
    assert_eq!(problems.iter().map(ToString::to_string).collect::<Vec<_>>(), [told]);
    assert_eq!(
        reads(&one.replace(
            "}]",
            "}, {name: a, kind: source, remote_url: s3://abc/, \
        credentials: ambient}]"
        ))
        .len(),
        2
    );
}

#[test]
fn texts_that_are_no_manifest_are_refused_where_they_break() {
    let head = "version: 1\nconnectors:\n  - name: a\n    remote_url: s3://abc/\n    credentials: ambient\n";
    assert_eq!(reads(head).len(), 1);
    let cases: &[(&str, &str)] = &[
        ("", "m.yaml:1:1: there is nothing in it"),
        ("- a", "m.yaml:1:1: is a list: a map is needed"),
        ("version: 1", "m.yaml:1:1: connectors: is missing"),
        ("version: 1\nconnectors: {}", "m.yaml:2:13: connectors: is a map"),
        ("connectors: []", "m.yaml:1:1: version: is missing: write version: 1"),
        ("version: '1'\nconnectors: []", "m.yaml:1:10: version: is not 1"),
        ("version: 1\nconnectors: [\n", "m.yaml:2:13: unclosed"),
        ("version: 1\nconnectors: []\n---\nversion: 1", "m.yaml:4:1: a second document"),
        ("version: 1\nversion: 1\nconnectors: []", "m.yaml:2:1: version: stands here twice"),
        ("{\"version\": 1, \"connectors\": [}", "m.yaml:1:"),
        ("version: 1\nconnectors: !x []", "m.yaml:2:16: tags"),
        ("version: 1\nconnectors: *x", "m.yaml:2:13: "),
        ("version: 1\nconnectors: []\nextra: {}", "m.yaml:3:1: extra: no such field; known here"),
    ];
    for (text, begin) in cases {
        let told = problem(text);
        assert!(told.starts_with(begin), "{text}: {told}");
    }
    let bomb: String =
        std::iter::once("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned())
            .chain((1..9).map(|n| {
                format!("a{n}: &a{n} [{}]\n", vec![format!("*a{}", n - 1); 10].join(", "))
            }))
            .collect();
    assert!(problem(&bomb).contains("its aliases repeat too much"));
}

#[test]
fn values_are_what_they_look_like_or_refused() {
    let with = |field: &str| {
        format!(
            "version: 1\nconnectors:\n  - name: a\n    remote_url: s3://abc/\n    credentials: ambient\n    {field}"
        )
    };
    for (field, told) in [
        (
            "kind: source\n    recursive: yes",
            "7:16: connectors[0].recursive: is a text: write true or false",
        ),
        ("endpoint_url: 7", "6:19: connectors[0].endpoint_url: is a number: put it in quotes"),
        ("endpoint_url: ftp://x", "6:19: connectors[0].endpoint_url: the endpoint URL must start"),
        ("extra: {account: 012345678901}", "6:22: a number that readers of YAML take differently"),
        ("extra: {n: 123456789012345678901234567890}", "6:16: a number with too many digits"),
        ("extra: {n: .inf}", "6:16: a number that"),
        ("extra: {key: x}", "6:18: connectors[0].extra.key: key is part of credentials"),
        (
            "extra: {remote_url: x}",
            "6:25: connectors[0].extra.remote_url: remote_url stands beside",
        ),
        ("extra: {a: {b: 1, b: 2}}", "6:23: connectors[0].extra.a: b stands here twice"),
        (
            "extra: {a: '**********'}",
            "6:16: connectors[0].extra.a: the value of a is the service's mask",
        ),
        ("? [a]\n    : b", "6:7: the name of a field is a text"),
    ] {
        let told_now = problem(&with(field));
        assert!(told_now.starts_with(&format!("m.yaml:{told}")), "{field}: {told_now}");
    }
    let extra = "extra: {a: 1, b: -1.5e3, c: 'x', d: null, e: ~, f: 2026-01-01, g: 1.2.3}";
    let read = Value::from(reads(&with(extra))[0].extra.clone());
    let wanted = json!({"a": 1, "b": -1500.0, "c": "x", "d": null, "e": null, "f": "2026-01-01", "g": "1.2.3"});
    assert_eq!(read, wanted);
}

/// What people put where a reference belongs; none of it is taken, and none of it is repeated.
#[test]
fn no_plaintext_secret_is_taken_or_shown() {
    const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
    const KEY: &str = "AKIAIOSFODNN7EXAMPLE";
    for credentials in [
        format!("{{key: {KEY}, secret: {SECRET}}}"),
        format!("{{env: {{key: {KEY}, secret: S}}}}"),
        format!("{{env: {{key: K, secret: {SECRET}}}}}"),
        format!("{{env: {{key: K, secret: S, token: '{SECRET}=='}}}}"),
        "{env: {key: K, secret: aB3dE6gH9jK2mN5pQ8rS}}".into(),
        format!("{{file: {SECRET}}}"),
        format!("{{file: '{{\"AccessKeyId\": \"{KEY}\"}}'}}"),
        format!("{{command: 'echo AWS_SECRET_ACCESS_KEY={SECRET}'}}"),
        format!("{{command: 'echo {KEY}'}}"),
        format!("{{aws: {{profile: {SECRET}}}}}"),
        format!("{{aws: {{profile: {KEY}}}}}"),
        format!("{{aws: {KEY}}}"),
        SECRET.into(),
        format!("[{SECRET}]"),
        format!("ambient\n    secret: {SECRET}"),
        format!("ambient\n    extra: {{secret_access_key: {SECRET}}}"),
        format!("ambient\n    extra: {{a: {{my_token: {SECRET}}}}}"),
        format!("ambient\n    extra: {{a: [{KEY}]}}"),
        format!("ambient\n    extra: {{proxy: 'http://me:{SECRET}@host/'}}"),
        format!("ambient\n    {SECRET}: x"),
    ] {
        let text = format!(
            "version: 1\nconnectors:\n  - name: a\n    remote_url: s3://abc/\n    credentials: {credentials}"
        );
        for problem in refused(&text) {
            let told = problem.to_string();
            assert!(!told.contains(SECRET) && !told.contains(KEY), "{text}\n{told}");
        }
    }
}

#[test]
fn references_that_are_right_are_taken() {
    for credentials in [
        "anonymous",
        "ambient",
        "unmanaged",
        "{env: {key: AWS_ACCESS_KEY_ID, secret: aws_secret_2, token: T}}",
        "{file: /run/secrets/aws-credentials}",
        "{file: creds/Prod2.json}",
        "{command: 'vault read -field=credentials aws/creds/uns3'}",
        "{command: 'AWS_SECRET_ACCESS_KEY=\"$OTHER\" ./mint'}",
        "{aws: {}}",
        "{aws: }",
        "{aws: {profile: prod}}",
        "{aws: {role_arn: 'arn:aws:iam::123456789012:role/a/b', external_id: x, session_name: ci}}",
    ] {
        let text = format!(
            "version: 1\nconnectors: [{{name: a, remote_url: s3://abc/, credentials: {credentials}}}]"
        );
        let entries = reads(&text);
        // What is written is read as the same.
        let json = manifest::to_json(entries.iter()).to_string();
        assert_eq!(reads(&json)[0].credentials, entries[0].credentials);
    }
}
