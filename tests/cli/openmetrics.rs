//! A reader of OpenMetrics that takes nothing that its specification does not allow of counters and
//! gauges: what a monitor would refuse, a test sees. Source: OpenMetrics 1.0.0, "Text format".

use std::collections::{BTreeMap, BTreeSet};

/// The samples by name and labels.
pub(crate) type Samples = BTreeMap<(String, BTreeMap<String, String>), f64>;

/// Reads an exposition.
pub(crate) fn parse(text: &str) -> Samples {
    let lines = text.strip_suffix("# EOF\n").expect("it ends with # EOF and a line's end");
    assert!(!lines.contains("# EOF"), "it ends once");
    assert!(!lines.contains('\r'), "lines end with a line feed alone");
    let (mut families, mut helped) = (BTreeMap::new(), BTreeSet::new());
    let (mut samples, mut current) = (Samples::new(), None);
    for line in lines.lines() {
        if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, kind) = rest.split_once(' ').unwrap();
            assert!(["gauge", "counter"].contains(&kind), "{line}");
            assert!(families.insert(name.to_owned(), kind.to_owned()).is_none(), "twice: {line}");
            current = Some(name.to_owned());
        } else if let Some(rest) = line.strip_prefix("# HELP ") {
            let (name, help) = rest.split_once(' ').unwrap();
            assert!(helped.insert(name.to_owned()) && !help.is_empty(), "twice: {line}");
            // The descriptions of a family stand together, and before its samples.
            assert!(!families.contains_key(name) || current.as_deref() == Some(name), "{line}");
            current = Some(name.to_owned());
        } else {
            assert!(!line.starts_with('#') && !line.is_empty(), "{line:?}");
            let (name, labels, value) = sample(line);
            let kind = |family: &str| families.get(family).map(String::as_str);
            let family = match name.strip_suffix("_total") {
                Some(family) if kind(family) == Some("counter") => family,
                _ => name,
            };
            assert_eq!(current.as_deref(), Some(family), "apart from its family: {line}");
            assert_eq!(kind(family) == Some("counter"), family != name, "{line}");
            assert!(family == name || value >= 0.0, "a counter counts: {line}");
            let twice = samples.insert((name.to_owned(), labels), value);
            assert!(twice.is_none(), "twice: {line}");
        }
    }
    let described: BTreeSet<String> = families.into_keys().collect();
    assert_eq!(described, helped);
    samples
}

fn sample(line: &str) -> (&str, BTreeMap<String, String>, f64) {
    let end = line.find(['{', ' ']).unwrap();
    let (name, rest) = line.split_at(end);
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    assert!(name.chars().all(is_name) && !name.starts_with(|c: char| c.is_ascii_digit()), "{line}");
    let (labels, rest) = match rest.strip_prefix('{') {
        Some(rest) => labels(rest),
        None => (BTreeMap::new(), rest),
    };
    let value = rest.strip_prefix(' ').unwrap_or_else(|| panic!("{line}"));
    (name, labels, value.parse().unwrap_or_else(|_| panic!("{line}")))
}

fn labels(text: &str) -> (BTreeMap<String, String>, &str) {
    let mut labels = BTreeMap::new();
    let mut rest = text;
    loop {
        let (name, after) = rest.split_once("=\"").unwrap();
        assert!(name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'), "{text}");
        let mut value = String::new();
        let mut chars = after.char_indices();
        let end = loop {
            match chars.next().unwrap() {
                (at, '"') => break at,
                (_, '\\') => value.push(match chars.next().unwrap().1 {
                    'n' => '\n',
                    c @ ('"' | '\\') => c,
                    c => panic!("no such escape: {c}"),
                }),
                (_, c) => value.push(c),
            }
        };
        assert!(labels.insert(name.to_owned(), value).is_none(), "{text}");
        match after[end + 1..].split_at(1) {
            (",", more) => rest = more,
            ("}", more) => return (labels, more),
            _ => panic!("{text}"),
        }
    }
}

/// The value of a sample.
pub(crate) fn value(samples: &Samples, name: &str, labels: &[(&str, &str)]) -> Option<f64> {
    let labels = labels.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
    samples.get(&(name.to_owned(), labels)).copied()
}
