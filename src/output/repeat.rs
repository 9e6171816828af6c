//! Commands in messages, fit to be pasted: with the flags that this command line had to say which
//! service is meant.

/// The verbs that speak to a service.
const VERBS: [&str; 12] = [
    "apply",
    "create",
    "delete",
    "doctor",
    "export",
    "get",
    "list",
    "preflight",
    "rotate",
    "status",
    "test",
    "update",
];

/// The text with `flags` behind each `uns3` that begins a command for a service.
pub(super) fn with_flags(text: &str, flags: &str) -> String {
    let mut result = String::with_capacity(text.len());
    let mut copied = 0;
    for (at, word) in text.match_indices("uns3 ") {
        let end = at + word.len();
        let verb = text[end..].split(|c: char| !c.is_ascii_lowercase()).next().unwrap_or_default();
        let begins = !text[..at].ends_with(|c: char| c.is_alphanumeric() || "/-_.".contains(c));
        if begins && VERBS.contains(&verb) {
            result += &text[copied..end];
            result += flags;
            result.push(' ');
            copied = end;
        }
    }
    result + &text[copied..]
}

#[cfg(test)]
mod tests {
    use super::with_flags;

    #[test]
    fn flags_stand_in_commands_and_nowhere_else() {
        let text = "look (uns3 get out), or save a key: uns3 profile add; uns3 hides it; /uns3 get";
        let expected = "look (uns3 --sandbox get out), or save a key: uns3 profile add; uns3 hides \
                        it; /uns3 get";
        assert_eq!(with_flags(text, "--sandbox"), expected);
    }
}
