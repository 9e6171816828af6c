//! What an S3 server answers, as far as a check reads it.

use serde::Deserialize;

/// An error's document. Source: S3's API reference, "Error responses".
#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct ErrorDocument {
    pub(super) code: Option<String>,
    pub(super) message: Option<String>,
    pub(super) region: Option<String>,
}

/// Source: S3's API reference, `ListObjectsV2`.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Listing {
    #[serde(default)]
    pub(super) contents: Vec<Object>,
    #[serde(default)]
    pub(super) common_prefixes: Vec<Prefix>,
}

/// A file.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Object {
    pub(super) key: String,
    #[serde(default)]
    pub(super) size: u64,
}

/// A folder.
#[derive(Deserialize)]
pub(super) struct Prefix {}

impl ErrorDocument {
    /// An answer that is no such document, such as a proxy's page, has none of its fields.
    pub(super) fn parse(text: &str) -> Self {
        quick_xml::de::from_str(text).unwrap_or_default()
    }
}

impl Listing {
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        quick_xml::de::from_str(text).map_err(|error| format!("ResponseParserError: {error}"))
    }
}
