//! By what names secrets go. Asked for every field of every connector and every `name=` of a text,
//! so it looks at the name once, byte by byte, and allocates nothing.

/// What a secret's name holds, by its first letter: anywhere (`db_password`, `accessToken`, `KEYS`),
/// and as a word of its own (`sas_url` and `userPat`, not `path`).
fn words(first: u8) -> (&'static [&'static str], &'static [&'static str]) {
    match first.to_ascii_lowercase() {
        b'a' => (&["app_config", "authorization"], &[]),
        b'b' => (&["bearer"], &[]),
        b'c' => (
            &[
                "connection-string",
                "connection string",
                "connection_string",
                "connectionstring",
                "cred",
            ],
            &[],
        ),
        b'd' => (&[], &["dsn"]),
        b'j' => (&[], &["jwt"]),
        b'k' => (&["key"], &[]),
        b'p' => (&["passcode", "passphrase", "passw", "pwd"], &["pass", "pat", "pw"]),
        b's' => (&["secret", "signature"], &["sas", "sig"]),
        b't' => (&["token"], &[]),
        b'w' => (&["webhook"], &[]),
        _ => (&[], &[]),
    }
}

/// What no secret's name ends with: the ids of requests, which support asks for.
const NEVER: [&str; 4] = ["request_id", "request-id", "requestid", "request id"];

/// The fields that every connector has, told at once: ten thousand have each ten thousand times.
const USUAL: [&str; 12] = [
    "id",
    "name",
    "type",
    "config",
    "created_at",
    "updated_at",
    "remote_url",
    "uns3",
    "kind",
    "auth",
    "expires_at",
    "rotated_at",
];

/// Whether a field's name says that its value is secret.
pub fn names_secret(field: &str) -> bool {
    !USUAL.contains(&field) && holds_word(field)
}

fn holds_word(field: &str) -> bool {
    let name = field.as_bytes();
    let found = (0..name.len().saturating_sub(1)).any(|at| {
        if !may_begin(name[at] | 0x20, name[at + 1] | 0x20) {
            return false;
        }
        let (anywhere, alone) = words(name[at]);
        let stands = |word: &str| is_edge(name, at) && is_edge(name, at + word.len());
        anywhere.iter().any(|word| begins(&name[at..], word))
            || alone.iter().any(|word| begins(&name[at..], word) && stands(word))
    });
    // A flag of the S3 config that only says how a connector authenticates.
    found
        && !name.eq_ignore_ascii_case(b"ambient_credentials")
        && !NEVER.iter().any(|end| ends(name, end))
}

/// Whether a word of [`words`] begins with two letters: most pairs begin none.
fn may_begin(first: u8, second: u8) -> bool {
    match first {
        b'a' => matches!(second, b'p' | b'u'),
        b'b' | b'k' | b'w' => second == b'e',
        b'c' => matches!(second, b'o' | b'r'),
        b'd' => second == b's',
        b'j' => second == b'w',
        b'p' => matches!(second, b'a' | b'w'),
        b's' => matches!(second, b'a' | b'e' | b'i'),
        b't' => second == b'o',
        _ => false,
    }
}

fn begins(name: &[u8], word: &str) -> bool {
    name.len() >= word.len() && name[..word.len()].eq_ignore_ascii_case(word.as_bytes())
}

fn ends(name: &[u8], word: &str) -> bool {
    name.len() >= word.len()
        && name[name.len() - word.len()..].eq_ignore_ascii_case(word.as_bytes())
}

/// Whether a word begins or ends at a place: at either end, beside a sign or a digit, or where
/// capitals begin or end a hump.
fn is_edge(name: &[u8], at: usize) -> bool {
    let (Some(before), Some(after)) = (at.checked_sub(1).map(|at| name[at]), name.get(at)) else {
        return true;
    };
    if !before.is_ascii_alphabetic() || !after.is_ascii_alphabetic() {
        return true;
    }
    let new_hump = name.get(at + 1).is_some_and(u8::is_ascii_lowercase);
    after.is_ascii_uppercase() && (before.is_ascii_lowercase() || new_hump)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_word_is_passed_over_by_its_first_letters() {
        for first in b'a'..=b'z' {
            let (anywhere, alone) = words(first);
            for word in anywhere.iter().chain(alone) {
                assert!(names_secret(word), "{word}");
                assert!(names_secret(&word.to_ascii_uppercase()), "{word}");
            }
        }
        assert!(!names_secret("s") && !names_secret(""));
    }

    #[test]
    fn no_usual_field_is_passed_over() {
        assert!(!USUAL.iter().any(|field| holds_word(field)));
    }
}
