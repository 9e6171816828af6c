//! Folders as patterns of a policy, and policies in ASCII.

use super::region;

/// How a server's policies write a character that means something in a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// AWS's has a variable for each. Source: IAM User Guide, "Policy variables".
    Aws,
    /// Other servers (Ceph, MinIO) take those for other text, so that a connector could do nothing in
    /// its own folder. `?` stands for any one character on each of them: the pattern is wider by
    /// folders that differ in just that character, which is better than none that holds.
    Other,
}

impl Dialect {
    /// That of the server that a connector's endpoint names.
    pub fn of(endpoint_url: Option<&str>) -> Self {
        if region::is_aws_endpoint(endpoint_url) { Self::Aws } else { Self::Other }
    }

    /// The pattern of all that is in a folder.
    pub(crate) fn all_in(self, folder: &str) -> String {
        let folder = match self {
            Self::Aws => folder.replace('$', "${$}").replace('*', "${*}").replace('?', "${?}"),
            Self::Other => folder.replace(['$', '*'], "?"),
        };
        format!("{folder}*")
    }
}

/// The same JSON in ASCII: STS refuses a policy with characters beyond U+00FF.
pub(crate) fn ascii(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for c in json.chars() {
        if c.is_ascii() {
            text.push(c);
        } else {
            for unit in c.encode_utf16(&mut [0; 2]) {
                text.push_str(&format!("\\u{unit:04x}"));
            }
        }
    }
    text
}
