//! How a connector authenticates to S3: the triple of key id, secret and token, and its rules.

use jiff::Timestamp;

use crate::domain::secret::{Secret, is_mask};

/// One way to authenticate, whole: a connector has exactly one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Auth {
    /// An access key, long-term or from STS.
    Keys(Keys),
    /// None: the bucket is public.
    Anonymous,
    /// The platform's own, on dedicated deployments.
    Ambient,
}

/// An access key: long-term where there is no token, from STS where there is one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keys {
    /// The access key id; not secret.
    pub id: String,
    /// The secret access key.
    pub secret: Secret,
    /// The session token of temporary credentials.
    pub token: Option<Secret>,
    /// When they end, where that is known.
    pub expires: Option<Timestamp>,
    /// Whose they are, where STS said so when it gave them.
    pub arn: Option<String>,
}

impl Keys {
    /// Everything that cannot be right, whatever server they are for.
    pub fn problems(&self, now: Timestamp) -> Vec<String> {
        let mut problems = Vec::new();
        for (name, value) in [
            ("access key id", Some(self.id.as_str())),
            ("secret access key", Some(self.secret.expose())),
            ("session token", self.token.as_ref().map(Secret::expose)),
        ] {
            problems.extend(value.and_then(|value| value_problem(name, value)));
        }
        let starts = |text: &str, prefix| text.starts_with(prefix) && text.len() == 20;
        if starts(self.secret.expose(), "AKIA") || starts(self.secret.expose(), "ASIA") {
            problems.push("the secret looks like an access key id: are the two swapped?".into());
        }
        if let Some(expires) = self.expires.filter(|expires| *expires <= now) {
            problems.push(format!("these credentials expired at {expires}: get new ones"));
        }
        problems
    }

    /// What cannot be right on AWS, where the prefixes of key ids tell long-term from temporary keys
    /// (IAM User Guide, "Understanding unique ID prefixes"); a `custom_endpoint` has ids of its own.
    pub fn endpoint_problem(&self, custom_endpoint: bool) -> Option<&'static str> {
        if custom_endpoint {
            None
        } else if self.id.starts_with("ASIA") && self.token.is_none() {
            Some(
                "an ASIA… key is temporary and useless without its session token \
                 (--token-file FILE, or --endpoint-url URL if this is not AWS)",
            )
        } else if self.id.starts_with("AKIA") && self.token.is_some() {
            Some(
                "an AKIA… key is long-term and has no session token: they belong to two \
                 different credentials (or give --endpoint-url URL if this is not AWS)",
            )
        } else {
            None
        }
    }

    /// What is odd about keys that are AWS's by their id, though nothing forbids it.
    pub fn doubt(&self, custom_endpoint: bool) -> Option<String> {
        let is_aws = self.id.len() == 20 && ["AKIA", "ASIA"].iter().any(|p| self.id.starts_with(p));
        let length = self.secret.expose().chars().count();
        (is_aws && !custom_endpoint && length != AWS_SECRET).then(|| {
            format!(
                "the secret access key has {length} characters, and AWS's have {AWS_SECRET}: is it \
                 whole? (--endpoint-url URL if this is not AWS)"
            )
        })
    }
}

/// The length of AWS's secret access keys, in characters, long-term or not.
const AWS_SECRET: usize = 40;

fn value_problem(name: &str, value: &str) -> Option<String> {
    if value.is_empty() {
        Some(format!("the {name} is empty"))
    } else if is_mask(value) {
        Some(format!("the {name} is the service's mask, not the value behind it"))
    } else if !value.bytes().all(|byte| byte.is_ascii_graphic()) {
        Some(format!("the {name} has white space or other characters that none has"))
    } else {
        None
    }
}
