//! Files of credentials, in all the forms that AWS and its tools write. An error never repeats any of
//! the text.

use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::domain::s3::credentials::Keys;
use crate::domain::secret::Secret;

/// Reads the JSON of `aws sts assume-role` and its like, of a `credential_process`, lines of a shell
/// that set variables, AWS's INI files, and the CSV of its console.
pub fn parse(text: &str) -> Result<Keys, String> {
    let text = text.trim_start_matches('\u{feff}').trim();
    let first = text.lines().next().unwrap_or_default();
    if text.is_empty() {
        Err("is empty".into())
    } else if text.starts_with('{') {
        json_object(&json(text)?)
    } else if text.starts_with('[') && is_json_array(text) {
        json_array(text)
    } else if first.to_ascii_lowercase().contains("access key id") {
        csv(text)
    } else {
        lines(text)
    }
}

/// A secret that stands alone in a file: without a byte order mark, and without quotes around it.
pub fn plain(text: &str) -> &str {
    unquote(text.trim_start_matches('\u{feff}').trim())
}

fn json<'a, T: serde::Deserialize<'a>>(text: &'a str) -> Result<T, String> {
    serde_json::from_str(text)
        .map_err(|error| format!("is not JSON (line {}, column {})", error.line(), error.column()))
}

/// `[{`, and not `[profile]`.
fn is_json_array(text: &str) -> bool {
    text[1..].trim_start().starts_with(['{', ']'])
}

fn json_array(text: &str) -> Result<Keys, String> {
    match json::<Vec<Map<String, Value>>>(text)?.as_slice() {
        [one] => json_object(one),
        several => Err(format!("holds {} sets of credentials: it takes one", several.len())),
    }
}

fn json_object(value: &Map<String, Value>) -> Result<Keys, String> {
    // sts, iam create-access-key, sso get-role-credentials; credential_process has no wrapper.
    let fields = ["Credentials", "AccessKey", "roleCredentials"]
        .iter()
        .find_map(|wrapper| value.get(*wrapper).and_then(Value::as_object))
        .unwrap_or(value);
    let field = |names: &[&str]| {
        let found = fields.iter().find(|(name, _)| names.contains(&name.to_lowercase().as_str()));
        found.map(|(_, value)| value).filter(|value| !value.is_null())
    };
    let text = |names: &[&str]| field(names).and_then(Value::as_str).map(str::to_owned);
    let expires = match field(&["expiration"]) {
        None => None,
        Some(Value::String(text)) => Some(timestamp(text)?),
        Some(Value::Number(number)) => Some(timestamp(number.as_str())?),
        Some(_) => return Err(NO_TIME.into()),
    };
    let names = ["AccessKeyId", "SecretAccessKey"];
    let token = text(&["sessiontoken", "token"]);
    keys(text(&["accesskeyid"]), text(&["secretaccesskey"]), token, expires, names)
}

/// `accessKeys.csv`, as the console has it: a line of titles, and one of values.
fn csv(text: &str) -> Result<Keys, String> {
    let broken = |_| "is not CSV".to_owned();
    let mut rows = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.as_bytes());
    let titles = rows.headers().map_err(broken)?.clone();
    let rows: Vec<_> = rows.records().collect::<Result<_, _>>().map_err(broken)?;
    let [row] = rows.as_slice() else {
        return Err(format!("holds {} access keys: it takes one", rows.len()));
    };
    let value = |title: &str| {
        let at = titles.iter().position(|one| one.eq_ignore_ascii_case(title))?;
        row.get(at).filter(|value| !value.is_empty()).map(str::to_owned)
    };
    let names = ["Access key ID", "Secret access key"];
    keys(value(names[0]), value(names[1]), value("Session token"), None, names)
}

/// The values of one set, in the order of [`ENVIRONMENT`].
type Values = [Option<String>; 4];

/// Lines that set variables, as shells and AWS's INI files write them. Of several profiles it is the
/// default one.
fn lines(text: &str) -> Result<Keys, String> {
    let mut profiles: Vec<(&str, Values)> = Vec::new();
    for line in text.lines().map(str::trim) {
        if let Some(name) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            let name = name.trim();
            profiles
                .push((name.strip_prefix("profile ").unwrap_or(name).trim(), Values::default()));
        } else if let Some((at, value)) = assignment(line) {
            if profiles.is_empty() {
                profiles.push(("", Values::default()));
            }
            if let Some((_, values)) = profiles.last_mut() {
                values[at] = Some(value.to_owned());
            }
        }
    }
    let default = profiles.iter().position(|(name, _)| *name == "default");
    match (profiles.len(), default) {
        (0, _) => from_environment(Values::default()),
        (_, Some(default)) => from_environment(profiles.swap_remove(default).1),
        (1, None) => from_environment(profiles.swap_remove(0).1),
        (_, None) => {
            Err("holds several profiles, and none is the default: use --aws-profile NAME".into())
        }
    }
}

/// A line that sets one of the variables: which, and to what. As `export`, `set`, fish's `set -gx`
/// and PowerShell's `$Env:` write it, or an INI file, in small letters and with names of its own.
fn assignment(line: &str) -> Option<(usize, &str)> {
    const OTHER_NAMES: [(&str, usize); 3] =
        [("aws_security_token", 2), ("aws_expiration", 3), ("x_security_token_expires", 3)];
    let line = line.trim_end_matches(';').trim_end();
    let rest = |prefix: &str| {
        let fits = line.get(..prefix.len())?.eq_ignore_ascii_case(prefix);
        fits.then(|| line[prefix.len()..].trim_start())
    };
    let (name, value) = match rest("set -gx ").or_else(|| rest("set -x ")) {
        Some(rest) => rest.split_once(' ')?,
        None => {
            let rest = rest("export ").or_else(|| rest("set ")).or_else(|| rest("$env:"));
            unquote(rest.unwrap_or(line)).split_once('=')?
        }
    };
    let is_it = |known: &str| known.eq_ignore_ascii_case(name.trim());
    let at = ENVIRONMENT
        .iter()
        .position(|known| is_it(known))
        .or_else(|| OTHER_NAMES.iter().find(|(known, _)| is_it(known)).map(|(_, at)| *at));
    Some((at?, unquote(value.trim())))
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
pub fn from_environment(values: Values) -> Result<Keys, String> {
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
        (Some(id), Some(secret)) => Ok(Keys { id, secret, token, expires, arn: None }),
        (Some(_), None) => Err(format!("has {} but no {}", names[0], names[1])),
        (None, Some(_)) => Err(format!("has {} but no {}", names[1], names[0])),
        (None, None) => Err(format!("has neither {} nor {}", names[0], names[1])),
    }
}

const NO_TIME: &str = "has an expiration that is no ISO 8601 time, nor a number of seconds or \
    milliseconds since 1970";

/// A number beyond this is of milliseconds: as seconds it would be the year 5138.
const MILLISECONDS: i64 = 100_000_000_000;

/// A time in ISO 8601, or a number: of seconds, or, as AWS's SSO has it, of milliseconds.
fn timestamp(text: &str) -> Result<Timestamp, String> {
    let number = text.split_once('.').map_or(text, |(whole, _)| whole).parse::<i64>();
    let time = match number {
        Ok(number) if number >= MILLISECONDS => Timestamp::from_millisecond(number).ok(),
        Ok(number) => Timestamp::from_second(number).ok(),
        Err(_) => text.parse().ok(),
    };
    time.ok_or_else(|| NO_TIME.into())
}
