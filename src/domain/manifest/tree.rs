//! The text of a manifest as a tree that knows where everything stands. JSON is read as the YAML
//! that it is.
//!
//! The events of the parser are taken directly: a reading by way of serde costs five times as much
//! and stops at the first field that is wrong.

use std::collections::HashMap;

use granit_parser::{Event, Parser, ScalarStyle, Span, Tag};
use serde_json::{Number, Value};

/// Where something stands in a text, counted from 1 in lines and characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Place {
    /// The line.
    pub line: usize,
    /// The character in the line.
    pub column: usize,
}

/// A value and where it stands.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) tree: Tree,
    pub(super) place: Place,
}

/// A value: what JSON has, but the fields of an object as they were written, even twice.
#[derive(Clone, Debug)]
pub(super) enum Tree {
    Null,
    Bool(bool),
    Number(Number),
    Text(String),
    List(Vec<Node>),
    Map(Vec<(Key, Node)>),
}

/// The name of a field.
#[derive(Clone, Debug)]
pub(super) struct Key {
    pub(super) name: String,
    pub(super) place: Place,
}

/// What cannot be read, and where.
pub(super) type Unreadable = (Place, String);

/// Aliases may repeat this many values in all: what refers to itself by the billion is refused.
const MOST_REPEATED: usize = 100_000;

/// Reads a text of one document.
pub(super) fn read(text: &str) -> Result<Node, Unreadable> {
    let mut builder = Builder {
        events: Parser::new_from_str(text),
        anchors: HashMap::new(),
        left: MOST_REPEATED,
    };
    let mut document = None;
    loop {
        match builder.next()? {
            (Event::StreamEnd, _) => break,
            (Event::StreamStart | Event::DocumentStart(..) | Event::DocumentEnd, _) => {}
            (event, span) => {
                let node = builder.node(event, span)?;
                match (&document, &node.tree) {
                    (_, Tree::Null) => {}
                    (None, _) => document = Some(node),
                    (Some(_), _) => {
                        let message = "a second document begins: a file holds one manifest";
                        return Err((node.place, message.into()));
                    }
                }
            }
        }
    }
    document.ok_or_else(|| (Place { line: 1, column: 1 }, "there is nothing in it".into()))
}

struct Builder<'a> {
    events: Parser<'a, granit_parser::StrInput<'a>>,
    anchors: HashMap<usize, Node>,
    /// How many values aliases may still repeat.
    left: usize,
}

impl<'a> Builder<'a> {
    fn next(&mut self) -> Result<(Event<'a>, Span), Unreadable> {
        match self.events.next_event() {
            Some(Ok(event)) => Ok(event),
            Some(Err(error)) => {
                let place = place(error.marker().line(), error.marker().col());
                Err((place, error.info()))
            }
            None => Err((Place { line: 1, column: 1 }, "it ends too early".into())),
        }
    }

    fn node(&mut self, event: Event<'a>, span: Span) -> Result<Node, Unreadable> {
        let place = place(span.start.line(), span.start.col());
        let (tree, anchor) = match event {
            Event::Alias(id) => {
                let node = self.anchors.get(&id);
                let node = node.ok_or_else(|| (place, "an alias stands in itself".to_owned()))?;
                let size = size(node);
                let left = self.left.checked_sub(size);
                self.left =
                    left.ok_or_else(|| (place, "its aliases repeat too much".to_owned()))?;
                return Ok(Node { tree: node.tree.clone(), place });
            }
            Event::Scalar(text, style, anchor, tag) => {
                (scalar(&text, style, tag.as_deref()).map_err(|problem| (place, problem))?, anchor)
            }
            Event::SequenceStart(_, anchor, tag) => {
                known(tag.as_deref(), place)?;
                (self.list()?, anchor)
            }
            Event::MappingStart(_, anchor, tag) => {
                known(tag.as_deref(), place)?;
                (self.map()?, anchor)
            }
            _ => return Err((place, "a value is missing here".into())),
        };
        let node = Node { tree, place };
        if anchor > 0 {
            self.anchors.insert(anchor, node.clone());
        }
        Ok(node)
    }

    fn list(&mut self) -> Result<Tree, Unreadable> {
        let mut items = Vec::new();
        loop {
            match self.next()? {
                (Event::SequenceEnd, _) => return Ok(Tree::List(items)),
                (event, span) => items.push(self.node(event, span)?),
            }
        }
    }

    fn map(&mut self) -> Result<Tree, Unreadable> {
        let mut fields: Vec<(Key, Node)> = Vec::new();
        let mut merged = Vec::new();
        loop {
            let key = match self.next()? {
                (Event::MappingEnd, _) => break,
                (event, span) => self.node(event, span)?,
            };
            let name = key.tree.name().ok_or_else(|| {
                (key.place, "the name of a field is a text, not a list or a map".to_owned())
            })?;
            let (event, span) = self.next()?;
            let value = self.node(event, span)?;
            match name.as_str() {
                "<<" => merged.push(value),
                _ => fields.push((Key { name, place: key.place }, value)),
            }
        }
        merged.into_iter().try_for_each(|value| merge(&mut fields, value))?;
        Ok(Tree::Map(fields))
    }
}

