//! Texts as they may be shown: nothing that steers a terminal, and widths as a terminal has them.

use std::borrow::Cow;

use memchr::memchr;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// Whether a character steers a terminal, or the direction of writing, by which a text could
/// pretend to be another.
pub(super) fn steers(c: char) -> bool {
    let turns = matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    c.is_control() || turns
}

/// Whether nothing in a text can steer, told by its bytes: nearly all texts are so. By chunks without a
/// way out of them, which the compiler makes wide instructions of.
fn is_plain(text: &str) -> bool {
    let plain = |byte: &u8| matches!(byte, b' '..=b'~');
    text.as_bytes().chunks(64).all(|chunk| chunk.iter().fold(true, |all, byte| all & plain(byte)))
}

/// A text whose characters that steer are replaced, ends of lines apart.
pub(super) fn shown(text: &str) -> String {
    text.chars().map(|c| if c != '\n' && steers(c) { '\u{fffd}' } else { c }).collect()
}

/// The same on one line.
pub(super) fn on_one_line(text: &str) -> Cow<'_, str> {
    match is_plain(text) || !text.chars().any(steers) {
        true => text.into(),
        false => shown(text).replace('\n', " ").into(),
    }
}

/// JSON or quoted YAML whose characters that steer are escaped; they stand in texts only. Writers of
/// JSON have escaped those below a blank.
pub(super) fn escaped(document: String, is_json: bool) -> String {
    let steers = |c: char| c != '\n' && steers(c);
    // Nearly all are so, and that is quickly told.
    let is_plain = document.is_ascii() && memchr(0x7f, document.as_bytes()).is_none();
    let controls = |byte: u8| byte < b' ' && byte != b'\n';
    if (is_plain && (is_json || !document.bytes().any(controls))) || !document.chars().any(steers) {
        return document;
    }
    let mut text = String::with_capacity(document.len());
    for c in document.chars() {
        match steers(c) {
            true => text.push_str(&format!("\\u{:04x}", c as u32)),
            false => text.push(c),
        }
    }
    text
}

/// How many columns of a terminal a text takes.
pub(super) fn width(text: &str) -> usize {
    text.width()
}

/// The text in at most `most` columns, ending in `…` where it was cut; never within a letter.
pub(super) fn cut(text: &str, most: usize) -> String {
    if width(text) <= most {
        return text.to_owned();
    }
    let mut short = String::new();
    let mut used = 0;
    for letter in text.graphemes(true) {
        used += width(letter);
        if used >= most {
            break;
        }
        short.push_str(letter);
    }
    if most > 0 {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wide_letters_are_cut_by_columns() {
        assert_eq!(cut("invoices", 8), "invoices");
        assert_eq!(cut("invoices", 5), "invo…");
        assert_eq!(cut("請求書の出力", 7), "請求書…");
        assert_eq!(cut("請求書の出力", 6), "請求…");
        // A family is one letter of two columns, however many characters it is made of.
        assert_eq!(cut("👩‍👩‍👧‍👦👩‍👩‍👧‍👦👩‍👩‍👧‍👦", 5), "👩‍👩‍👧‍👦👩‍👩‍👧‍👦…");
        assert_eq!(cut("e\u{301}e\u{301}e\u{301}", 2), "e\u{301}…");
        for most in 0..14 {
            assert!(width(&cut("請求書の出力", most)) <= most);
        }
    }
}
