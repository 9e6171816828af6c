//! Numbers as YAML. They are kept as they came, which `serde_json` hands over to a writer that is
//! not its own as a mapping.

use serde::{Serialize, Serializer};
use serde_json::Number;

/// A number for YAML. One that no type of Rust holds is a text: exact is better than rounded.
pub(super) struct Exact<'a>(pub(super) &'a Number);

impl Serialize for Exact<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let text = self.0.as_str();
        if let Some(whole) = self.0.as_i128() {
            return serializer.serialize_i128(whole);
        }
        let near = self.0.as_f64();
        match near.filter(|near| serde_json::to_string(near).is_ok_and(|near| near == text)) {
            Some(exact) => serializer.serialize_f64(exact),
            None => serializer.serialize_str(text),
        }
    }
}
