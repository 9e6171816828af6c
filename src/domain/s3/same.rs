//! When two values of a field mean the same, though they are written in other ways.

use serde_json::Value;

/// What a value of a field means: null, false and empty are as if it were not there, and the slash
/// at the end of a remote URL makes no difference.
pub enum Meaning<'a> {
    /// Nothing is set.
    Nothing,
    /// A text.
    Text(&'a str),
    /// Anything else.
    Value(&'a Value),
}

impl PartialEq for Meaning<'_> {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Nothing, Self::Nothing) => true,
            (Self::Text(one), Self::Text(other)) => one == other,
            (Self::Value(one), Self::Value(other)) => alike(one, other),
            _ => false,
        }
    }
}

impl<'a> Meaning<'a> {
    /// What a value of a field means.
    pub fn of(field: &str, value: Option<&'a Value>) -> Self {
        match value {
            None | Some(Value::Null | Value::Bool(false)) => Self::Nothing,
            Some(Value::String(text)) => Self::of_text(field, text),
            Some(value) => Self::Value(value),
        }
    }

    /// The same for a text.
    pub fn of_text(field: &str, text: &'a str) -> Self {
        match text {
            "" => Self::Nothing,
            text if field == "remote_url" => Self::Text(text.trim_end_matches('/')),
            text => Self::Text(text),
        }
    }
}

/// Whether two values of a field mean the same.
pub fn same(field: &str, one: Option<&Value>, other: Option<&Value>) -> bool {
    Meaning::of(field, one) == Meaning::of(field, other)
}

/// Whether two values are the same but for how their numbers are written.
fn alike(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => {
            one == other
                || decimal(one.as_str()).is_some_and(|n| Some(n) == decimal(other.as_str()))
        }
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| alike(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            let alike = |(name, value)| other.get(name).is_some_and(|other| alike(value, other));
            one.len() == other.len() && one.iter().all(alike)
        }
        _ => one == other,
    }
}

/// A number as its sign, its digits without zeros at either end, and the power of ten that they are
/// multiplied by. Numbers are kept as they came, so that `1.0` and `1` are two texts, and no binary
/// fraction would hold thirty digits. `None`: the power is beyond counting.
fn decimal(text: &str) -> Option<(bool, String, i64)> {
    let (sign, text) = text.strip_prefix('-').map_or((false, text), |text| (true, text));
    let (digits, power) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let digits = format!("{whole}{fraction}");
    let end = digits.trim_end_matches('0');
    let power = power.parse::<i64>().ok()?.checked_sub(fraction.len() as i64)?;
    let power = power.checked_add((digits.len() - end.len()) as i64)?;
    match end.trim_start_matches('0') {
        "" => Some((false, String::new(), 0)),
        digits => Some((sign, digits.into(), power)),
    }
}
