//! Inputs: good ones, changed a little or much.

use proptest::prelude::*;

/// What breaks parsers: their own signs, ends that are missing, numbers and names that are odd.
const ODD: [&str; 44] = [
    "\"",
    "'",
    "\\",
    "\\u0000",
    "\\ud800",
    "\\\"",
    "{",
    "}",
    "[",
    "]",
    "[[[[[[[[",
    "{\"a\":",
    ",",
    ":",
    "null",
    "true",
    "-0",
    "1e999",
    "184467440737095516160",
    "0.1000000000000000055511151231257827",
    "\u{0}",
    "\n",
    "\r\n",
    "\t",
    "\u{1b}[31m",
    "\u{202e}",
    "\u{feff}",
    "é",
    "😀",
    "://",
    "@",
    "%",
    "%2B",
    "%zz",
    "&#43;",
    "#",
    "=",
    "$",
    "****",
    "**********",
    "..",
    "/",
    "token=",
    "secret: ",
];

#[derive(Clone, Debug)]
enum Edit {
    Insert(usize, String),
    Remove(usize, usize),
    /// Takes a part once more, so many times.
    Repeat(usize, usize, usize),
    Cut(usize),
    /// Puts in a part of another good input.
    Splice(usize, usize, usize),
}

fn edits() -> impl Strategy<Value = Edit> {
    let at = || any::<usize>();
    let odd = prop_oneof![4 => prop::sample::select(ODD.to_vec()).prop_map(str::to_owned), 1 => "\\PC{1,8}"];
    prop_oneof![
        4 => (at(), odd).prop_map(|(at, text)| Edit::Insert(at, text)),
        3 => (at(), 0..40_usize).prop_map(|(at, length)| Edit::Remove(at, length)),
        1 => (at(), 1..200_usize, 1..40_usize).prop_map(|(at, length, times)| Edit::Repeat(at, length, times)),
        1 => at().prop_map(Edit::Cut),
        2 => (at(), at(), 0..200_usize).prop_map(|(at, from, length)| Edit::Splice(at, from, length)),
    ]
}

/// A place in a text, between two characters.
fn place(text: &str, at: usize) -> usize {
    text.floor_char_boundary(at % (text.len() + 1))
}

fn part(text: &str, at: usize, length: usize) -> std::ops::Range<usize> {
    let start = place(text, at);
    start..text.floor_char_boundary((start + length).min(text.len()))
}

fn apply(mut text: String, edit: &Edit, other: &str) -> String {
    match edit {
        Edit::Insert(at, odd) => text.insert_str(place(&text, *at), odd),
        Edit::Remove(at, length) => drop(text.drain(part(&text, *at, *length))),
        Edit::Repeat(at, length, times) => {
            let part = part(&text, *at, *length);
            let again = text[part.clone()].repeat(*times);
            text.insert_str(part.end, &again);
        }
        Edit::Cut(at) => text.truncate(place(&text, *at)),
        Edit::Splice(at, from, length) => {
            let from = part(other, *from, *length);
            text.insert_str(place(&text, *at), &other[from]);
        }
    }
    text
}

/// One of the good inputs after up to eight edits.
pub(crate) fn mutations(good: Vec<String>) -> impl Strategy<Value = String> {
    let one = prop::sample::select(good);
    (one.clone(), one, prop::collection::vec(edits(), 0..8)).prop_map(|(text, other, edits)| {
        edits.iter().fold(text, |text, edit| apply(text, edit, &other))
    })
}

/// Bytes that a failure shows as text.
#[derive(Clone)]
pub(crate) struct Bytes(pub(crate) Vec<u8>);

impl std::fmt::Debug for Bytes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "b\"{}\"", self.0.escape_ascii())
    }
}

/// The same as bytes, which need not be text.
pub(crate) fn mutated_bytes(good: Vec<String>) -> impl Strategy<Value = Bytes> {
    let bytes = prop::collection::vec((any::<usize>(), any::<u8>()), 0..3);
    (mutations(good), bytes).prop_map(|(text, bytes)| {
        let mut text = text.into_bytes();
        for (at, byte) in bytes {
            let at = at % (text.len() + 1);
            text.insert(at, byte);
        }
        Bytes(text)
    })
}
