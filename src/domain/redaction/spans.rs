//! Where a text has what would be a secret, known or not: in URLs, and beside names that say so.
//!
//! The text may be anyone's, a service's megabyte of `://` among them: each byte is looked at a
//! bounded number of times, and [`Found::looked`] counts, so that a test can hold it to that.

use std::ops::Range;

use memchr::memchr2_iter;

use crate::domain::secret::names_secret;

/// What was found, and at what cost.
#[derive(Debug, Default)]
pub struct Found {
    /// The bytes that are to be masked.
    pub spans: Vec<Range<usize>>,
    /// How many bytes were looked at.
    pub looked: usize,
}

impl Found {
    /// How far a text goes from a place until a byte ends it.
    fn run(&mut self, text: &str, from: usize, ends: impl Fn(u8) -> bool) -> usize {
        let bytes = &text.as_bytes()[from..];
        let length = bytes.iter().position(|byte| ends(*byte)).unwrap_or(bytes.len());
        self.looked += length + 1;
        from + length
    }

    /// Where a run of bytes before a place begins.
    fn run_back(&mut self, text: &str, to: usize, belongs: impl Fn(u8) -> bool) -> usize {
        let bytes = &text.as_bytes()[..to];
        let start = bytes.iter().rposition(|byte| !belongs(*byte)).map_or(0, |at| at + 1);
        self.looked += to - start + 1;
        start
    }
}

/// What stands between `://` and `@` in a URL.
pub fn userinfo(text: &str) -> Found {
    let mut found = Found { spans: Vec::new(), looked: text.len() };
    let bytes = text.as_bytes();
    // The word that a URL stands in: its end, and its last @. A secret in a URL may hold slashes
    // that nobody escaped.
    let (mut word_end, mut last_at) = (0, None);
    let mut covered = 0;
    for (at, sign) in text.match_indices("://") {
        let start = at + sign.len();
        if start < covered {
            continue;
        }
        if start >= word_end {
            word_end = found
                .run(text, start, |byte| byte.is_ascii_whitespace() || b"\"'<>".contains(&byte));
            last_at = bytes[start..word_end].iter().rposition(|byte| *byte == b'@');
            last_at = last_at.map(|last| start + last);
            found.looked += word_end - start;
        }
        let end = found
            .run(text, start, |byte| byte.is_ascii_whitespace() || b"/?#\"'<>".contains(&byte));
        let authority = &bytes[start..end];
        found.looked += 3 * authority.len();
        let own = authority.iter().rposition(|byte| *byte == b'@').map(|own| start + own);
        let end = match own {
            Some(own) => Some(own),
            None => last_at.filter(|_| authority.contains(&b':')),
        };
        if let Some(end) = end.filter(|end| *end > start) {
            found.spans.push(start..end);
            covered = end;
        }
    }
    found
}

/// Shorter values of `name=value` are left alone: they would take innocent words with them.
const SHORTEST: usize = 6;
/// The same for `name: value`, which is prose more often.
const SHORTEST_IN_PROSE: usize = 16;

/// The value of each `name=value`, `name: value` and `"name": "value"` whose name says secret.
/// Prose such as `NoSuchKey: The specified…` stays.
pub fn assignments(text: &str) -> Found {
    let mut found = Found { spans: Vec::new(), looked: text.len() };
    let bytes = text.as_bytes();
    let quotes = |byte: u8| b" \"'\\".contains(&byte);
    let mut done = 0;
    for at in memchr2_iter(b'=', b':', bytes) {
        if at < done {
            continue;
        }
        let name_end = found.run_back(text, at, quotes);
        let is_part = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
        let name = found.run_back(text, name_end, is_part)..name_end;
        found.looked += name.len();
        if !names_secret(&text[name]) {
            continue;
        }
        let start = found.run(text, at + 1, |byte| !quotes(byte));
        let is_quoted = bytes[at + 1..start].iter().any(|byte| *byte != b' ');
        let mut end = start;
        loop {
            end = found.run(text, end, |byte| {
                byte.is_ascii_whitespace() || b"\"',&;}<>)\\".contains(&byte)
            });
            // An escaped slash is part of the value, an escaped quote its end.
            if !bytes[end..].starts_with(b"\\/") {
                break;
            }
            end += 2;
        }
        let shortest = match (is_quoted, bytes[at]) {
            (true, _) => 1,
            (false, b'=') => SHORTEST,
            (false, _) => SHORTEST_IN_PROSE,
        };
        if end - start >= shortest {
            found.spans.push(start..end);
            // Nothing in it is looked at again.
            done = end;
        }
    }
    found
}
