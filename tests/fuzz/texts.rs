//! Texts that users and services write: remote URLs, credentials, and all that is redacted.

use proptest::prelude::*;
use uns3::domain::kind::Kind;
use uns3::domain::redaction::Redactor;
use uns3::domain::s3::credential_file;
use uns3::domain::s3::location::{self, RemoteUrl};
use uns3::domain::s3::policy::{Scope, session_policy};

use crate::fuzz;
use crate::mutation::mutations;

const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

fn owned<const N: usize>(texts: [&str; N]) -> Vec<String> {
    texts.map(str::to_owned).into()
}

#[test]
fn remote_urls() {
    let good = owned([
        "s3://bucket-one/folder/é +*$/",
        "s3://b.u-c/",
        "https://s3.example.com:9000/x",
        "S3a://x",
    ]);
    fuzz(mutations(good), |text| {
        let _ = (
            location::check_endpoint(&text),
            location::bucket_of(&text),
            location::folder_of(&text),
        );
        let Ok(url) = RemoteUrl::parse(&text) else { return Ok(()) };
        let _ = (url.check_bucket(true), url.check_bucket(false), url.check_credentials(true));
        prop_assert_eq!(RemoteUrl::parse(url.as_str()), Ok(url.clone()), "read again");
        for kind in [Kind::Source, Kind::Destination] {
            for endpoint in [None, Some("https://s3.example.com")] {
                let place = Scope::new(kind, &url, endpoint);
                let policy = session_policy("aws", url.bucket(), &[place]);
                prop_assert!(policy.is_ascii(), "{}", policy);
                let read = serde_json::from_str::<serde_json::Value>(&policy);
                prop_assert!(read.is_ok(), "{}", policy);
            }
        }
        Ok(())
    });
}

#[test]
fn files_of_credentials() {
    let json = format!(
        "{{\"Credentials\": {{\"AccessKeyId\": \"ASIAIOSFODNN7EXAMPLE\", \"SecretAccessKey\": \"{SECRET}\",
         \"SessionToken\": \"IQoJ\\u002b/{SECRET}\", \"Expiration\": \"2096-01-02T03:04:05+00:00\"}}}}"
    );
    let process = json.replace("{\"Credentials\": ", "").replace("}}", ", \"Version\": 1}");
    let env = format!(
        "export AWS_ACCESS_KEY_ID=ASIAIOSFODNN7EXAMPLE\nexport AWS_SECRET_ACCESS_KEY='{SECRET}'\r\n"
    );
    fuzz(mutations(vec![json, process, env]), |text| {
        match credential_file::parse(&text) {
            Ok(keys) => {
                let _ = keys.problems(jiff::Timestamp::UNIX_EPOCH);
            }
            Err(problem) => prop_assert!(!problem.contains(SECRET), "{}", problem),
        }
        Ok(())
    });
}

#[test]
fn redaction() {
    let redactor = Redactor::default();
    redactor.learn(SECRET);
    let good = owned([
        "https://me:wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY@host/path and \"secret\": \"wJalrXUtnFEMI\"",
        "token=abc&key=\\\"wJalrXUtnFEMI\\/K7MDENG\\u002bbPxRfiCYEXAMPLEKEY\\\" :// :// ::::@@@@",
        "prose with wJalrXUtnFEMI%2FK7MDENG%2BbPxRfiCYEXAMPLEKEY in it",
    ]);
    fuzz(mutations(good), |text| {
        for redacted in [redactor.redact(&text), redactor.redact_known(&text)] {
            prop_assert!(!redacted.contains(SECRET), "{}", redacted);
            // What is clean once stays so.
            prop_assert!(redactor.redact_known(&redacted) == redacted, "{}", redacted);
        }
        Ok(())
    });
}
