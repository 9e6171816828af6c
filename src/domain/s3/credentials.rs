//! How a connector authenticates to S3: the triple of key id, secret and token, its written
//! forms and its rules.

use jiff::Timestamp;
use serde_json::{Map, Value};

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
}

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

/// Reads the JSON of `aws sts assume-role` and its kin, of a `credential_process`, or
/// `export NAME=value` lines. The error never repeats any of the text.
pub fn parse(text: &str) -> Result<Keys, String> {
    let text = text.trim_start_matches('\u{feff}').trim();
    if text.is_empty() {
        return Err("is empty".into());
    }
    if text.starts_with('{') {
        return parse_json(text);
    }
    if text.starts_with('[') {
        return Err("looks like an AWS profile file (INI); it takes the JSON that `aws sts \
             assume-role` prints, or the output of `aws configure export-credentials \
             --format env`"
            .into());
    }
    parse_env(text)
}

fn parse_json(text: &str) -> Result<Keys, String> {
    let value: Map<String, Value> = serde_json::from_str(text).map_err(|error| {
        format!("is not JSON (line {}, column {})", error.line(), error.column())
    })?;
    // sts, iam create-access-key, sso get-role-credentials; credential_process has no wrapper.
    let fields = ["Credentials", "AccessKey", "roleCredentials"]
        .iter()
        .find_map(|wrapper| value.get(*wrapper).and_then(Value::as_object))
        .unwrap_or(&value);
    let field = |names: &[&str]| {
        let found = fields.iter().find(|(name, _)| names.contains(&name.to_lowercase().as_str()));
        found.map(|(_, value)| value).filter(|value| !value.is_null())
    };
    let text = |names: &[&str]| field(names).and_then(Value::as_str).map(str::to_owned);
    let expires = match field(&["expiration"]) {
        None => None,
        Some(Value::Number(millis)) => {
            millis.as_i64().and_then(|millis| Timestamp::from_millisecond(millis).ok())
        }
        Some(value) => Some(timestamp(value.as_str().unwrap_or_default())?),
    };
    keys(
        text(&["accesskeyid"]),
        text(&["secretaccesskey"]),
        text(&["sessiontoken", "token"]),
        expires,
        ["AccessKeyId", "SecretAccessKey"],
    )
}

fn parse_env(text: &str) -> Result<Keys, String> {
    let mut found: [Option<String>; 4] = Default::default();
    for line in text.lines() {
        let line = line.trim().trim_end_matches(';');
        let line = ["export ", "set ", "$Env:"]
            .iter()
            .find_map(|prefix| line.strip_prefix(prefix))
            .unwrap_or(line);
        let Some((name, value)) = line.split_once('=') else { continue };
        if let Some(at) = ENVIRONMENT.iter().position(|known| *known == name.trim()) {
            found[at] = Some(unquote(value.trim()).to_owned());
        }
    }
    from_environment(found)
}

fn unquote(value: &str) -> &str {
    ['"', '\'']
        .into_iter()
        .find_map(|quote| value.strip_prefix(quote)?.strip_suffix(quote))
        .unwrap_or(value)
}

/// The variables of one set of credentials, in the order of [`from_environment`].
pub const ENVIRONMENT: [&str; 4] = [
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_CREDENTIAL_EXPIRATION",
];

/// Credentials from the values of [`ENVIRONMENT`]; an empty value is an unset one.
pub fn from_environment(values: [Option<String>; 4]) -> Result<Keys, String> {
    let [id, secret, token, expires] = values.map(|value| value.filter(|text| !text.is_empty()));
    let expires = expires.as_deref().map(timestamp).transpose()?;
    keys(id, secret, token, expires, [ENVIRONMENT[0], ENVIRONMENT[1]])
}

fn keys(
    id: Option<String>,
    secret: Option<String>,
    token: Option<String>,
    expires: Option<Timestamp>,
    names: [&str; 2],
) -> Result<Keys, String> {
    let secret = secret.map(Secret::new);
    let token = token.filter(|token| !token.is_empty()).map(Secret::new);
    match (id, secret) {
        (Some(id), Some(secret)) => Ok(Keys { id, secret, token, expires }),
        (Some(_), None) => Err(format!("has {} but no {}", names[0], names[1])),
        (None, Some(_)) => Err(format!("has {} but no {}", names[1], names[0])),
        (None, None) => Err(format!("has neither {} nor {}", names[0], names[1])),
    }
}

fn timestamp(text: &str) -> Result<Timestamp, String> {
    text.parse().map_err(|_| "has an expiration that is no ISO 8601 time".into())
}
