//! The rules behind the commands, held against anything that can be written.

use proptest::prelude::*;
use serde_json::{Map, Value, json};
use uns3::domain::kind::Kind;
use uns3::domain::redaction::Redactor;
use uns3::domain::s3::auth::AuthKind;
use uns3::domain::s3::config::{self, Change};
use uns3::domain::s3::credential_file;
use uns3::domain::s3::credentials::{Auth, Keys};
use uns3::domain::s3::location::{self, RemoteUrl};
use uns3::domain::secret::{Secret, holds_mask, mask};
use uns3::domain::{names, schedule};

const DISTINCT: &str = "Zq7-Distinct/Zq7";

/// What a secret may look like: AWS's own alphabet and worse.
fn secrets() -> impl Strategy<Value = String> {
    prop_oneof!["[A-Za-z0-9/+=]{16,60}", "[!-~]{8,60}", r#"[a-z"'\\&<>%=+/]{8,40}"#]
        .prop_filter("the mask is no secret", |secret| !secret.contains("****"))
}

fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "[a-z*/]{0,12}".prop_map(Value::from),
        Just(json!("**********")),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        let fields = prop::collection::btree_map("[a-z_]{1,10}", inner.clone(), 0..4);
        prop_oneof![
            prop::collection::vec(inner, 0..4).prop_map(Value::from),
            fields.prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

/// A config as a service may show it: known fields, unknown ones, masks anywhere.
fn configs() -> impl Strategy<Value = Map<String, Value>> {
    let name = prop_oneof![
        "[a-z_]{1,10}",
        prop::sample::select(vec![
            "key",
            "secret",
            "token",
            "anonymous",
            "ambient_credentials",
            "remote_url",
            "endpoint_url",
        ])
        .prop_map(str::to_owned),
    ];
    prop::collection::vec((name, values()), 0..8).prop_map(|fields| fields.into_iter().collect())
}

fn auths() -> impl Strategy<Value = Option<Auth>> {
    let keys = ("[A-Z0-9]{16,20}", secrets(), prop::option::of(secrets())).prop_map(
        |(id, secret, token)| {
            let (secret, token) = (Secret::new(secret), token.map(Secret::new));
            Auth::Keys(Keys { id, secret, token, expires: None, arn: None })
        },
    );
    prop::option::of(prop_oneof![Just(Auth::Anonymous), Just(Auth::Ambient), keys])
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_remote_url_names_a_bucket_or_is_refused(text in ".{0,80}") {
        for text in [text.clone(), format!("s3://{text}"), format!("s3://bucket-one/{text}")] {
            if let Ok(url) = RemoteUrl::parse(&text) {
                prop_assert!(text.contains(url.folder().trim_end_matches('/')));
                prop_assert_eq!(location::bucket_of(&text), Some(url.bucket()));
                prop_assert!(!url.bucket().is_empty());
                prop_assert!(!holds_mask(&text.as_str().into()));
            }
        }
    }

    #[test]
    fn a_good_remote_url_is_taken(bucket in "[a-z0-9][a-z0-9-]{2,40}[a-z0-9]", folder in "([A-Za-z0-9_=][A-Za-z0-9. -]{0,9}[a-z]/){0,4}") {
        prop_assume!(!bucket.starts_with("xn--") && !bucket.starts_with("sthree-"));
        let text = format!("s3://{bucket}/{folder}");
        let url = RemoteUrl::parse(&text);
        prop_assert!(url.is_ok_and(|url| url.check_bucket(false).is_ok()), "{}", text);
    }

    #[test]
    fn what_may_be_a_password_in_a_refused_url_is_not_repeated(
        scheme in "(s3|https|ftp|S3|)", before in "[a-z0-9:@/ ]{0,10}", after in ".{0,10}",
    ) {
        let text = format!("{scheme}://{before}{DISTINCT}@{after}");
        let checked = RemoteUrl::parse(&text).and_then(|url| url.check_bucket(false));
        if let Err(problem) = checked {
            prop_assert!(!problem.contains("Zq7"), "{}", problem);
        }
        if let Err(problem) = location::check_endpoint(&text) {
            prop_assert!(!problem.contains("Zq7"), "{}", problem);
        }
    }

    #[test]
    fn credentials_never_panic_and_never_echo(before in "\\PC{0,40}", after in "\\PC{0,40}") {
        for text in [
            format!("{before}{DISTINCT}{after}"),
            format!("{{\"AccessKeyId\": \"{DISTINCT}\", {before}"),
            format!("{{\"SecretAccessKey\": {before} \"{DISTINCT}\"}}"),
            format!("export AWS_SECRET_ACCESS_KEY={before}{DISTINCT}\nexport {after}"),
            format!("{{\"Expiration\": \"{DISTINCT}\", \"AccessKeyId\": 7}}"),
        ] {
            match credential_file::parse(&text) {
                Err(problem) => prop_assert!(!problem.contains("Zq7"), "{}", problem),
                Ok(keys) => {
                    let problems = keys.problems(jiff::Timestamp::UNIX_EPOCH).join(" ");
                    prop_assert!(!problems.contains("Zq7"), "{}", problems);
                    let shown = format!("{keys:?}");
                    prop_assert!(!shown.contains("Zq7") || keys.id.contains("Zq7"), "{}", shown);
                }
            }
        }
    }

    #[test]
    fn what_aws_prints_is_read_back(secret in "[A-Za-z0-9/+]{40}", token in "[A-Za-z0-9/+=]{100,400}") {
        let json = json!({"Credentials": {"AccessKeyId": "ASIAX", "SecretAccessKey": secret,
            "SessionToken": token, "Expiration": "2030-01-01T00:00:00+00:00"}});
        let lines = format!(
            "export AWS_ACCESS_KEY_ID=ASIAX\nexport AWS_SECRET_ACCESS_KEY={secret}\n\
             export AWS_SESSION_TOKEN={token}\nexport AWS_CREDENTIAL_EXPIRATION=2030-01-01T00:00:00+00:00\n"
        );
        let wanted = Keys {
            id: "ASIAX".into(),
            secret: Secret::new(secret),
            token: Some(Secret::new(token)),
            expires: Some("2030-01-01T00:00:00Z".parse().unwrap()),
            arn: None,
        };
        prop_assert_eq!(credential_file::parse(&json.to_string()).unwrap(), wanted.clone());
        prop_assert_eq!(credential_file::parse(&lines).unwrap(), wanted);
    }

    #[test]
    fn an_update_never_holds_a_mask_and_drops_no_field(
        current in configs(), auth in auths(), source: bool,
        extra in prop::collection::btree_map("[a-z_]{1,10}", values(), 0..3),
    ) {
        let extra: Map<String, Value> =
            extra.into_iter().filter(|(field, value)| config::check_extra(field, value).is_ok()).collect();
        let change = Change { auth, settings: extra, ..Change::default() };
        let kind = if source { Kind::Source } else { Kind::Destination };
        match config::updated(kind, &current, &change) {
            Err(missing) => prop_assert!(!missing.is_empty()),
            Ok(wanted) => {
                let wanted = serde_json::to_value(wanted.exposed()).unwrap();
                prop_assert!(!holds_mask(&wanted), "{:?}", wanted);
                let wanted = wanted.as_object().unwrap();
                for field in current.keys() {
                    prop_assert!(wanted.contains_key(field), "{} is dropped", field);
                }
                // Where it is not known how a connector authenticates, that is left as it is.
                if change.auth.is_some() || AuthKind::of(&current) != AuthKind::Unknown {
                    for field in ["key", "secret", "token", "anonymous"] {
                        prop_assert!(wanted.contains_key(field), "{} is not sent", field);
                    }
                }
                prop_assert!(wanted.contains_key("endpoint_url"));
                prop_assert_eq!(wanted.contains_key("recursive") || !source, true);
                for (field, value) in &change.settings {
                    prop_assert_eq!(wanted.get(field), Some(value));
                }
            }
        }
    }

    #[test]
    fn redaction_removes_every_learnt_secret(
        known in prop::collection::vec(secrets(), 1..5), glue in prop::collection::vec("[ -~]{0,20}", 6),
    ) {
        let redactor = Redactor::default();
        known.iter().for_each(|secret| redactor.learn(secret));
        let mut text = String::new();
        for (secret, glue) in known.iter().zip(&glue) {
            text.push_str(&format!("{glue}{secret}{glue}{}", Value::from(secret.as_str())));
            let percent: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
            text.push_str(&percent);
        }
        let redacted = redactor.redact(&text);
        for secret in &known {
            prop_assert!(!redacted.contains(secret.as_str()), "{} in {}", secret, redacted);
        }
    }

    #[test]
    fn masking_leaves_nothing_under_a_secret_name(mut value in values(), secret in secrets()) {
        let leaf = json!({"a": [{"b_secret": {"c": [secret]}}], "Access-Token": secret, "d": value});
        value = leaf;
        mask(&mut value);
        prop_assert!(!value.to_string().contains(&Value::from(secret.as_str()).to_string()));
        let once = value.clone();
        mask(&mut value);
        prop_assert_eq!(value, once);
    }

    #[test]
    fn text_without_secrets_is_left_alone(text in "[a-zA-Z0-9 .,!?/_-]{0,80}") {
        let redactor = Redactor::default();
        redactor.learn("wJalrXUtnFEMI");
        prop_assert_eq!(redactor.redact(&text), text.as_str());
    }

    #[test]
    fn waits_are_bounded(attempt: u32, chance in 0.0..=1.0_f64, header in "\\PC{0,30}") {
        let longest = std::time::Duration::from_secs(60);
        prop_assert!(schedule::backoff(attempt, chance) <= longest);
        prop_assert!(schedule::poll(attempt) <= longest && !schedule::poll(attempt).is_zero());
        prop_assert!(schedule::restart(attempt) <= longest);
        schedule::retry_after(&header, jiff::Timestamp::UNIX_EPOCH);
    }

    #[test]
    fn names_near_are_few_and_among_those_that_are(wanted in "\\PC{0,12}", all in prop::collection::vec("\\PC{0,12}", 0..9)) {
        let near = names::near(&wanted, all.iter().map(String::as_str));
        prop_assert!(near.len() <= 3 && near.iter().all(|name| all.iter().any(|one| one == name)));
        let _ = names::check(&wanted);
    }
}

/// Each secret that a reading showed was learnt, however many: a service that masked none of ten
/// thousand connectors brought a list to a standstill.
#[test]
fn what_is_given_is_learnt_after_any_number_of_readings() {
    let redactor = Redactor::default();
    for number in 0..10_000 {
        redactor.learn_field("secret", &format!("reading/{number:0>30}").into());
    }
    redactor.learn("given/+secret=");
    assert!(!redactor.redact("it is given/+secret=, or given%2F%2Bsecret%3D").contains("given"));
}
