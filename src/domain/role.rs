//! What a role of AWS and its sessions may be called, and how long they live.

use std::time::Duration;

use jiff::SignedDuration;

/// Checks a role's ARN.
pub fn arn(text: &str) -> Result<String, String> {
    match is_arn_of("role/", text) {
        true => Ok(text.into()),
        false => Err("a role is arn:aws:iam::123456789012:role/NAME".into()),
    }
}

/// Whether a text is the ARN of a user or role, as what it names begins.
pub(crate) fn is_arn_of(kind: &str, text: &str) -> bool {
    let mut parts = text.splitn(6, ':');
    let name = |part: &str| part.strip_prefix(kind).is_some_and(|name| !name.is_empty());
    parts.next() == Some("arn")
        && parts.next().is_some_and(|partition| partition.starts_with("aws"))
        && parts.next() == Some("iam")
        && parts.next() == Some("")
        && parts.next().is_some_and(is_account)
        && parts.next().is_some_and(name)
        && text.chars().all(|c| c.is_ascii_graphic())
}

/// Whether a text is an account's number.
pub(crate) fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit())
}

/// Checks an external id. Source: AWS STS API Reference, `AssumeRole`.
pub fn external_id(text: &str) -> Result<String, String> {
    let fits = |c: char| c.is_ascii_alphanumeric() || "_+=,.@:/-".contains(c);
    if (1..=1224).contains(&text.len()) && text.chars().all(fits) {
        return Ok(text.into());
    }
    Err("an external id has letters, digits and _+=,.@:/-".into())
}

/// Checks the name of a role's session. Source: AWS STS API Reference, `AssumeRole`.
pub fn session_name(text: &str) -> Result<String, String> {
    let fits = |c: char| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c);
    if (2..=64).contains(&text.len()) && text.chars().all(fits) {
        return Ok(text.into());
    }
    Err("a session's name has 2 to 64 letters, digits and _+=,.@-".into())
}

/// Reads how long a role's credentials shall live. Source: the same.
pub fn lifetime(text: &str) -> Result<Duration, String> {
    let lifetime =
        text.parse::<SignedDuration>().ok().and_then(|time| Duration::try_from(time).ok());
    lifetime
        .filter(|lifetime| (900..=43200).contains(&lifetime.as_secs()))
        .ok_or_else(|| "a role's credentials live 15m to 12h".into())
}
