//! Connector names: what one may be, which are meant by a pattern, which are near a mistyped one.

use std::borrow::Cow;

use glob::Pattern;

/// How the names of scratch connectors begin; they are made and deleted by uns3 itself.
pub const SCRATCH: &str = "uns3-stage-";

/// Checks a name before a connector is made by it.
pub fn check(name: &str) -> Result<(), String> {
    let problem = |what: &str| Err(format!("the name {what}"));
    if name.trim().is_empty() {
        problem("is empty")
    } else if name.trim() != name {
        problem("has white space around it")
    } else if name.chars().any(char::is_control) {
        problem("has a control character in it")
    } else if name.chars().count() > 255 {
        problem("is longer than 255 characters")
    } else if is_id(name) {
        problem("has the form of an id; every command would take it for one")
    } else if name.starts_with(SCRATCH) {
        problem(&format!("begins with {SCRATCH}, which is kept for scratch connectors"))
    } else {
        Ok(())
    }
}

/// Whether a target is an id: a UUID in its usual, hyphenated form.
pub fn is_id(target: &str) -> bool {
    target.len() == 36 && uuid::Uuid::try_parse(target).is_ok()
}

/// Reads the pattern of `--match`: `*`, `?` and `[…]` as a shell has them.
pub fn pattern(text: &str) -> Result<Pattern, String> {
    Pattern::new(text).map_err(|error| format!("not a pattern: {error}"))
}

/// A name as a shell takes it literally: nothing in it is carried out when a hint is pasted.
pub fn quoted(name: &str) -> String {
    // Only a zero byte has no form in a shell, and none is in an argument.
    shlex::try_quote(name).map_or_else(|_| name.replace('\0', ""), Cow::into_owned)
}

/// Up to three names near `wanted`, the nearest first.
pub fn near<'a>(wanted: &str, names: impl Iterator<Item = &'a str>) -> Vec<String> {
    let folded = wanted.to_lowercase();
    let mut near: Vec<(f64, &str)> = names
        .map(|name| {
            let other = name.to_lowercase();
            let held = folded.len() >= 3 && (other.contains(&folded) || folded.contains(&other));
            (strsim::jaro_winkler(&folded, &other) + if held { 1.0 } else { 0.0 }, name)
        })
        .filter(|(likeness, _)| *likeness > 0.8)
        .collect();
    near.sort_by(|one, other| other.0.total_cmp(&one.0));
    near.dedup_by(|one, other| one.1 == other.1);
    near.into_iter().take(3).map(|(_, name)| name.to_owned()).collect()
}
