//! HCL as text: values and names that mean what they are, and nothing else.
//!
//! Source: HashiCorp, "HCL Native Syntax Specification", string literals and templates.

use std::collections::HashSet;

use serde_json::{Map, Value};

/// A text as a literal, in which no template begins.
pub(super) fn quoted(text: &str) -> String {
    let mut literal = String::from("\"");
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '"' => literal.push_str("\\\""),
            '\\' => literal.push_str("\\\\"),
            '\n' => literal.push_str("\\n"),
            '\r' => literal.push_str("\\r"),
            '\t' => literal.push_str("\\t"),
            '$' | '%' if rest.peek() == Some(&'{') => literal.extend([c, c]),
            c if is_hidden(c) => literal.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => literal.push(c),
        }
    }
    literal + "\""
}

/// Whether a character is seen by none who reads the file, or ends a line of it.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        || c == '\u{feff}'
}

/// A value on one line.
pub(super) fn inline(value: &Value) -> String {
    match value {
        Value::String(text) => quoted(text),
        Value::Array(items) => {
            format!("[{}]", items.iter().map(inline).collect::<Vec<_>>().join(", "))
        }
        Value::Object(fields) if fields.is_empty() => "{}".into(),
        Value::Object(fields) => {
            let field =
                |(name, value): (&String, &Value)| format!("{} = {}", key(name), inline(value));
            format!("{{ {} }}", fields.iter().map(field).collect::<Vec<_>>().join(", "))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => value.to_string(),
    }
}

/// Fields of an object, a line each, indented and aligned as `terraform fmt` does.
pub(super) fn lines(fields: &[(String, String)], indent: &str) -> String {
    let keys: Vec<String> = fields.iter().map(|(name, _)| key(name)).collect();
    let longest = keys.iter().map(|key| key.chars().count()).max().unwrap_or(0);
    let line = |(key, (_, value)): (&String, &(String, String))| {
        let blanks = longest - key.chars().count();
        format!("{indent}{key}{:blanks$} = {value}\n", "")
    };
    keys.iter().zip(fields).map(line).collect()
}

/// The name of a field of an object: words stand for themselves.
fn key(name: &str) -> String {
    let word = label(name) == name && !["for", "null", "true", "false"].contains(&name);
    if word { name.to_owned() } else { quoted(name) }
}

/// The next to a name that HCL takes for a block's, in lower case; empty where none is near.
pub(super) fn label(name: &str) -> String {
    let lower = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' };
    let words: String = name.chars().map(lower).collect();
    let words: Vec<&str> = words.split('_').filter(|word| !word.is_empty()).collect();
    let label = words.join("_");
    match label.chars().next() {
        Some(first) if first.is_ascii_digit() => format!("_{label}"),
        _ => label,
    }
}

/// A label that none had before.
pub(super) fn free(label: &str, taken: &mut HashSet<String>) -> String {
    let mut free = label.to_owned();
    for number in 2.. {
        if taken.insert(free.clone()) {
            break;
        }
        free = format!("{label}_{number}");
    }
    free
}

/// A comment on lines of their own.
pub(super) fn comment(text: &str) -> String {
    let clean = |c: char| if is_hidden(c) && c != '\n' { ' ' } else { c };
    let text: String = text.chars().map(clean).collect();
    text.lines().map(|line| format!("# {line}\n")).collect()
}

/// The fields of an object in the order in which `jsonencode` writes them.
pub(super) fn sorted(fields: &Map<String, Value>) -> Vec<(&String, &Value)> {
    let mut sorted: Vec<_> = fields.iter().collect();
    sorted.sort_by_key(|(name, _)| *name);
    sorted
}