/// Takes over the fields of `<<`, but those that are there; of several maps the first one counts.
/// Source: the YAML type repository, "Merge Key Language-Independent Type".
fn merge(fields: &mut Vec<(Key, Node)>, value: Node) -> Result<(), Unreadable> {
    match value.tree {
        Tree::Map(more) => {
            for (key, node) in more {
                if !fields.iter().any(|(known, _)| known.name == key.name) {
                    fields.push((key, node));
                }
            }
            Ok(())
        }
        Tree::List(maps) => maps.into_iter().try_for_each(|map| merge(fields, map)),
        _ => Err((value.place, "<< takes a map, or a list of them".into())),
    }
}

fn place(line: usize, column: usize) -> Place {
    Place { line, column: column + 1 }
}

fn size(node: &Node) -> usize {
    1 + match &node.tree {
        Tree::List(items) => items.iter().map(size).sum(),
        Tree::Map(fields) => fields.iter().map(|(_, value)| size(value)).sum(),
        _ => 0,
    }
}

fn known(tag: Option<&Tag>, place: Place) -> Result<(), Unreadable> {
    match tag.is_none_or(Tag::is_yaml_core_schema) {
        true => Ok(()),
        false => Err((place, "tags (!…) have no meaning in a manifest".into())),
    }
}

/// A scalar by YAML 1.2's core schema (section 10.3.2); what JSON cannot hold is refused.
fn scalar(text: &str, style: ScalarStyle, tag: Option<&Tag>) -> Result<Tree, String> {
    if tag.is_some_and(|tag| !tag.is_yaml_core_schema()) {
        return Err("tags (!…) have no meaning in a manifest".into());
    }
    let is_text = tag.is_some_and(|tag| tag.is_yaml_core_schema_tag("str"));
    if is_text || style != ScalarStyle::Plain {
        return Ok(Tree::Text(text.to_owned()));
    }
    Ok(match text {
        "" | "~" | "null" | "Null" | "NULL" => Tree::Null,
        "true" | "True" | "TRUE" => Tree::Bool(true),
        "false" | "False" | "FALSE" => Tree::Bool(false),
        _ => return number(text).map(|number| number.unwrap_or_else(|| Tree::Text(text.into()))),
    })
}

/// A number, where a plain text is one. Other readers take `012` for 10 or for 12: neither is taken.
fn number(text: &str) -> Result<Option<Tree>, String> {
    let digits = text.trim_start_matches(['+', '-']);
    let unclear = || Err("a number that readers of YAML take differently: put it in quotes".into());
    if let ".inf" | ".Inf" | ".INF" | ".nan" | ".NaN" | ".NAN" = digits {
        return unclear();
    }
    let begins = digits.starts_with(|c: char| c.is_ascii_digit() || c == '.');
    if !begins || digits.len() + 1 < text.len() {
        return Ok(None);
    }
    let based = digits.len() > 2 && (digits.starts_with("0x") || digits.starts_with("0o"));
    if based && digits[2..].bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return unclear();
    }
    let is_float = || {
        let float = |c: char| c.is_ascii_digit() || ".eE+-".contains(c);
        digits.chars().all(float) && digits.parse::<f64>().is_ok()
    };
    if digits.bytes().all(|byte| byte.is_ascii_digit()) {
        let zeros = digits.len() > 1 && digits.starts_with('0');
        let plain = text.strip_prefix('+').unwrap_or(text);
        return match plain.parse::<i64>().map(Number::from) {
            _ if zeros => unclear(),
            Ok(number) => Ok(Some(Tree::Number(number))),
            Err(_) => match plain.parse::<u64>() {
                Ok(number) => Ok(Some(Tree::Number(number.into()))),
                Err(_) => Err("a number with too many digits to be kept: put it in quotes".into()),
            },
        };
    }
    if !is_float() {
        return Ok(None);
    }
    match text.parse().ok().and_then(Number::from_f64) {
        Some(number) => Ok(Some(Tree::Number(number))),
        None => unclear(),
    }
}

impl Tree {
    /// What is said of a value that is none of what was asked for.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Null => "nothing",
            Self::Bool(_) => "true or false",
            Self::Number(_) => "a number",
            Self::Text(_) => "a text",
            Self::List(_) => "a list",
            Self::Map(_) => "a map",
        }
    }

    /// The value as the name of a field.
    fn name(&self) -> Option<String> {
        Some(match self {
            Self::Null => "null".into(),
            Self::Bool(value) => value.to_string(),
            Self::Number(number) => number.to_string(),
            Self::Text(text) => text.clone(),
            Self::List(_) | Self::Map(_) => return None,
        })
    }
}

impl Node {
    /// The value as JSON, and the first field that stands in it twice.
    pub(super) fn to_json(&self) -> Result<Value, Unreadable> {
        Ok(match &self.tree {
            Tree::Null => Value::Null,
            Tree::Bool(value) => (*value).into(),
            Tree::Number(number) => number.clone().into(),
            Tree::Text(text) => text.clone().into(),
            Tree::List(items) => items.iter().map(Self::to_json).collect::<Result<_, _>>()?,
            Tree::Map(fields) => {
                let mut object = serde_json::Map::new();
                for (key, value) in fields {
                    if object.insert(key.name.clone(), value.to_json()?).is_some() {
                        return Err((key.place, format!("{} stands here twice", key.name)));
                    }
                }
                object.into()
            }
        })
    }
}
