//! What a role of AWS and its sessions may be called, and how long they live.

use std::time::Duration;

use jiff::SignedDuration;

/// Checks a role's ARN.
pub fn arn(text: &str) -> Result<String, String> {
    let mut parts = text.splitn(6, ':');
    let account = |part: &str| part.len() == 12 && part.bytes().all(|b| b.is_ascii_digit());
    let fits = parts.next() == Some("arn")
        && parts.next().is_some_and(|partition| partition.starts_with("aws"))
        && parts.next() == Some("iam")
        && parts.next() == Some("")
        && parts.next().is_some_and(account)
        && parts.next().is_some_and(|role| role.len() > 5 && role.starts_with("role/"));
    if fits { Ok(text.into()) } else { Err("a role is arn:aws:iam::123456789012:role/NAME".into()) }
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
